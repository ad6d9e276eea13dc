// The link that brings others here.

import { useRef } from 'preact/hooks';
import type { DialIn as Ways } from '../api/generated/messages.ts';
import { t } from '../text/text.ts';
import { Copied, useCopied } from './copy.tsx';
import { DialIn } from './dialIn.tsx';
import * as icons from './icons.tsx';

export function InviteLink({ link }: { link: string }) {
  const input = useRef<HTMLInputElement>(null);
  const { copied, copy } = useCopied();
  const take = () =>
    copy(link).catch(() => {
      // No clipboard without HTTPS: at least one key press is enough then.
      input.current?.focus();
      input.current?.select();
    });
  return (
    <div class="invite">
      <input ref={input} type="text" readOnly value={link} aria-label={t('meeting.invite.link')} />
      <button type="button" class="button" onClick={take}>
        {copied.value ? <icons.Check /> : <icons.Link />}
        <span>{copied.value ? t('copy.copied') : t('meeting.invite.copy')}</span>
      </button>
      <Copied copied={copied} />
    </div>
  );
}

export function Alone({ link, dialIn }: { link: string; dialIn: Ways | undefined }) {
  return (
    <section class="alone card">
      <h2>{t('meeting.alone.title')}</h2>
      <p>{t('meeting.alone.text')}</p>
      <InviteLink link={link} />
      {dialIn && <DialIn ways={dialIn} />}
    </section>
  );
}
