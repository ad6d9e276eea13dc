// A name, and the mark beside it. Anybody may type any name, that of the host too; so whoever is not signed in bears a mark
// wherever their name stands.

export type Mark = 'guest';

export interface Named {
  /** Empty where it is not known. */
  name: string;
  mark: Mark | null;
}

export function markOf(signedIn: boolean): Mark | null {
  return signedIn ? null : 'guest';
}
