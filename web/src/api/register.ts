// What the register keeps, for those who were there: a list of meetings, and who attended each.

import type { Attendee, Conference } from '../register/attendance.ts';
import type * as messages from './generated/messages.ts';
import { allPages, type Page } from './pages.ts';
import { sendRequest, withQuery } from './request.ts';

/** The most that the server gives at once. */
const ATTENDEES_PER_PAGE = 250;

export async function listMeetings(pageToken: string, pageSize?: number): Promise<Page<messages.PastMeeting>> {
  const answer = await sendRequest<messages.ListMeetingsResponse>(
    'GET',
    withQuery('/sederunt/v1/meetings', { pageSize, pageToken }),
  );
  return { items: answer.meetings ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export async function getConference(conferenceRecord: string): Promise<Conference> {
  const told = await sendRequest<messages.ConferenceRecord>('GET', `/v2/${conferenceRecord}`);
  return {
    space: told.space ?? '',
    start_ms: Date.parse(told.startTime ?? ''),
    ...(told.endTime ? { end_ms: Date.parse(told.endTime) } : {}),
    ...(told.expireTime ? { expire_ms: Date.parse(told.expireTime) } : {}),
  };
}

/** Everybody: totals and files make sense only whole. */
export function attendance(conferenceRecord: string): Promise<Attendee[]> {
  return allPages(async (pageToken) => {
    const path = `/sederunt/v1/${conferenceRecord}/attendance`;
    const answer = await sendRequest<messages.Attendance>(
      'GET',
      withQuery(path, { pageSize: ATTENDEES_PER_PAGE, pageToken }),
    );
    return { items: (answer.attendees ?? []).map(attendee), nextPageToken: answer.nextPageToken ?? '' };
  });
}

function attendee(told: messages.Attendee): Attendee {
  return {
    name: told.participant,
    displayName: told.displayName ?? '',
    signedIn: Boolean(told.user),
    byPhone: told.byPhone ?? false,
    role: told.role ?? 'CONTRIBUTOR',
    removed: told.removed ?? false,
    sessions: (told.sessions ?? []).map(({ participantSession, device, startTime, endTime, byProgram = false, call = '' }) => ({
      id: participantSession.replace(/^.*\//, ''),
      device: device ?? 'FULL',
      byProgram,
      call,
      start_ms: Date.parse(startTime),
      ...(endTime ? { end_ms: Date.parse(endTime) } : {}),
    })),
  };
}
