// Where tiles go: they fit, they are as large as they can be, and a shared screen leaves room for faces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange } from '../src/meeting/arrangement.ts';
import { type Box, capacity, grid, stage } from '../src/meeting/layout.ts';
import { VIDEO_LINES } from '../src/meeting/limits.ts';
import type { Tile } from '../src/meeting/tiles.ts';

const DESK: Box = { width: 1250, height: 650 };
const PHONE: Box = { width: 380, height: 720 };
const GAP = 10;

test('a grid has the columns that make its tiles largest', () => {
  const check = (count: number, box: Box, columns: number, rows: number) => {
    const { tile, ...shape } = grid(count, box, GAP);
    assert.deepEqual(shape, { columns, rows }, `${count} in ${box.width}x${box.height}: ${tile.width}x${tile.height}`);
  };
  check(1, DESK, 1, 1);
  check(2, DESK, 2, 1);
  check(3, DESK, 2, 2);
  check(4, DESK, 2, 2);
  check(5, DESK, 3, 2);
  check(9, DESK, 3, 3);
  check(17, DESK, 5, 4);
  check(1, PHONE, 1, 1);
  check(2, PHONE, 1, 2);
  check(4, PHONE, 1, 4);
  check(5, PHONE, 2, 3);
  check(9, PHONE, 2, 5);
});

test('a grid never leaves its box, and its tiles keep a shape for faces', () => {
  for (const box of [
    DESK,
    PHONE,
    { width: 320, height: 300 },
    { width: 2560, height: 600 },
    { width: 60, height: 2000 },
  ]) {
    for (let count = 1; count <= 20; count++) {
      const { columns, rows, tile } = grid(count, box, GAP);
      assert.ok(columns * tile.width + (columns - 1) * GAP <= box.width, `${count} are too wide`);
      assert.ok(rows * tile.height + (rows - 1) * GAP <= box.height, `${count} are too tall`);
      assert.ok(columns * rows >= count);
      // A pixel of rounding either way.
      assert.ok(
        tile.width / tile.height < (16 / 9) * 1.05 && (tile.width + 1) / tile.height > 0.74,
        `${count}: ${JSON.stringify(tile)}`,
      );
    }
  }
});

test('a box without a size has tiles without a size', () => {
  assert.deepEqual(grid(3, { width: 0, height: 0 }, GAP).tile, { width: 0, height: 0 });
  assert.equal(capacity({ width: 0, height: 0 }, GAP, 16), 1);
});

test('a stage takes as many tiles as can be read, and no more than the limit', () => {
  assert.equal(capacity(DESK, GAP, 17), 17);
  const onPhone = capacity({ width: 380, height: 400 }, GAP, 17);
  assert.ok(onPhone >= 6 && onPhone < 17, `${onPhone}`);
});

test('a shared screen gets the larger part, beside the people or above them', () => {
  for (const [box, direction] of [
    [DESK, 'row'],
    [PHONE, 'column'],
  ] as const) {
    const { main, people, ...rest } = stage(box, GAP);
    assert.equal(rest.direction, direction);
    const [first, second, length] =
      direction === 'row' ? [main.width, people.width, box.width] : [main.height, people.height, box.height];
    assert.equal(first + second + GAP, length);
    assert.ok(main.width * main.height > (box.width * box.height) / 3);
  }
});

const other = (id: number, screen = false): Tile => ({
  key: `entry-${id}`,
  name: `Person ${id}`,
  mark: null,
  entry: {
    id,
    participantKey: '',
    sessionName: '',
    audioCsrc: id,
    videoCsrcs: [],
    screen,
    audioMuted: false,
    videoMuted: false,
    byProgram: false,
  },
  screen,
  audioMuted: false,
  hasVideo: true,
});
const OWN: Tile = { key: 'own', name: 'I', mark: null, entry: null, screen: false, audioMuted: false, hasVideo: true };
const others = (count: number) => Array.from({ length: count }, (_, index) => other(index + 1));
const silent = { seen: [], spokeAt: () => 0, own: [OWN] };

test('everybody is on the stage while they fit; then the rest is counted', () => {
  const check = (count: number, box: Box) => {
    const { people, hidden } = arrange({ ...silent, others: others(count) }, box, GAP);
    assert.equal(people.length - 1 + hidden, count, `nobody is lost of ${count}`);
    assert.equal(people.at(-1)?.tile, OWN);
    assert.ok(people.length - 1 <= VIDEO_LINES);
    return hidden;
  };
  assert.equal(check(0, DESK), 0);
  assert.equal(check(4, DESK), 0);
  assert.equal(check(VIDEO_LINES, DESK), 0);
  assert.ok(check(VIDEO_LINES + 1, DESK) >= 1);
  assert.ok(check(40, DESK) >= 24);
  assert.ok(check(40, PHONE) >= 24);
});

test('the screen that was shared last is the large one', () => {
  const { main, people } = arrange({ ...silent, others: [other(1), other(2, true), other(3, true)] }, DESK, GAP);
  assert.equal(main?.tile.key, 'entry-3');
  assert.deepEqual(
    people.map(({ tile }) => tile.key),
    ['entry-1', 'entry-2', 'own'],
  );
});

test('whoever speaks comes into sight, and nobody else moves', () => {
  const company = { ...silent, others: others(40) };
  const before = arrange(company, DESK, GAP).people.map(({ tile }) => tile.key);
  const speaker = 'entry-40';
  assert.ok(!before.includes(speaker));
  const spokeAt = (tile: Tile) => (tile.key === speaker ? 5 : 0);
  const after = arrange({ ...company, seen: before, spokeAt }, DESK, GAP).people.map(({ tile }) => tile.key);
  assert.ok(after.includes(speaker));
  assert.equal(after.filter((key) => !before.includes(key)).length, 1);
  const later = arrange({ ...company, seen: after, spokeAt: () => 0 }, DESK, GAP).people.map(({ tile }) => tile.key);
  assert.deepEqual(later, after, 'silence changes nothing');
});
