// Which page an address shows. Pure, so that the table of addresses is a table of tests.

export type Route =
  | { page: 'home' }
  | { page: 'signIn' }
  | { page: 'meeting'; code: string }
  | { page: 'unknown'; path: string };

const MEETING_CODE = /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/;

/** Codes are case-blind, so an address in capitals is the same page. */
export function routeOf(path: string): Route {
  if (path === '/') return { page: 'home' };
  if (path === '/sign-in') return { page: 'signIn' };
  const code = path.slice(1).replace(/\/$/, '').toLowerCase();
  return MEETING_CODE.test(code) ? { page: 'meeting', code } : { page: 'unknown', path };
}

/**
 * The meeting code in what somebody typed or pasted: a code with or without hyphens, in any case, or a whole link.
 * `null` if there is none.
 */
export function meetingCodeIn(text: string): string | null {
  const lastPart =
    text
      .trim()
      .replace(/[?#].*$/, '')
      .replace(/\/$/, '')
      .split('/')
      .at(-1) ?? '';
  const letters = lastPart.toLowerCase().replace(/[\s-]/g, '');
  return /^[a-z]{10}$/.test(letters) ? `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}` : null;
}
