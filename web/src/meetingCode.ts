// The code of a meeting, found in what somebody typed or pasted.

import { codeOf, decoded } from './route.ts';

/** The first part of an address behind its host, which a scheme, a dot or a port tells from a word. */
const BEHIND_HOST = /(?:\/\/|[.:])[^\s/]*\/([^\s/?#]+)/;

/**
 * The meeting code in what somebody typed or pasted: a code with or without hyphens, in any case, or a link with whatever stands
 * around it. `null` if there is none.
 */
export function meetingCodeIn(text: string): string | null {
  const behindHost = decoded(text.match(BEHIND_HOST)?.[1] ?? '');
  // A host may look like a code.
  const words = decoded(text.replace(/:\/\/[^\s/]*/, ' '));
  return codeOf(behindHost) ?? codeOf(words) ?? codeOf(words.replace(/\s/g, '')) ?? null;
}
