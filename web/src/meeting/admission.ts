// Whom the server takes us for: the admission that we hold, and every session that this page has had. And how we ask to be
// let in with it. A page that comes back is the same participant in a new session, and until the server has missed the
// old one, the entries of both are ourselves.

import type { Device, JoinRequest, LeaveRequest, ResumeRequest } from '../api/generated/messages.ts';
import type { Admission } from '../api/meetings.ts';
import type { ApiError } from '../api/request.ts';
import type { Refusal } from './connection.ts';

export interface Ourselves {
  admission: Admission | null;
  /** `participants/{p}/participantSessions/{s}` of every session that this page has had. */
  sessions: ReadonlySet<string>;
  /** `participants/{p}` */
  participantKey: string;
}

/** Before the server has answered. */
export const UNADMITTED: Ourselves = { admission: null, sessions: new Set(), participantKey: '' };

/** `session` is a full name, from the conference record on. */
function withSession(before: Ourselves, admission: Admission, session: string): Ourselves {
  const own = session.replace(/^conferenceRecords\/[^/]+\//, '');
  return {
    admission,
    sessions: new Set([...before.sessions, own]),
    participantKey: own.replace(/\/participantSessions\/.*$/, ''),
  };
}

/** The server has answered. */
export function admitted(before: Ourselves, admission: Admission): Ourselves {
  return withSession(before, admission, admission.participantSession);
}

/** We are in. Whoever waited at the door may come into a later conference, and so under other names than were promised. */
export function joinedAs(before: Ourselves, session: string | undefined): Ourselves {
  if (!session || !before.admission) return before;
  const conferenceRecord = session.replace(/\/participants\/.*$/, '');
  return withSession(before, { ...before.admission, participantSession: session, conferenceRecord }, session);
}

/** What we say of ourselves, whoever we were before. */
export interface Introduction {
  offer: string;
  device: Device;
  displayName?: string;
}

export type EntryRequest = { verb: 'join'; request: JoinRequest } | { verb: 'resume'; request: ResumeRequest };

/** Without an admission there is nothing to come back to; `remembered` is the secret of an earlier page in this tab. */
export function entryRequest(
  wish: 'join' | 'resume',
  admission: Admission | null,
  remembered: string | null,
  introduction: Introduction,
): EntryRequest {
  if (wish === 'resume' && admission) {
    const { conferenceRecord, resumeSecret } = admission;
    return { verb: 'resume', request: { ...introduction, conferenceRecord, resumeSecret } };
  }
  const resumeSecret = admission?.resumeSecret ?? remembered;
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
