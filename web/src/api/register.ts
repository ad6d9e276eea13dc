// What the register keeps, for those who were there: a list of meetings, and who attended each.

import type { Attendee, DeviceKind, Role } from '../register/attendance.ts';
import { call, withQuery } from './call.ts';
import { allPages, type Page } from './pages.ts';

export interface PastMeeting {
  /** `conferenceRecords/{conference_record}` */
  conferenceRecord: string;
  /** Empty once it has lapsed. */
  meetingCode?: string;
  startTime: string;
  /** Not set while it runs. */
  endTime?: string;
  participantCount?: number;
}

export interface ConferenceRecord {
  name: string;
  startTime: string;
  /** Not set while it runs. */
  endTime?: string;
  /** When it is deleted; not set if never. */
  expireTime?: string;
  /** `spaces/{space}` */
  space: string;
}

interface AttendeeOnTheWire {
  participant: string;
  displayName?: string;
  user?: string;
  role?: Role;
  removed?: boolean;
  sessions?: { device?: DeviceKind; startTime: string; endTime?: string }[];
}

/** The most that the server gives at once. */
const ATTENDEES_PER_PAGE = 250;

export async function listMeetings(pageToken: string, pageSize?: number): Promise<Page<PastMeeting>> {
  const answer = await call<{ meetings?: PastMeeting[]; nextPageToken?: string }>(
    'GET',
    withQuery('/sederunt/v1/meetings', { pageSize, pageToken }),
  );
  return { items: answer.meetings ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export function getConferenceRecord(name: string): Promise<ConferenceRecord> {
  return call('GET', `/v2/${name}`);
}

/** Everybody: totals and files make sense only whole. */
export function attendance(conferenceRecord: string): Promise<Attendee[]> {
  return allPages(async (pageToken) => {
    const path = `/sederunt/v1/${conferenceRecord}/attendance`;
    const answer = await call<{ attendees?: AttendeeOnTheWire[]; nextPageToken?: string }>(
      'GET',
      withQuery(path, { pageSize: ATTENDEES_PER_PAGE, pageToken }),
    );
    return { items: (answer.attendees ?? []).map(attendee), nextPageToken: answer.nextPageToken ?? '' };
  });
}

function attendee(told: AttendeeOnTheWire): Attendee {
  return {
    name: told.participant,
    displayName: told.displayName ?? '',
    signedIn: Boolean(told.user),
    role: told.role ?? 'CONTRIBUTOR',
    removed: told.removed ?? false,
    sessions: (told.sessions ?? []).map(({ device, startTime, endTime }) => ({
      device: device ?? 'FULL',
      start_ms: Date.parse(startTime),
      ...(endTime ? { end_ms: Date.parse(endTime) } : {}),
    })),
  };
}
