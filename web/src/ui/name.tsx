// A name where it stands alone, and in a sentence; with its mark, which is words, so that it is read out too.

import type { Named } from '../meeting/named.ts';
import { t } from '../text/text.ts';

/** The mark stays whole where the name is cut short. */
export function Name({ of: { name, mark } }: { of: Named }) {
  return (
    <span class="named">
      <span class="caption-name" dir="auto">{name || t('meeting.nameless')}</span>
      {mark && <span class="name-mark">{t(`mark.${mark}`)}</span>}
    </span>
  );
}

export function nameText({ name, mark }: Named): string {
  const known = name || t('meeting.nameless');
  return mark ? t('mark.after', { name: known, mark: t(`mark.${mark}`) }) : known;
}

/** Oneself, as others see one. */
export function you(own: Named): Named {
  return { ...own, name: t('meeting.you', own) };
}
