// The calls of a meeting: look before joining, join, come back, leave; and making a new one. Spaces are addressed by their
// meeting code, which is what the address bar holds.

import { call } from './call.ts';

/** With what somebody is in a meeting. */
export type Device = 'FULL' | 'COMPANION' | 'VIEWER';

/** What somebody may do in a meeting. */
export type Role = 'HOST' | 'COHOST' | 'CONTRIBUTOR' | 'VIEWER';

/** Who may do something while the meeting is moderated. */
export type Restriction = 'HOSTS_ONLY' | 'NO_RESTRICTION';

/** How somebody enters. `REFUSED`: not by this client. */
export type Entry = 'WALK_IN' | 'KNOCK' | 'REFUSED';

export interface Meeting {
  /** `spaces/{space}` */
  space: string;
  meetingCode: string;
  meetingUri: string;
  active?: boolean;
  participantCount?: number;
  /** How whoever uses this browser would enter now. */
  entry?: Entry;
  /** What they would be, with a full device. */
  role?: Role;
}

export interface Admission {
  /** SDP, with all candidates. */
  answer: string;
  /** `spaces/{space}` */
  space: string;
  /** `conferenceRecords/{record}` */
  conferenceRecord: string;
  participant: string;
  /** `conferenceRecords/{record}/participants/{participant}/participantSessions/{session}` */
  participantSession: string;
  /** Proves that this client is that participant; known to it alone. */
  resumeSecret: string;
  /** One waits to be let in; the names above are only promised. */
  waiting?: boolean;
}

/** Without a name for somebody who is signed in; without a secret for somebody who was not here before. */
export interface JoinRequest {
  offer: string;
  device: Device;
  displayName?: string;
  resumeSecret?: string;
}

export interface ResumeRequest {
  offer: string;
  device: Device;
  conferenceRecord: string;
  resumeSecret: string;
  displayName?: string;
}

export interface LeaveRequest {
  participantSession: string;
  resumeSecret: string;
}

/** Coming back is tried again and again: one try must not hang for long. */
const RESUME_TIMEOUT_MS = 5_000;

function path(code: string, verb: string): string {
  return `/sederunt/v1/spaces/${encodeURIComponent(code)}:${verb}`;
}

export function preview(code: string): Promise<Meeting> {
  return call('GET', path(code, 'preview'));
}

export function join(code: string, request: JoinRequest, signal: AbortSignal): Promise<Admission> {
  return call('POST', path(code, 'join'), { body: request, signal });
}

export function resume(code: string, request: ResumeRequest, signal: AbortSignal): Promise<Admission> {
  return call('POST', path(code, 'resume'), { body: request, signal, timeout_ms: RESUME_TIMEOUT_MS });
}

export function leave(code: string, request: LeaveRequest): Promise<void> {
  return call('POST', path(code, 'leave'), { body: request, keepalive: true });
}

/** For a page that is going away: sent without waiting for an answer. */
export function leaveAtOnce(code: string, request: LeaveRequest): void {
  navigator.sendBeacon(path(code, 'leave'), JSON.stringify(request));
}

/** Makes a space of the signed-in user's. */
export async function newMeeting(): Promise<string> {
  return (await call<{ meetingCode: string }>('POST', '/v2/spaces', { body: {} })).meetingCode;
}

/** Whether the server lives. */
export async function isHealthy(timeout_ms: number): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(timeout_ms) })).ok;
  } catch {
    return false;
  }
}
