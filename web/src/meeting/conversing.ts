// The conversation as it is kept on this page: what others write, and what we write, which is sent again where no answer came.
// The rules are in `chat.ts`.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  allRead,
  type Conversation,
  NOTHING_SAID,
  waitingIn,
  withChat,
  withDelivery,
  withWriting,
  type Writing,
} from './chat.ts';
import type { Message } from './messages.ts';

export interface Conversing {
  conversation: ReadonlySignal<Conversation>;
  /** Whether the conversation is on the screen: what is seen is read. */
  looking: Signal<boolean>;
  write(text: string, ownKey: string): void;
}

export interface ConversingShell extends Conversing {
  receive(message: Message, ownKey: string): void;
  /** The connection took its answers with it. */
  disconnected(): void;
  /** We are in: what was never answered is sent again. */
  joined(): void;
  close(): void;
}

/** `request` gives the number under which the answer comes, or `null` while there is no connection. */
export function openConversing(request: (body: object) => number | null): ConversingShell {
  const conversation = signal<Conversation>(NOTHING_SAID);
  const looking = signal(false);
  /** Messages that the server has not answered, by request. */
  const unanswered = new Map<number, string>();
  /** Begins the ids of this page's messages: those of another page of ours are others. */
  const ownPage = crypto.getRandomValues(new Uint32Array(2)).join('-');

  const stopReading = looking.subscribe((isLooking) => {
    if (isLooking) conversation.value = allRead(conversation.peek());
  });

  function send({ text, messageId }: Writing): void {
    const id = request({ send: { text, messageId } });
    if (id !== null) unanswered.set(id, messageId);
  }

  return {
    conversation,
    looking,
    write(text, ownKey) {
      const before = conversation.peek();
      const writing = { text, messageId: `${ownPage}-${before.nextId}` };
      conversation.value = withWriting(before, writing, ownKey, Date.now());
      send(writing);
    },
    receive(message, ownKey) {
      const reader = { ownKey, looking: looking.peek() };
      conversation.value = withChat(conversation.peek(), message, reader, Date.now());
      const answered = message.response?.requestId;
      const messageId = answered === undefined ? undefined : unanswered.get(answered);
      if (answered === undefined || messageId === undefined) return;
      unanswered.delete(answered);
      const delivery = message.response?.status?.code ? 'refused' : 'said';
      conversation.value = withDelivery(conversation.peek(), messageId, delivery);
    },
    disconnected: () => unanswered.clear(),
    joined() {
      for (const writing of waitingIn(conversation.peek())) send(writing);
    },
    close: stopReading,
  };
}
