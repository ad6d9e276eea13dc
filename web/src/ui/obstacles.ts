// Why a button does nothing, in words.

import { type Moderation, obstacle, type Right } from '../meeting/moderation.ts';
import { t } from '../text/room.ts';

export function whyNot(moderation: Moderation, right: Right): string | null {
  const why = obstacle(moderation, right);
  return why === 'hostsOnly' ? t(`obstacle.hostsOnly.${right}`) : why && t(`obstacle.${why}`);
}
