// Who is using this browser: a session cookie, got by redeeming a one-time link.

import { call } from './call.ts';

export interface User {
  /** `users/{user}` */
  name: string;
  displayName: string;
  email: string;
  administrator?: boolean;
}

const PATH = '/sederunt/v1/webSession';

export async function whoAmI(): Promise<User | null> {
  return (await call<{ user?: User | null }>('GET', PATH)).user ?? null;
}

export async function signIn(secret: string): Promise<User> {
  return (await call<{ user: User }>('POST', PATH, { body: { secret } })).user;
}

export async function signOut(): Promise<void> {
  await call('DELETE', PATH);
}
