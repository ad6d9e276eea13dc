// What a host does to a meeting: open the door, silence, put out, lock, end. The server allows it to the owner of the space
// and to its co-hosts. Everything else answers HOST_NEEDED, which no button of ours should ever meet.

import type {
  AdmitRequest,
  DenyRequest,
  DialOutRequest,
  DialOutResponse,
  ModerateRequest,
  MuteRequest,
  RemoveRequest,
  Space,
} from './generated/messages.ts';
import { sendRequest } from './request.ts';

/** `spaces/{space}` */
type SpaceName = string;

function ask(space: SpaceName, verb: string, body: object): Promise<void> {
  return sendRequest('POST', `/sederunt/v1/${space}:${verb}`, { body });
}

export function admit(space: SpaceName, session: string): Promise<void> {
  return ask(space, 'admit', { session } satisfies AdmitRequest);
}

export function deny(space: SpaceName, session: string): Promise<void> {
  return ask(space, 'deny', { session } satisfies DenyRequest);
}

/** `participants/{participant}`; without one, everybody but oneself. */
export function mute(space: SpaceName, participant?: string): Promise<void> {
  return ask(space, 'mute', (participant ? { participant } : {}) satisfies MuteRequest);
}

export function remove(space: SpaceName, participant: string): Promise<void> {
  return ask(space, 'remove', { participant } satisfies RemoveRequest);
}

/** A field that is not given stays as it is. */
export function lock(space: SpaceName, locks: ModerateRequest): Promise<void> {
  return ask(space, 'moderate', locks);
}

/** `projects/{project}` pays for the call, whose name is answered. */
export async function dialOut(space: SpaceName, project: string, phoneNumber: string): Promise<string> {
  const body = { project, phoneNumber } satisfies Omit<DialOutRequest, 'space'>;
  const { call } = await sendRequest<DialOutResponse>('POST', `/sederunt/v1/${space}:dialOut`, { body });
  return call;
}

export type RecordingVerb = 'start' | 'pause' | 'resume' | 'stop';

/** Answers when it is so. */
export function record(space: SpaceName, verb: RecordingVerb): Promise<void> {
  return ask(space, `${verb}Recording`, {});
}

/** For everybody. */
export function end(space: SpaceName): Promise<void> {
  return ask(space, 'end', {});
}

/** Whether newcomers only watch and listen. Google's contract has a word for it, and so its request is used. */
export async function joinsAsViewer(space: SpaceName): Promise<boolean> {
  const { config } = await sendRequest<Space>('GET', `/v2/${space}`);
  return config?.moderationRestrictions?.defaultJoinAsViewerType === 'ON';
}

export async function letJoinAsViewer(space: SpaceName, viewer: boolean): Promise<boolean> {
  const path = `/v2/${space}?updateMask=config.moderationRestrictions.defaultJoinAsViewerType`;
  const body: Space = { config: { moderationRestrictions: { defaultJoinAsViewerType: viewer ? 'ON' : 'OFF' } } };
  const { config } = await sendRequest<Space>('PATCH', path, { body });
  return config?.moderationRestrictions?.defaultJoinAsViewerType === 'ON';
}
