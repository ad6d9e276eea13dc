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
}

const ROOT = '/sederunt/v1/';

/** What follows the last `/` of a name: a client id, a key id, a domain. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Removes whatever the name names. */
export async function remove(name: string): Promise<void> {
  await call('DELETE', ROOT + name);
}

export async function listUsers(pageToken: string): Promise<Page<UserAccount>> {
  const answer = await call<{ users?: UserAccount[]; nextPageToken?: string }>(
    'GET',
    withQuery(`${ROOT}users`, { pageToken }),
  );
  return { items: answer.users ?? [], nextPageToken: answer.nextPageToken ?? '' };
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

export async function listApps(): Promise<Page<App>> {
  return whole((await call<{ apps?: App[] }>('GET', `${ROOT}apps`)).apps);
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

export async function listServiceAccounts(): Promise<Page<ServiceAccount>> {
  return whole((await call<{ serviceAccounts?: ServiceAccount[] }>('GET', `${ROOT}serviceAccounts`)).serviceAccounts);
}

export function createServiceAccount(accountId: string): Promise<ServiceAccount> {
  return call('POST', `${ROOT}serviceAccounts`, { body: { accountId } });
}

export async function listKeys(serviceAccount: string): Promise<Page<ServiceAccountKey>> {
  return whole((await call<{ keys?: ServiceAccountKey[] }>('GET', `${ROOT}${serviceAccount}/keys`)).keys);
}

/** `keyFile` holds the private half, which is kept nowhere else. */
export function createKey(serviceAccount: string): Promise<{ key: ServiceAccountKey; keyFile: string }> {
  return call('POST', `${ROOT}${serviceAccount}/keys`, { body: {} });
}

export async function listGrants(): Promise<Page<Grant>> {
  return whole((await call<{ grants?: Grant[] }>('GET', `${ROOT}grants`)).grants);
}

export function createGrant(clientId: string, scopes: readonly string[]): Promise<Grant> {
  return call('POST', `${ROOT}grants`, { body: { clientId, scopes } });
}

export async function listDomains(): Promise<Page<Domain>> {
  return whole((await call<{ domains?: Domain[] }>('GET', `${ROOT}domains`)).domains);
}

export function createDomain(domain: string, organisation: string): Promise<Domain> {
  return call('POST', `${ROOT}domains`, { body: { domain, organisation } });
}

/** A list that the server gives in one piece. */
function whole<Item>(items: readonly Item[] = []): Page<Item> {
  return { items, nextPageToken: '' };
}
