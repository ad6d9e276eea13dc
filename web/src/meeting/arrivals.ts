// Who comes and goes. A new connection tells the whole roster again, piece by piece: until it has people the page keeps the
// old one, and what is told in the first moment was so before we came, and is no news.

import { type ReadonlySignal, signal } from '@preact/signals';
import { ARRIVAL_QUIET_MS } from './limits.ts';
import { type News, newsOfRoster } from './news.ts';
import { NOBODY, type Roster } from './roster.ts';

export interface Arrivals {
  /** What the page shows. */
  roster: ReadonlySignal<Roster>;
  /** What this connection has told so far. */
  known(): Roster;
  /** The connection has told more. */
  update(next: Roster): News[];
  /** Whether what is told now happens now. */
  hasSettled(): boolean;
  joined(): void;
  disconnected(): void;
}

export function openArrivals(): Arrivals {
  const roster = signal<Roster>(NOBODY);
  let known: Roster = NOBODY;
  let joinedAt_ms = Number.POSITIVE_INFINITY;
  const hasSettled = () => performance.now() - joinedAt_ms > ARRIVAL_QUIET_MS;
  return {
    roster,
    known: () => known,
    update(next) {
      const news = hasSettled() ? newsOfRoster(known, next) : [];
      known = next;
      roster.value = next;
      return news;
    },
    hasSettled,
    joined() {
      joinedAt_ms = performance.now();
    },
    disconnected() {
      known = NOBODY;
      joinedAt_ms = Number.POSITIVE_INFINITY;
    },
  };
}
