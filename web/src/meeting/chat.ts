// What is written in a meeting, as the `chat` channel tells it. Nothing of it is kept anywhere: who comes later does not see
// it, and with the page it is gone. A message of our own is shown when the server has sent it to everybody, us too; one that
// the server refused is shown as such, so that nobody believes to have said something.

import { CHAT_MESSAGES_MAX } from './limits.ts';
import type { Message } from './messages.ts';
import { markOf, type Named } from './named.ts';

/** Its author is named as they were when they wrote it: they may have left since. */
export interface ChatMessage extends Named {
  /** Grows with time; unique on this page. */
  id: number;
  participantKey: string;
  text: string;
  sentAt_ms: number;
  /** It is ours, and the server refused it. */
  failed: boolean;
}

export interface Conversation {
  messages: readonly ChatMessage[];
  /** Messages of others that arrived while nobody looked. */
  unread: number;
  nextId: number;
}

export const NOTHING_SAID: Conversation = { messages: [], unread: 0, nextId: 1 };

export interface Reader {
  ownKey: string;
  /** The conversation is on the screen. */
  looking: boolean;
}

export function withChat(before: Conversation, message: Message, { ownKey, looking }: Reader, now_ms: number) {
  return (message.resources ?? []).reduce<Conversation>((conversation, { chatMessage }) => {
    if (!chatMessage?.text) return conversation;
    const { participantKey = '', displayName: name = '', signedIn = false, byProgram, text, sentTime = '' } = chatMessage;
    const sentAt_ms = Date.parse(sentTime) || now_ms;
    const mark = markOf(signedIn, byProgram);
    const added = add(conversation, { participantKey, name, mark, text, sentAt_ms, failed: false });
    const unread = looking || participantKey === ownKey ? 0 : 1;
    return { ...added, unread: conversation.unread + unread };
  }, before);
}

/** What the server did not pass on. */
export function withFailure(before: Conversation, text: string, ownKey: string, now_ms: number): Conversation {
  return add(before, { participantKey: ownKey, name: '', mark: null, text, sentAt_ms: now_ms, failed: true });
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
 * An address in a text. What ends a sentence does not belong to it, nor do signs that turn the direction of writing: with them
 * it would lead elsewhere than it reads.
 */
const ADDRESS = /https?:\/\/[^\s<>"\p{Bidi_Control}]*[^\s<>".,;:!?')\]\p{Bidi_Control}]/giu;

/** Where a message has links. */
export function stretches(text: string): Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    if (!leadsWhereItReads(match[0])) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index), link: false });
    found.push({ text: match[0], link: true });
    end = match.index + match[0].length;
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
