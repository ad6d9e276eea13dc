// What the ways amount to: a grade for each row and for the whole. Pure.

import { type Grade, gradeOfLoss, gradeOfRoundTrip, type Quality, qualityOf, worst } from './echoes.ts';
import type { Look } from './examination.ts';
import type { Way } from './ways.ts';

/** What each way was found to be. */
export type Looks = Readonly<Record<Way, Look>>;

/** From the best to the one that is taken where there is no other. */
const WAYS = ['udp', 'tcp', 'relay'] as const satisfies readonly Way[];

/** What a meeting would go by: the first that is open. */
export function wayOf(looks: Looks): Way | null {
  return WAYS.find((way) => looks[way]?.kind === 'open') ?? null;
}

/** Of the way that a meeting would take. While a better one is still looked at, it may be that. */
export function qualityIn(looks: Looks): Quality | null | 'looking' {
  for (const way of WAYS) {
    const look = looks[way];
    if (isLooking(look)) return 'looking';
    if (look?.kind === 'open') return qualityOf(look.echoes);
  }
  return null;
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
