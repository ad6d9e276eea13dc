// What is written in a meeting, as the `chat` channel tells it. Nothing of it is kept anywhere: who comes later does not see
// it, and with the page it is gone. A message of our own is shown at once, and as one that waits until the server has answered
// or sent it to everybody, us too; one that it refused is shown as such, so that nobody believes to have said something. It
// bears an id, by which it is known when it comes back, and said once even if it is sent twice.

import { CHAT_MESSAGES_MAX } from './limits.ts';
import type { Message } from './messages.ts';
import { markOf, type Named } from './named.ts';

/** What became of a message: everybody has it, or it is ours and not answered, or ours and not passed on. */
export type Delivery = 'said' | 'waiting' | 'refused';

/** Its author is named as they were when they wrote it: they may have left since. */
export interface ChatMessage extends Named {
  /** Grows with time; unique on this page. */
  id: number;
  participantKey: string;
  text: string;
  sentAt_ms: number;
  delivery: Delivery;
  /** Under which its author sent it; empty if it has none. */
  messageId: string;
}

export interface Conversation {
  messages: readonly ChatMessage[];
  /** Messages of others that arrived while nobody looked. */
  unread: number;
  nextId: number;
}

/** A message on its way to the server. */
export type Writing = Pick<ChatMessage, 'text' | 'messageId'>;

export const NOTHING_SAID: Conversation = { messages: [], unread: 0, nextId: 1 };

export interface Reader {
  ownKey: string;
  /** The conversation is on the screen. */
  looking: boolean;
}

export function withChat(before: Conversation, message: Message, { ownKey, looking }: Reader, now_ms: number) {
  return (message.resources ?? []).reduce<Conversation>((conversation, { chatMessage }) => {
    if (!chatMessage?.text) return conversation;
    const { participantKey = '', displayName: name = '', signedIn = false, byProgram, text } = chatMessage;
    const { messageId = '', sentTime = '' } = chatMessage;
    const isKnown = (message: ChatMessage) => message.messageId === messageId && message.participantKey === participantKey;
    if (messageId && conversation.messages.some(isKnown)) return withDelivery(conversation, messageId, 'said');
    const sentAt_ms = Date.parse(sentTime) || now_ms;
    const mark = markOf(signedIn, byProgram);
    const added = add(conversation, { participantKey, name, mark, text, sentAt_ms, delivery: 'said', messageId });
    const unread = looking || participantKey === ownKey ? 0 : 1;
    return { ...added, unread: conversation.unread + unread };
  }, before);
}

/** What we write ourselves. */
export function withWriting(before: Conversation, writing: Writing, ownKey: string, now_ms: number): Conversation {
  return add(before, { ...writing, participantKey: ownKey, name: '', mark: null, sentAt_ms: now_ms, delivery: 'waiting' });
}

/** What the server says of a message of ours. */
export function withDelivery(before: Conversation, messageId: string, delivery: Delivery): Conversation {
  const messages = before.messages.map((message) => (message.messageId === messageId ? { ...message, delivery } : message));
  return { ...before, messages };
}

/** What is to be sent again. */
export function waitingIn({ messages }: Conversation): readonly ChatMessage[] {
  return messages.filter(({ delivery }) => delivery === 'waiting');
}

export function allRead(conversation: Conversation): Conversation {
  return conversation.unread === 0 ? conversation : { ...conversation, unread: 0 };
}

function add(conversation: Conversation, message: Omit<ChatMessage, 'id'>): Conversation {
  return {
    ...conversation,
    messages: [...conversation.messages, { ...message, id: conversation.nextId }].slice(-CHAT_MESSAGES_MAX),
    nextId: conversation.nextId + 1,
  };
}

/** What was typed or pasted, as the server takes it: of control characters only the line feed is text. */
export function sendableText(typed: string): string {
  return typed
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .trim();
}

/** A stretch of a message: a link, or words. */
export interface Stretch {
  text: string;
  link: boolean;
}

/**
 * An address in a text, with what may follow it. Quotes and punctuation that is written without spaces end it, and so do signs
 * that turn the direction of writing: with them it would lead elsewhere than it reads.
 */
const ADDRESS = /https?:\/\/[^\s<>"“”„‟«»‹›\p{Bidi_Control}。、，；：！？「」『』（）【】《》〈〉]+/giu;

/** What ends a sentence, and no address; an apostrophe may stand inside one. */
const SENTENCE_END = /[.,;:!?'…‘’‚‛]/u;

/** What opens a bracket, by what closes it. */
const OPENING: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** An address without what ends the sentence around it, or closes a bracket that was open before it. */
function withoutSentence(address: string): string {
  const last = address.at(-1) ?? '';
  const opening = OPENING[last];
  const count = (sign: string) => address.split(sign).length;
  const belongs = opening ? count(opening) >= count(last) : !SENTENCE_END.test(last);
  return belongs ? address : withoutSentence(address.slice(0, -1));
}

/** Where a message has links. */
export function stretches(text: string): Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutSentence(match[0]);
    if (!leadsWhereItReads(address)) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index), link: false });
    found.push({ text: address, link: true });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ text: text.slice(end), link: false });
  return found;
}

/** Who writes `https://bank.example@elsewhere.example` wants the name of a user to be read as that of the host. */
function leadsWhereItReads(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}
