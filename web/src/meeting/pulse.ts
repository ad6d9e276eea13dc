// Whether anything still arrives. A browser takes fifteen seconds to notice that a server is gone; its counters tell at
// once. Time is an argument.

import { SILENCE_DEAD_MS, SILENCE_SUSPECT_MS } from './limits.ts';

export interface Pulse {
  /** Everything received so far: packets and answers to connectivity checks. */
  received: number;
  changedAt_ms: number;
}

export type Verdict = 'well' | 'suspect' | 'dead';

export function feel(before: Pulse | null, received: number, now_ms: number): Pulse {
  return before?.received === received ? before : { received, changedAt_ms: now_ms };
}

export function verdictOf(pulse: Pulse, now_ms: number): Verdict {
  const silence_ms = now_ms - pulse.changedAt_ms;
  if (silence_ms >= SILENCE_DEAD_MS) return 'dead';
  return silence_ms >= SILENCE_SUSPECT_MS ? 'suspect' : 'well';
}
