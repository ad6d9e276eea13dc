// What happened in a meeting, in words.

import type { News } from '../meeting/news.ts';
import { named } from '../meeting/roster.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';
import { nameText } from './name.tsx';

export function newsText(news: News, visit: Visit): string {
  switch (news.kind) {
    case 'joined':
    case 'left':
      return t(`news.${news.kind}`, { name: nameText(news.person) });
    case 'raisedHand':
      return t('news.raisedHand', { name: nameText(named(visit.roster.peek(), news.participantKey)) });
    case 'stopped':
      return t(`obstacle.hostsOnly.${news.what}`);
    case 'recorded':
      return t(`news.recorded.${news.why}`);
    case 'mutedByHost':
    case 'viewer':
      return t(`news.${news.kind}`);
  }
}
