// What a call is, in words for people.

import type { Call, CallState } from '../../calls/call.ts';
import { OUTCOMES } from '../../calls/filter.ts';
import { t } from '../../text/calls.ts';

/** The title of a call: who called whom. */
export function betweenText({ from, to }: Call): string {
  return t('calls.between', { from: from || t('calls.withheld'), to });
}

/** Read as words; the colour says it once more. */
export function StateTag({ state }: { state: CallState }) {
  const is = (states: readonly CallState[]) => states.includes(state);
  const tone = is(OUTCOMES.live) ? 'live' : is(OUTCOMES.unanswered) ? 'warning' : '';
  return <span class={`tag ${tone}`}>{t(`call.state.${state}`)}</span>;
}
