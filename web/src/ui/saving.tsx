// Something is being saved: said beside the field that it is about, seen and read out.

import { type Signal, useSignal } from '@preact/signals';
import { t } from '../text/account.ts';
import { Check } from './icons.tsx';
import { reasonOf } from './reason.ts';

export type SavingState =
  | { kind: 'idle' }
  | { kind: 'saving' }
  | { kind: 'saved'; text: string }
  | { kind: 'failed'; why: string };

export interface Saving {
  state: Signal<SavingState>;
  /** Does it, and says how it went; whether it went well. */
  run(action: () => Promise<unknown>, done?: string): Promise<boolean>;
  /** Says that something went well that was done elsewhere. */
  succeed(text: string): void;
}

export function useSaving(): Saving {
  const state = useSignal<SavingState>({ kind: 'idle' });
  return {
    state,
    async run(action, done = t('saving.saved')) {
      state.value = { kind: 'saving' };
      try {
        await action();
        state.value = { kind: 'saved', text: done };
        return true;
      } catch (error) {
        state.value = { kind: 'failed', why: reasonOf(error) };
        return false;
      }
    },
    succeed(text) {
      state.value = { kind: 'saved', text };
    },
  };
}

/** Always there, because a region that appears together with its text is not read out by all screen readers. */
export function SavingNote({ saving, id }: { saving: Saving; id?: string }) {
  const state = saving.state.value;
  return (
    <p class="saving" id={id}>
      <span role="status" data-kind={state.kind}>
        {state.kind === 'saving' && <span class="wait">{t('saving.saving')}</span>}
        {state.kind === 'saved' && (
          <>
            <Check /> {state.text}
          </>
        )}
      </span>
      {state.kind === 'failed' && (
        <span class="problem" role="alert">
          {state.why}
        </span>
      )}
    </p>
  );
}
