// Something that is done at the press of a button, and may fail: the button waits, and why it failed is said beside it.

import { type Signal, useSignal } from '@preact/signals';
import { reasonOf } from './reason.ts';

export interface Doing {
  working: Signal<boolean>;
  /** Why it failed; empty, if it did not. */
  problem: Signal<string>;
  /** Does it; whether it went well. */
  run(action: () => Promise<unknown>): Promise<boolean>;
}

export function useDoing(): Doing {
  const working = useSignal(false);
  const problem = useSignal('');
  return {
    working,
    problem,
    async run(action) {
      working.value = true;
      problem.value = '';
      try {
        await action();
        return true;
      } catch (error) {
        problem.value = reasonOf(error);
        return false;
      } finally {
        working.value = false;
      }
    },
  };
}
