// What administrators manage: people, apps, programs with roles and what they sign in with, service accounts with their keys, grants, the domains of organisations, and projects with their members and keys.

import type {
  App,
  AuditEvent,
  CreateAppRequest,
  CreateAppResponse,
  CreateDaemonCredentialRequest,
  CreateDaemonCredentialResponse,
  CreateDaemonRequest,
  CreateDomainRequest,
  CreateGrantRequest,
  CreateProjectRequest,
  CreateServiceAccountKeyResponse,
  CreateServiceAccountRequest,
  CreateUserRequest,
  Daemon,
  DaemonCredential,
  Domain,
  Grant,
  Invitation,
  ListAppsResponse,
  ListAuditEventsRequest,
  ListAuditEventsResponse,
  ListDaemonCredentialsResponse,
  ListDaemonsResponse,
  ListDomainsResponse,
  ListGrantsResponse,
  ListProjectMembersResponse,
  ListProjectsResponse,
  ListServiceAccountKeysResponse,
  ListServiceAccountsResponse,
  ListUsersResponse,
  MeetingPolicy,
  Project,
  ProjectKey,
  ProjectMember,
  ProjectRole,
  RecordingPolicy,
  RemoveProjectMemberRequest,
  ServiceAccount,
  ServiceAccountKey,
  SetProjectMemberRequest,
  SetRecordingHoldRequest,
  UpdateDaemonRequest,
  UpdateDomainRequest,
  UpdateMeetingPolicyRequest,
  UpdateRecordingPolicyRequest,
  UpdateUserRequest,
  UserAccount,
} from './generated/messages.ts';
import type { Page } from './pages.ts';
import { sendRequest, withQuery } from './request.ts';

const ROOT = '/sederunt/v1/';

/** What follows the last `/` of a name: a client id, a key id, a domain. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** The key of every list here, for `openPages`. */
export function nameOf({ name }: { name: string }): string {
  return name;
}

/** Removes whatever the name names. */
export async function remove(name: string): Promise<void> {
  await sendRequest('DELETE', ROOT + name);
}

/** A page of a collection; `itemsIn` takes the items out of the answer. */
async function listCollection<Answer extends { nextPageToken?: string }, Item>(
  collection: string,
  pageToken: string,
  itemsIn: (answer: Answer) => Item[] | undefined,
): Promise<Page<Item>> {
  const answer = await sendRequest<Answer>('GET', withQuery(ROOT + collection, { pageToken }));
  return { items: itemsIn(answer) ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export function listUsers(pageToken: string): Promise<Page<UserAccount>> {
  return listCollection('users', pageToken, ({ users }: ListUsersResponse) => users);
}

export function createUser(email: string, displayName: string): Promise<UserAccount> {
  return sendRequest('POST', `${ROOT}users`, { body: { email, displayName } satisfies CreateUserRequest });
}

export function setAdministrator(user: string, administrator: boolean): Promise<UserAccount> {
  return sendRequest('PATCH', ROOT + user, { body: { administrator } satisfies UpdateUserRequest });
}

/** With `forget`, the register forgets them too: times stay, under a neutral name. */
export async function deleteUser(user: string, forget: boolean): Promise<void> {
  await sendRequest('DELETE', withQuery(ROOT + user, { forget: forget ? 'true' : undefined }));
}

/** A link that signs one browser in, once. */
export async function invite(user: string): Promise<string> {
  return (await sendRequest<Invitation>('POST', `${ROOT}${user}:invite`, { body: {} })).link;
}

export function listApps(pageToken: string): Promise<Page<App>> {
  return listCollection('apps', pageToken, ({ apps }: ListAppsResponse) => apps);
}

export function createApp(app: CreateAppRequest): Promise<CreateAppResponse> {
  return sendRequest('POST', `${ROOT}apps`, { body: app });
}

/** A page of programs with roles, and the tenant that they sign in at. */
export async function listDaemons(pageToken: string): Promise<Page<Daemon> & { tenant: string }> {
  const answer = await sendRequest<ListDaemonsResponse>('GET', withQuery(`${ROOT}daemons`, { pageToken }));
  return { items: answer.daemons ?? [], nextPageToken: answer.nextPageToken ?? '', tenant: answer.tenant };
}

export function createDaemon(displayName: string, roles: string[]): Promise<Daemon> {
  return sendRequest('POST', `${ROOT}daemons`, { body: { displayName, roles } satisfies CreateDaemonRequest });
}

export function setRoles(daemon: string, roles: string[]): Promise<Daemon> {
  return sendRequest('PATCH', ROOT + daemon, { body: { roles } satisfies UpdateDaemonRequest });
}

/** All of them: a program has twenty at most. */
export async function listCredentials(daemon: string): Promise<Page<DaemonCredential>> {
  const { credentials = [] } = await sendRequest<ListDaemonCredentialsResponse>('GET', `${ROOT}${daemon}/credentials`);
  return { items: credentials, nextPageToken: '' };
}

/** The answer holds the secret, which is kept nowhere else. */
export function createSecret(daemon: string): Promise<CreateDaemonCredentialResponse> {
  return sendRequest('POST', `${ROOT}${daemon}/credentials`, { body: {} });
}

/** Out of a file in PEM. */
export function createCertificate(daemon: string, certificate: string): Promise<CreateDaemonCredentialResponse> {
  const body = { certificate } satisfies CreateDaemonCredentialRequest;
  return sendRequest('POST', `${ROOT}${daemon}/credentials`, { body });
}

export function listServiceAccounts(pageToken: string): Promise<Page<ServiceAccount>> {
  return listCollection(
    'serviceAccounts',
    pageToken,
    ({ serviceAccounts }: ListServiceAccountsResponse) => serviceAccounts,
  );
}

export function createServiceAccount(accountId: string): Promise<ServiceAccount> {
  return sendRequest('POST', `${ROOT}serviceAccounts`, { body: { accountId } satisfies CreateServiceAccountRequest });
}

/** All of them: an account has ten at most. */
export async function listKeys(serviceAccount: string): Promise<Page<ServiceAccountKey>> {
  const { keys = [] } = await sendRequest<ListServiceAccountKeysResponse>('GET', `${ROOT}${serviceAccount}/keys`);
  return { items: keys, nextPageToken: '' };
}

/** The answer's file holds the private half, which is kept nowhere else. */
export function createKey(serviceAccount: string): Promise<CreateServiceAccountKeyResponse> {
  return sendRequest('POST', `${ROOT}${serviceAccount}/keys`, { body: {} });
}

export function listGrants(pageToken: string): Promise<Page<Grant>> {
  return listCollection('grants', pageToken, ({ grants }: ListGrantsResponse) => grants);
}

export function createGrant(clientId: string, scopes: string[]): Promise<Grant> {
  return sendRequest('POST', `${ROOT}grants`, { body: { clientId, scopes } satisfies CreateGrantRequest });
}

export function listDomains(pageToken: string): Promise<Page<Domain>> {
  return listCollection('domains', pageToken, ({ domains }: ListDomainsResponse) => domains);
}

export function createDomain(domain: string, organisation: string): Promise<Domain> {
  return sendRequest('POST', `${ROOT}domains`, { body: { domain, organisation } satisfies CreateDomainRequest });
}

/** What an organisation says for itself. */
export type Rule = 'sharesEmail' | 'asksToRecord';

/** For the organisation of the domain, and so for all its domains. */
export function setRule(domain: string, rule: Rule, holds: boolean): Promise<Domain> {
  return sendRequest('PATCH', ROOT + domain, { body: { [rule]: holds } satisfies UpdateDomainRequest });
}

export function listProjects(pageToken: string): Promise<Page<Project>> {
  return listCollection('projects', pageToken, ({ projects }: ListProjectsResponse) => projects);
}

export function createProject(projectId: string, displayName: string): Promise<Project> {
  return sendRequest('POST', `${ROOT}projects`, { body: { projectId, displayName } satisfies CreateProjectRequest });
}

/** All that are shown: a thousand at most. */
export async function listProjectMembers(project: string): Promise<Page<ProjectMember>> {
  const { members = [] } = await sendRequest<ListProjectMembersResponse>('GET', `${ROOT}${project}/members`);
  return { items: members, nextPageToken: '' };
}

/** By address or by name; whoever is one already gets another role. */
export function setProjectMember(project: string, member: string, role: ProjectRole): Promise<ProjectMember> {
  const body = { member, role } satisfies SetProjectMemberRequest;
  return sendRequest('POST', `${ROOT}${project}:setMember`, { body });
}

export async function removeProjectMember(project: string, member: string): Promise<void> {
  const body = { member } satisfies RemoveProjectMemberRequest;
  await sendRequest('POST', `${ROOT}${project}:removeMember`, { body });
}

/** The server writes down that somebody looked. */
export async function showProjectKey(project: string): Promise<string> {
  return (await sendRequest<ProjectKey>('POST', `${ROOT}${project}:showKey`, { body: {} })).signingKey;
}

export async function rotateProjectKey(project: string): Promise<string> {
  return (await sendRequest<ProjectKey>('POST', `${ROOT}${project}:rotateKey`, { body: {} })).signingKey;
}

export function getRecordingPolicy(project: string): Promise<RecordingPolicy> {
  return sendRequest('GET', `${ROOT}${project}/recordingPolicy`);
}

export function getMeetingPolicy(): Promise<MeetingPolicy> {
  return sendRequest('GET', `${ROOT}meetingPolicy`);
}

export function setAsksToRecord(asksToRecord: boolean): Promise<MeetingPolicy> {
  return sendRequest('PATCH', `${ROOT}meetingPolicy`, { body: { asksToRecord } satisfies UpdateMeetingPolicyRequest });
}

/** What is not said stays. */
export function updateRecordingPolicy(project: string, body: UpdateRecordingPolicyRequest): Promise<RecordingPolicy> {
  return sendRequest('PATCH', `${ROOT}${project}/recordingPolicy`, { body });
}

/** Whether a recording is under a legal hold from now on. */
export async function setRecordingHold(project: string, recording: string, held: boolean): Promise<void> {
  const body = { recording, held } satisfies SetRecordingHoldRequest;
  await sendRequest('POST', `${ROOT}${project}:setRecordingHold`, { body });
}

/** Which lines of the audit log; what is empty leaves none out. */
export interface AuditFilter {
  /** Who did it: an address or a resource name. */
  actor: string;
  /** Whom or what it was done to. */
  subject: string;
  /** What was done, or how such names begin. */
  action: string;
}

export async function listAuditEvents(filter: AuditFilter, pageToken: string): Promise<Page<AuditEvent>> {
  const given = Object.entries({ ...filter, pageToken }).map(([name, value]) => [name, value || undefined]);
  const path = withQuery(`${ROOT}auditEvents`, Object.fromEntries(given));
  return eventsIn(await sendRequest<ListAuditEventsResponse>('GET', path));
}

/** The same, for a file; the server writes down that somebody took it. */
export async function exportAuditEvents(filter: AuditFilter, pageToken: string): Promise<Page<AuditEvent>> {
  const body = { ...filter, pageSize: 250, pageToken } satisfies ListAuditEventsRequest;
  return eventsIn(await sendRequest<ListAuditEventsResponse>('POST', `${ROOT}auditEvents:export`, { body }));
}

function eventsIn({ auditEvents = [], nextPageToken = '' }: ListAuditEventsResponse): Page<AuditEvent> {
  return { items: auditEvents, nextPageToken };
}
