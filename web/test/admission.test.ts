// Whom the server takes us for, through one connection after the other, and how we ask to be let in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admission } from '../src/api/meetings.ts';
import {
  admitted,
  entryRequest,
  joinedAs,
  leaveRequest,
  type Ourselves,
  type Proof,
  refusalOf,
  UNADMITTED,
} from '../src/meeting/admission.ts';

const answer = (participant: string, session: string): Admission => ({
  answer: 'v=0',
  space: 'spaces/s',
  conferenceRecord: 'conferenceRecords/c',
  participant: `conferenceRecords/c/participants/${participant}`,
  participantSession: `conferenceRecords/c/participants/${participant}/participantSessions/${session}`,
  resumeSecret: 'secret',
});

test('every session that we have had stays ours', () => {
  const check = (ourselves: Ourselves, participantKey: string, record: string | undefined, ...sessions: string[]) => {
    assert.equal(ourselves.participantKey, participantKey);
    assert.equal(ourselves.admission?.conferenceRecord, record);
    assert.deepEqual([...ourselves.sessions], sessions);
  };
  const [a, b, d] = ['p/participantSessions/a', 'p/participantSessions/b', 'q/participantSessions/d'].map(
    (session) => `participants/${session}`,
  ) as [string, string, string];
  check(UNADMITTED, '', undefined);
  const first = admitted(UNADMITTED, answer('p', 'a'));
  check(first, 'participants/p', 'conferenceRecords/c', a);
  assert.equal(first.proof, null, 'a promise proves nothing');
  const inside = joinedAs(first, undefined);
  check(inside, 'participants/p', 'conferenceRecords/c', a);
  const secondTry = admitted(inside, { ...answer('p', 'b'), resumeSecret: 'of a session that never came to be' });
  assert.deepEqual(secondTry.proof, { conferenceRecord: 'conferenceRecords/c', resumeSecret: 'secret' });
  const again = admitted(first, answer('p', 'b'));
  check(again, 'participants/p', 'conferenceRecords/c', a, b);
  // Let in later than promised: into another conference, as somebody else.
  const other = joinedAs(again, `conferenceRecords/later/${d}`);
  check(other, 'participants/q', 'conferenceRecords/later', a, b, d);
  assert.equal(other.admission?.participantSession, `conferenceRecords/later/${d}`);
  assert.equal(joinedAs(UNADMITTED, `conferenceRecords/c/${a}`), UNADMITTED, 'nobody joins who has not asked');
});

test('we come back with what we hold, and join without', () => {
  const introduction = { offer: 'v=0', device: 'FULL', displayName: 'Ada' } as const;
  const resume = { conferenceRecord: 'conferenceRecords/c', resumeSecret: 'secret' };
  const check = (
    wish: 'join' | 'resume',
    held: Proof | null,
    remembered: string | null,
    verb: string,
    proof: object,
  ) => {
    const asked = entryRequest(wish, held, remembered, introduction);
    assert.deepEqual([asked.verb, asked.request], [verb, { ...introduction, ...proof }]);
  };
  check('join', null, null, 'join', {});
  check('join', null, 'old', 'join', { resumeSecret: 'old' });
  check('join', resume, 'old', 'join', { resumeSecret: 'secret' });
  check('resume', resume, 'old', 'resume', resume);
  check('resume', null, 'old', 'join', { resumeSecret: 'old' });
});

test('whoever leaves says which session, and proves that it is theirs', () => {
  assert.deepEqual(leaveRequest(answer('p', 'a')), {
    participantSession: 'conferenceRecords/c/participants/p/participantSessions/a',
    resumeSecret: 'secret',
  });
});

test('a refusal says whether to come back, and when', () => {
  const check = (reason: string, mayPass: boolean, expected: string) =>
    assert.equal(refusalOf({ reason, mayPass }), expected, `${reason} ${mayPass}`);
  check('CONFERENCE_OVER', false, 'conferenceOver');
  check('CONFERENCE_OVER', true, 'conferenceOver');
  check('REMOVED', false, 'removed');
  check('CONFERENCE_FULL', true, 'again');
  check('', true, 'again');
  check('NAME_TOO_LONG', false, 'final');
});
