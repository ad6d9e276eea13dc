// Sign-in links that somebody else made for oneself, and where they were used: each is as good as a password, and there is no mail
// to tell of one.

import { type MadeLink, madeLinks } from '../api/account.ts';
import { t } from '../text/account.ts';
import { Failed, useLoaded, Wait } from './loading.tsx';
import { dayAndTimeShortText } from './times.ts';

export function MadeLinks() {
  const { state, again } = useLoaded('links', madeLinks);
  return (
    <section class="card" aria-labelledby="made-links">
      <h2 id="made-links">{t('links.title')}</h2>
      <p class="hint">{t('links.lead')}</p>
      {state.phase === 'loading' && <Wait />}
      {state.phase === 'failed' && <Failed error={state.error} onAgain={again} />}
      {state.phase === 'ready' && <Links links={state.value} />}
    </section>
  );
}

function Links({ links }: { links: readonly MadeLink[] }) {
  if (links.length === 0) return <p>{t('links.none')}</p>;
  return (
    <ul class="rows">
      {links.map((link) => (
        <li key={link.createTime} class="row">
          {madeText(link)} {usedText(link)}
        </li>
      ))}
    </ul>
  );
}

function madeText({ createTime, madeBy }: MadeLink): string {
  const time = dayAndTimeShortText(Date.parse(createTime));
  return madeBy === null ? t('links.made.server', { time }) : t('links.made', { name: madeBy, time });
}

function usedText({ useTime, clientAddress }: MadeLink): string {
  if (useTime === null) return t('links.unused');
  const time = dayAndTimeShortText(Date.parse(useTime));
  return t('links.used', { time, address: clientAddress ?? t('links.somewhere') });
}
