// Who is using this browser, for every page that wants to know.

import { signal } from '@preact/signals';
import * as api from '../api/account.ts';
import { ApiError } from '../api/request.ts';

export type Account =
  | { kind: 'asking' }
  /** The server does not answer; we go on asking. */
  | { kind: 'unknown' }
  | { kind: 'guest' }
  | { kind: 'user'; user: api.User };

export const account = signal<Account>({ kind: 'asking' });

/** Where else one may sign in, if the server says so. */
export const provider = signal<api.Provider | null>(null);

const AGAIN_MS = 3_000;

export async function askForAccount(): Promise<void> {
  try {
    const session = await api.webSession();
    provider.value = session.provider;
    account.value = session.user ? { kind: 'user', user: session.user } : { kind: 'guest' };
  } catch (error) {
    if (error instanceof ApiError && error.mayPass) {
      account.value = { kind: 'unknown' };
      setTimeout(askForAccount, AGAIN_MS);
    } else {
      account.value = { kind: 'guest' };
    }
  }
}

export function signedIn(user: api.User): void {
  account.value = { kind: 'user', user };
}

export async function signOut(): Promise<void> {
  await api.signOut();
  account.value = { kind: 'guest' };
}
