// The conversation beside the stage. It is read out as it grows, and what is on the screen counts as read.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type ChatMessage, sendableText, stretches } from '../meeting/chat.ts';
import { CHAT_CHARACTERS_MAX } from '../meeting/limits.ts';
import type { Named } from '../meeting/named.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import * as icons from './icons.tsx';
import { Name, you } from './name.tsx';
import { whyNot } from './obstacles.ts';
import { Panel } from './panel.tsx';
import { timeText } from './times.ts';

/** Somebody who has scrolled further up than this reads what was said before, and is left there. */
const NEAR_THE_END_PIXELS = 80;

export interface ChatProps {
  visit: Visit;
  own: Named;
  onClose(): void;
}

export function Chat({ visit, own, onClose }: ChatProps) {
  const { exchange } = visit;
  useEffect(() => {
    exchange.looking.value = true;
    return () => {
      exchange.looking.value = false;
    };
  }, [exchange]);
  const obstacle = whyNot(visit.moderation.value, 'chat');
  return (
    <Panel name="chat" title={t('chat.title')} focusesItself={obstacle === null} onClose={onClose}>
      <Messages visit={visit} own={own} />
      {obstacle === null ? <Composer onWrite={(text) => exchange.write(text, visit.ownKey.peek())} /> : <p class="chat-locked">{obstacle}</p>}
    </Panel>
  );
}

function Messages({ visit, own }: { visit: Visit; own: Named }) {
  const list = useRef<HTMLDivElement>(null);
  const { messages } = visit.exchange.conversation.value;
  const nearTheEnd = useRef(true);
  useLayoutEffect(() => {
    if (nearTheEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [messages]);
  const look = () => {
    if (!list.current) return;
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    nearTheEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PIXELS;
  };
  return (
    <div class="chat-messages" ref={list} role="log" aria-label={t('chat.messages')} tabIndex={0} onScroll={look}>
      <p class="hint">{t('chat.hint')}</p>
      {messages.map((message) => (
        <Said
          key={message.id}
          message={message}
          author={isOwn(message, visit) ? you(own) : message}
          own={isOwn(message, visit)}
        />
      ))}
    </div>
  );
}

function isOwn({ participantKey }: ChatMessage, visit: Visit): boolean {
  return participantKey === visit.ownKey.value;
}

function Said({ message, author, own }: { message: ChatMessage; author: Named; own: boolean }) {
  return (
    <article class="said" data-own={own} data-delivery={message.delivery}>
      <header>
        <Name of={author} />
        <time dateTime={new Date(message.sentAt_ms).toISOString()}>{timeText(message.sentAt_ms)}</time>
      </header>
      <p dir="auto">
        {stretches(message.text).map(({ text, link }, index) =>
          link ? (
            // Its own direction: what stands around it cannot turn it round.
            <a key={index} dir="ltr" href={text} target="_blank" rel="noopener noreferrer">
              {text}
            </a>
          ) : (
            text
          ),
        )}
      </p>
      {message.delivery === 'waiting' && <p class="hint">{t('chat.waiting')}</p>}
      {message.delivery === 'refused' && <p class="problem">{t('chat.refused')}</p>}
    </article>
  );
}

function Composer({ onWrite }: { onWrite(text: string): void }) {
  const text = useSignal('');
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => input.current?.focus(), []);
  const send = () => {
    const message = sendableText(text.value);
    if (message) onWrite(message);
    text.value = '';
    input.current?.focus();
  };
  return (
    <form
      class="chat-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={input}
        rows={2}
        maxLength={CHAT_CHARACTERS_MAX}
        aria-label={t('chat.write')}
        placeholder={t('chat.write')}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          // While letters are being composed, Enter chooses one of them.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="button primary icon-only" aria-label={t('chat.send')} disabled={!text.value.trim()}>
        <icons.Send />
      </button>
    </form>
  );
}
