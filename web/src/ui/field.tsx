// A labelled input with its hint and its problem, tied together for those who hear the page.

import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

export interface FieldProps {
  label: string;
  name: string;
  type?: 'text' | 'email' | 'password';
  hint?: ComponentChildren;
  /** What is wrong with it; empty if nothing. */
  problem?: string;
  defaultValue?: string;
  required?: boolean;
  autocomplete: 'off' | 'username' | 'current-password' | 'new-password';
  /** Not a word of any language. */
  verbatim?: boolean;
  /** Digits only. */
  numeric?: boolean;
  onInput?(): void;
}

export function Field({ label, hint, problem = '', verbatim = false, numeric = false, ...input }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  const attributes = {
    ...input,
    id,
    'aria-invalid': problem !== '',
    ...(described && { 'aria-describedby': described }),
    ...(verbatim && { autocapitalize: 'none', spellcheck: false }),
    ...(numeric && { inputMode: 'numeric' }),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {/* Preact's types tell the types of inputs apart one by one; ours take the same attributes. */}
      <input {...(attributes as InputHTMLAttributes<HTMLInputElement>)} />
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** What a form holds under a name, without the space around it. */
export function valueOf(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? '').trim();
}

export interface ChoiceProps {
  kind: 'radio' | 'checkbox' | 'switch';
  label: string;
  hint?: ComponentChildren;
  /** Of the group, or of the field. */
  name?: string;
  /** What a form sends for it. */
  value?: string;
  /** Without it, the form's own business. */
  checked?: boolean;
  defaultChecked?: boolean;
  onChange?(): void;
}

/** One thing to choose or to switch. Its hint describes it, and is no part of its name. */
export function Choice({ kind, label, hint, ...input }: ChoiceProps) {
  const id = useId();
  const attributes = {
    ...input,
    id,
    type: kind === 'radio' ? 'radio' : 'checkbox',
    ...(kind === 'switch' && { role: 'switch' }),
    ...(hint && { 'aria-describedby': `${id}-hint` }),
  };
  return (
    <div class="choice">
      <input {...(attributes as InputHTMLAttributes<HTMLInputElement>)} />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} class="hint">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
