// Recordings of meetings.

import { type Recording, recordingOf } from '../recordings/recording.ts';
import type * as messages from './generated/messages.ts';
import { allPages } from './pages.ts';
import { fetchFile, sendRequest, withQuery } from './request.ts';

const RECORDINGS_PER_PAGE = 100;

/** All of a conference, the first first, without their files. */
export function listMeetingRecordings(conferenceRecord: string): Promise<Recording[]> {
  return allPages(async (pageToken) => {
    const path = `/sederunt/v1/${conferenceRecord}/recordings`;
    const told = await sendRequest<messages.ListMeetingRecordingsResponse>(
      'GET',
      withQuery(path, { pageSize: RECORDINGS_PER_PAGE, pageToken }),
    );
    return { items: (told.recordings ?? []).map(recordingOf), nextPageToken: told.nextPageToken ?? '' };
  });
}

/** With links to its files, which are good for an hour. */
export async function getMeetingRecording(name: string): Promise<Recording> {
  return recordingOf(await sendRequest<messages.MeetingRecording>('GET', `/sederunt/v1/${name}`));
}

export async function deleteMeetingRecording(name: string): Promise<void> {
  await sendRequest('DELETE', `/sederunt/v1/${name}`);
}

/** Has one video made of all: it is one more file, when it is there. */
export async function composeMeetingRecording(name: string): Promise<Recording> {
  return recordingOf(await sendRequest<messages.MeetingRecording>('POST', `/sederunt/v1/${name}:compose`, { body: {} }));
}

/** While it is not there. */
export async function cancelComposition(name: string): Promise<Recording> {
  return recordingOf(await sendRequest<messages.MeetingRecording>('POST', `/sederunt/v1/${name}:cancelComposition`, { body: {} }));
}

/** What is in the log of a recording. */
export async function getLog(path: string): Promise<string> {
  if (path === '') return '';
  return new TextDecoder().decode((await fetchFile(path)) ?? new ArrayBuffer());
}
