// Which calls are listed: what somebody picks and types, as the filter of the contract, in which OR binds tighter than AND.

/** Groups of states, in the words of whoever looks for a call. */
export const OUTCOMES = {
  live: ['QUEUED', 'STARTING', 'RINGING', 'IN_PROGRESS'],
  answered: ['COMPLETED'],
  unanswered: ['NOT_ANSWERED', 'BUSY', 'REJECTED', 'FAILED'],
} as const;

export type Outcome = keyof typeof OUTCOMES;

export interface CallFilter {
  /** Empty for all. */
  outcome: Outcome | '';
  /** How a number or an address begins, of either side; empty for all. */
  number: string;
}

/** As an address has it, in which anything may stand. */
export function callFilterIn({ outcome, number }: { outcome: string; number: string }): CallFilter {
  return { outcome: Object.hasOwn(OUTCOMES, outcome) ? (outcome as Outcome) : '', number };
}

export function callFilter({ outcome, number }: CallFilter): string {
  const states = outcome === '' ? [] : OUTCOMES[outcome].map((state) => `state = ${state}`);
  // What would end the text, or is a wildcard itself, is in no number.
  const begin = number.replace(/['"*\\\s]/g, '');
  const sides = begin === '' ? [] : ['from', 'to'].flatMap((side) => spellings(begin).map((text) => `${side} = '${text}*'`));
  return [states, sides].flatMap((any) => (any.length > 0 ? [any.join(' OR ')] : [])).join(' AND ');
}

/** An address is kept with its scheme, which nobody types. */
function spellings(begin: string): string[] {
  return /^sips?:/.test(begin) ? [begin] : [begin, `sip:${begin}`, `sips:${begin}`];
}
