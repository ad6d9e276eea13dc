// Telephone calls and their recordings, by the contract for calls; in which projects somebody is, by ours.

import { type Call, callOf, type Recording, recordingOf } from '../calls/call.ts';
import type * as messages from './generated/messages.ts';
import { allPages, type Page } from './pages.ts';
import { sendRequest, withQuery } from './request.ts';

export interface Memberships {
  projects: readonly messages.Membership[];
  answersTelephones: boolean;
}

export interface ListedCall extends Call {
  recordings: number;
}

const CALLS_PER_PAGE = 25;
const RECORDINGS_PER_PAGE = 100;

export async function listMemberships(): Promise<Memberships> {
  const told = await sendRequest<messages.ListMembershipsResponse>('GET', '/sederunt/v1/memberships');
  return { projects: told.memberships ?? [], answersTelephones: told.answersTelephones ?? false };
}

/** The newest first, each with how many recordings it has. */
export async function listCalls(project: string, filter: string, pageToken: string): Promise<Page<ListedCall>> {
  const path = withQuery(`/v1beta1/${project}/calls`, { pageSize: CALLS_PER_PAGE, filter, pageToken });
  const told = await sendRequest<messages.ListCallsResponse>('GET', path);
  const calls = (told.calls ?? []).map(callOf);
  const counts = await countRecordings(project, calls);
  const items = calls.map((call) => ({ ...call, recordings: counts.get(call.name) ?? 0 }));
  return { items, nextPageToken: told.nextPageToken ?? '' };
}

async function countRecordings(project: string, calls: readonly Call[]): Promise<Map<string, number>> {
  if (calls.length === 0) return new Map();
  const query = new URLSearchParams(calls.map(({ name }) => ['calls', name]));
  const told = await sendRequest<messages.ListRecordingCountsResponse>(
    'GET',
    `/sederunt/v1/${project}/recordingCounts?${query}`,
  );
  return new Map((told.recordingCounts ?? []).map(({ call, recordings }) => [call, recordings]));
}

/** The sitting in which a call was, `conferenceRecords/{conference_record}`; empty if it was in none. */
export async function meetingOf(project: string, call: string): Promise<string> {
  const query = new URLSearchParams({ calls: call });
  const told = await sendRequest<messages.ListCallMeetingsResponse>('GET', `/sederunt/v1/${project}/callMeetings?${query}`);
  return told.callMeetings?.[0]?.participantSession.split('/').slice(0, 2).join('/') ?? '';
}

export async function getCall(name: string): Promise<Call> {
  return callOf(await sendRequest<messages.Call>('GET', `/v1beta1/${name}`));
}

/** All of a call, the first that was said first, with links to their files. */
export async function listRecordings(call: string): Promise<Recording[]> {
  const newestFirst = await allPages(async (pageToken) => {
    const path = `/v1beta1/${call}/recordings`;
    const told = await sendRequest<messages.ListRecordingsResponse>(
      'GET',
      withQuery(path, { view: 'FULL', pageSize: RECORDINGS_PER_PAGE, pageToken }),
    );
    return { items: (told.recordings ?? []).map(recordingOf), nextPageToken: told.nextPageToken ?? '' };
  });
  return newestFirst.reverse();
}

/** How the recording of a call is now, and what of the call is under a legal hold. */
export function getRecordingStatus(call: string): Promise<messages.RecordingStatus> {
  return sendRequest('GET', `/v1beta1/${call}/recordingStatus`);
}

export type RecordingVerb = 'start' | 'pause' | 'resume' | 'stop';

/** Answers when it is so; how it is then. */
export function controlRecording(call: string, verb: RecordingVerb): Promise<messages.RecordingStatus> {
  return sendRequest('POST', `/v1beta1/${call}:${verb}Recording`, { body: {} });
}

export async function deleteRecording(name: string): Promise<void> {
  await sendRequest('DELETE', `/v1beta1/${name}`);
}
