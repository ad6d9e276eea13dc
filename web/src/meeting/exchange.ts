// What people tell each other besides voice and picture: chat, reactions, raised hands. The rules are in `chat.ts` and
// `reactions.ts`; this keeps the state, and the clock that takes reactions off the screen.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { allRead, type Conversation, NOTHING_SAID, withChat, withFailure } from './chat.ts';
import { LOOK_INTERVAL_MS } from './limits.ts';
import type { Message } from './messages.ts';
import type { ChannelName } from './channels.ts';
import { type Hands, NO_HANDS, type Reaction, stillShown, withHands, withReactions } from './reactions.ts';

export interface Exchange {
  conversation: ReadonlySignal<Conversation>;
  reactions: ReadonlySignal<readonly Reaction[]>;
  hands: ReadonlySignal<Hands>;
  /** Whether the conversation is on the screen: what is seen is read. */
  looking: Signal<boolean>;
  write(text: string): void;
  react(emoji: string): void;
  setHand(raised: boolean, participantKey?: string): void;
}

export interface ExchangeShell extends Exchange {
  receive(channel: ChannelName, message: Message, ownKey: string): void;
  /** A new connection is told the raised hands again, and nothing that was said. */
  restart(): void;
  close(): void;
}

/** `request` gives the number under which the answer comes, or `null` while there is no connection. */
export function openExchange(request: (channel: ChannelName, body: object) => number | null): ExchangeShell {
  const conversation = signal<Conversation>(NOTHING_SAID);
  const reactions = signal<readonly Reaction[]>([]);
  const hands = signal<Hands>(NO_HANDS);
  const looking = signal(false);
  /** Messages that the server has not answered, by request. */
  const unanswered = new Map<number, string>();
  let nextReaction = 1;

  const stopReading = looking.subscribe((isLooking) => {
    if (isLooking) conversation.value = allRead(conversation.peek());
  });
  const fading = setInterval(() => {
    reactions.value = stillShown(reactions.peek(), performance.now());
  }, LOOK_INTERVAL_MS);

  function receiveChat(message: Message, ownKey: string): void {
    const reader = { ownKey, looking: looking.peek() };
    conversation.value = withChat(conversation.peek(), message, reader, Date.now());
    const answered = message.response?.requestId;
    if (answered === undefined) return;
    const text = unanswered.get(answered);
    unanswered.delete(answered);
    if (text !== undefined && message.response?.status?.code) fail(text, ownKey);
  }

  function fail(text: string, ownKey: string): void {
    conversation.value = withFailure(conversation.peek(), text, ownKey, Date.now());
  }

  return {
    conversation,
    reactions,
    hands,
    looking,
    write(text) {
      const id = request('chat', { send: { text } });
      if (id === null) fail(text, '');
      else unanswered.set(id, text);
    },
    react(emoji) {
      request('reactions', { react: { emoji } });
    },
    setHand(raised, participantKey) {
      request('reactions', { setHand: { raised, ...(participantKey ? { participantKey } : {}) } });
    },
    receive(channel, message, ownKey) {
      if (channel === 'chat') return receiveChat(message, ownKey);
      const now_ms = performance.now();
      const nextReactions = withReactions(reactions.peek(), message, nextReaction, now_ms);
      nextReaction += message.resources?.length ?? 0;
      if (message.resources?.some(({ reaction }) => reaction)) reactions.value = nextReactions;
      hands.value = withHands(hands.peek(), message, Date.now());
    },
    restart() {
      hands.value = NO_HANDS;
      // The old connection took its answers with it; what was not refused may have been said.
      unanswered.clear();
    },
    close() {
      stopReading();
      clearInterval(fading);
    },
  };
}
