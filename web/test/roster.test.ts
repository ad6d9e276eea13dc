// Who is here, from the messages of the server; and who speaks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { named, NOBODY, newcomers, type Roster, withEntries, withParticipants } from '../src/meeting/roster.ts';
import { type ContributingSource, listen, SILENCE, speaking } from '../src/meeting/speaker.ts';
import { initialsOf, inOrder, peopleOf, tilesOfOthers } from '../src/meeting/tiles.ts';

const anonymous = (id: number, displayName: string) => ({
  id,
  participant: { participantKey: `participants/p${id}`, anonymousUser: { displayName } },
});
const entry = (id: number, person: number, session: string, more: object = {}) => ({
  id,
  mediaEntry: {
    participantKey: `participants/p${person}`,
    sessionName: `participants/p${person}/participantSessions/${session}`,
    audioCsrc: id * 10,
    videoCsrcs: [id * 10 + 1],
    ...more,
  },
});

function meeting(): Roster {
  const people = withParticipants(NOBODY, {
    resources: [
      {
        id: 1,
        participant: { participantKey: 'participants/p1', signedInUser: { user: 'users/1', displayName: 'Ada' } },
      },
      anonymous(2, 'Bo'),
    ],
  });
  return withEntries(people, {
    resources: [entry(11, 1, 'a'), entry(12, 2, 'b', { audioMuted: true, videoMuted: true })],
  });
}

test('snapshots replace, deletions remove, and the roster before stays as it was', () => {
  const before = meeting();
  const renamed = withParticipants(before, { resources: [anonymous(2, 'Boris')], deletedResources: [{ id: 1 }] });
  assert.deepEqual(
    [...renamed.people.values()].map(({ name }) => name),
    ['Boris'],
  );
  assert.deepEqual(
    [...before.people.values()].map(({ name }) => name),
    ['Ada', 'Bo'],
  );
  const unmuted = withEntries(before, { resources: [entry(12, 2, 'b')], deletedResources: [{ id: 11 }] });
  assert.deepEqual(
    [...unmuted.entries.values()].map(({ id, audioMuted }) => [id, audioMuted]),
    [[12, false]],
  );
});

test('what a message leaves out is harmless', () => {
  for (const message of [{}, { resources: [{}] }, { resources: [{ id: 3 }] }, { deletedResources: [{}] }]) {
    assert.equal(withParticipants(meeting(), message).people.size, 2);
    assert.equal(withEntries(meeting(), message).entries.size, 2);
  }
  const bare = withEntries(NOBODY, { resources: [{ id: 5, mediaEntry: {} }] }).entries.get(5);
  assert.deepEqual(bare?.videoCsrcs, []);
});

test('news is about people, not about their devices', () => {
  const before = meeting();
  const second = withEntries(before, { resources: [entry(13, 1, 'c')] });
  assert.deepEqual(newcomers(before, second), []);
  const third = withParticipants(before, { resources: [anonymous(3, 'Caro')] });
  assert.deepEqual(
    newcomers(before, third).map(({ name }) => name),
    ['Caro'],
  );
  assert.deepEqual(newcomers(third, before), []);
});

test('a tile for each entry of the others, named, and none for oneself', () => {
  const roster = withEntries(meeting(), { resources: [entry(13, 1, 'a', { screenshare: true })] });
  const check = (own: string[], expected: unknown[]) =>
    assert.deepEqual(
      tilesOfOthers(roster, new Set(own), '').map(({ key, name, screen, hasVideo }) => [key, name, screen, hasVideo]),
      expected,
    );
  const ada = ['entry-11', 'Ada', false, true];
  const bo = ['entry-12', 'Bo', false, false];
  const screen = ['entry-13', 'Ada', true, true];
  check([], [ada, bo, screen]);
  check(['participants/p2/participantSessions/b'], [ada, screen]);
  // An earlier session of ours that the server has not missed yet.
  check(['participants/p1/participantSessions/a', 'participants/p1/participantSessions/z'], [bo]);
});

test('our own face on another device is no tile; our screen there, and a program of ours, are', () => {
  const roster = withEntries(meeting(), {
    resources: [
      entry(13, 1, 'tablet'),
      entry(14, 1, 'tablet', { screenshare: true }),
      entry(15, 1, 'program', { byProgram: true }),
    ],
  });
  assert.deepEqual(
    tilesOfOthers(roster, new Set(['participants/p1/participantSessions/a']), 'participants/p1').map(({ key }) => key),
    ['entry-12', 'entry-14', 'entry-15'],
  );
});

test('whoever can be neither seen nor heard is in the list and has no tile', () => {
  const roster = withEntries(meeting(), {
    resources: [
      entry(13, 2, 'companion', { audioCsrc: 0, audioMuted: true, videoMuted: true }),
      entry(14, 2, 'camera only', { audioCsrc: 0, audioMuted: true }),
    ],
  });
  assert.deepEqual(
    tilesOfOthers(roster, new Set(), '').map(({ key }) => key),
    ['entry-11', 'entry-12', 'entry-14'],
  );
});

test('whoever is not signed in is marked', () => {
  const check = (kind: object, mark: string | null) => {
    const participant = { participantKey: 'participants/p', ...kind };
    const roster = withParticipants(NOBODY, { resources: [{ id: 1, participant }] });
    assert.deepEqual(named(roster, 'participants/p').mark, mark, JSON.stringify(kind));
  };
  check({ signedInUser: { user: 'users/1', displayName: 'Ada' } }, null);
  check({ anonymousUser: { displayName: 'Host' } }, 'guest');
  check({ phoneUser: { displayName: '+41 …' } }, 'guest');
  check({}, 'guest');
  const [ada, bo] = tilesOfOthers(meeting(), new Set(), '');
  assert.deepEqual([ada?.mark, bo?.mark], [null, 'guest']);
  assert.deepEqual(named(meeting(), 'participants/gone'), { name: '', mark: null });
});

test('a program is marked where it is, and its person in the list', () => {
  const bot = entry(13, 1, 'c', { byProgram: true });
  const before = withParticipants(NOBODY, {
    resources: [{ id: 1, participant: { participantKey: 'participants/p1', signedInUser: { displayName: 'Ada' }, byProgram: true } }],
  });
  assert.equal(named(before, 'participants/p1').mark, 'program', 'before its devices are known');
  const both = withEntries(meeting(), { resources: [bot] });
  assert.deepEqual(
    tilesOfOthers(both, new Set(), '').map(({ name, mark }) => [name, mark]),
    [
      ['Ada', null],
      ['Bo', 'guest'],
      ['Ada', 'program'],
    ],
  );
  const inList = (roster: Roster) => peopleOf(roster, new Set(), '').map(({ mark }) => mark);
  assert.deepEqual(inList(both), ['program', 'guest']);
  assert.deepEqual(inList(withEntries(both, { deletedResources: [{ id: 13 }] })), [null, 'guest'], 'when it has gone');
});

test('raised hands come first, in their order', () => {
  const people = peopleOf(meeting(), new Set(), '');
  const check = (hands: string[], expected: string[]) =>
    assert.deepEqual(
      inOrder(people, hands).map(({ name }) => name),
      expected,
    );
  check([], ['Ada', 'Bo']);
  check(['participants/p2'], ['Bo', 'Ada']);
  check(['participants/p2', 'participants/p1'], ['Bo', 'Ada']);
  check(['participants/gone'], ['Ada', 'Bo']);
});

test('the list has everybody once, with what both of their devices do', () => {
  const roster = withEntries(meeting(), {
    resources: [entry(13, 2, 'phone'), entry(14, 1, 'a', { screenshare: true })],
  });
  assert.deepEqual(
    peopleOf(roster, new Set(), 'participants/me').map(({ name, audioMuted, videoMuted, sharing }) => [
      name,
      audioMuted,
      videoMuted,
      sharing,
    ]),
    [
      ['Ada', false, false, true],
      ['Bo', false, false, false],
    ],
  );
  assert.deepEqual(
    peopleOf(roster, new Set(), 'participants/p1').map(({ name }) => name),
    ['Bo'],
  );
});

test('initials', () => {
  const check = (name: string, expected: string) => assert.equal(initialsOf(name), expected, name);
  check('Ada Lovelace', 'AL');
  check('ada', 'A');
  check(' Johann Sebastian Bach ', 'JB');
  check('Ёлка 🎄', 'Ё🎄');
  check('', '?');
});

test('whoever is loud enough speaks, and the newest mark names the loudest', () => {
  const at = (line: number, csrc: number, timestamp: number, level?: number): ContributingSource => ({
    line,
    csrc,
    timestamp,
    level,
  });
  let hearing = listen(SILENCE, [at(0, 110, 5, 0.2), at(0, 42, 5), at(1, 120, 5, 0.0001)], 1_000, 0.005);
  assert.deepEqual([...speaking(hearing, 1_000, 700)], [110]);
  assert.equal(hearing.loudest, 110);
  // The same reports again are no new sound.
  hearing = listen(hearing, [at(0, 110, 5, 0.2), at(0, 42, 5), at(1, 120, 5, 0.0001)], 2_000, 0.005);
  assert.deepEqual([...speaking(hearing, 2_000, 700)], []);
  hearing = listen(hearing, [at(0, 110, 5, 0.2), at(0, 42, 5), at(1, 120, 9, 0.1), at(1, 42, 9)], 2_100, 0.005);
  assert.deepEqual([...speaking(hearing, 2_100, 700)], [120]);
  assert.equal(hearing.loudest, 120);
  // A line without levels: the mark decides.
  hearing = listen(SILENCE, [at(0, 130, 1), at(0, 42, 1), at(1, 140, 1)], 3_000, 0.005);
  assert.deepEqual([...speaking(hearing, 3_500, 700)], [130]);
});
