// What we are in this meeting and what we may do, as the `moderation` channel tells it: one whole snapshot each time that
// something changes. Until the first one arrives, we may do what our device can, because the server refuses the rest anyway.

import type { Device, Role } from '../api/meetings.ts';
import type { Message } from './messages.ts';

/** What somebody may do, one by one. */
export const RIGHTS = ['microphone', 'camera', 'screen', 'chat', 'reactions'] as const;
export type Right = (typeof RIGHTS)[number];

/** Somebody who waits at the door. */
export interface Knock {
  /** The id of the session that they will have. */
  session: string;
  name: string;
  signedIn: boolean;
  email: string;
}

/** `true` where only hosts may. */
export interface Locks {
  /** Whether the others hold at all. */
  moderation: boolean;
  chat: boolean;
  reactions: boolean;
  present: boolean;
}

export interface Moderation {
  role: Role;
  device: Device;
  permissions: Readonly<Record<Right, boolean>>;
  locks: Locks;
  knocks: readonly Knock[];
}

/** Why one may not: because of what one chose to be, or because a host decided it. */
export type Obstacle = 'viewer' | 'companion' | 'hostsOnly';

const CAPABILITIES: Record<Device, Readonly<Record<Right, boolean>>> = {
  FULL: { microphone: true, camera: true, screen: true, chat: true, reactions: true },
  COMPANION: { microphone: false, camera: false, screen: true, chat: true, reactions: true },
  VIEWER: { microphone: false, camera: false, screen: false, chat: true, reactions: true },
};

/** Before the server has said anything. */
export function atFirst(device: Device): Moderation {
  return {
    role: device === 'VIEWER' ? 'VIEWER' : 'CONTRIBUTOR',
    device,
    permissions: CAPABILITIES[device],
    locks: { moderation: false, chat: false, reactions: false, present: false },
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
    permissions: {
      microphone: permissions.microphone ?? false,
      camera: permissions.camera ?? false,
      screen: permissions.screen ?? false,
      chat: permissions.chat ?? false,
      reactions: permissions.reactions ?? false,
    },
    locks: {
      moderation: settings.moderation ?? false,
      chat: settings.chat === 'HOSTS_ONLY',
      reactions: settings.reactions === 'HOSTS_ONLY',
      present: settings.present === 'HOSTS_ONLY',
    },
    knocks: (snapshot.knocks ?? []).map(({ session = '', displayName = '', signedIn = false, email = '' }) => ({
      session,
      name: displayName,
      signedIn,
      email,
    })),
  };
}

export function isHost({ role }: Moderation): boolean {
  return role === 'HOST' || role === 'COHOST';
}

/** Why one may not do it; `null` if one may. */
export function obstacle(moderation: Moderation, right: Right): Obstacle | null {
  if (moderation.permissions[right]) return null;
  const restricted = moderation.locks.moderation && moderation.locks[lockOf(right) ?? 'moderation'];
  if (restricted && lockOf(right)) return 'hostsOnly';
  if (moderation.device === 'COMPANION') return 'companion';
  return moderation.role === 'VIEWER' ? 'viewer' : 'hostsOnly';
}

/** The lock that can take a right from somebody; microphone and camera have none. */
function lockOf(right: Right): 'chat' | 'reactions' | 'present' | null {
  if (right === 'screen') return 'present';
  return right === 'chat' || right === 'reactions' ? right : null;
}

/** What was allowed and is no more. */
export function lostRights(before: Moderation, after: Moderation): Right[] {
  return RIGHTS.filter((right) => before.permissions[right] && !after.permissions[right]);
}
