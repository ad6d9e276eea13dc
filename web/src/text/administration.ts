// The texts of the administration, and of what it shares with the other pages of an account.

import { en } from './en.ts';
import { enAccount } from './enAccount.ts';
import { enAdministration } from './enAdministration.ts';
import { textOf } from './text.ts';

export const { t } = textOf({ ...en, ...enAccount, ...enAdministration });
