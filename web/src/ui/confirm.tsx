// Something that cannot be undone: asked once more, in the browser's own dialog, which holds the focus and closes on Escape.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../text/text.ts';
import { useDoing } from './doing.ts';
import { ProblemNote } from './problem.tsx';

export interface ConfirmButtonProps {
  /** What the button says, in the list and in the dialog. */
  label: string;
  /** What the button in the list is called; begins with what it says. */
  name: string;
  title: string;
  text: string;
  action(): Promise<unknown>;
  /** The thing is gone, and the button with it. */
  onDone(): void;
  /** What else to decide. */
  children?: ComponentChildren;
}

export function ConfirmButton({ label, name, title, text, action, onDone, children }: ConfirmButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { working, problem, run } = useDoing();
  const open = useSignal(false);
  // Its content is there before it opens, so that the first of its controls gets the focus.
  useLayoutEffect(() => {
    if (open.value) dialog.current?.showModal();
  }, [open.value]);
  const ask = () => {
    problem.value = '';
    open.value = true;
  };
  const act = async () => {
    if (!(await run(action))) return;
    dialog.current?.close();
    onDone();
  };
  return (
    <>
      <button type="button" class="button quiet small danger" aria-label={name} onClick={ask}>
        {label}
      </button>
      {open.value && (
        <dialog
          ref={dialog}
          class="card confirm"
          aria-labelledby={`${id}-title`}
          aria-describedby={`${id}-text`}
          onClose={() => {
            open.value = false;
          }}
        >
          <h2 id={`${id}-title`}>{title}</h2>
          <p id={`${id}-text`}>{text}</p>
          {children}
          <ProblemNote text={problem.value} />
          <div class="form-actions">
            <button type="button" class="button" onClick={() => dialog.current?.close()}>
              {t('confirm.cancel')}
            </button>
            <button type="button" class="button danger-filled" disabled={working.value} onClick={act}>
              {label}
            </button>
          </div>
        </dialog>
      )}
    </>
  );
}
