// Asks for pictures, no more often than is useful: tiles resize with every pixel of a window, the server should hear of it
// when the hand rests. The first wish after a rest goes out at once, because somebody is waiting for that picture. While nobody can
// see the page it asks for none.

import { allocate, type Canvas, sameCanvases, setAssignment, type Wanted } from './assignment.ts';
import { ASSIGNMENT_PAUSE_MS, ASSIGNMENT_RETRY_MS, VIDEO_LINES } from './limits.ts';
import type { VideoAssignmentResource } from './messages.ts';

export interface Assigner {
  want(wanted: readonly Wanted[]): void;
  /** Whether anybody can see the page. */
  seen(isSeen: boolean): void;
  /** What was asked for last, if this assignment answers it; null if that was nothing, because nobody could see the page. */
  askedIn(assignment: VideoAssignmentResource): readonly Canvas[] | null;
  /** A new connection, whose server knows nothing of us. */
  restart(): void;
  /** The server said no to the last request. */
  refused(): void;
  stop(): void;
}

export function openAssigner(request: (body: object) => void): Assigner {
  let wanted: readonly Wanted[] = [];
  /** Null where the server said no to it. */
  let asked: Canvas[] | null = [];
  /** What was asked for last while somebody could see the page: a picture comes back on the canvas on which it was. */
  let placed: Canvas[] = [];
  let isSeen = true;
  let unseenLabel = '';
  let askedAt_ms = Number.NEGATIVE_INFINITY;
  let running = false;
  let label = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function ask(): void {
    timer = undefined;
    if (!running) return;
    if (isSeen) placed = allocate(placed, wanted, VIDEO_LINES, devicePixelRatio);
    const next = isSeen ? placed : [];
    if (asked && sameCanvases(asked, next)) return;
    asked = next;
    askedAt_ms = performance.now();
    label += 1;
    if (!isSeen) unseenLabel = String(label);
    request(setAssignment(label, asked));
  }

  function askIn(pause_ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(ask, pause_ms);
  }

  return {
    want(next) {
      wanted = next;
      if (!running) return;
      const rested_ms = performance.now() - askedAt_ms;
      if (rested_ms > ASSIGNMENT_PAUSE_MS && timer === undefined) askIn(0);
      else askIn(ASSIGNMENT_PAUSE_MS);
    },
    seen(next) {
      isSeen = next;
      // Timers of pages that nobody sees are slow, and whoever comes back waits for every picture.
      clearTimeout(timer);
      ask();
    },
    askedIn(assignment) {
      if (assignment.label === unseenLabel) return null;
      return asked && assignment.label === String(label) ? asked : [];
    },
    restart() {
      running = true;
      asked = [];
      placed = [];
      askIn(0);
    },
    refused() {
      asked = null;
      askIn(ASSIGNMENT_RETRY_MS);
    },
    stop() {
      running = false;
      asked = [];
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
