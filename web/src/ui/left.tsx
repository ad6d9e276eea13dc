// After the meeting, or at its door: why it is over, and the ways on.

import { useEffect, useRef } from 'preact/hooks';
import type { End } from '../meeting/connection.ts';
import { shunsLoopback } from '../meeting/loopback.ts';
import { pathOf } from '../route.ts';
import { t } from '../text/room.ts';
import { PlainPage } from './shell.tsx';

export function Left({ end, onRejoin }: { end: End; onRejoin(): void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  // The page before joining tells of a refusal, and whoever turned back at the door is there again.
  const why = end === 'refused' || end === 'withdrawn' ? 'failed' : end;
  const shuns = why === 'failed' && shunsLoopback(navigator.userAgent, location.hostname);
  const text = shuns ? t('left.failed.loopback') : t(`left.${why}.text`);
  return (
    <PlainPage title={t(`left.${why}.title`)} text={text}>
      <button ref={button} type="button" class="button primary" onClick={onRejoin}>
        {wayBack(why)}
      </button>
      {why === 'failed' && (
        <a class="button" href={pathOf({ page: 'check' })}>
          {t('check.title')}
        </a>
      )}
      <a class="button" href="/">
        {t('left.home')}
      </a>
    </PlainPage>
  );
}

/** Nobody rejoins where they never were. */
function wayBack(why: End): string {
  switch (why) {
    case 'denied':
    case 'expired':
    case 'removed':
      return t('left.askAgain');
    case 'moved':
      return t('left.useThis');
    case 'ended':
    case 'full':
      return t('left.joinAnew');
    default:
      return t('left.rejoin');
  }
}
