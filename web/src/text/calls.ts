// The texts of telephone calls, and of what they share with the other pages of an account.

import { en } from './en.ts';
import { enAccount } from './enAccount.ts';
import { enCalls } from './enCalls.ts';
import { textOf } from './text.ts';

export const { t, counted } = textOf({ ...en, ...enAccount, ...enCalls });
