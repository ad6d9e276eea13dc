// A name, and the mark beside it. Anybody may type any name, that of the host too; so whoever is not signed in bears a mark
// wherever their name stands. So does a program that came as somebody: they need not be there.

export type Mark = 'guest' | 'program';

export interface Named {
  /** Empty where it is not known. */
  name: string;
  mark: Mark | null;
}

export function markOf(signedIn: boolean, byProgram = false): Mark | null {
  if (!signedIn) return 'guest';
  return byProgram ? 'program' : null;
}
