// The address bar as a signal. Pages of one host only; links are ordinary links, so that they open in a new tab too.

import { signal } from '@preact/signals';
import { routeOf } from '../route.ts';

export const route = signal(routeOf(location.pathname));

export function navigate(path: string): void {
  history.pushState(null, '', path);
  route.value = routeOf(location.pathname);
  scrollTo(0, 0);
}

export function startNavigation(): void {
  addEventListener('popstate', () => {
    route.value = routeOf(location.pathname);
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    navigate(link.pathname + link.hash);
  });
  // A page from the browser's back-forward cache has no connection left.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
