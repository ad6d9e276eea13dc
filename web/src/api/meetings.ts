// The requests of a meeting: look before joining, join, come back, leave; and making a new one. Spaces are addressed by their
// meeting code, which is what the address bar holds.

import type * as messages from './generated/messages.ts';
import { sendRequest } from './request.ts';

/** A meeting that was found by its code, and so has one. */
export type Meeting = messages.Meeting & Required<Pick<messages.Meeting, 'meetingCode' | 'meetingUri'>>;

/** One is in, or waits at the door. */
export type Admission = messages.JoinResponse;

/** Coming back is tried again and again: one try must not hang for long. */
const RESUME_TIMEOUT_MS = 5_000;

function path(code: string, verb: string): string {
  return `/sederunt/v1/spaces/${encodeURIComponent(code)}:${verb}`;
}

export function preview(code: string): Promise<Meeting> {
  return sendRequest('GET', path(code, 'preview'));
}

export function join(code: string, request: messages.JoinRequest, signal: AbortSignal): Promise<Admission> {
  return sendRequest('POST', path(code, 'join'), { body: request, signal });
}

export function resume(code: string, request: messages.ResumeRequest, signal: AbortSignal): Promise<Admission> {
  return sendRequest('POST', path(code, 'resume'), { body: request, signal, timeout_ms: RESUME_TIMEOUT_MS });
}

export function leave(code: string, request: messages.LeaveRequest): Promise<void> {
  return sendRequest('POST', path(code, 'leave'), { body: request, keepalive: true });
}

/** Whether one agrees to be recorded, from now on. */
export function answerRecording(code: string, request: messages.AnswerRecordingRequest): Promise<void> {
  return sendRequest('POST', path(code, 'answerRecording'), { body: request });
}

/** For a page that is going away: sent without waiting for an answer. */
export function leaveAtOnce(code: string, request: messages.LeaveRequest): void {
  navigator.sendBeacon(path(code, 'leave'), JSON.stringify(request));
}

/** Makes a space of the signed-in user's; its code, which every new space has. */
export async function newMeeting(): Promise<string> {
  const space = await sendRequest<Required<Pick<messages.Space, 'meetingCode'>>>('POST', '/v2/spaces', { body: {} });
  return space.meetingCode;
}

/** Whether the server lives. */
export async function isHealthy(timeout_ms: number): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(timeout_ms) })).ok;
  } catch {
    return false;
  }
}
