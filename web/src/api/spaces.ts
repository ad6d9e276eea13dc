// The signed-in person's spaces: a list of ours, settings and members by Google's contract, and how long records are kept.

import { call, withQuery } from './call.ts';
import type { Page } from './pages.ts';

export type AccessType = 'OPEN' | 'TRUSTED' | 'RESTRICTED';
export type Restriction = 'HOSTS_ONLY' | 'NO_RESTRICTION';
export type Switch = 'ON' | 'OFF';

export interface OwnSpace {
  /** `spaces/{space}` */
  space: string;
  /** Empty once it has lapsed. */
  meetingCode?: string;
  meetingUri?: string;
  accessType?: AccessType;
  createTime?: string;
  lastUsedTime?: string;
  active?: boolean;
}

export interface SpaceConfig {
  accessType?: AccessType;
  moderation?: Switch;
  moderationRestrictions?: {
    chatRestriction?: Restriction;
    reactionRestriction?: Restriction;
    presentRestriction?: Restriction;
    defaultJoinAsViewerType?: Switch;
  };
}

export interface Space {
  name: string;
  meetingUri?: string;
  meetingCode?: string;
  /** Only its owner sees it. */
  config?: SpaceConfig;
}

export interface Member {
  /** `spaces/{space}/members/{member}` */
  name: string;
  email: string;
  role?: 'ROLE_UNSPECIFIED' | 'COHOST';
}

export interface Retention {
  policy: 'INSTALLATION' | 'DAYS' | 'NEVER';
  /** How many days that is now; none for ever. */
  days?: number;
}

export async function listSpaces(pageToken: string, pageSize?: number): Promise<Page<OwnSpace>> {
  const answer = await call<{ spaces?: OwnSpace[]; nextPageToken?: string }>(
    'GET',
    withQuery('/sederunt/v1/spaces', { pageSize, pageToken }),
  );
  return { items: answer.spaces ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export function getSpace(name: string): Promise<Space> {
  return call('GET', `/v2/${name}`);
}

/** Changes what the mask names, and answers the whole space. */
export function updateSpace(name: string, updateMask: string, config: SpaceConfig): Promise<Space> {
  return call('PATCH', withQuery(`/v2/${name}`, { updateMask }), { body: { config } });
}

export async function listMembers(space: string, pageToken: string): Promise<Page<Member>> {
  const answer = await call<{ members?: Member[]; nextPageToken?: string }>(
    'GET',
    withQuery(`/v2beta/${space}/members`, { pageToken }),
  );
  return { items: answer.members ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export function addMember(space: string, member: Pick<Member, 'email' | 'role'>): Promise<Member> {
  return call('POST', `/v2beta/${space}/members`, { body: member });
}

export function setRole(member: string, role: NonNullable<Member['role']>): Promise<Member> {
  return call('PATCH', withQuery(`/v2beta/${member}`, { updateMask: 'role' }), { body: { role } });
}

export async function removeMember(member: string): Promise<void> {
  await call('DELETE', `/v2beta/${member}`);
}

export function getRetention(space: string): Promise<Retention> {
  return call('GET', `/sederunt/v1/${space}/retention`);
}

export function setRetention(space: string, retention: Retention): Promise<Retention> {
  return call('PATCH', `/sederunt/v1/${space}/retention`, { body: retention });
}
