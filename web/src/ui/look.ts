// Whether a meeting exists, and what it is like before one joins: asked until it is known, and again while somebody gets
// ready, because others come and go.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Meeting, preview } from '../api/meetings.ts';
import { ApiError } from '../api/request.ts';

export type Look =
  | { kind: 'looking' }
  | { kind: 'unknown' }
  | { kind: 'unreachable' }
  | { kind: 'found'; meeting: Meeting };

/** How often a page that waits for the server asks, and how often the number of people is fetched. */
const LOOK_AGAIN_MS = 3_000;

/** Asks while `curious`; afterwards what was seen last stays. */
export function useLook(code: string, curious: boolean): Look {
  const look = useSignal<Look>({ kind: 'looking' });
  useEffect(() => {
    if (!curious) return;
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const ask = async () => {
      const next = await lookAt(code);
      if (gone) return;
      // Somebody is filling in the form: a server that is away for a moment must not take it from them.
      if (next.kind === 'found' || look.peek().kind !== 'found') look.value = next;
      if (next.kind !== 'unknown') timer = setTimeout(ask, LOOK_AGAIN_MS);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [code, curious]);
  return look.value;
}

async function lookAt(code: string): Promise<Look> {
  try {
    return { kind: 'found', meeting: await preview(code) };
  } catch (error) {
    return { kind: error instanceof ApiError && error.mayPass ? 'unreachable' : 'unknown' };
  }
}
