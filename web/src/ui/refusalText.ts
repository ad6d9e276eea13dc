// Why the server did not let somebody in, in words.

import type { ApiError } from '../api/request.ts';
import { t } from '../text/text.ts';

/** Whether another name would do. */
export function isAboutName(error: ApiError | null): boolean {
  return error?.reason?.startsWith('NAME_') ?? false;
}

/** `null` if it said nothing. */
export function refusalText(error: ApiError | null): string {
  switch (error?.reason) {
    case 'CONFERENCE_FULL':
      return t('error.full');
    case 'NAME_REQUIRED':
      return t('preJoin.name.missing');
    case 'NAME_NOT_ALLOWED':
      return t('error.nameNotAllowed');
    case 'NAME_TOO_LONG':
      return t('error.nameTooLong');
    case 'INVALID_OFFER':
      return t('error.offer', { reason: error.message });
    case 'TOO_MANY_AT_ONCE':
      return t('error.tooManyAtOnce');
    case 'LOBBY_FULL':
      return t('error.lobbyFull');
    case 'SIGN_IN_REQUIRED':
      return t('preJoin.device.COMPANION.guest');
    case 'ENTRY_POINT_NOT_ALLOWED':
      return t('preJoin.refused');
  }
  if (!error || error.status === 'UNREACHABLE') return t('error.unreachable');
  if (error.status === 'PERMISSION_DENIED' || error.status === 'UNAUTHENTICATED') return t('error.notAllowed');
  return error.message;
}
