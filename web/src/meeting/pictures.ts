// Which line shows which media entry, and whether its picture is already there. When the server puts another person on a
// line, the last picture of the one before stays in the decoder until the next keyframe: it must not be seen under the new
// name, so a picture counts only when the frames that come out name the right source.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Canvas, heldBack } from './assignment.ts';
import { LOOK_INTERVAL_MS } from './limits.ts';
import type { VideoAssignmentResource } from './messages.ts';
import type { Peer } from './peer.ts';
import type { Roster } from './roster.ts';

export interface Picture {
  /** The `mid` of the line. */
  line: string;
  track: MediaStreamTrack;
}

export interface Pictures {
  /** The pictures that can be seen, by media entry. */
  seen: ReadonlySignal<ReadonlyMap<number, Picture>>;
  /** The media entries that we would see if our network carried more. */
  heldBack: ReadonlySignal<ReadonlySet<number>>;
  /** What of `asked` the server has put on lines; null: nothing was asked for, because nobody can see the page. */
  assigned(assignment: VideoAssignmentResource, asked?: readonly Canvas[] | null): void;
  clear(): void;
  close(): void;
}

/** `peer` is the connection that stands now, if one does. */
export function openPictures(
  peer: () => Pick<Peer, 'lineOf' | 'receiverOf'> | null,
  roster: ReadonlySignal<Roster>,
): Pictures {
  const seen: Signal<ReadonlyMap<number, Picture>> = signal(new Map());
  const withheld: Signal<ReadonlySet<number>> = signal(new Set());
  /** Media entry → line. */
  let lines = new Map<number, string>();

  const setSeen = (next: ReadonlyMap<number, Picture>) => {
    const before = seen.peek();
    const same = next.size === before.size && [...next].every(([id, { track }]) => before.get(id)?.track === track);
    if (!same) seen.value = next;
  };

  const looking = setInterval(() => {
    const next = new Map<number, Picture>();
    for (const [entryId, line] of lines) {
      const entry = roster.peek().entries.get(entryId);
      const receiver = peer()?.receiverOf(line);
      if (!entry || entry.videoMuted || !receiver) continue;
      const [newest] = receiver.getContributingSources().sort((one, other) => other.timestamp - one.timestamp);
      // A browser forgets sources after ten seconds; a screen on which nothing moves is still that screen.
      const right = newest ? entry.videoCsrcs.includes(newest.source) : seen.peek().get(entryId)?.line === line;
      if (right) next.set(entryId, { line, track: receiver.track });
    }
    setSeen(next);
  }, LOOK_INTERVAL_MS);

  return {
    seen,
    heldBack: withheld,
    assigned(assignment, asked = []) {
      // The last picture of each stays until somebody sees the page again: no tile is blank then.
      if (asked === null) return;
      const { canvases = [] } = assignment;
      withheld.value = heldBack(asked, assignment);
      lines = new Map();
      for (const { ssrc = 0, mediaEntryId = 0 } of canvases) {
        const line = peer()?.lineOf(ssrc);
        if (line !== undefined && mediaEntryId) lines.set(mediaEntryId, line);
      }
    },
    clear() {
      lines = new Map();
      setSeen(new Map());
      withheld.value = new Set();
    },
    close: () => clearInterval(looking),
  };
}
