// Whom the server takes us for: the admission that we hold, and every session that this page has had. And how we ask to be
// let in with it. A page that comes back is the same participant in a new session, and until the server has missed the
// old one, the entries of both are ourselves.

import type { Device, JoinRequest, LeaveRequest, ResumeRequest } from '../api/generated/messages.ts';
import type { Admission } from '../api/meetings.ts';
import type { ApiError } from '../api/request.ts';
import type { Refusal } from './connection.ts';

/** What the server knows us by when we come back. */
export type Proof = Pick<Admission, 'conferenceRecord' | 'resumeSecret'>;

export interface Ourselves {
  /** The last answer: what we leave by. It may be of a session that never came to be. */
  admission: Admission | null;
  /** Of the last session that was in. */
  proof: Proof | null;
  /** `participants/{p}/participantSessions/{s}` of every session that this page has had. */
  sessions: ReadonlySet<string>;
  /** `participants/{p}` */
  participantKey: string;
}

/** Before the server has answered. */
export const UNADMITTED: Ourselves = { admission: null, proof: null, sessions: new Set(), participantKey: '' };

/** `session` is a full name, from the conference record on. */
function withSession(before: Ourselves, admission: Admission, session: string): Ourselves {
  const own = session.replace(/^conferenceRecords\/[^/]+\//, '');
  return {
    ...before,
    admission,
    sessions: new Set([...before.sessions, own]),
    participantKey: own.replace(/\/participantSessions\/.*$/, ''),
  };
}

/** The server has answered. */
export function admitted(before: Ourselves, admission: Admission): Ourselves {
  return withSession(before, admission, admission.participantSession);
}

/** We are in, and perhaps in a later conference, and so under other names than were promised. */
export function joinedAs(before: Ourselves, session: string | undefined): Ourselves {
  if (!before.admission) return before;
  const participantSession = session ?? before.admission.participantSession;
  const conferenceRecord = participantSession.replace(/\/participants\/.*$/, '');
  const admission = { ...before.admission, participantSession, conferenceRecord };
  const proof = { conferenceRecord, resumeSecret: admission.resumeSecret };
  return { ...withSession(before, admission, participantSession), proof };
}

/** What we say of ourselves, whoever we were before. */
export interface Introduction {
  offer: string;
  device: Device;
  displayName?: string;
}

export type EntryRequest = { verb: 'join'; request: JoinRequest } | { verb: 'resume'; request: ResumeRequest };

/** Whoever was never in has nothing to come back to; `remembered` is the secret of an earlier page in this tab. */
export function entryRequest(
  wish: 'join' | 'resume',
  proof: Proof | null,
  remembered: string | null,
  introduction: Introduction,
): EntryRequest {
  if (wish === 'resume' && proof) return { verb: 'resume', request: { ...introduction, ...proof } };
  const resumeSecret = proof?.resumeSecret ?? remembered;
  return { verb: 'join', request: { ...introduction, ...(resumeSecret ? { resumeSecret } : {}) } };
}

export function leaveRequest({ participantSession, resumeSecret }: Admission): LeaveRequest {
  return { participantSession, resumeSecret };
}

export function refusalOf(error: Pick<ApiError, 'reason' | 'mayPass'>): Refusal {
  if (error.reason === 'CONFERENCE_OVER') return 'conferenceOver';
  if (error.reason === 'REMOVED') return 'removed';
  return error.mayPass ? 'again' : 'final';
}
