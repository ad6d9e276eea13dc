// Voice and picture: how far apart they are played, and who is held back for whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import { type HeldLine, openHolding } from '../src/meeting/holding.ts';
import { HELD_MS_MAX, LOOK_INTERVAL_MS, STEER_LOOKS, VOICE_HELD_MS_MAX } from '../src/meeting/limits.ts';
import { NOBODY, withEntries } from '../src/meeting/roster.ts';
import { type Held, lead_ms, NOT_HELD, steer } from '../src/meeting/together.ts';

test('a lead is told across the turns of both counters', () => {
  // What was said and shown at a time, and when it is heard and seen.
  const check = (was_ms: number, heard_ms: number, seen_ms: number, expected: number) => {
    const ticks = (perMs: number) => Math.round(was_ms * perMs) % 2 ** 32;
    const lead = lead_ms({ rtpTimestamp: ticks(48), timestamp: heard_ms }, { rtpTimestamp: ticks(90), timestamp: seen_ms });
    assert.ok(Math.abs(lead - expected) < 1, `${was_ms}: ${lead}`);
  };
  check(1_000, 9_100, 9_040, 90);
  check(1_000, 9_000, 9_250, -220);
  for (const hours of [12, 13.3, 24, 25, 40, 200]) check(hours * 3_600_000, 500, 420, 110);
});

test('what leads is held back, and what lags is let go first', () => {
  const check = (before: Held, leads_ms: number[], expected: Held) => assert.deepEqual(steer(before, leads_ms), expected);
  check(NOT_HELD, [40, 40, 40], { voice_ms: 0, picture_ms: 20 });
  check(NOT_HELD, [300, 300, 300], { voice_ms: 0, picture_ms: 60 });
  check(NOT_HELD, [-40, -40, -40], { voice_ms: 20, picture_ms: 0 });
  check({ voice_ms: 10, picture_ms: 0 }, [40, 40, 40], { voice_ms: 0, picture_ms: 10 });
  check({ voice_ms: 0, picture_ms: 10 }, [-40, -40, -40], { voice_ms: 10, picture_ms: 0 });
  // Little is nothing, one of three is an accident, and nothing waits for ever.
  check({ voice_ms: 0, picture_ms: 70 }, [12, -9, 10], { voice_ms: 0, picture_ms: 70 });
  check(NOT_HELD, [0, 900, 0], NOT_HELD);
  check({ voice_ms: 0, picture_ms: HELD_MS_MAX }, [400], { voice_ms: 0, picture_ms: HELD_MS_MAX });
  check({ voice_ms: VOICE_HELD_MS_MAX, picture_ms: 0 }, [-400], { voice_ms: VOICE_HELD_MS_MAX, picture_ms: 0 });
});

/** How far apart a browser plays in the end that buffers so much of each by itself, and does as it is told little by little. */
function settled(voice_ms: number, picture_ms: number): { apart_ms: number; held: Held } {
  let held = NOT_HELD;
  let played = { voice: voice_ms, picture: picture_ms };
  for (let looks = 0; looks < 100; looks++) {
    held = steer(held, [played.voice - played.picture]);
    const follow = (now_ms: number, own_ms: number, held_ms: number) =>
      now_ms + Math.max(-60, Math.min(60, Math.max(own_ms, held_ms) - now_ms));
    played = { voice: follow(played.voice, voice_ms, held.voice_ms), picture: follow(played.picture, picture_ms, held.picture_ms) };
  }
  return { apart_ms: played.voice - played.picture, held };
}

test('it settles whatever a browser buffers by itself', () => {
  const check = (voice_ms: number, picture_ms: number, apartAtMost_ms: number) => {
    const { apart_ms } = settled(voice_ms, picture_ms);
    assert.ok(Math.abs(apart_ms) <= apartAtMost_ms, `${voice_ms} and ${picture_ms}: ${apart_ms}`);
  };
  check(60, 10, 15);
  check(350, 20, 15);
  check(20, 150, 15);
  check(80, 80, 15);
  check(20, 900, 700);
});

/** A line on which a source plays with so much delay. */
class Line {
  jitterBufferTarget: number | null = null;
  readonly #source: number;
  readonly #ticks: number;
  readonly #delay_ms: () => number;

  constructor(source: number, ticks: number, delay_ms: () => number) {
    this.#source = source;
    this.#ticks = ticks;
    this.#delay_ms = delay_ms;
  }

  now_ms = 0;

  getContributingSources() {
    const rtpTimestamp = Math.round((this.now_ms - this.#delay_ms()) * this.#ticks);
    return [{ source: this.#source, timestamp: this.now_ms, rtpTimestamp }];
  }
}

test('the picture of whoever is heard waits for the voice, and those of the others wait as long', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const roster = signal(
    withEntries(NOBODY, { resources: [1, 2].map((id) => ({ id, mediaEntry: { audioCsrc: id * 10, videoCsrcs: [id * 10 + 1] } })) }),
  );
  const voice = new Line(10, 48, () => 140);
  const own = new Line(11, 90, () => Math.max(20, own.jitterBufferTarget ?? 0));
  const other = new Line(21, 90, () => 20);
  const lines = [voice, own, other];
  let connected = true;
  const receivers = { audio: [voice], video: [own, other] } as unknown as { audio: RTCRtpReceiver[]; video: RTCRtpReceiver[] };
  const stop = openHolding(() => (connected ? receivers : null), roster);
  const pass = (looks: number) => {
    for (let look = 0; look < looks; look++) {
      for (const line of lines) line.now_ms += LOOK_INTERVAL_MS;
      context.mock.timers.tick(LOOK_INTERVAL_MS);
    }
  };
  pass(STEER_LOOKS);
  assert.equal(own.jitterBufferTarget, null, 'not before it is known');
  pass(20 * STEER_LOOKS);
  assert.ok(Math.abs((own.jitterBufferTarget ?? 0) - 170) <= 15, `${own.jitterBufferTarget}`);
  assert.equal(other.jitterBufferTarget, own.jitterBufferTarget);
  assert.equal(voice.jitterBufferTarget, null);
  // The next connection buffers by itself again.
  connected = false;
  pass(1);
  connected = true;
  pass(1);
  assert.equal(own.jitterBufferTarget, 0);
  stop();
});

test('a browser that cannot hold lines back is left alone', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const line: HeldLine = { getContributingSources: () => [] };
  const stop = openHolding(() => ({ audio: [line as RTCRtpReceiver], video: [] }), signal(NOBODY));
  context.mock.timers.tick(LOOK_INTERVAL_MS);
  assert.equal('jitterBufferTarget' in line, false);
  stop();
});
