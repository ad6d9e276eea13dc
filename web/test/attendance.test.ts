// What the register says of a meeting, summed up: presence, bars, files, and durations in words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device } from '../src/api/generated/messages.ts';
import { type Attendee, barsOf, inOrderOfArrival, presenceOf, type Session } from '../src/register/attendance.ts';
import { attendanceCsv, cell, fileName } from '../src/register/csv.ts';
import { durationText } from '../src/ui/times.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 5, 9, 0);
const NOW_MS = START_MS + 100 * MINUTE_MS;

/** Minutes after the start; without an end, still there. */
const session = (from: number, to?: number, device: Device = 'FULL', byProgram = false): Session => ({
  id: 's',
  start_ms: START_MS + from * MINUTE_MS,
  ...(to === undefined ? {} : { end_ms: START_MS + to * MINUTE_MS }),
  device,
  byProgram,
  call: '',
});

test('time on two devices at once counts once', () => {
  const check = (sessions: Session[], from: number, to: number, present: number, live = false) => {
    const presence = presenceOf(sessions, NOW_MS);
    const minutes = (time_ms: number) => (time_ms - START_MS) / MINUTE_MS;
    assert.ok(presence);
    assert.deepEqual(
      [minutes(presence.start_ms), minutes(presence.end_ms), presence.present_ms / MINUTE_MS, presence.live],
      [from, to, present, live],
    );
  };
  check([session(0, 60)], 0, 60, 60);
  check([session(50, 60), session(0, 20)], 0, 60, 30);
  check([session(0, 60), session(10, 40, 'COMPANION')], 0, 60, 60);
  check([session(0, 30), session(20, 50)], 0, 50, 50);
  check([session(0, 30), session(30, 50)], 0, 50, 50);
  check([session(90)], 90, 100, 10, true);
  check([session(0, 10), session(95)], 0, 100, 15, true);
  // Our clock is behind the server's.
  check([session(110)], 110, 110, 0, true);
  assert.equal(presenceOf([], NOW_MS), null);
});

test('devices are named once, the first first', () => {
  const sessions = [session(30, 40), session(5, 20, 'COMPANION'), session(0, 10)];
  assert.deepEqual(presenceOf(sessions, NOW_MS)?.devices, ['FULL', 'COMPANION']);
});

test('bars lie inside of the conference, and are never invisible', () => {
  const whole = { start_ms: START_MS, end_ms: NOW_MS };
  const check = (one: Session, left_percent: number, width_percent: number) =>
    assert.deepEqual(barsOf([one], whole, NOW_MS), [{ device: 'FULL', left_percent, width_percent, second: false }]);
  check(session(0, 100), 0, 100);
  check(session(25, 75), 25, 50);
  check(session(90), 90, 10);
  check(session(50, 50), 50, 0.6);
  check(session(100, 100), 99.4, 0.6);
  check(session(-10, 200), 0, 100);
  // A conference without length.
  assert.equal(barsOf([session(0, 0)], { start_ms: START_MS, end_ms: START_MS }, NOW_MS)[0]?.left_percent, 0);
});

test('a second device at the same time lies lower', () => {
  const whole = { start_ms: START_MS, end_ms: NOW_MS };
  const sessions = [session(0, 50), session(40, 60, 'COMPANION'), session(50, 60, 'COMPANION'), session(0, 10, 'VIEWER')];
  assert.deepEqual(
    barsOf(sessions, whole, NOW_MS).map(({ second }) => second),
    [false, true, false, true],
  );
});

const person = (displayName: string, sessions: Session[], more: Partial<Attendee> = {}): Attendee => ({
  name: displayName,
  displayName,
  signedIn: false,
  byPhone: false,
  role: 'CONTRIBUTOR',
  removed: false,
  sessions,
  ...more,
});

test('people stand in the order of arrival', () => {
  const people = [person('Cy', [session(5, 9)]), person('Bo', [session(20, 30), session(0, 9)]), person('Ada', [session(0, 9)])];
  assert.deepEqual(
    inOrderOfArrival(people).map(({ displayName }) => displayName),
    ['Ada', 'Bo', 'Cy'],
  );
});

test('the file has a line for each session, and starts no formula', () => {
  const people = [
    person('Ada', [session(0, 60), session(10, 20, 'COMPANION')], { signedIn: true, role: 'HOST' }),
    person('=1+1', [session(90)], { removed: true }),
    person('Bo', [session(90, 91, 'FULL', true)], { signedIn: true }),
  ];
  assert.equal(
    attendanceCsv(people),
    '\uFEFFname,signed_in,role,device,joined,left,seconds,removed,program,phone\r\n' +
      'Ada,yes,HOST,FULL,2026-01-05T09:00:00.000Z,2026-01-05T10:00:00.000Z,3600,no,no,no\r\n' +
      'Ada,yes,HOST,COMPANION,2026-01-05T09:10:00.000Z,2026-01-05T09:20:00.000Z,600,no,no,no\r\n' +
      "'=1+1,no,CONTRIBUTOR,FULL,2026-01-05T10:30:00.000Z,,,yes,no,no\r\n" +
      'Bo,yes,CONTRIBUTOR,FULL,2026-01-05T10:30:00.000Z,2026-01-05T10:31:00.000Z,60,no,yes,no\r\n',
  );
  assert.equal(fileName('abc-defg-hij', START_MS), 'attendance-abc-defg-hij-2026-01-05.csv');
  assert.equal(fileName('', START_MS), 'attendance-2026-01-05.csv');
});

test('no name is a formula, whatever separates fields where the file is read', () => {
  for (const [text, expected] of [
    ['', ''],
    ['Ada', 'Ada'],
    ['Ada, Countess', '"Ada, Countess"'],
    ['Ada "A"', '"Ada ""A"""'],
    ['two\nlines', '"two\nlines"'],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    ['=A1,B1', '"\'=A1,B1"'],
    ['a=b', 'a=b'],
    ['Anne-Marie', 'Anne-Marie'],
    ['ada@example.org', 'ada@example.org'],
    ['Ada; Bo', '"Ada; Bo"'],
    ['\uFF1D1', "'\uFF1D1"],
    ['\uFF0B1', "'\uFF0B1"],
    ['\uFF0D1', "'\uFF0D1"],
    ['\uFF20x', "'\uFF20x"],
    ['\t1', '"\'\t1"'],
    ['\r1', '"\'\r1"'],
    ['\t=1', '"\'\t\'=1"'],
    [' =1', " '=1"],
    ['"=1"', '"""\'=1"""'],
    ['x;=cmd', '"x;\'=cmd"'],
    ['x; =cmd', '"x; \'=cmd"'],
    ['x;"=cmd"', '"x;""\'=cmd"""'],
    ['x,+1', '"x,\'+1"'],
    ['x|-1', '"x|\'-1"'],
    ['x\t@y', '"x\t\'@y"'],
    ['x\n=1', '"x\n\'=1"'],
    ['x\r\n=1', '"x\r\n\'=1"'],
    ['x;\uFF1Dcmd', '"x;\'\uFF1Dcmd"'],
    ['=1;=2;=3', '"\'=1;\'=2;\'=3"'],
    [';;=1', '";;\'=1"'],
    ['==1', "'==1"],
  ] as const) {
    assert.equal(cell(text), expected, JSON.stringify(text));
  }
});

test('a duration is said in two units at most', () => {
  for (const [seconds, expected] of [
    [-1, '0 s'],
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [89, '1 min'],
    [90, '2 min'],
    [3_569, '59 min'],
    [3_590, '1 h'],
    [3_600, '1 h'],
    [5_400, '1 h 30 min'],
    [90_000, '25 h'],
  ] as const) {
    assert.equal(durationText(seconds * 1_000), expected, `${seconds}`);
  }
});
