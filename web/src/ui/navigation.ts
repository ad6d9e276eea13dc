// The address bar as a signal. Pages of one host only; links are ordinary links, so that they open in a new tab too.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { withQuery } from '../api/request.ts';
import { routeOf } from '../route.ts';

export const route = signal(routeOf(location.pathname));
/** What stands behind the `?`, which makes no other page. */
export const query = signal(location.search);

/** What lies over the page, as its place in the history says. */
const OVER = 'over';

/** What a place in the history keeps of the page that stood there. */
interface Kept {
  /** How many rows of a list were shown, by its label. */
  rows?: Record<string, number>;
  /** How far down it was. */
  scrollY?: number;
}

/** Whether somebody moved inside of this page: only then a new heading takes the focus, not when a browser opens one. */
export let hasNavigated = false;

function show(): void {
  hasNavigated = true;
  query.value = location.search;
  route.value = routeOf(location.pathname);
}

export function navigate(path: string): void {
  keep({ scrollY });
  history.pushState(null, '', path);
  show();
  scrollTo(0, 0);
}

/** What was kept of this page when it was left; nothing, if it is new. */
export function kept(): Kept {
  return typeof history.state === 'object' ? (history.state ?? {}) : {};
}

/** Keeps more of this page, for whoever comes back to it. */
export function keep(more: Kept): void {
  if (history.state !== OVER) history.replaceState({ ...kept(), ...more }, '');
}

/** Says in the address of this page what it shows; whatever was shown before is no longer to be kept. */
export function ask(asked: Record<string, string>): void {
  history.replaceState(history.state === OVER ? OVER : null, '', withQuery(location.pathname, asked));
  query.value = location.search;
}

/** What lies over the page is closed by Back, which leaves the page only then. */
export function useClosedByBack(isOver: boolean, close: () => void): void {
  useEffect(() => {
    if (!isOver) return;
    history.pushState(OVER, '');
    addEventListener('popstate', close);
    return () => {
      removeEventListener('popstate', close);
      // It was closed otherwise.
      if (history.state === OVER) history.back();
    };
  }, [isOver]);
}

/** The address of this page as it was, without the host: where to come back to. */
export function here(): string {
  return location.pathname + location.search;
}

export function startNavigation(): void {
  addEventListener('popstate', show);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
    // A file, or a page that the server makes and not this program.
    if (link.hasAttribute('download') || link.rel === 'external') return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
  // A page from the browser's back-forward cache has no connection left.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
