// The code of a meeting, found in what somebody typed or pasted.

import { AROUND, codeOf, decoded, HYPHEN } from './route.ts';

const HYPHENATED = new RegExp(`(?<![a-z0-9])[a-z]{3}${HYPHEN}[a-z]{4}${HYPHEN}[a-z]{3}(?![a-z0-9])`, 'i');

/**
 * The meeting code in what somebody typed or pasted: a code with or without hyphens, in any case, or a link with whatever stands
 * around it. `null` if there is none.
 */
export function meetingCodeIn(text: string): string | null {
  // A host may look like a code, and what follows a question mark is no part of the address.
  const words = decoded(text.replace(/^.*?:\/\/[^/]*/, '').replace(/[?#].*$/, ''));
  const hyphenated = words.match(HYPHENATED)?.[0];
  return codeOf(hyphenated ?? words.replace(AROUND, '').replace(/\s/g, '')) ?? null;
}
