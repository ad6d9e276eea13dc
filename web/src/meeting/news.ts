// What happened in a meeting, for whoever looks elsewhere: the difference between what was known and what is known now.

import type { RecordingEnd } from './messages.ts';
import type { Moderation, Right } from './moderation.ts';
import { type Hands, newlyRaised } from './reactions.ts';
import { newcomers, type Person, type Roster } from './roster.ts';

export type News =
  | { kind: 'joined' | 'left'; person: Person }
  | { kind: 'raisedHand'; participantKey: string }
  | { kind: 'mutedByHost' }
  /** A host took a right away, and what it had on was switched off. */
  | { kind: 'stopped'; what: Right }
  /** The meeting made us watch, whatever we came with. */
  | { kind: 'viewer' }
  /** The recording is over. */
  | { kind: 'recorded'; why: RecordingEnd };

export function newsOfRoster(before: Roster, after: Roster): News[] {
  return [
    ...newcomers(before, after).map((person): News => ({ kind: 'joined', person })),
    ...newcomers(after, before).map((person): News => ({ kind: 'left', person })),
  ];
}

/** Of the hands of others: whoever raises their own knows it. */
export function newsOfHands(before: Hands, after: Hands, ownKey: string): News[] {
  return newlyRaised(before, after)
    .filter((participantKey) => participantKey !== ownKey)
    .map((participantKey) => ({ kind: 'raisedHand', participantKey }));
}

/** `stopped` is what was on and had to be switched off. Who became a viewer need not hear of each right by itself. */
export function newsOfModeration(before: Moderation, after: Moderation, stopped: readonly Right[]): News[] {
  const recorded: News[] =
    before.recording !== 'NONE' && after.recording === 'NONE' && after.recordingEnd
      ? [{ kind: 'recorded', why: after.recordingEnd }]
      : [];
  if (after.role === 'VIEWER' && before.role !== 'VIEWER') return [...recorded, { kind: 'viewer' }];
  return [...recorded, ...stopped.map((what): News => ({ kind: 'stopped', what }))];
}
