// Recordings of meetings: one axis for all tracks, what the log says, and elements that are kept in step.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLinks } from '../src/recordings/links.ts';
import { logOf, nameOf, recordingOf, speakerAt, type Track } from '../src/recordings/recording.ts';
import { correction, type Element, Steering } from '../src/recordings/steering.ts';

test('tracks lie on the axis of the recording', () => {
  const recording = recordingOf({
    name: 'conferenceRecords/c/recordings/r',
    state: 'FILE_GENERATED',
    startTime: '2026-11-28T10:00:00Z',
    endTime: '2026-11-28T10:01:00.500Z',
    archiveUri: 'https://meet.example.org/sederunt/meeting-recordings/all',
    files: [
      { fileName: 'a.webm', mediaType: 'audio/webm', session: 's', source: 'MICROPHONE', startTime: '2026-11-28T10:00:02.250Z', duration: '30.5s', uri: 'https://meet.example.org/sederunt/meeting-recordings/a', sizeBytes: '12' },
      { fileName: 'events.jsonl', mediaType: 'application/jsonl', uri: 'https://meet.example.org/sederunt/meeting-recordings/log' },
    ],
  });
  const [track] = recording.tracks;
  assert.deepEqual([track?.start_s, track?.duration_s, track?.path], [2.25, 30.5, '/sederunt/meeting-recordings/a']);
  assert.equal(recording.tracks.length, 1);
  assert.deepEqual(recording.files.map(({ of }) => of), [{ session: 's', source: 'MICROPHONE' }, undefined]);
  assert.equal(recording.duration_s, 60.5);
  assert.deepEqual([recording.log, recording.archive], ['/sederunt/meeting-recordings/log', '/sederunt/meeting-recordings/all']);
  const nothing = recordingOf({ name: 'r', state: 'STARTED', startTime: '2026-11-28T10:00:00Z' });
  assert.deepEqual([nothing.duration_s, nothing.log, nothing.deletable], [0, '', false]);
});

test('the log tells who spoke, also where a kill has cut it off', () => {
  const start_ms = 1_000_000;
  const lines = [
    { at_us: 0, event: 'began', starts_us: 1_000_500_000, room: 'c' },
    { at_us: 0, event: 'joined', session: 's', participant: 'p', name: 'Ada' },
    { at_us: 2_000_000, event: 'loudest', session: 's' },
    { at_us: 3_000_000, event: 'loudest', session: 't' },
    { at_us: 4_000_000, event: 'loudest', session: null },
    { at_us: 5_000_000, event: 'loudest', session: 's' },
  ];
  const log = logOf(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"at_us": 6`, start_ms, 10);
  const at = [1, 2.5, 3.4, 3.6, 4.6, 9].map((at_s) => speakerAt(log, at_s));
  assert.deepEqual(at, [null, 's', 's', 't', null, 's']);
  assert.deepEqual([nameOf('s', [], log), nameOf('t', [], log)], ['Ada', '']);
  assert.deepEqual(logOf('', 0, 10).speeches, []);
});

test('what is far off is set, and what is a little off is caught up with', () => {
  const check = (ahead_s: number, expected: ReturnType<typeof correction>) => assert.deepEqual(correction(ahead_s), expected, String(ahead_s));
  check(0, { rate: 1 });
  check(0.005, { rate: 1 });
  check(0.02, { rate: 0.95 });
  check(-0.02, { rate: 1.05 });
  check(0.1, { rate: 0.85 });
  check(0.2, 'set');
  check(-2, 'set');
});

/** An element whose own clock goes at some rate. */
class Fake implements Element {
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  seeking = false;
  readyState = 4;
  error: object | null = null;
  readonly #speed: number;
  constructor(speed: number) {
    this.#speed = speed;
  }
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  pass(seconds: number): void {
    if (!this.paused) this.currentTime += seconds * this.playbackRate * this.#speed;
  }
}

test('tracks with clocks of their own stay in step, after each seek too', () => {
  const [exact, fast, late] = [new Fake(1), new Fake(1.02), new Fake(0.99)];
  let now_s = 100;
  const broken = new Set<Element>();
  const track = (element: Element, start_s: number, duration_s: number) => ({ element, start_s, duration_s, isBroken: () => broken.has(element) });
  const tracks = [track(exact, 0, 100), track(fast, 0, 100), track(late, 10, 50)];
  const steering = new Steering(tracks, 100, () => now_s);
  const pass = (seconds: number) => {
    for (let step = 0; step < seconds * 10; step += 1) {
      now_s += 0.1;
      for (const element of [exact, fast, late]) element.pass(0.1);
      steering.steer();
    }
  };
  steering.play();
  assert.ok(late.paused, 'it begins later');
  for (const to_s of [12, 3, 40, 55, 20]) {
    steering.seek(to_s);
    steering.steer();
    pass(4);
    const here_s = steering.position_s;
    assert.ok(Math.abs(here_s - to_s - 4) < 0.2, String(here_s));
    for (const [element, start_s] of [[exact, 0], [fast, 0], [late, 10]] as const) {
      const within_s = here_s - start_s;
      if (within_s < 0 || within_s >= (start_s === 0 ? 100 : 50)) continue;
      assert.ok(Math.abs(element.currentTime - within_s) < 0.05, `${element.currentTime} is not ${within_s}`);
    }
  }
  // One that still loads holds all up.
  fast.readyState = 1;
  steering.steer();
  const stood_s = steering.position_s;
  pass(2);
  assert.equal(steering.position_s, stood_s);
  assert.ok(exact.paused && steering.playing);
  fast.error = {};
  fast.readyState = 4;
  pass(1);
  assert.equal(steering.position_s, stood_s, 'what failed may get another link, and is waited for');
  broken.add(fast);
  pass(1);
  assert.ok(steering.position_s > stood_s, 'what never plays keeps nobody waiting');
  broken.clear();
  fast.error = null;
  fast.readyState = 4;
  pass(1);
  assert.ok(steering.position_s > stood_s);
  steering.seek(99);
  pass(3);
  assert.ok(!steering.playing && exact.paused, 'it ends');
  steering.play();
  assert.ok(steering.position_s < 1, 'and begins anew');
});

/** Links to two tracks, as often as they are asked for; `answers` says whether anybody answers. */
function someLinks() {
  const told = { answers: true, asked: 0, now_ms: 0 };
  const tracks = (): Track[] =>
    ['a', 'b'].map((name) => ({ name, path: `/${name}?${told.asked}`, session: 's', source: 'CAMERA', start_s: 0, duration_s: 1 }));
  const load = async () => {
    told.asked += 1;
    if (!told.answers) throw new Error('no');
    return tracks();
  };
  return { told, links: openLinks(tracks(), load, () => told.now_ms) };
}

test('links that have ended are renewed at once for all, as often as they end', async () => {
  const { told, links } = someLinks();
  for (const round of [1, 2]) {
    await Promise.all([links.failed('a'), links.failed('b')]);
    assert.deepEqual([...links.paths.value], [['a', `/a?${round}`], ['b', `/b?${round}`]]);
    assert.deepEqual([told.asked, links.broken.value.size], [round, 0]);
    told.now_ms += 3_600_000;
  }
});

test('what fails with a new link is broken, and what gets none, until it is tried once more', async () => {
  const { told, links } = someLinks();
  await links.failed('a');
  told.now_ms += 1_000;
  await links.failed('a');
  assert.deepEqual([told.asked, [...links.broken.value]], [1, ['a']]);
  told.now_ms += 3_600_000;
  told.answers = false;
  await links.failed('b');
  await links.renew();
  assert.deepEqual([...links.broken.value], ['a', 'b']);
  told.answers = true;
  await links.renew();
  assert.deepEqual([[...links.broken.value], links.paths.value.get('b')], [[], '/b?4']);
});
