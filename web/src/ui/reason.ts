// Why something failed, in words for the person at the screen.

import { ApiError } from '../api/request.ts';
import { t } from '../text/text.ts';

export function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  switch (error.status) {
    case 'UNREACHABLE':
      return t('error.unreachable');
    case 'UNAUTHENTICATED':
      return t('error.signedOut');
    case 'RESOURCE_EXHAUSTED':
      return t('error.tooMany');
    default:
      return sentence(error.fields[0]?.description || error.message);
  }
}

/** The server speaks as programs do, in the middle of a sentence. What begins with a value stays as it is. */
function sentence(text: string): string {
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** What is wrong with one field of a form, if the server says that it is this one. */
export function problemWith(error: unknown, field: string): string {
  if (!(error instanceof ApiError)) return '';
  return sentence(error.fields.find((violation) => inJson(violation.field) === field)?.description ?? '');
}

/** The server names fields as its `.proto` files do. */
function inJson(path: string): string {
  return (path.split('.').at(-1) ?? '').replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether something does not exist for this caller: Google's contract says so in two ways. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 'NOT_FOUND' || error.status === 'PERMISSION_DENIED');
}
