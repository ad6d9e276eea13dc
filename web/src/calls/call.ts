// Calls and recordings as the pages see them. The contract leaves out what is not known, and writes lengths as texts.

import type * as messages from '../api/generated/messages.ts';

export type CallState = messages.CallState;

export interface Call {
  /** `projects/{project}/calls/{call}`. */
  name: string;
  /** Without a scheme; empty if it was withheld. */
  from: string;
  to: string;
  incoming: boolean;
  state: CallState;
  create_ms: number;
  /** From its answer to its end, or until now. */
  answer_ms?: number;
  end_ms?: number;
  /** The call out of which it was made; empty if none. */
  origin: string;
  /** Why it failed, in words. */
  error: string;
  /** What documents wrote down. */
  labels: readonly (readonly [string, string])[];
}

export interface Recording {
  /** `projects/{project}/calls/{call}/recordings/{recording}`. */
  name: string;
  state: messages.RecordingState;
  source: messages.RecordingSource;
  errorCode: messages.RecordingErrorCode | '';
  channels: number;
  duration_ms: number;
  /** When what is kept begins; when it was asked for, if nothing is. */
  start_ms: number;
  wav?: AudioFile;
  mp3?: AudioFile;
}

export interface AudioFile {
  /** On this server, for an hour. */
  path: string;
  size_bytes: number;
}

export function callOf(told: messages.Call): Call {
  const incoming = told.direction !== 'OUTGOING';
  return {
    name: told.name ?? '',
    // Whoever makes a call as nobody knows as whom.
    from: told.isPrivate && incoming ? '' : addressText(told.from ?? ''),
    to: addressText(told.to ?? ''),
    incoming,
    state: told.state ?? 'FAILED',
    create_ms: Date.parse(told.createTime ?? ''),
    ...(told.answerTime && { answer_ms: Date.parse(told.answerTime) }),
    ...(told.endTime && { end_ms: Date.parse(told.endTime) }),
    origin: told.originatingCall ?? '',
    error: told.errorMessage ?? '',
    labels: Object.entries(told.labels ?? {}).sort(([one], [other]) => one.localeCompare(other)),
  };
}

export function recordingOf(told: messages.Recording): Recording {
  const file = (type: string): AudioFile | undefined => {
    const found = told.audio?.find(({ mimeType }) => mimeType === type);
    return found?.uri ? { path: pathIn(found.uri), size_bytes: found.sizeBytes ?? 0 } : undefined;
  };
  const [wav, mp3] = [file('audio/x-wav'), file('audio/mpeg')];
  return {
    name: told.name ?? '',
    state: told.state ?? 'FAILED',
    source: told.source ?? 'CALL_RECORDING',
    errorCode: told.errorCode ?? '',
    channels: told.channelCount ?? 1,
    duration_ms: 1_000 * Number.parseFloat(told.duration ?? '0'),
    start_ms: Date.parse(told.startTime ?? told.createTime ?? ''),
    ...(wav && { wav }),
    ...(mp3 && { mp3 }),
  };
}

/** As people know it: without the scheme of a SIP address, its port and what follows. */
export function addressText(address: string): string {
  return address.replace(/^(sips?|tel):/i, '').replace(/;.*$/, '').replace(/:\d+$/, '');
}

/** A link is on this server, whatever name the server believes that it has: the page may be open under another. */
function pathIn(uri: string): string {
  const { pathname, search } = new URL(uri, 'http://localhost');
  return pathname + search;
}

/** Whether what is shown will change by itself. */
export function isUnderWay(call: Call, recordings: readonly Recording[]): boolean {
  return call.end_ms === undefined || recordings.some(({ state }) => state === 'PENDING');
}
