// Who was there, from when to when: what the register kept of one conference, summed up for readers. A person may be in a
// meeting on two devices at once, so the time present is the union of their sessions and not the sum.

import type { Device, Role } from '../api/generated/messages.ts';

/** One sitting, as its record has it. */
export interface Conference {
  /** `spaces/{space}` */
  space: string;
  start_ms: number;
  /** Without an end: it runs. */
  end_ms?: number;
  /** When the record is deleted; without it, never. */
  expire_ms?: number;
}

export interface Session {
  /** The id of the participant session. */
  id: string;
  start_ms: number;
  /** Without an end: still there. */
  end_ms?: number;
  device: Device;
  /** A program came, and not they themselves. */
  byProgram: boolean;
  /** `projects/{project}/calls/{call}`: the telephone call by which they were there; empty of another device. */
  call: string;
}

export interface Attendee {
  /** The participant's resource name. */
  name: string;
  displayName: string;
  signedIn: boolean;
  byPhone: boolean;
  role: Role;
  /** Taken out by a host. */
  removed: boolean;
  sessions: readonly Session[];
}

export interface Presence {
  start_ms: number;
  end_ms: number;
  /** Still there: `end_ms` is only now. */
  live: boolean;
  present_ms: number;
  /** Each kind once, in the order of first use. */
  devices: readonly Device[];
}

interface Interval {
  start_ms: number;
  end_ms: number;
}

/** When somebody was there. `null` for somebody without a session, who is a name and no attendance. */
export function presenceOf(sessions: readonly Session[], now_ms: number): Presence | null {
  if (sessions.length === 0) return null;
  const intervals = sessions.map((session) => intervalOf(session, now_ms));
  const ordered = [...sessions].sort((a, b) => a.start_ms - b.start_ms);
  return {
    start_ms: Math.min(...intervals.map(({ start_ms }) => start_ms)),
    end_ms: Math.max(...intervals.map(({ end_ms }) => end_ms)),
    live: sessions.some(({ end_ms }) => end_ms === undefined),
    present_ms: union(intervals).reduce((sum, { start_ms, end_ms }) => sum + end_ms - start_ms, 0),
    devices: [...new Set(ordered.map(({ device }) => device))],
  };
}

/** A live session lasts until now; a clock of ours that is behind the server's makes no negative time. */
function intervalOf({ start_ms, end_ms }: Session, now_ms: number): Interval {
  return { start_ms, end_ms: Math.max(start_ms, end_ms ?? now_ms) };
}

/** The same time without overlaps, in order. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.start_ms - b.start_ms)) {
    const last = merged.at(-1);
    if (last && next.start_ms <= last.end_ms) last.end_ms = Math.max(last.end_ms, next.end_ms);
    else merged.push({ ...next });
  }
  return merged;
}

export interface Bar {
  device: Device;
  /** Shares of the conference, from 0 to 100. */
  left_percent: number;
  width_percent: number;
  /** Lies over a bar of the first device, and must not hide it. */
  second: boolean;
}

/** No bar is thinner than this: a stay of seconds in a meeting of hours would be invisible. */
const BAR_PERCENT_MIN = 0.6;

/** Where somebody's sessions lie in the time of the conference. */
export function barsOf(sessions: readonly Session[], whole: Interval, now_ms: number): Bar[] {
  const first = sessions.filter(({ device }) => device === 'FULL').map((session) => intervalOf(session, now_ms));
  const whole_ms = Math.max(1, whole.end_ms - whole.start_ms);
  return sessions.map((session) => {
    const { start_ms, end_ms } = intervalOf(session, now_ms);
    const share = (time_ms: number) => Math.min(100, Math.max(0, ((time_ms - whole.start_ms) / whole_ms) * 100));
    const width_percent = Math.max(BAR_PERCENT_MIN, share(end_ms) - share(start_ms));
    return {
      device: session.device,
      left_percent: round(Math.min(share(start_ms), 100 - width_percent)),
      width_percent: round(width_percent),
      second: session.device !== 'FULL' && first.some((other) => other.start_ms < end_ms && start_ms < other.end_ms),
    };
  });
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** In the order of arrival; people who came at the same moment by name. */
export function inOrderOfArrival(people: readonly Attendee[]): Attendee[] {
  const arrival = ({ sessions }: Attendee) => Math.min(...sessions.map(({ start_ms }) => start_ms));
  return [...people].sort((a, b) => arrival(a) - arrival(b) || a.displayName.localeCompare(b.displayName));
}
