// The loop that hears: who speaks is told when it changes, and only then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AudioLine, openHearing } from '../src/meeting/hearing.ts';
import { LOOK_INTERVAL_MS, SPEAKING_HOLD_MS } from '../src/meeting/limits.ts';

test('a voice is heard while it lasts, held between words, and forgotten with its connection', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let now_ms = 10_000;
  context.mock.method(performance, 'now', () => now_ms);
  /** The voices of the one line, and how often the set of speakers changed. */
  let voices: number[] = [];
  let changes = -1;
  const line = {
    getContributingSources: () => voices.map((source) => ({ source, timestamp: now_ms, audioLevel: 0.5 })),
  } as AudioLine;
  const hearing = openHearing(() => [line]);
  hearing.speaking.subscribe(() => {
    changes += 1;
  });
  const check = (said: number[], expected: number[], changesSoFar: number) => {
    voices = said;
    now_ms += LOOK_INTERVAL_MS;
    context.mock.timers.tick(LOOK_INTERVAL_MS);
    assert.deepEqual([...hearing.speaking.value], expected);
    assert.equal(changes, changesSoFar);
  };
  check([], [], 0);
  check([110], [110], 1);
  check([110], [110], 1);
  assert.equal(hearing.heardAt_ms(110), now_ms);
  assert.equal(hearing.heardAt_ms(120), 0);
  check([120], [110, 120], 2);
  for (let held_ms = LOOK_INTERVAL_MS * 2; held_ms <= SPEAKING_HOLD_MS; held_ms += LOOK_INTERVAL_MS)
    check([120], [110, 120], 2);
  check([120], [120], 3);
  hearing.restart();
  assert.deepEqual([[...hearing.speaking.value], hearing.heardAt_ms(120)], [[], 0]);
  hearing.close();
  check([110], [], 4);
});
