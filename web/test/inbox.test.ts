// What each message of the server means, and what of it is news.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelName } from '../src/meeting/channels.ts';
import { type Known, readScene, readSessionControl, type SceneEvent } from '../src/meeting/inbox.ts';
import type { Message, SessionStatus } from '../src/meeting/messages.ts';
import { atFirst } from '../src/meeting/moderation.ts';
import { newsOfHands, newsOfModeration, newsOfRoster } from '../src/meeting/news.ts';
import { NO_HANDS, withHands } from '../src/meeting/reactions.ts';
import { NOBODY, withParticipants } from '../src/meeting/roster.ts';

const KNOWN: Known = { roster: NOBODY, moderation: atFirst('FULL') };

const people = (...names: string[]): Message => ({
  resources: names.map((displayName, index) => ({ id: index + 1, participant: { signedInUser: { displayName } } })),
});

test('session-control says where we stand', () => {
  const check = (sessionStatus: SessionStatus | undefined, expected: string | null) => {
    const event = readSessionControl(sessionStatus ? { resources: [{ sessionStatus }] } : {});
    assert.equal(event && Object.values(event).join(' '), expected);
  };
  check({ connectionState: 'STATE_JOINED' }, 'joined ');
  check({ connectionState: 'STATE_JOINED', participantSession: 'a/b' }, 'joined a/b');
  check({ connectionState: 'STATE_WAITING' }, 'waiting');
  check({ connectionState: 'STATE_DISCONNECTED' }, 'disconnected  ');
  check(
    { connectionState: 'STATE_DISCONNECTED', disconnectReason: 'REASON_USER_STOPPED', detail: 'REMOVED' },
    'disconnected REASON_USER_STOPPED REMOVED',
  );
  check({}, null);
  check(undefined, null);
  // Of a version that is not written yet.
  check({ connectionState: 'STATE_DREAMING' as 'STATE_JOINED' }, null);
});

test('each other channel says what happened in the meeting', () => {
  const check = (channel: ChannelName, message: Message, ...expected: SceneEvent['kind'][]) => {
    const kinds = readScene(channel, message, KNOWN).map(({ kind }) => kind);
    assert.deepEqual(kinds, expected, `${channel} ${JSON.stringify(message)}`);
  };
  check('participants', people('Ada'), 'roster');
  check('media-entries', { resources: [{ id: 1, mediaEntry: {} }] }, 'roster');
  check('chat', {}, 'exchanged');
  check('reactions', {}, 'exchanged');
  check('video-assignment', { resources: [{ videoAssignment: { label: '1' } }] }, 'assigned');
  check('video-assignment', { resources: [{ wantedLayers: { camera: [0] } }] }, 'wanted');
  check('video-assignment', { response: { requestId: 1 } });
  check('video-assignment', { response: { status: { code: 0 } } });
  check('video-assignment', { response: { status: { code: 8 } } }, 'assignmentRefused');
  check(
    'video-assignment',
    { response: { status: { code: 8 } }, resources: [{ videoAssignment: {} }] },
    'assignmentRefused',
    'assigned',
  );
  check('moderation', { resources: [{ moderation: { role: 'HOST' } }] }, 'moderation');
  // Silence first: what a host took away after it is switched off without being told twice.
  check('moderation', { resources: [{ moderation: {} }, { muted: {} }] }, 'muted', 'moderation');
  check('media-stats', { resources: [{ id: 1 }] });
  check('session-control', { resources: [{ sessionStatus: { connectionState: 'STATE_JOINED' } }] });
});

test('a snapshot is laid over what is known', () => {
  const known = { ...KNOWN, roster: withParticipants(NOBODY, people('Ada')) };
  const [first] = readScene('media-entries', { resources: [{ id: 7, mediaEntry: {} }] }, known);
  assert.ok(first?.kind === 'roster');
  assert.deepEqual([first.roster.people.size, first.roster.entries.size], [1, 1]);
  const [second] = readScene('moderation', {}, known);
  assert.ok(second?.kind === 'moderation');
  assert.equal(second.moderation, known.moderation);
});

test('who came and who went is news', () => {
  const check = (before: string[], after: string[], ...expected: string[]) => {
    const news = newsOfRoster(withParticipants(NOBODY, people(...before)), withParticipants(NOBODY, people(...after)));
    assert.deepEqual(
      news.map((one) => (one.kind === 'joined' || one.kind === 'left' ? `${one.person.name} ${one.kind}` : one.kind)),
      expected,
    );
  };
  check([], ['Ada', 'Bo'], 'Ada joined', 'Bo joined');
  check(['Ada', 'Bo'], ['Ada'], 'Bo left');
  check(['Ada'], ['Ada']);
});

test('the hands of others are news, and what was up before is not', () => {
  const hands = (...keys: string[]) => {
    const resources = keys.map((participantKey, index) => ({ id: index + 1, hand: { participantKey } }));
    return withHands(NO_HANDS, { resources }, 0);
  };
  const check = (before: string[], after: string[], ...expected: string[]) =>
    assert.deepEqual(
      newsOfHands(hands(...before), hands(...after), 'me').map((one) => one.kind === 'raisedHand' && one.participantKey),
      expected,
    );
  check([], ['ada', 'me'], 'ada');
  check(['ada'], ['ada', 'bo'], 'bo');
  check(['ada'], []);
});

test('what a host switched off is news, and to become a viewer says it all', () => {
  const check = (before: 'FULL' | 'VIEWER', after: 'FULL' | 'VIEWER', expected: string) =>
    assert.equal(
      newsOfModeration(atFirst(before), atFirst(after), ['microphone', 'screen'])
        .map((one) => (one.kind === 'stopped' ? `${one.kind} ${one.what}` : one.kind))
        .join(', '),
      expected,
    );
  check('FULL', 'FULL', 'stopped microphone, stopped screen');
  check('FULL', 'VIEWER', 'viewer');
  check('VIEWER', 'VIEWER', 'stopped microphone, stopped screen');
  assert.deepEqual(newsOfModeration(atFirst('FULL'), atFirst('FULL'), []), []);
});
