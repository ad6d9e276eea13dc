// What administrators manage: people, apps, service accounts with their keys, grants, and the domains of organisations.

import { call, withQuery } from './call.ts';
import type { Page } from './pages.ts';

export interface UserAccount {
  /** `users/{user}` */
  name: string;
  email: string;
  displayName: string;
  administrator?: boolean;
}

export interface App {
  /** `apps/{client_id}` */
  name: string;
  displayName: string;
  kind: 'WEB' | 'INSTALLED';
  redirectUris?: string[];
  createTime?: string;
}

export interface ServiceAccount {
  /** `serviceAccounts/{client_id}` */
  name: string;
  email: string;
  displayName?: string;
  createTime?: string;
}

export interface ServiceAccountKey {
  /** `serviceAccounts/{client_id}/keys/{key_id}` */
  name: string;
  createTime?: string;
}

export interface Grant {
  /** `grants/{client_id}` */
  name: string;
  clientId: string;
  scopes?: string[];
}

export interface Domain {
  /** `domains/{domain}` */
  name: string;
  organisation: string;
  /** Of the organisation, and so of all its domains. */
  sharesEmail?: boolean;
}

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
  await call('DELETE', ROOT + name);
}

/** A page of a collection, in whose field of the same name the items are. */
async function listCollection<Item, Collection extends string>(collection: Collection, pageToken: string): Promise<Page<Item>> {
  type Answer = { [Field in Collection]?: Item[] } & { nextPageToken?: string };
  const answer = await call<Answer>('GET', withQuery(ROOT + collection, { pageToken }));
  return { items: answer[collection] ?? [], nextPageToken: answer.nextPageToken ?? '' };
}

export function listUsers(pageToken: string): Promise<Page<UserAccount>> {
  return listCollection('users', pageToken);
}

export function createUser(email: string, displayName: string): Promise<UserAccount> {
  return call('POST', `${ROOT}users`, { body: { email, displayName } });
}

export function setAdministrator(user: string, administrator: boolean): Promise<UserAccount> {
  return call('PATCH', ROOT + user, { body: { administrator } });
}

/** With `forget`, the register forgets them too: times stay, under a neutral name. */
export async function deleteUser(user: string, forget: boolean): Promise<void> {
  await call('DELETE', withQuery(ROOT + user, { forget: forget ? 'true' : undefined }));
}

/** A link that signs one browser in, once. */
export async function invite(user: string): Promise<string> {
  return (await call<{ link: string }>('POST', `${ROOT}${user}:invite`, { body: {} })).link;
}

export function listApps(pageToken: string): Promise<Page<App>> {
  return listCollection('apps', pageToken);
}

export interface NewApp {
  app: App;
  clientSecret: string;
  /** JSON for client libraries. */
  clientFile: string;
}

export function createApp(app: Pick<App, 'displayName' | 'kind' | 'redirectUris'>): Promise<NewApp> {
  return call('POST', `${ROOT}apps`, { body: app });
}

export function listServiceAccounts(pageToken: string): Promise<Page<ServiceAccount>> {
  return listCollection('serviceAccounts', pageToken);
}

export function createServiceAccount(accountId: string): Promise<ServiceAccount> {
  return call('POST', `${ROOT}serviceAccounts`, { body: { accountId } });
}

/** All of them: an account has ten at most. */
export async function listKeys(serviceAccount: string): Promise<Page<ServiceAccountKey>> {
  const { keys = [] } = await call<{ keys?: ServiceAccountKey[] }>('GET', `${ROOT}${serviceAccount}/keys`);
  return { items: keys, nextPageToken: '' };
}

/** `keyFile` holds the private half, which is kept nowhere else. */
export function createKey(serviceAccount: string): Promise<{ key: ServiceAccountKey; keyFile: string }> {
  return call('POST', `${ROOT}${serviceAccount}/keys`, { body: {} });
}

export function listGrants(pageToken: string): Promise<Page<Grant>> {
  return listCollection('grants', pageToken);
}

export function createGrant(clientId: string, scopes: readonly string[]): Promise<Grant> {
  return call('POST', `${ROOT}grants`, { body: { clientId, scopes } });
}

export function listDomains(pageToken: string): Promise<Page<Domain>> {
  return listCollection('domains', pageToken);
}

export function createDomain(domain: string, organisation: string): Promise<Domain> {
  return call('POST', `${ROOT}domains`, { body: { domain, organisation } });
}

/** For the organisation of the domain, and so for all its domains. */
export function setSharesEmail(domain: string, sharesEmail: boolean): Promise<Domain> {
  return call('PATCH', ROOT + domain, { body: { sharesEmail } });
}
