// What a new password must be, said before it is sent; the server has the last word.

/** The server's own limit. */
export const PASSWORD_CHARACTERS_MIN = 10;

export function problemOfPassword(password: string, again: string): 'short' | 'differs' | null {
  if ([...password].length < PASSWORD_CHARACTERS_MIN) return 'short';
  return password === again ? null : 'differs';
}
