// An address that is no page.

import { t } from '../text/text.ts';
import { PlainPage } from './shell.tsx';

export function Unknown({ path }: { path: string }) {
  return (
    <PlainPage title={t('unknown.title')} text={t('unknown.text', { path })}>
      <a class="button primary" href="/">
        {t('left.home')}
      </a>
    </PlainPage>
  );
}
