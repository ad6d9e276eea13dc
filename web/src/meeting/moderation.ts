// What we are in this meeting and what we may do, as the `moderation` channel tells it: one whole snapshot each time that
// something changes. Until the first one arrives, we may do what our device can, because the server refuses the rest anyway.

import type { Device, Role } from '../api/generated/messages.ts';
import { RIGHTS, type Right } from '../api/generated/rights.ts';
import type { Message, RecordingConsent, RecordingEnd, RecordingState } from './messages.ts';
import { markOf, type Named } from './named.ts';

export { RIGHTS, type Right };

/** Somebody who waits at the door. */
export interface Knock extends Named {
  /** The id of the session that they will have. */
  session: string;
  email: string;
  byPhone: boolean;
}

/** `true` where only hosts may. */
export interface Locks {
  /** Whether the others hold at all. */
  moderation: boolean;
  chat: boolean;
  reactions: boolean;
  present: boolean;
}

/** What one may do, right by right. */
export type Permissions = Readonly<Record<Right, boolean>>;

export interface Moderation {
  role: Role;
  device: Device;
  permissions: Permissions;
  locks: Locks;
  recording: RecordingState;
  /** Of the last recording, if there was one and none goes on. */
  recordingEnd: RecordingEnd | null;
  /** What one has said to the recording that goes on, if it asks. */
  consent: RecordingConsent | null;
  knocks: readonly Knock[];
}

/** Why one may not: because of what one chose to be, or because a host decided it. */
export type Obstacle = 'viewer' | 'companion' | 'hostsOnly';

/** Of each right: the devices that are capable of it, and the lock that can take it away, if there is one. */
const TERMS: Readonly<Record<Right, { devices: readonly Device[]; lock?: Exclude<keyof Locks, 'moderation'> }>> = {
  microphone: { devices: ['FULL'] },
  camera: { devices: ['FULL'] },
  screen: { devices: ['FULL', 'COMPANION'], lock: 'present' },
  chat: { devices: ['FULL', 'COMPANION', 'VIEWER'], lock: 'chat' },
  reactions: { devices: ['FULL', 'COMPANION', 'VIEWER'], lock: 'reactions' },
};

function permissionsWhere(may: (right: Right) => boolean): Permissions {
  return Object.fromEntries(RIGHTS.map((right) => [right, may(right)])) as Record<Right, boolean>;
}

/** Before the server has said anything. */
export function atFirst(device: Device): Moderation {
  return {
    role: device === 'VIEWER' ? 'VIEWER' : 'CONTRIBUTOR',
    device,
    permissions: permissionsWhere((right) => TERMS[right].devices.includes(device)),
    locks: { moderation: false, chat: false, reactions: false, present: false },
    recording: 'NONE',
    recordingEnd: null,
    consent: null,
    knocks: [],
  };
}

export function withModeration(before: Moderation, message: Message): Moderation {
  const snapshot = message.resources?.findLast((resource) => resource.moderation)?.moderation;
  if (!snapshot) return before;
  const { settings = {}, permissions = {} } = snapshot;
  return {
    role: snapshot.role ?? before.role,
    device: snapshot.device ?? before.device,
    permissions: permissionsWhere((right) => permissions[right] ?? false),
    locks: {
      moderation: settings.moderation ?? false,
      chat: settings.chat === 'HOSTS_ONLY',
      reactions: settings.reactions === 'HOSTS_ONLY',
      present: settings.present === 'HOSTS_ONLY',
    },
    recording: snapshot.recording?.state ?? 'NONE',
    recordingEnd: snapshot.recording?.endReason ?? null,
    consent: snapshot.recording?.consent ?? null,
    knocks: (snapshot.knocks ?? []).map(({ session = '', displayName = '', signedIn = false, byPhone = false, byProgram, email = '' }) => ({
      session,
      name: displayName,
      mark: markOf(signedIn, byProgram),
      email,
      byPhone,
    })),
  };
}

export function isHost({ role }: Moderation): boolean {
  return role === 'HOST' || role === 'COHOST';
}

/** Why one may not do it; `null` if one may. */
export function obstacle(moderation: Moderation, right: Right): Obstacle | null {
  if (moderation.permissions[right]) return null;
  const { lock } = TERMS[right];
  if (lock && moderation.locks.moderation && moderation.locks[lock]) return 'hostsOnly';
  if (moderation.device === 'COMPANION') return 'companion';
  return moderation.role === 'VIEWER' ? 'viewer' : 'hostsOnly';
}

/** What was allowed and is no more. */
export function lostRights(before: Moderation, after: Moderation): Right[] {
  return RIGHTS.filter((right) => before.permissions[right] && !after.permissions[right]);
}
