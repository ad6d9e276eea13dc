// After the meeting: why it is over, and the ways on.

import { useEffect, useRef } from 'preact/hooks';
import type { End } from '../meeting/connection.ts';
import { t } from '../text/text.ts';
import { PlainPage } from './shell.tsx';

export function Left({ end, onRejoin }: { end: End; onRejoin(): void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const why = end === 'refused' ? 'failed' : end;
  return (
    <PlainPage title={t(`left.${why}.title`)} text={t(`left.${why}.text`)}>
      <button ref={button} type="button" class="button primary" onClick={onRejoin}>
        {end === 'ended' ? t('left.joinAnew') : t('left.rejoin')}
      </button>
      <a class="button" href="/">
        {t('left.home')}
      </a>
    </PlainPage>
  );
}
