// What the messages of the data channels mean to a visit. Reading does nothing: it takes a message and what is known, and
// gives what happened, in order. `visit.ts` acts on what is about our own session, `scene.ts` on the rest. What a message
// leaves out, or what no reader knows, has not happened.

import type { ChannelName } from './channels.ts';
import type { Message, VideoAssignmentResource, WantedLayersResource } from './messages.ts';
import { type Moderation, withModeration } from './moderation.ts';
import { type Roster, withEntries, withParticipants } from './roster.ts';

/** What `session-control` says about our own session. */
export type SessionEvent =
  /** `session` is its full name, where it is another than was promised. */
  | { kind: 'joined'; session: string | undefined }
  | { kind: 'waiting' }
  | { kind: 'disconnected'; reason: string | undefined; detail: string | undefined };

/** What the other channels say about the meeting. */
export type SceneEvent =
  | { kind: 'roster'; roster: Roster }
  | { kind: 'assigned'; assignment: VideoAssignmentResource }
  | { kind: 'assignmentRefused' }
  | { kind: 'wanted'; layers: WantedLayersResource }
  | { kind: 'exchanged'; channel: 'chat' | 'reactions'; message: Message }
  | { kind: 'muted' }
  | { kind: 'moderation'; moderation: Moderation };

/** What snapshots are laid over. */
export interface Known {
  roster: Roster;
  moderation: Moderation;
}

export function readSessionControl(message: Message): SessionEvent | null {
  const status = message.resources?.[0]?.sessionStatus;
  switch (status?.connectionState) {
    case 'STATE_JOINED':
      return { kind: 'joined', session: status.participantSession };
    case 'STATE_WAITING':
      return { kind: 'waiting' };
    case 'STATE_DISCONNECTED':
      return { kind: 'disconnected', reason: status.disconnectReason, detail: status.detail };
    default:
      return null;
  }
}

export function readScene(channel: ChannelName, message: Message, { roster, moderation }: Known): SceneEvent[] {
  switch (channel) {
    case 'participants':
      return [{ kind: 'roster', roster: withParticipants(roster, message) }];
    case 'media-entries':
      return [{ kind: 'roster', roster: withEntries(roster, message) }];
    case 'video-assignment':
      return readAssignment(message);
    case 'chat':
    case 'reactions':
      return [{ kind: 'exchanged', channel, message }];
    case 'moderation': {
      const decided: SceneEvent = { kind: 'moderation', moderation: withModeration(moderation, message) };
      return message.resources?.some(({ muted }) => muted) ? [{ kind: 'muted' }, decided] : [decided];
    }
    case 'session-control':
    case 'media-stats':
      return [];
  }
}

function readAssignment({ response, resources = [] }: Message): SceneEvent[] {
  const refused: SceneEvent[] = response?.status?.code ? [{ kind: 'assignmentRefused' }] : [];
  const told = resources.flatMap(({ videoAssignment, wantedLayers }): SceneEvent[] => {
    if (videoAssignment) return [{ kind: 'assigned', assignment: videoAssignment }];
    return wantedLayers ? [{ kind: 'wanted', layers: wantedLayers }] : [];
  });
  return [...refused, ...told];
}
