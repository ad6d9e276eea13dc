// Which pictures to ask the server for, and how large. A canvas keeps its id for as long as it shows the same media
// entry, so that the server can leave the line behind it alone: a picture that stays must not blink because another left.

import type { VideoAssignmentResource } from './messages.ts';

export interface Wanted {
  entryId: number;
  /** CSS pixels of the tile. */
  width: number;
  height: number;
}

export interface Canvas {
  id: number;
  entryId: number;
  /** Device pixels, rounded up to a step. */
  width: number;
  height: number;
}

/** The heights that are asked for. Coarse, so that dragging a window's edge does not ask sixty times. */
const HEIGHT_STEPS = [90, 180, 270, 360, 540, 720, 1080] as const;

/** A picture's size on a tile: the height rounded up to a step, at 16:9, because the tile crops what it does not show. */
export function pictureSize(width: number, height: number, pixelRatio: number): { width: number; height: number } {
  const needed = Math.max(height, (width * 9) / 16) * Math.min(pixelRatio, 2);
  const step = HEIGHT_STEPS.find((candidate) => candidate >= needed) ?? 1080;
  return { width: Math.round((step * 16) / 9), height: step };
}

/** Canvases for what is wanted, in its order; what exceeds the number of lines gets none. */
export function allocate(
  previous: readonly Canvas[],
  wanted: readonly Wanted[],
  lines: number,
  pixelRatio: number,
): Canvas[] {
  const served = wanted.slice(0, lines);
  const kept = new Map(previous.map((canvas) => [canvas.entryId, canvas.id]));
  const taken = new Set(served.map(({ entryId }) => kept.get(entryId)).filter((id) => id !== undefined));
  let next = 1;
  return served.map(({ entryId, width, height }) => {
    let id = kept.get(entryId);
    if (id === undefined) {
      while (taken.has(next)) next++;
      id = next;
      taken.add(id);
    }
    return { id, entryId, ...pictureSize(width, height, pixelRatio) };
  });
}

/** The same canvases in any order: nothing to ask for. */
export function sameCanvases(one: readonly Canvas[], other: readonly Canvas[]): boolean {
  const text = (canvases: readonly Canvas[]) =>
    canvases
      .map(({ id, entryId, width, height }) => `${id}:${entryId}:${width}x${height}`)
      .sort()
      .join(' ');
  return text(one) === text(other);
}

/** The media entries that were asked for and got no line: the server leaves out what the way to us does not carry. */
export function heldBack(asked: readonly Canvas[], { canvases = [] }: VideoAssignmentResource): ReadonlySet<number> {
  const shown = new Set(canvases.map(({ mediaEntryId }) => mediaEntryId));
  return new Set(asked.map(({ entryId }) => entryId).filter((entryId) => !shown.has(entryId)));
}

/** The request of the `video-assignment` channel. */
export function setAssignment(label: number, canvases: readonly Canvas[]): object {
  return {
    setAssignment: {
      layoutModel: {
        label: String(label),
        canvases: canvases.map(({ id, entryId, width, height }) => ({
          id,
          dimensions: { width, height },
          direct: { mediaEntryId: entryId },
        })),
      },
      maxVideoResolution: { width: 1920, height: 1080, frameRate: 30 },
    },
  };
}
