// Text to take along: a link in a list, or a secret that is shown once.

import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../text/text.ts';
import { Check, Link } from './icons.tsx';

const COPIED_MS = 2_000;

export function useCopied() {
  const copied = useSignal(false);
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, COPIED_MS);
  };
  return { copied, copy };
}

/** For those who do not see the button change: what a button says anew is not read out. */
export function Copied({ copied }: { copied: ReadonlySignal<boolean> }) {
  return (
    <span class="unseen" role="status">
      {copied.value && t('copy.copied')}
    </span>
  );
}

export interface CopyButtonProps {
  text: string;
  /** What it says. */
  label: string;
  /** What it is called when several stand on one page; begins with what it says. */
  name: string;
}

export function CopyButton({ text, label, name }: CopyButtonProps) {
  const { copied, copy } = useCopied();
  const failed = useSignal(false);
  // No clipboard without HTTPS: then the text itself is shown, to be copied by hand.
  if (failed.value) return <CopyField label={name} text={text} />;
  const take = () =>
    copy(text).catch(() => {
      failed.value = true;
    });
  return (
    <>
      <button type="button" class="button quiet small" aria-label={name} onClick={take}>
        {copied.value ? <Check /> : <Link />}
        <span>{copied.value ? t('copy.copied') : label}</span>
      </button>
      <Copied copied={copied} />
    </>
  );
}

export function CopyField({ text, label }: { text: string; label: string }) {
  const { copied, copy } = useCopied();
  const input = useRef<HTMLInputElement>(null);
  const take = () => copy(text).catch(() => input.current?.select());
  return (
    <label class="field copy-field">
      <span>{label}</span>
      <span class="joined-input">
        <input ref={input} type="text" readOnly value={text} onFocus={() => input.current?.select()} />
        <button type="button" class="button" aria-label={t('copy.of', { what: label })} onClick={take}>
          {copied.value ? t('copy.copied') : t('copy.copy')}
        </button>
        <Copied copied={copied} />
      </span>
    </label>
  );
}

export interface ShownOnceProps {
  title: string;
  text: string;
  values: readonly { label: string; value: string }[];
  onClose(): void;
  children?: preact.ComponentChildren;
}

/** A secret, which the server does not keep: it stays on the screen until somebody says that they have it. */
export function ShownOnce({ title, text, values, onClose, children }: ShownOnceProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card shown-once" aria-labelledby="shown-once">
      <h2 id="shown-once" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      {values.map(({ label, value }) => (
        <CopyField key={label} label={label} text={value} />
      ))}
      <div class="form-actions">
        {children}
        <button type="button" class="button" onClick={onClose}>
          {t('copy.done')}
        </button>
      </div>
    </section>
  );
}
