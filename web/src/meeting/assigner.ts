// Asks for pictures, no more often than is useful: tiles resize with every pixel of a window, the server should hear of it
// when the hand rests. The first wish after a rest goes out at once, because somebody is waiting for that picture.

import { allocate, type Canvas, sameCanvases, setAssignment, type Wanted } from './assignment.ts';
import { ASSIGNMENT_PAUSE_MS, ASSIGNMENT_RETRY_MS, VIDEO_LINES } from './limits.ts';
import type { VideoAssignmentResource } from './messages.ts';

export interface Assigner {
  want(wanted: readonly Wanted[]): void;
  /** What was asked for last, if this assignment answers it. */
  askedIn(assignment: VideoAssignmentResource): readonly Canvas[];
  /** A new connection, whose server knows nothing of us. */
  restart(): void;
  /** The server said no to the last request. */
  refused(): void;
  stop(): void;
}

export function openAssigner(request: (body: object) => void): Assigner {
  let wanted: readonly Wanted[] = [];
  let asked: Canvas[] = [];
  let askedAt_ms = Number.NEGATIVE_INFINITY;
  let running = false;
  let label = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function ask(): void {
    timer = undefined;
    if (!running) return;
    const next = allocate(asked, wanted, VIDEO_LINES, devicePixelRatio);
    if (sameCanvases(asked, next)) return;
    asked = next;
    askedAt_ms = performance.now();
    label += 1;
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
    askedIn: (assignment) => (assignment.label === String(label) ? asked : []),
    restart() {
      running = true;
      asked = [];
      askIn(0);
    },
    refused() {
      asked = [];
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
