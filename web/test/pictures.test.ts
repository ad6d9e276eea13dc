// A picture is seen under a name only when its frames come from that source: never the last one of somebody else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import { LOOK_INTERVAL_MS } from '../src/meeting/limits.ts';
import { openPictures } from '../src/meeting/pictures.ts';
import { NOBODY, type Roster, withEntries } from '../src/meeting/roster.ts';

/** Media entry 5 sends video with the number 50, media entry 6 with 60. */
const meeting = (videoMuted: boolean): Roster =>
  withEntries(NOBODY, {
    resources: [5, 6].map((id) => ({ id, mediaEntry: { videoCsrcs: [id * 10], videoMuted } })),
  });

test('who is seen follows the frames, not the promise', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const roster = signal(meeting(false));
  /** What came last on the one line, whose SSRC is 31. */
  let sources: { source: number; timestamp: number }[] = [];
  const receiver = { track: {}, getContributingSources: () => sources } as unknown as RTCRtpReceiver;
  const pictures = openPictures(
    () => ({ lineOf: (ssrc) => (ssrc === 31 ? '3' : undefined), receiverOf: () => receiver }),
    roster,
  );
  const assign = (mediaEntryId: number, ssrc = 31) => pictures.assigned({ canvases: [{ canvasId: 1, ssrc, mediaEntryId }] });
  const check = (frames: number[], ...expected: number[]) => {
    sources = frames.map((source, timestamp) => ({ source, timestamp }));
    context.mock.timers.tick(LOOK_INTERVAL_MS);
    assert.deepEqual([...pictures.seen.value.keys()], expected);
  };
  check([50]);
  assign(5);
  check([]);
  check([50], 5);
  // A browser forgets sources; a screen on which nothing moves is still that screen.
  check([], 5);
  assign(6);
  check([50]);
  check([]);
  check([50, 60], 6);
  roster.value = meeting(true);
  check([60]);
  roster.value = meeting(false);
  check([60], 6);
  assign(5, 99);
  check([50]);
  assign(5);
  check([50], 5);
  // Nobody can see the page, and nothing comes.
  pictures.assigned({}, null);
  check([], 5);
  pictures.clear();
  assert.equal(pictures.seen.value.size, 0);
  assign(5);
  pictures.close();
  check([50]);
});
