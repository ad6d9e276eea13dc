// Why something failed, in words for the person at the screen.

import { ApiError } from '../api/request.ts';
import { t } from '../text/text.ts';

export function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  switch (error.status) {
    case 'UNREACHABLE':
      return t('error.unreachable');
    case 'UNAUTHENTICATED':
      return t('error.signedOut');
    case 'RESOURCE_EXHAUSTED':
      return t('error.tooMany');
    default:
      return error.fields[0]?.description || error.message;
  }
}

/** What is wrong with one field of a form, if the server says that it is this one. */
export function problemWith(error: unknown, field: string): string {
  if (!(error instanceof ApiError)) return '';
  return error.fields.find((violation) => violation.field.split('.').at(-1) === field)?.description ?? '';
}

/** Whether something does not exist for this caller: Google's contract says so in two ways. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 'NOT_FOUND' || error.status === 'PERMISSION_DENIED');
}
