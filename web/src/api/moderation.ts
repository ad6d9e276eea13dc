// What a host does to a meeting: open the door, silence, put out, lock, end. The server allows it to the owner of the space
// and to its co-hosts. Everything else answers HOST_NEEDED, which no button of ours should ever meet.

import { call } from './call.ts';
import type { Restriction } from './meetings.ts';

/** A field that is not given stays as it is. */
export interface Locks {
  /** Whether the restrictions hold at all; switching it off resets them. */
  moderation?: boolean;
  chatRestriction?: Restriction;
  reactionRestriction?: Restriction;
  presentRestriction?: Restriction;
}

/** `spaces/{space}` */
type Space = string;

function ask(space: Space, verb: string, body: object): Promise<void> {
  return call('POST', `/sederunt/v1/${space}:${verb}`, { body });
}

export function admit(space: Space, session: string): Promise<void> {
  return ask(space, 'admit', { session });
}

export function deny(space: Space, session: string): Promise<void> {
  return ask(space, 'deny', { session });
}

/** `participants/{participant}`; without one, everybody but oneself. */
export function mute(space: Space, participant?: string): Promise<void> {
  return ask(space, 'mute', participant ? { participant } : {});
}

export function remove(space: Space, participant: string): Promise<void> {
  return ask(space, 'remove', { participant });
}

export function lock(space: Space, locks: Locks): Promise<void> {
  return ask(space, 'moderate', locks);
}

/** For everybody. */
export function end(space: Space): Promise<void> {
  return ask(space, 'end', {});
}

type JoinAsViewer = 'ON' | 'OFF';

interface ConfiguredSpace {
  config?: { moderationRestrictions?: { defaultJoinAsViewerType?: JoinAsViewer } };
}

/** Whether newcomers only watch and listen. Google's contract has a word for it, and so its call is used. */
export async function joinsAsViewer(space: Space): Promise<boolean> {
  const { config } = await call<ConfiguredSpace>('GET', `/v2/${space}`);
  return config?.moderationRestrictions?.defaultJoinAsViewerType === 'ON';
}

export async function letJoinAsViewer(space: Space, viewer: boolean): Promise<boolean> {
  const defaultJoinAsViewerType: JoinAsViewer = viewer ? 'ON' : 'OFF';
  const { config } = await call<ConfiguredSpace>(
    'PATCH',
    `/v2/${space}?updateMask=config.moderationRestrictions.defaultJoinAsViewerType`,
    { body: { config: { moderationRestrictions: { defaultJoinAsViewerType } } } },
  );
  return config?.moderationRestrictions?.defaultJoinAsViewerType === 'ON';
}
