// What people tell each other besides voice and picture: chat, reactions, raised hands. The rules are in `chat.ts` and
// `reactions.ts`; this keeps the state, and the clock that takes reactions off the screen.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { ChannelName } from './channels.ts';
import { type Conversing, openConversing } from './conversing.ts';
import { LOOK_INTERVAL_MS } from './limits.ts';
import type { Message } from './messages.ts';
import { type Hands, NO_HANDS, type Reaction, stillShown, withHands, withReactions } from './reactions.ts';

export interface Exchange extends Conversing {
  reactions: ReadonlySignal<readonly Reaction[]>;
  hands: ReadonlySignal<Hands>;
  react(emoji: string): void;
  setHand(raised: boolean, participantKey?: string): void;
}

export interface ExchangeShell extends Exchange {
  receive(channel: ChannelName, message: Message, ownKey: string): void;
  /** The connection is gone. A new one is told the raised hands again, and nothing that was said. */
  disconnected(): void;
  /** We are in: what was never answered is sent again. */
  joined(): void;
  close(): void;
}

/** `request` gives the number under which the answer comes, or `null` while there is no connection. */
export function openExchange(request: (channel: ChannelName, body: object) => number | null): ExchangeShell {
  const conversing = openConversing((body) => request('chat', body));
  const reactions = signal<readonly Reaction[]>([]);
  const hands = signal<Hands>(NO_HANDS);
  let nextReaction = 1;

  const fading = setInterval(() => {
    reactions.value = stillShown(reactions.peek(), performance.now());
  }, LOOK_INTERVAL_MS);

  return {
    ...conversing,
    reactions,
    hands,
    react(emoji) {
      request('reactions', { react: { emoji } });
    },
    setHand(raised, participantKey) {
      request('reactions', { setHand: { raised, ...(participantKey ? { participantKey } : {}) } });
    },
    receive(channel, message, ownKey) {
      if (channel === 'chat') return conversing.receive(message, ownKey);
      const now_ms = performance.now();
      const nextReactions = withReactions(reactions.peek(), message, nextReaction, now_ms);
      nextReaction += message.resources?.length ?? 0;
      if (message.resources?.some(({ reaction }) => reaction)) reactions.value = nextReactions;
      hands.value = withHands(hands.peek(), message, Date.now());
    },
    disconnected() {
      hands.value = NO_HANDS;
      conversing.disconnected();
    },
    close() {
      conversing.close();
      clearInterval(fading);
    },
  };
}
