// What happened in a meeting, in words.

import type { News } from '../meeting/news.ts';
import { nameOf } from '../meeting/roster.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';

export function newsText(news: News, visit: Visit): string {
  switch (news.kind) {
    case 'joined':
    case 'left':
      return t(`news.${news.kind}`, { name: news.person.name || t('meeting.nameless') });
    case 'raisedHand':
      return t('news.raisedHand', { name: nameOf(visit.roster.peek(), news.participantKey) || t('meeting.nameless') });
    case 'stopped':
      return t(`obstacle.hostsOnly.${news.what}`);
    case 'mutedByHost':
    case 'viewer':
      return t(`news.${news.kind}`);
  }
}
