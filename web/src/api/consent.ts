// An app asks a person for permission: what it asks for, and the answer. This is between the server and its own page and in
// no contract, so its types are written here and not generated.

import { sendRequest, withQuery } from './request.ts';

export interface ConsentRequest {
  app: { name: string; kind: 'WEB' | 'INSTALLED' };
  scopes: { scope: string; description: string }[];
  /** The address that the app expects. */
  loginHint?: string | null;
}

/** The app asked wrongly, and is to be told so there. */
export interface Redirect {
  redirect: string;
}

const PATH = '/oauth2/consent';

export function consentRequest(request: string): Promise<ConsentRequest | Redirect> {
  return sendRequest('GET', withQuery(PATH, { request }));
}

/** Where the browser goes with the answer. */
export async function answer(request: string, approve: boolean): Promise<string> {
  return (await sendRequest<Redirect>('POST', PATH, { body: { request, approve } })).redirect;
}
