// Reactions come, are seen for some seconds, and go; hands stay raised until they are lowered. Both are told by the
// `reactions` channel. Time is an argument.

import { REACTION_MS, REACTIONS_MAX } from './limits.ts';
import type { Message } from './messages.ts';

/** The reactions that there are, with the names by which they are read out; the server passes on no other. */
export const REACTIONS = [
  { emoji: '💖', name: 'heart' },
  { emoji: '👍', name: 'thumbsUp' },
  { emoji: '🎉', name: 'celebration' },
  { emoji: '👏', name: 'applause' },
  { emoji: '😂', name: 'laughter' },
  { emoji: '😮', name: 'surprise' },
  { emoji: '😢', name: 'sadness' },
  { emoji: '🤔', name: 'thinking' },
] as const;
export type ReactionName = (typeof REACTIONS)[number]['name'];

export interface Reaction {
  /** Unique on this page. */
  id: number;
  participantKey: string;
  emoji: string;
  until_ms: number;
}

export function withReactions(before: readonly Reaction[], message: Message, nextId: number, now_ms: number): Reaction[] {
  const fresh = (message.resources ?? []).flatMap(({ reaction }, index) =>
    reaction?.emoji
      ? [{ id: nextId + index, participantKey: reaction.participantKey ?? '', emoji: reaction.emoji, until_ms: now_ms + REACTION_MS }]
      : [],
  );
  // A room that applauds at once is a crowd on any screen: the oldest give way.
  return [...before, ...fresh].slice(-REACTIONS_MAX);
}

export function stillShown(reactions: readonly Reaction[], now_ms: number): readonly Reaction[] {
  const remaining = reactions.filter(({ until_ms }) => until_ms > now_ms);
  return remaining.length === reactions.length ? reactions : remaining;
}

/** How often each was sent, in the order in which they stand above; what is unknown counts for nothing. */
export function tally(reactions: readonly Reaction[]): { name: ReactionName; count: number }[] {
  return REACTIONS.map(({ emoji, name }) => ({
    name,
    count: reactions.filter((reaction) => reaction.emoji === emoji).length,
  })).filter(({ count }) => count > 0);
}

export interface Hand {
  participantKey: string;
  raisedAt_ms: number;
}

/** By the id that the server gave them. */
export type Hands = ReadonlyMap<number, Hand>;

export const NO_HANDS: Hands = new Map();

export function withHands(before: Hands, message: Message, now_ms: number): Hands {
  const hands = new Map(before);
  for (const { id } of message.deletedResources ?? []) hands.delete(id ?? 0);
  for (const { id = 0, hand } of message.resources ?? []) {
    if (!id || !hand) continue;
    const raisedAt_ms = Date.parse(hand.raisedTime ?? '') || now_ms;
    hands.set(id, { participantKey: hand.participantKey ?? '', raisedAt_ms });
  }
  return hands;
}

/** The participants whose hands are up, the first to raise first. */
export function queue(hands: Hands): string[] {
  return [...hands]
    .sort(([oneId, one], [otherId, other]) => one.raisedAt_ms - other.raisedAt_ms || oneId - otherId)
    .map(([, { participantKey }]) => participantKey);
}

/** The participants who raised theirs since. */
export function newlyRaised(before: Hands, after: Hands): string[] {
  const raised = new Set(queue(before));
  return queue(after).filter((key) => !raised.has(key));
}
