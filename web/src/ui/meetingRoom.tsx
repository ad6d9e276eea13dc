// The meeting itself and what one sees after it, as a part that is fetched on the way in. Who only looks at the door does not wait for what lies
// behind it; the first touch or key there, which joining cannot do without, sends for it, and it comes while the connection
// is made.

import { lazy } from './lazy.tsx';

export const MeetingView = lazy(async () => (await import('./meetingView.tsx')).MeetingView);
export const Left = lazy(async () => (await import('./meetingView.tsx')).Left);

for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, MeetingView.prefetch, { once: true });
