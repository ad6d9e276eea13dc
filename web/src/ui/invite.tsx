// The link that brings others here.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { t } from '../text/text.ts';
import * as icons from './icons.tsx';

const COPIED_MS = 2_000;

export function InviteLink({ link }: { link: string }) {
  const input = useRef<HTMLInputElement>(null);
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      copied.value = true;
      setTimeout(() => {
        copied.value = false;
      }, COPIED_MS);
    } catch {
      // No clipboard without HTTPS: at least one key press is enough then.
      input.current?.focus();
      input.current?.select();
    }
  };
  return (
    <div class="invite">
      <input ref={input} type="text" readOnly value={link} aria-label={t('meeting.invite.link')} />
      <button type="button" class="button" onClick={copy}>
        {copied.value ? <icons.Check /> : <icons.Link />}
        <span role="status">{copied.value ? t('meeting.invite.copied') : t('meeting.invite.copy')}</span>
      </button>
    </div>
  );
}

export function Alone({ link }: { link: string }) {
  return (
    <section class="alone card">
      <h2>{t('meeting.alone.title')}</h2>
      <p>{t('meeting.alone.text')}</p>
      <InviteLink link={link} />
    </section>
  );
}
