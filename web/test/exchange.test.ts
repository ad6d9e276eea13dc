// Chat, reactions and hands, from the messages of the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allRead,
  type Conversation,
  NOTHING_SAID,
  sendableText,
  stretches,
  waitingIn,
  withChat,
  withDelivery,
  withWriting,
} from '../src/meeting/chat.ts';
import { CHAT_MESSAGES_MAX, REACTION_MS, REACTIONS_MAX } from '../src/meeting/limits.ts';
import type { Message } from '../src/meeting/messages.ts';
import {
  NO_HANDS,
  newlyRaised,
  queue,
  REACTIONS,
  type Reaction,
  stillShown,
  tally,
  withHands,
  withReactions,
} from '../src/meeting/reactions.ts';

const ADA = 'participants/ada';
const BO = 'participants/bo';
const said = (participantKey: string, text: string): Message => ({
  resources: [{ id: 1, chatMessage: { participantKey, displayName: 'Bo', text, sentTime: '2026-03-01T10:00:00Z' } }],
});

test('messages of others count as unread until somebody looks', () => {
  const closed = { ownKey: ADA, looking: false };
  let conversation = withChat(NOTHING_SAID, said(BO, 'Good morning'), closed, 0);
  conversation = withChat(conversation, said(ADA, 'Hello'), closed, 0);
  conversation = withChat(conversation, said(BO, 'Shall we?'), closed, 0);
  assert.equal(conversation.unread, 2);
  assert.deepEqual(
    conversation.messages.map(({ id, text }) => `${id} ${text}`),
    ['1 Good morning', '2 Hello', '3 Shall we?'],
  );
  assert.equal(conversation.messages[0]?.sentAt_ms, Date.parse('2026-03-01T10:00:00Z'));
  assert.equal(allRead(conversation).unread, 0);
  assert.equal(withChat(conversation, said(BO, 'Yes'), { ownKey: ADA, looking: true }, 0).unread, 2);
});

test('a message says of its author whether they were signed in', () => {
  const check = (signedIn: boolean | undefined, mark: string | null) => {
    const message = { resources: [{ chatMessage: { displayName: 'Host', text: 'Hm', ...(signedIn === undefined ? {} : { signedIn }) } }] };
    const [read] = withChat(NOTHING_SAID, message, { ownKey: ADA, looking: true }, 0).messages;
    assert.deepEqual([read?.name, read?.mark], ['Host', mark]);
  };
  check(true, null);
  check(false, 'guest');
  check(undefined, 'guest');
});

test('a message without a time was sent now; one without words was not', () => {
  const reader = { ownKey: ADA, looking: true };
  const timeless = withChat(NOTHING_SAID, { resources: [{ chatMessage: { text: 'Hm' } }] }, reader, 42);
  assert.deepEqual([timeless.messages[0]?.sentAt_ms, timeless.messages[0]?.participantKey], [42, '']);
  for (const message of [{}, { resources: [{}] }, { resources: [{ chatMessage: {} }] }, { response: { requestId: 1 } }])
    assert.equal(withChat(NOTHING_SAID, message, reader, 0), NOTHING_SAID);
});

test('what one writes waits until it is answered or comes back, and stands there once', () => {
  const written = withWriting(NOTHING_SAID, { text: 'Hello', messageId: 'm' }, ADA, 7);
  const back = (participantKey: string, messageId?: string): Message => ({
    resources: [{ id: 1, chatMessage: { participantKey, text: 'Hello', ...(messageId ? { messageId } : {}) } }],
  });
  const hear = (message: Message) => withChat(written, message, { ownKey: ADA, looking: false }, 8);
  const check = (after: Conversation, ...expected: string[]) => {
    assert.deepEqual(after.messages.map(({ id, delivery }) => `${id} ${delivery}`), expected);
    assert.equal(waitingIn(after).length, expected.filter((message) => message.endsWith('waiting')).length);
  };
  check(written, '1 waiting');
  check(withDelivery(written, 'm', 'said'), '1 said');
  check(withDelivery(written, 'm', 'refused'), '1 refused');
  check(withDelivery(written, 'other', 'said'), '1 waiting');
  check(hear(back(ADA, 'm')), '1 said');
  check(withChat(hear(back(ADA, 'm')), back(ADA, 'm'), { ownKey: ADA, looking: false }, 9), '1 said');
  // What others sent under the same id, and another device of ours without one, is something else.
  check(hear(back(BO, 'm')), '1 waiting', '2 said');
  check(hear(back(ADA)), '1 waiting', '2 said');
});

test('the oldest messages give way', () => {
  let conversation = withWriting(NOTHING_SAID, { text: 'Too much', messageId: 'm' }, ADA, 7);
  for (let count = 0; count < CHAT_MESSAGES_MAX; count++)
    conversation = withChat(conversation, said(BO, `${count}`), { ownKey: ADA, looking: true }, 0);
  assert.equal(conversation.messages.length, CHAT_MESSAGES_MAX);
  assert.equal(conversation.messages[0]?.text, '0');
});

test('what is typed is made ready to be sent', () => {
  const check = (typed: string, expected: string) => assert.equal(sendableText(typed), expected, JSON.stringify(typed));
  check('  Hello \n', 'Hello');
  check('one\r\ntwo\rthree', 'one\ntwo\nthree');
  check('a\tb\u0007c', 'a b c');
  check(' \t\n ', '');
});

/** What of a text is a link; nothing of it is lost. */
function checkLinks(text: string, ...links: string[]) {
  const found = stretches(text);
  assert.equal(found.map((stretch) => stretch.text).join(''), text);
  assert.deepEqual(
    found.filter(({ link }) => link).map((stretch) => stretch.text),
    links,
    JSON.stringify(text),
  );
}

test('links are found, and the sentence around them stays', () => {
  checkLinks('');
  checkLinks('nothing here');
  checkLinks('see https://example.org/a.', 'https://example.org/a');
  checkLinks('(https://example.org/a?b=c), then http://example.com!', 'https://example.org/a?b=c', 'http://example.com');
  checkLinks('https://example.org/a?b=c#d', 'https://example.org/a?b=c#d');
  checkLinks('javascript:alert(1) and ftp://example.org');
  checkLinks('https://');
});

test('a link ends where a reader would end it', () => {
  const wikipedia = 'https://en.wikipedia.org/wiki/Rust_(programming_language)';
  checkLinks(wikipedia, wikipedia);
  checkLinks(`(see ${wikipedia})`, wikipedia);
  checkLinks(`see (${wikipedia}).`, wikipedia);
  checkLinks('[https://a.example/b[1]]', 'https://a.example/b[1]');
  checkLinks('https://example.com/日本。次の文', 'https://example.com/日本');
  checkLinks('「https://example.com/日本」と', 'https://example.com/日本');
  checkLinks('（https://example.com/a）、https://example.com/b！', 'https://example.com/a', 'https://example.com/b');
  checkLinks("it's 'https://a.example/b'…", 'https://a.example/b');
  for (const [opening, closing] of ['“”', '„“', '‘’', '‚‘', '«»', '»«', '‹›', "''", '""', '『』', '《》']) {
    checkLinks(`see ${opening}https://a.example/b${closing}, then`, 'https://a.example/b');
    checkLinks(`${opening}https://a.example/b.${closing}`, 'https://a.example/b');
  }
  checkLinks('https://a.example/Schindler’s_list', 'https://a.example/Schindler’s_list');
  checkLinks('https://a.example/b?!?', 'https://a.example/b');
  checkLinks(`https://a.example/${')'.repeat(1_900)}`, 'https://a.example/');
});

test('a link leads where it reads', () => {
  for (const direction of '\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069') {
    checkLinks(`https://a.example/${direction}moc.knab`, 'https://a.example/');
    checkLinks(`https://a.example/b${direction}moc.knab`, 'https://a.example/b');
    checkLinks(`https://a.example.${direction} more`, 'https://a.example');
    checkLinks(`${direction}https://a.example/b${direction}`, 'https://a.example/b');
    checkLinks(`https://${direction}a.example`);
  }
  checkLinks('https://bank.example@a.example');
  checkLinks('https://bank.example@a.example/path and https://b.example', 'https://b.example');
  checkLinks('https://bank.example:443@a.example');
  checkLinks('https://:secret@a.example');
  checkLinks('https://bank.example%2Fpath@a.example');
  checkLinks('https:///bank.example@a.example');
  checkLinks('HTTPS://BANK.EXAMPLE@a.example');
  checkLinks('https://bank.example%40a.example%2F');
  checkLinks('https://a.example/@user/post', 'https://a.example/@user/post');
  checkLinks('https://a.example?to=ada@b.example', 'https://a.example?to=ada@b.example');
  checkLinks('https://a.example/#ada@b.example', 'https://a.example/#ada@b.example');
  checkLinks('https://a.example/\u0633\u0644\u0627\u0645', 'https://a.example/\u0633\u0644\u0627\u0645');
  checkLinks('https://a.example:99999');
});

const react = (participantKey: string, ...emoji: string[]): Message => ({
  resources: emoji.map((one) => ({ reaction: { participantKey, emoji: one } })),
});

test('reactions are counted by name, and go after some seconds', () => {
  const [heart, thumb] = REACTIONS;
  let shown: readonly Reaction[] = withReactions([], react(BO, heart.emoji, thumb.emoji), 1, 1_000);
  shown = withReactions(shown, react(ADA, thumb.emoji, '🦑'), 3, 2_000);
  assert.deepEqual(tally(shown), [
    { name: 'heart', count: 1 },
    { name: 'thumbsUp', count: 2 },
  ]);
  assert.deepEqual(
    shown.map(({ id }) => id),
    [1, 2, 3, 4],
  );
  assert.equal(stillShown(shown, 1_000), shown, 'the same list while nothing has gone');
  assert.equal(stillShown(shown, 1_000 + REACTION_MS).length, 2);
  assert.equal(stillShown(shown, 2_000 + REACTION_MS).length, 0);
  const crowd = withReactions([], react(BO, ...Array<string>(REACTIONS_MAX * 2).fill(thumb.emoji)), 1, 0);
  assert.equal(crowd.length, REACTIONS_MAX);
  assert.equal(REACTIONS.length, 8);
});

test('hands queue in the order in which they were raised', () => {
  const hand = (id: number, participantKey: string, raisedTime: string) => ({ id, hand: { participantKey, raisedTime } });
  const two = withHands(
    NO_HANDS,
    { resources: [hand(5, BO, '2026-03-01T10:00:02Z'), hand(9, ADA, '2026-03-01T10:00:01Z')] },
    0,
  );
  assert.deepEqual(queue(two), [ADA, BO]);
  assert.deepEqual(newlyRaised(NO_HANDS, two), [ADA, BO]);
  const lowered = withHands(two, { deletedResources: [{ id: 9 }] }, 0);
  assert.deepEqual(queue(lowered), [BO]);
  assert.deepEqual(newlyRaised(two, lowered), []);
  const again = withHands(lowered, { resources: [hand(5, BO, '2026-03-01T10:00:02Z'), { id: 3 }, {}] }, 0);
  assert.deepEqual(newlyRaised(lowered, again), [], 'a snapshot of what is known is no news');
  assert.equal(two.size, 2, 'what was before stays as it was');
});
