// Which page an address shows, and the address of a page. Pure, so that the table of addresses is a table of tests.

import { PAGES, type PageName, type PageRoute, type Place } from './pages.ts';

export type Route = PageRoute | { page: 'unknown'; path: string };

/** The ids of spaces, conference records, projects and calls: letters of base64url, so case counts. */
const ID = /^[\w-]+$/;
/** What stands for a hyphen where a program of writing thought that it knew better, and the one that breaks a line. */
const HYPHEN = '[-\\u00ad\\u2010-\\u2015\\u2212\\ufe63\\uff0d]';
/** What is left and right of a code when a sentence ended in it, or it stood in brackets or quotes. */
const AROUND = /^[^a-z0-9]+|[^a-z0-9]+$/gi;
const HYPHENATED = new RegExp(`(?<![a-z0-9])[a-z]{3}${HYPHEN}[a-z]{4}${HYPHEN}[a-z]{3}(?![a-z0-9])`, 'i');

/** What a part of an address stands for: a resource by its name; `undefined` if it cannot be one. */
const PLACES: Record<Place, (part: string) => string | undefined> = {
  code: (part) => codeOf(decoded(part)),
  space: (part) => (ID.test(part) ? `spaces/${part}` : undefined),
  conferenceRecord: (part) => (ID.test(part) ? `conferenceRecords/${part}` : undefined),
  // Its name begins with that of its conference, which stands before it.
  recording: (part) => (ID.test(part) ? part : undefined),
  project: (part) => (ID.test(part) ? `projects/${part}` : undefined),
  // Its name begins with that of its project, which stands before it.
  call: (part) => (ID.test(part) ? part : undefined),
};

export function routeOf(path: string): Route {
  const parts = partsOf(path.replace(/\/$/, ''));
  for (const page of Object.keys(PAGES) as PageName[]) {
    const places = placesIn(parts, PAGES[page].path);
    // The table's types say which page has which places.
    if (places) return { page, ...places } as Route;
  }
  return { page: 'unknown', path };
}

/** The address of a page, from the root of this host. */
export function pathOf({ page, ...places }: PageRoute): string {
  const parts = partsOf(PAGES[page].path).map((part) => {
    const place = placeIn(part);
    // A name ends in its id, and a code is one.
    return place ? lastPart((places as Record<Place, string>)[place]) : part;
  });
  return `/${parts.join('/')}`;
}

function placesIn(parts: readonly string[], pattern: string): Partial<Record<Place, string>> | undefined {
  const expected = partsOf(pattern);
  if (expected.length !== parts.length) return undefined;
  const places: Partial<Record<Place, string>> = {};
  for (const [index, part] of parts.entries()) {
    const place = placeIn(expected[index] ?? '');
    if (!place) {
      if (part !== expected[index]) return undefined;
      continue;
    }
    const name = PLACES[place](part);
    if (name === undefined) return undefined;
    places[place] = name;
  }
  return places;
}

function partsOf(path: string): string[] {
  return path.slice(1).split('/');
}

/** `space`, of `{space}`. */
function placeIn(part: string): Place | undefined {
  return part.startsWith('{') ? (part.slice(1, -1) as Place) : undefined;
}

function lastPart(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1);
}

/** The way to the sign-in page, and back to where one was. */
export function signInPath(back: string): string {
  const path = pathOf({ page: 'signIn' });
  return back === '/' ? path : `${path}?to=${encodeURIComponent(back)}`;
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
 * The code in a text: one with its hyphens wherever it stands, one without only if there is nothing else. Codes are case-blind, and
 * of whatever surrounds one in a sentence nothing is of it.
 */
export function codeOf(text: string): string | undefined {
  const code = text.match(HYPHENATED)?.[0] ?? text.replace(AROUND, '');
  const letters = code.toLowerCase().replace(new RegExp(HYPHEN, 'g'), '');
  return /^[a-z]{10}$/.test(letters) ? `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}` : undefined;
}

/** What a browser put into an address, as it was written; what makes no sense stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
