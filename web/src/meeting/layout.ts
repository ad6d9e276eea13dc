// Where tiles go. All lengths are CSS pixels. The grid chooses the number of columns that makes the tiles largest; the
// shape of a tile may vary between bounds, so that two people fill a phone and nine fill a desk.

export interface Box {
  width: number;
  height: number;
}

export interface Grid {
  columns: number;
  rows: number;
  tile: Box;
}

/** The widest a tile gets: the shape of a camera's picture. */
const WIDEST = 16 / 9;

/** The narrowest: on a wide stage 4:3, on a tall one (a phone) 3:4, where a camera's picture is tall too. */
function narrowest(box: Box): number {
  return box.width >= box.height ? 4 / 3 : 3 / 4;
}

function fit(cell: Box, narrow: number): Box {
  const shape = Math.min(Math.max(cell.width / cell.height, narrow), WIDEST);
  return cell.width / cell.height > shape
    ? { width: Math.floor(cell.height * shape), height: Math.floor(cell.height) }
    : { width: Math.floor(cell.width), height: Math.floor(cell.width / shape) };
}

export function grid(count: number, box: Box, gap: number, narrow: number = narrowest(box)): Grid {
  let best: Grid = { columns: 1, rows: Math.max(count, 1), tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cell = { width: (box.width - gap * (columns - 1)) / columns, height: (box.height - gap * (rows - 1)) / rows };
    if (cell.width <= 0 || cell.height <= 0) continue;
    const tile = fit(cell, narrow);
    if (tile.width * tile.height > best.tile.width * best.tile.height) best = { columns, rows, tile };
  }
  return best;
}

/** The narrowest tile in which a face and a name can still be read. */
const TILE_WIDTH_MIN = 116;

/** How many tiles a box can take before they become too small to read; never more than `limit`. */
export function capacity(box: Box, gap: number, limit: number, narrow?: number): number {
  let count = 1;
  while (count < limit && grid(count + 1, box, gap, narrow).tile.width >= TILE_WIDTH_MIN) count++;
  return count;
}

export interface Stage {
  direction: 'row' | 'column';
  /** The shared screen's place. */
  main: Box;
  /** The people's place: beside it or below it. */
  people: Box;
}

/** Beside a screen, people stay in the shape of their cameras: there is no height to fill. */
export const BESIDE_SCREEN = 4 / 3;

/** A shared screen takes the large place; the people stand beside it on a wide stage and below it on a tall one. */
export function stage(box: Box, gap: number): Stage {
  if (box.width >= box.height * 1.15) {
    const width = Math.floor(Math.min(Math.max(box.width * 0.2, 150), 280));
    const main = { width: box.width - width - gap, height: box.height };
    return { direction: 'row', main, people: { width, height: box.height } };
  }
  // No taller than a screen is: what is left is the people's.
  const height = Math.floor(Math.min(box.width * 0.66, box.height * 0.6));
  const main = { width: box.width, height };
  return { direction: 'column', main, people: { width: box.width, height: box.height - height - gap } };
}
