// Which page an address shows. Pure, so that the table of addresses is a table of tests.

/** The parts of the administration, in the order in which they are shown; the first has the short address. */
export const OFFICES = ['people', 'apps', 'service-accounts', 'grants', 'domains'] as const;
export type Office = (typeof OFFICES)[number];

export type Route =
  | { page: 'home' }
  | { page: 'signIn' }
  | { page: 'password' }
  | { page: 'consent' }
  | { page: 'spaces' }
  | { page: 'space'; space: string }
  | { page: 'pastMeetings' }
  | { page: 'attendance'; conferenceRecord: string }
  | { page: 'administration'; office: Office }
  | { page: 'meeting'; code: string }
  | { page: 'unknown'; path: string };

const MEETING_CODE = /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/;

/** The ids of spaces and conference records: base64url, so case counts. */
const ID = /^[\w-]+$/;

/** Codes are case-blind, so an address in capitals is the same page. */
export function routeOf(path: string): Route {
  const [first = '', second, ...rest] = path.slice(1).replace(/\/$/, '').split('/');
  if (rest.length > 0) return { page: 'unknown', path };
  if (second === undefined) return pageOf(first) ?? { page: 'unknown', path };
  if (first === 'spaces' && ID.test(second)) return { page: 'space', space: `spaces/${second}` };
  if (first === 'meetings' && ID.test(second)) {
    return { page: 'attendance', conferenceRecord: `conferenceRecords/${second}` };
  }
  const office = OFFICES.find((office) => office === second);
  if (first === 'administration' && office) return { page: 'administration', office };
  return { page: 'unknown', path };
}

function pageOf(name: string): Route | undefined {
  switch (name) {
    case '':
      return { page: 'home' };
    case 'sign-in':
      return { page: 'signIn' };
    case 'password':
      return { page: 'password' };
    case 'consent':
      return { page: 'consent' };
    case 'spaces':
      return { page: 'spaces' };
    case 'meetings':
      return { page: 'pastMeetings' };
    case 'administration':
      return { page: 'administration', office: OFFICES[0] };
  }
  const code = name.toLowerCase();
  return MEETING_CODE.test(code) ? { page: 'meeting', code } : undefined;
}

/** The page about a resource: `spaces/{space}` or `conferenceRecords/{conference_record}`. */
export function pathOf(name: string): string {
  return `/${name.replace(/^conferenceRecords\//, 'meetings/')}`;
}

/** The address of one part of the administration. */
export function officePath(office: Office): string {
  return office === OFFICES[0] ? '/administration' : `/administration/${office}`;
}

/** The way to the sign-in page, and back to where one was. */
export function signInPath(back: string): string {
  return back === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(back)}`;
}

/**
 * Where signing in leads. Only to a page of this server: an address of elsewhere (`//evil.example`, which browsers read as a
 * host) would make our sign-in page a stepping stone for fraud.
 */
export function returnPath(query: string): string {
  const path = new URLSearchParams(query).get('to') ?? '/';
  return /^\/(?![/\\])/.test(path) && !/[\s\\]/.test(path) ? path : '/';
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
