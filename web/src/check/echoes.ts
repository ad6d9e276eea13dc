// What is said of a network by the messages that came back. Pure.

import { JITTER_GOOD_MS, LOSS_GOOD, LOSS_POOR, ROUND_TRIP_GOOD_MS } from './limits.ts';

/** How well something is: `poor` is a meeting with trouble, `bad` is none. */
export type Grade = 'good' | 'poor' | 'bad';

/** A way on which messages went out and came back. */
export interface Echoes {
  /** Of those that came back, in milliseconds. */
  roundTrips_ms: readonly number[];
  sent: number;
}

export interface Quality {
  roundTrip_ms: number;
  /** How much longer than this the slowest tenth took. */
  jitter_ms: number;
  /** The share that did not come back. */
  loss: number;
}

/** `null` if nothing came back, of which nothing can be said. */
export function qualityOf({ roundTrips_ms, sent }: Echoes): Quality | null {
  const sorted = [...roundTrips_ms].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
  const [middle, slow] = [at(0.5), at(0.9)];
  if (middle === undefined || slow === undefined) return null;
  return { roundTrip_ms: middle, jitter_ms: slow - middle, loss: 1 - sorted.length / sent };
}

export function gradeOfRoundTrip({ roundTrip_ms, jitter_ms }: Quality): Grade {
  return roundTrip_ms <= ROUND_TRIP_GOOD_MS && jitter_ms <= JITTER_GOOD_MS ? 'good' : 'poor';
}

export function gradeOfLoss({ loss }: Quality): Grade {
  if (loss <= LOSS_GOOD) return 'good';
  return loss <= LOSS_POOR ? 'poor' : 'bad';
}

/** The worst of several. */
export function worst(grades: readonly Grade[]): Grade {
  return grades.includes('bad') ? 'bad' : grades.includes('poor') ? 'poor' : 'good';
}
