// A recording of a meeting as the pages have it: its tracks on one axis, which begins when the recording did, and what its log says
// of who spoke.

import type {
  MeetingRecording,
  MeetingRecordingAnswer,
  MeetingRecordingComposition,
  MeetingRecordingEndReason,
  MeetingRecordingFile,
  MeetingRecordingFileSource,
  MeetingRecordingState,
} from '../api/generated/messages.ts';
import type { Attendee } from '../register/attendance.ts';

/** What the recorder calls its log. */
const LOG = 'events.jsonl';

export interface KeptFile {
  name: string;
  /** On this server. */
  path: string;
  size_bytes: number;
  /** Whose it is, and from where; none of what is of the whole meeting. */
  of?: { session: string; source: MeetingRecordingFileSource };
}

/** What one device sent of one kind. */
export interface Track {
  name: string;
  path: string;
  session: string;
  source: MeetingRecordingFileSource;
  /** On the axis. */
  start_s: number;
  duration_s: number;
}

/** What somebody has said to being recorded. */
export interface Answer {
  /** Its resource name. */
  participant: string;
  at_ms: number;
  agrees: boolean;
}

function answerOf({ participant, time, agrees = false }: MeetingRecordingAnswer): Answer {
  return { participant, at_ms: Date.parse(time), agrees };
}

export interface Recording {
  name: string;
  state: MeetingRecordingState;
  start_ms: number;
  /** Without an end: it goes on. */
  end_ms?: number;
  endReason?: MeetingRecordingEndReason;
  progress_percent: number;
  files: readonly KeptFile[];
  tracks: readonly Track[];
  /** The path of the log, if there is one. */
  log: string;
  /** The path of all files in one. */
  archive: string;
  duration_s: number;
  deletable: boolean;
  /** How far the one video of all is; without it, nobody has asked for it. */
  composition?: MeetingRecordingComposition;
  composed_percent: number;
  /** The one video of all can be asked for, and taken back. */
  composable: boolean;
  /** What people have said to being recorded, if they were asked. */
  answers: readonly Answer[] | null;
  held: boolean;
}

export function recordingOf(told: MeetingRecording): Recording {
  const start_ms = Date.parse(told.startTime);
  const files = told.files ?? [];
  const end_ms = told.endTime ? Date.parse(told.endTime) : undefined;
  const tracks = files.filter(({ source }) => source).map((file) => trackOf(file, start_ms));
  const last_s = Math.max(0, ...tracks.map(({ start_s, duration_s }) => start_s + duration_s));
  return {
    name: told.name,
    state: told.state,
    start_ms,
    ...(end_ms === undefined ? {} : { end_ms }),
    ...(told.endReason ? { endReason: told.endReason } : {}),
    progress_percent: told.progressPercent ?? 0,
    files: files.map(({ fileName, uri = '', sizeBytes = '0', session, source }) => ({
      name: fileName,
      path: pathIn(uri),
      size_bytes: Number(sizeBytes),
      ...(session && source ? { of: { session, source } } : {}),
    })),
    tracks,
    log: pathIn(files.find(({ fileName }) => fileName === LOG)?.uri ?? ''),
    archive: pathIn(told.archiveUri ?? ''),
    duration_s: Math.max(last_s, ((end_ms ?? start_ms) - start_ms) / 1_000),
    deletable: told.deletable ?? false,
    ...(told.composition ? { composition: told.composition } : {}),
    composed_percent: told.composedPercent ?? 0,
    composable: told.composable ?? false,
    answers: told.asks ? (told.answers ?? []).map(answerOf) : null,
    held: told.held ?? false,
  };
}

function trackOf(file: MeetingRecordingFile, start_ms: number): Track {
  return {
    name: file.fileName,
    path: pathIn(file.uri ?? ''),
    session: file.session ?? '',
    source: file.source ?? 'MICROPHONE',
    start_s: (Date.parse(file.startTime ?? '') - start_ms) / 1_000 || 0,
    duration_s: Number.parseFloat(file.duration ?? '0'),
  };
}

/** Links are whole addresses, and the page asks the host that it comes from. */
function pathIn(uri: string): string {
  if (uri === '') return '';
  const { pathname, search } = new URL(uri, 'http://localhost');
  return pathname + search;
}

/** Somebody is the loudest for a while. */
export interface Speech {
  session: string;
  from_s: number;
  to_s: number;
}

/** What the log of a recording says. */
export interface Log {
  speeches: readonly Speech[];
  /** Under which name each session was seen. */
  names: ReadonlyMap<string, string>;
}

interface Line {
  at_us?: number;
  event?: string;
  session?: string | null;
  name?: string;
  starts_us?: number;
}

/** Reads the log. Its own axis begins with its first line, a moment before or after the row of the recording. */
export function logOf(text: string, start_ms: number, duration_s: number): Log {
  const lines = text.split('\n').flatMap(lineOf);
  const began_us = lines.find(({ event }) => event === 'began')?.starts_us;
  const ahead_s = began_us === undefined ? 0 : began_us / 1_000_000 - start_ms / 1_000;
  const speeches: Speech[] = [];
  const names = new Map<string, string>();
  let loudest: { session: string; from_s: number } | null = null;
  const over = (to_s: number) => {
    if (loudest && to_s > loudest.from_s) speeches.push({ ...loudest, to_s });
    loudest = null;
  };
  for (const { at_us = 0, event, session, name = '' } of lines) {
    const at_s = at_us / 1_000_000 + ahead_s;
    if (event === 'joined' && session) names.set(session, name);
    if (event !== 'loudest') continue;
    over(at_s);
    if (session) loudest = { session, from_s: at_s };
  }
  over(duration_s);
  return { speeches, names };
}

function lineOf(text: string): Line[] {
  try {
    return text === '' ? [] : [JSON.parse(text) as Line];
  } catch {
    // A line that a kill has cut off.
    return [];
  }
}

/** The name of whoever a session was of: that in the register, or else the one that the log has; empty, if neither does. */
export function nameOf(session: string, people: readonly Attendee[], { names }: Log): string {
  const person = people.find(({ sessions }) => sessions.some(({ id }) => id === session));
  return person?.displayName || names.get(session) || '';
}

/** Who is the loudest at this time, if anybody is. */
export function speakerAt({ speeches }: Log, at_s: number): string | null {
  return speeches.find(({ from_s, to_s }) => from_s <= at_s && at_s < to_s)?.session ?? null;
}
