// Which pictures are asked for: no more than there are lines, none moved without need, in sizes that change rarely.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocate, heldBack, pictureSize, sameCanvases, setAssignment } from '../src/meeting/assignment.ts';
import { lineOfEachSsrc } from '../src/meeting/sdp.ts';

const wanted = (...entries: number[]) => entries.map((entryId) => ({ entryId, width: 320, height: 180 }));
const ids = (canvases: readonly { id: number; entryId: number }[]) => canvases.map(({ id, entryId }) => [entryId, id]);

test('a canvas keeps its id while its entry is shown, and a free one is taken again', () => {
  const first = allocate([], wanted(10, 20, 30), 16, 1);
  assert.deepEqual(ids(first), [
    [10, 1],
    [20, 2],
    [30, 3],
  ]);
  const second = allocate(first, wanted(30, 10), 16, 1);
  assert.deepEqual(ids(second), [
    [30, 3],
    [10, 1],
  ]);
  const third = allocate(second, wanted(40, 30, 10, 50), 16, 1);
  assert.deepEqual(ids(third), [
    [40, 2],
    [30, 3],
    [10, 1],
    [50, 4],
  ]);
});

test('there are never more canvases than lines, and never two with one id', () => {
  let canvases = allocate([], wanted(1, 2, 3), 4, 1);
  for (let round = 0; round < 50; round++) {
    const entries = Array.from({ length: 7 }, (_, index) => ((round * 5 + index * 3) % 11) + 1);
    canvases = allocate(canvases, wanted(...new Set(entries)), 4, 1);
    assert.ok(canvases.length <= 4);
    const taken = canvases.map(({ id }) => id);
    assert.equal(new Set(taken).size, taken.length);
    assert.ok(
      taken.every((id) => id >= 1 && id <= 4),
      `${taken}`,
    );
  }
});

test('sizes are steps at 16:9, at most twice the CSS pixels', () => {
  const check = (width: number, height: number, ratio: number, expected: number) =>
    assert.equal(pictureSize(width, height, ratio).height, expected, `${width}x${height}@${ratio}`);
  check(160, 90, 1, 90);
  check(161, 90, 1, 180);
  check(320, 180, 1, 180);
  check(320, 180, 2, 360);
  check(320, 180, 3, 360);
  check(300, 400, 1, 540);
  check(4000, 3000, 2, 1080);
  assert.equal(pictureSize(320, 180, 1).width, 320);
});

test('the same canvases in another order are the same', () => {
  const canvases = allocate([], wanted(1, 2), 16, 1);
  assert.ok(sameCanvases(canvases, [...canvases].reverse()));
  assert.ok(!sameCanvases(canvases, canvases.slice(1)));
  assert.ok(
    !sameCanvases(canvases, allocate(canvases, [{ entryId: 1, width: 900, height: 500 }, ...wanted(2)], 16, 1)),
  );
});

test('what was asked for and got no line is held back', () => {
  const asked = allocate([], wanted(5, 6), 16, 1);
  const check = (shown: number[], expected: number[]) => {
    const canvases = shown.map((mediaEntryId) => ({ canvasId: mediaEntryId, ssrc: 1, mediaEntryId }));
    assert.deepEqual([...heldBack(asked, { canvases })], expected);
  };
  check([5, 6], []);
  check([6], [5]);
  check([], [5, 6]);
  assert.deepEqual([...heldBack(asked, {})], [5, 6]);
});

test('the request is the one of the contract', () => {
  assert.deepEqual(setAssignment(7, allocate([], wanted(5), 16, 1)), {
    setAssignment: {
      layoutModel: {
        label: '7',
        canvases: [{ id: 1, dimensions: { width: 320, height: 180 }, direct: { mediaEntryId: 5 } }],
      },
      maxVideoResolution: { width: 1920, height: 1080, frameRate: 30 },
    },
  });
});

test('a line is found by the SSRC of its media, not of its retransmissions', () => {
  const answer = [
    'v=0',
    's=-',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'a=ssrc:11 cname:x',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'a=mid:3',
    'a=ssrc:99 cname:x',
    'a=ssrc-group:FID 31 99',
    'a=ssrc:31 cname:x',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'a=mid:20',
    'a=recvonly',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=mid:22',
    '',
  ].join('\r\n');
  assert.deepEqual(
    [...lineOfEachSsrc(answer)],
    [
      [11, '0'],
      [31, '3'],
    ],
  );
  assert.deepEqual([...lineOfEachSsrc('nonsense')], []);
});
