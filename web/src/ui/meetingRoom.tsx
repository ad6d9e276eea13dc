// The meeting itself, what makes it and what one sees after it, as a part that is fetched on the way in. Who only looks at the door
// does not wait for what lies behind it; the first touch or key there, which joining cannot do without, sends for it.

import { lazy } from './lazy.tsx';

export const MeetingView = lazy(async () => (await import('./meetingView.tsx')).MeetingView);
export const Lobby = lazy(async () => (await import('./lobby.tsx')).Lobby);
export const Left = lazy(async () => (await import('./meetingView.tsx')).Left);

export const fetchVisit = () => import('../meeting/visit.ts');

function prefetch(): void {
  MeetingView.prefetch();
  // If that fails, it is said when somebody joins.
  fetchVisit().catch(() => undefined);
}

for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, prefetch, { once: true });
