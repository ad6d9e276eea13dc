// Everything on the stage, in its place: what `layout.ts` says about boxes, applied to the tiles of `tiles.ts`.

import { BESIDE_SCREEN, type Box, capacity, grid, stage } from './layout.ts';
import { VIDEO_LINES } from './limits.ts';
import { type Tile, visibleTiles } from './tiles.ts';

export interface Placed {
  tile: Tile;
  box: Box;
}

export interface Arrangement {
  /** A shared screen in the large place. */
  main: Placed | null;
  /** How the screen and the people stand to each other. */
  direction: 'row' | 'column';
  /** Where the people are. */
  place: Box;
  people: Placed[];
  /** How many found no place. */
  hidden: number;
  /** The place of the tile that says so. */
  hiddenBox: Box;
}

export interface Company {
  others: readonly Tile[];
  /** Oneself, and one's own shared screen. */
  own: readonly Tile[];
  /** Keys of the tiles that were visible before. */
  seen: readonly string[];
  spokeAt: (tile: Tile) => number;
}

export function arrange({ others, own, seen, spokeAt }: Company, box: Box, gap: number): Arrangement {
  // The screen that was shared last is the one that is talked about.
  const shared = others.filter((tile) => tile.screen).at(-1);
  const rest = others.filter((tile) => tile !== shared);
  const all = rest.length + own.length;
  const room = shared ? stage(box, gap) : null;
  const place = room ? room.people : box;
  const narrow = room ? BESIDE_SCREEN : undefined;
  const places = capacity(place, gap, Math.min(all, VIDEO_LINES + own.length), narrow);
  // Whoever finds no place is counted on a tile that needs one itself.
  const visible = all <= places ? rest : visibleTiles(rest, Math.max(places - own.length - 1, 0), seen, spokeAt);
  const hidden = rest.length - visible.length;
  const tiles = [...visible, ...own];
  const tileBox = grid(tiles.length + (hidden ? 1 : 0), place, gap, narrow).tile;
  return {
    main: shared && room ? { tile: shared, box: room.main } : null,
    direction: room?.direction ?? 'row',
    place,
    people: tiles.map((tile) => ({ tile, box: tileBox })),
    hidden,
    hiddenBox: tileBox,
  };
}
