// The JSON of the data channels (the Meet Media API's, and our one addition, `setMediaState`). Everything a peer sends
// may be absent: the types say so, and the readers give defaults.

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
}

export interface SessionStatus {
  connectionState?: 'STATE_WAITING' | 'STATE_JOINED' | 'STATE_DISCONNECTED';
  disconnectReason?:
    | 'REASON_CLIENT_LEFT'
    | 'REASON_USER_STOPPED'
    | 'REASON_CONFERENCE_ENDED'
    | 'REASON_SESSION_UNHEALTHY';
}

export interface ParticipantResource {
  participantKey?: string;
  signedInUser?: { user?: string; displayName?: string };
  anonymousUser?: { displayName?: string };
  phoneUser?: { displayName?: string };
}

export interface MediaEntryResource {
  participantKey?: string;
  sessionName?: string;
  audioCsrc?: number;
  videoCsrcs?: number[];
  screenshare?: boolean;
  audioMuted?: boolean;
  videoMuted?: boolean;
}

export interface VideoAssignmentResource {
  label?: string;
  canvases?: { canvasId?: number; ssrc?: number; mediaEntryId?: number }[];
}

/** What this client tells the others about its own lines. */
export interface MediaState {
  audioMuted: boolean;
  videoMuted: boolean;
  screenshare: boolean;
}
