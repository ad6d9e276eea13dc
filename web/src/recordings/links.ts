// Links to the tracks of a recording. They end after an hour, and a page may stay longer; and each look at the recording has
// others, while an element that is given another loads all of it anew. So the first are kept until one of them fails.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Track } from './recording.ts';

/** What fails so soon with a new link does not fail for its link. */
const NEW_MS = 60_000;

/** The paths of tracks, by their names. */
type Paths = ReadonlyMap<string, string>;

export interface Links {
  paths: ReadonlySignal<Paths>;
  /** Tracks that cannot be played. */
  broken: ReadonlySignal<ReadonlySet<string>>;
  /** A track has failed. */
  failed(name: string): Promise<void>;
  /** Tries all once more. */
  renew(): Promise<void>;
}

const pathsOf = (tracks: readonly Track[]): Paths => new Map(tracks.map(({ name, path }) => [name, path]));

/** `load` answers the same tracks with new links. */
export function openLinks(
  first: readonly Track[],
  load: () => Promise<readonly Track[]>,
  now_ms: () => number = () => performance.now(),
): Links {
  const paths = signal(pathsOf(first));
  const broken = signal<ReadonlySet<string>>(new Set());
  let renewed_ms = Number.NEGATIVE_INFINITY;
  let renewing: Promise<void> | null = null;

  const breaks = (name: string) => {
    broken.value = new Set([...broken.peek(), name]);
  };
  const renew = () => {
    renewing ??= load()
      .then((tracks) => {
        paths.value = pathsOf(tracks);
        broken.value = new Set();
        renewed_ms = now_ms();
      })
      .finally(() => {
        renewing = null;
      });
    return renewing;
  };
  return {
    paths,
    broken,
    async failed(name) {
      if (renewing === null && now_ms() - renewed_ms < NEW_MS) return breaks(name);
      // With others that failed in the same moment it waits for one answer.
      await renew().catch(() => breaks(name));
    },
    renew: () => renew().catch(() => undefined),
  };
}
