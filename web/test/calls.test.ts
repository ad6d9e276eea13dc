// Telephone calls as the pages show them: filters in the words of the contract, what a call and a recording are, file names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, type Call, callOf, isUnderWay, type Recording, recordingOf } from '../src/calls/call.ts';
import { fileName } from '../src/calls/fileName.ts';
import { callFilter, callFilterIn, type Outcome } from '../src/calls/filter.ts';
import { positionText } from '../src/ui/times.ts';

test('what somebody picks and types is a filter of the contract', () => {
  const check = (outcome: Outcome | '', number: string, expected: string) =>
    assert.equal(callFilter({ outcome, number }), expected, `${outcome} ${number}`);
  check('', '', '');
  check('answered', '', 'state = COMPLETED');
  check('unanswered', '', 'state = NOT_ANSWERED OR state = BUSY OR state = REJECTED OR state = FAILED');
  check(
    'answered',
    '+61',
    "state = COMPLETED AND from = '+61*' OR from = 'sip:+61*' OR from = 'sips:+61*' OR to = '+61*' OR to = 'sip:+61*' OR to = 'sips:+61*'",
  );
  check('', 'sip:ada@', "from = 'sip:ada@*' OR to = 'sip:ada@*'");
  check('', "sip:a' OR state = 'b*", "from = 'sip:aORstate=b*' OR to = 'sip:aORstate=b*'");
  check('', " ' ", '');
});

test('an address that asks for an outcome that there is not asks for all', () => {
  const check = (outcome: string, expected: string) => assert.equal(callFilterIn({ outcome, number: '+61' }).outcome, expected);
  check('live', 'live');
  check('', '');
  check('constructor', '');
  check('COMPLETED', '');
});

test('addresses are shown as people know them', () => {
  const check = (address: string, expected: string) => assert.equal(addressText(address), expected);
  check('sip:ada@example.org', 'ada@example.org');
  check('sips:ada@example.org:5061;transport=tls', 'ada@example.org');
  check('+61412345678', '+61412345678');
  check('tel:+61412345678', '+61412345678');
  check('', '');
});

const TOLD = {
  name: 'projects/p/calls/c',
  from: 'sip:ada@example.org',
  to: 'sip:help@demo.sip.example.org',
  direction: 'INCOMING',
  state: 'COMPLETED',
  createTime: '2026-11-28T09:44:10.500Z',
  answerTime: '2026-11-28T09:44:12Z',
  endTime: '2026-11-28T09:44:32Z',
} as const;

test('a call is what the contract tells of it, and what it leaves out', () => {
  const call = callOf(TOLD);
  assert.deepEqual([call.from, call.to, call.incoming], ['ada@example.org', 'help@demo.sip.example.org', true]);
  assert.equal((call.end_ms ?? 0) - (call.answer_ms ?? 0), 20_000);
  assert.equal(callOf({ ...TOLD, isPrivate: true }).from, '');
  assert.equal(callOf({ ...TOLD, isPrivate: true, direction: 'OUTGOING' }).from, callOf(TOLD).from);
  const begun = callOf({ name: TOLD.name, to: TOLD.to, from: '', state: 'RINGING', createTime: TOLD.createTime });
  assert.deepEqual([begun.from, begun.answer_ms, begun.end_ms, begun.origin, begun.error], ['', undefined, undefined, '', '']);
});

test('links lead to this server, under whatever name the page is open', () => {
  const uri = 'https://calls.example.org/sederunt/recordings/abc.wav';
  const recording = recordingOf({
    name: 'projects/p/calls/c/recordings/r',
    state: 'SUCCEEDED',
    source: 'CALL_RECORDING',
    channelCount: 2,
    duration: '3.520s',
    startTime: '2026-11-28T09:44:12Z',
    audio: [{ mimeType: 'audio/x-wav', sizeBytes: 56_364, uri }],
  });
  assert.deepEqual(recording.wav, { path: '/sederunt/recordings/abc.wav', size_bytes: 56_364 });
  assert.deepEqual([recording.mp3, recording.duration_ms, recording.channels], [undefined, 3_520, 2]);
});

test('a page is looked at again while something is under way', () => {
  const check = (call: Partial<Call>, states: Recording['state'][], expected: boolean) => {
    const recordings = states.map((state) => ({ ...recordingOf({ name: 'r', state }) }));
    assert.equal(isUnderWay({ ...callOf(TOLD), ...call }, recordings), expected);
  };
  check({}, [], false);
  check({}, ['SUCCEEDED', 'EMPTY', 'FAILED'], false);
  check({}, ['SUCCEEDED', 'PENDING'], true);
  const { end_ms: _, ...live } = callOf(TOLD);
  assert.equal(isUnderWay(live, []), true);
});

test('a file says when and who', () => {
  const recording = recordingOf({ name: 'r', state: 'SUCCEEDED', startTime: '2026-11-28T09:44:12Z' });
  assert.equal(fileName(callOf(TOLD), recording, 'wav'), 'call-2026-11-28-0944-ada.wav');
  assert.equal(fileName(callOf({ ...TOLD, from: '' }), recording, 'mp3'), 'call-2026-11-28-0944.mp3');
  assert.equal(fileName(callOf({ ...TOLD, from: 'sip:../x y@h' }), recording, 'mp3'), 'call-2026-11-28-0944-xy.mp3');
});

test('places in a recording', () => {
  const check = (position_s: number, expected: string) => assert.equal(positionText(position_s), expected);
  check(0, '0:00');
  check(-1, '0:00');
  check(5.9, '0:05');
  check(65, '1:05');
  check(3_605, '1:00:05');
});
