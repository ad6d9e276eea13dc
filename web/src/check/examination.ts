// The network, looked at: by all ways at once, so that nobody waits for the one that is blocked before they hear of the others.

import { type ReadonlySignal, signal } from '@preact/signals';
import { type Finding, probe } from './probe.ts';
import type { Way } from './ways.ts';

/** `undefined`: nobody has looked yet. */
export type Look = undefined | { kind: 'looking' } | { kind: 'failed'; error: unknown } | Finding;

export interface Examination {
  ways: Readonly<Record<Way, ReadonlySignal<Look>>>;
  /** Looks, from the beginning. */
  look(): void;
  /** The page goes. */
  close(): void;
}

export function openExamination(): Examination {
  const ways = { udp: signal<Look>(undefined), tcp: signal<Look>(undefined), relay: signal<Look>(undefined) };
  let givenUp = new AbortController();

  async function examine(way: Way, { signal: cancelled }: AbortController): Promise<void> {
    ways[way].value = { kind: 'looking' };
    const found: Look = await probe(way, cancelled).catch((error: unknown) => ({ kind: 'failed', error }));
    if (!cancelled.aborted) ways[way].value = found;
  }

  return {
    ways,
    look() {
      givenUp.abort();
      givenUp = new AbortController();
      void examine('udp', givenUp);
      void examine('tcp', givenUp);
      void examine('relay', givenUp);
    },
    close: () => givenUp.abort(),
  };
}
