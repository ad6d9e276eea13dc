// The JSON of the data channels: the Meet Media API's, and what we add to it (`setMediaState`, and the channels `chat`,
// `reactions` and `moderation`). No `.proto` describes them, so these types are written by hand. Everything a peer sends
// may be absent: the types say so, and the readers give defaults.

import type { Device, Restriction, Role } from '../api/generated/messages.ts';
import type { Right } from '../api/generated/rights.ts';

export interface Message {
  response?: { requestId?: number; status?: { code?: number; message?: string } };
  resources?: Resource[];
  deletedResources?: { id?: number }[];
}

export interface Resource {
  id?: number;
  sessionStatus?: SessionStatus;
  participant?: ParticipantResource;
  mediaEntry?: MediaEntryResource;
  videoAssignment?: VideoAssignmentResource;
  wantedLayers?: WantedLayersResource;
  chatMessage?: ChatMessageResource;
  reaction?: ReactionResource;
  hand?: HandResource;
  moderation?: ModerationResource;
  configuration?: ConfigurationResource;
  /** A host has silenced this microphone. */
  muted?: object;
}

export interface SessionStatus {
  connectionState?: 'STATE_WAITING' | 'STATE_JOINED' | 'STATE_DISCONNECTED';
  disconnectReason?:
    | 'REASON_CLIENT_LEFT'
    | 'REASON_USER_STOPPED'
    | 'REASON_CONFERENCE_ENDED'
    | 'REASON_SESSION_UNHEALTHY';
  /** Ours: why a host, or nobody, has stopped this visit; or that the server restarts, and waits for us then. */
  detail?: 'REMOVED' | 'DENIED' | 'EXPIRED' | 'RESTARTING';
  /** Ours: the session's full name, for whoever was let in under another than was promised. */
  participantSession?: string;
}

export interface ParticipantResource {
  participantKey?: string;
  signedInUser?: { user?: string; displayName?: string };
  anonymousUser?: { displayName?: string };
  phoneUser?: { displayName?: string };
  /** Ours, here and below: a program came as this person. */
  byProgram?: boolean;
}

export interface MediaEntryResource {
  participantKey?: string;
  sessionName?: string;
  audioCsrc?: number;
  videoCsrcs?: number[];
  screenshare?: boolean;
  audioMuted?: boolean;
  videoMuted?: boolean;
  byProgram?: boolean;
}

/** Which statistics the server wants, and how often. */
export interface ConfigurationResource {
  uploadIntervalSeconds?: number;
  allowlist?: AllowedStatistics;
}

/** The types of `getStats` that are read, and the keys of each. */
export type AllowedStatistics = { [type: string]: { keys?: string[] } | undefined };

export interface VideoAssignmentResource {
  label?: string;
  canvases?: { canvasId?: number; ssrc?: number; mediaEntryId?: number }[];
}

/** Ours: which layers of our camera somebody looks at, by their places in our offer. */
export interface WantedLayersResource {
  camera?: number[];
}

/** What this client tells the others about its own lines. */
export interface MediaState {
  audioMuted: boolean;
  videoMuted: boolean;
  screenshare: boolean;
}

export interface ChatMessageResource {
  participantKey?: string;
  displayName?: string;
  signedIn?: boolean;
  byProgram?: boolean;
  text?: string;
  /** Its author's name for it. */
  messageId?: string;
  /** RFC 3339. */
  sentTime?: string;
}

export interface ReactionResource {
  participantKey?: string;
  emoji?: string;
}

export interface HandResource {
  participantKey?: string;
  /** RFC 3339. */
  raisedTime?: string;
}

/** Whether a meeting is recorded. */
export type RecordingState = 'NONE' | 'RECORDING' | 'PAUSED';

/** What one has said to being recorded, where people are asked. */
export type RecordingConsent = 'ASKED' | 'AGREED' | 'REFUSED';

/** Why a recording ended. */
export type RecordingEnd =
  | 'STOPPED'
  | 'CONFERENCE_ENDED'
  | 'DISK_FULL'
  | 'TOO_LONG'
  | 'FAILED'
  | 'CRASH'
  | 'SHUTDOWN';

/** What this session is and may do, whole each time that something of it changes. */
export interface ModerationResource {
  role?: Role;
  device?: Device;
  permissions?: { [right in Right]?: boolean };
  settings?: { moderation?: boolean; chat?: Restriction; reactions?: Restriction; present?: Restriction };
  /** Whether the meeting is recorded; why it is not any more. */
  recording?: { state?: RecordingState; endReason?: RecordingEnd; consent?: RecordingConsent };
  /** Who waits at the door; hosts alone are told. */
  knocks?: {
    session?: string;
    displayName?: string;
    signedIn?: boolean;
    byPhone?: boolean;
    byProgram?: boolean;
    email?: string;
  }[];
}
