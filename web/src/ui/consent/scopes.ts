// OAuth scopes in plain words, what they let an app change before what they let it see.

export const SCOPES = [
  'meetings.participate',
  'meetings.space.created',
  'meetings.space.settings',
  'meetings.space.readonly',
  'callrecords.readonly',
  'meetings.conference.media.readonly',
  'meetings.conference.media.audio.readonly',
  'meetings.conference.media.video.readonly',
  'drive.readonly',
  'drive.meet.readonly',
  'userinfo.profile',
  'userinfo.email',
  'contacts.readonly',
  'contacts.other.readonly',
  'directory.readonly',
  'openid',
] as const;
export type Scope = (typeof SCOPES)[number];

const GOOGLE = 'https://www.googleapis.com/auth/';
// Of the scopes that are not Google's.
const OWN = 'urn:sederunt:scope:';
const OURS: readonly Scope[] = ['meetings.participate', 'callrecords.readonly'];

/** The short names of scopes that we know, each once and in our order, and the others as they are. */
export function sorted(scopes: readonly string[]): { known: Scope[]; others: string[] } {
  const short = new Set(scopes.map(shortName));
  return {
    known: SCOPES.filter((scope) => short.has(scope)),
    others: scopes.filter((scope) => !SCOPES.some((known) => known === shortName(scope))),
  };
}

export function shortName(scope: string): string {
  // OpenID Connect has names of its own for two of them.
  if (scope === 'profile' || scope === 'email') return `userinfo.${scope}`;
  return SCOPES.find((known) => fullName(known) === scope) ?? scope;
}

/** The name on the wire. */
export function fullName(scope: Scope): string {
  if (scope === 'openid') return scope;
  return (OURS.includes(scope) ? OWN : GOOGLE) + scope;
}

/** The key of its text: a dot would end the name of a key. */
export function textKey<S extends Scope>(scope: S): Undotted<S> {
  return scope.replaceAll('.', '_') as Undotted<S>;
}

type Undotted<Text extends string> = Text extends `${infer Head}.${infer Rest}` ? `${Head}_${Undotted<Rest>}` : Text;
