// Who is using this browser: a session cookie, got by a one-time link, by a password, or from another provider. These
// requests are the server's own pages' and in no contract, so their types are written here and not generated.

import { sendRequest } from './request.ts';

export interface User {
  /** `users/{user}` */
  name: string;
  displayName: string;
  email: string;
  administrator?: boolean;
}

/** Somebody else's sign-in page that this server trusts. */
export interface Provider {
  displayName: string;
}

export interface WebSession {
  user: User | null;
  provider: Provider | null;
}

const PATH = '/sederunt/v1/webSession';

export async function webSession(): Promise<WebSession> {
  const { user = null, provider = null } = await sendRequest<Partial<WebSession>>('GET', PATH);
  return { user, provider };
}

/** With the resource name of whoever is signed in, the link's account takes their place; without, it does not. */
export async function signIn(secret: string, insteadOf?: string): Promise<User> {
  return (await sendRequest<{ user: User }>('POST', PATH, { body: { secret, insteadOf } })).user;
}

export async function signInWithPassword(email: string, password: string): Promise<User> {
  return (await sendRequest<{ user: User }>('POST', PATH, { body: { email, password } })).user;
}

/** `oldPassword` may be empty where there is none, and a while after signing in without it. */
export async function setPassword(password: string, oldPassword: string): Promise<void> {
  await sendRequest('PUT', '/sederunt/v1/password', { body: { password, ...(oldPassword && { oldPassword }) } });
}

/** A sign-in link that somebody else made for oneself. */
export interface MadeLink {
  createTime: string;
  /** Whoever runs the server, if it is `null`. */
  madeBy: string | null;
  useTime: string | null;
  clientAddress: string | null;
}

export async function madeLinks(): Promise<MadeLink[]> {
  return (await sendRequest<{ links: MadeLink[] }>('GET', '/sederunt/v1/madeLinks')).links;
}

export async function signOut(): Promise<void> {
  await sendRequest('DELETE', PATH);
}

/** The page of the server's from which the other provider's is reached; it leads back to `to`. */
export function providerPath(to: string): string {
  return `/sign-in/oidc?${new URLSearchParams({ to })}`;
}
