// What the two ways amount to: a grade for each row and for the whole. Pure.

import { type Grade, gradeOfLoss, gradeOfRoundTrip, type Quality, qualityOf, worst } from './echoes.ts';
import type { Look } from './examination.ts';
import type { Way } from './ways.ts';

/** What each way was found to be. */
export type Looks = Readonly<Record<Way, Look>>;

/** What a meeting would go by: UDP where it is open, TCP else. */
export function wayOf({ udp, tcp }: Looks): Way | null {
  if (udp?.kind === 'open') return 'udp';
  return tcp?.kind === 'open' ? 'tcp' : null;
}

/** Of the way that a meeting would take. While UDP is still looked at, it may be that. */
export function qualityIn(looks: Looks): Quality | null | 'looking' {
  if (isLooking(looks.udp)) return 'looking';
  const way = wayOf(looks);
  if (!way) return isLooking(looks.tcp) ? 'looking' : null;
  const look = looks[way];
  return look?.kind === 'open' ? qualityOf(look.echoes) : null;
}

/** Of all together. */
export function verdictOf(looks: Looks): Grade | 'looking' {
  const quality = qualityIn(looks);
  if (quality === 'looking' || isLooking(looks.tcp)) return 'looking';
  if (!quality) return 'bad';
  return worst([wayOf(looks) === 'udp' ? 'good' : 'poor', gradeOfRoundTrip(quality), gradeOfLoss(quality)]);
}

function isLooking(look: Look): boolean {
  return look?.kind === 'looking';
}
