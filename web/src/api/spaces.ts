// The signed-in person's spaces: a list of ours, settings and members by Google's contract, and how long records are kept.

import type {
  ListMembersResponse,
  ListSpacesResponse,
  Member,
  OwnSpace,
  Space,
  SpaceConfig,
  SpaceRetention,
  UpdateSpaceRetentionRequest,
} from './generated/messages.ts';
import type { Page } from './pages.ts';
import { sendRequest, withQuery } from './request.ts';

export async function listSpaces(pageToken: string, pageSize?: number): Promise<Page<OwnSpace>> {
  const answer = await sendRequest<ListSpacesResponse>(
    'GET',
    withQuery('/sederunt/v1/spaces', { pageSize, pageToken }),
  );
  return { items: answer.spaces ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export function getSpace(name: string): Promise<Space> {
  return sendRequest('GET', `/v2/${name}`);
}

/** Changes what the mask names, and answers the whole space. */
export function updateSpace(name: string, updateMask: string, config: SpaceConfig): Promise<Space> {
  return sendRequest('PATCH', withQuery(`/v2/${name}`, { updateMask }), { body: { config } satisfies Space });
}

export async function listMembers(space: string, pageToken: string): Promise<Page<Member>> {
  const answer = await sendRequest<ListMembersResponse>('GET', withQuery(`/v2beta/${space}/members`, { pageToken }));
  return { items: answer.members ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

/** Without a role, a member as all are. */
export function addMember(space: string, member: Pick<Member, 'email' | 'role'>): Promise<Member> {
  return sendRequest('POST', `/v2beta/${space}/members`, { body: member });
}

export function setRole(member: string, given: Pick<Member, 'role'>): Promise<Member> {
  return sendRequest('PATCH', withQuery(`/v2beta/${member}`, { updateMask: 'role' }), { body: given });
}

export async function removeMember(member: string): Promise<void> {
  await sendRequest('DELETE', `/v2beta/${member}`);
}

export function getRetention(space: string): Promise<SpaceRetention> {
  return sendRequest('GET', `/sederunt/v1/${space}/retention`);
}

export function setRetention(space: string, retention: UpdateSpaceRetentionRequest): Promise<SpaceRetention> {
  return sendRequest('PATCH', `/sederunt/v1/${space}/retention`, { body: retention });
}
