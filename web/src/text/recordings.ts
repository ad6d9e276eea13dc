// The texts of recordings of meetings, and of what they share with the players of calls and the register.

import { en } from './en.ts';
import { enAccount } from './enAccount.ts';
import { enCalls } from './enCalls.ts';
import { enRecordings } from './enRecordings.ts';
import { textOf } from './text.ts';

export const { t, counted } = textOf({ ...en, ...enAccount, ...enCalls, ...enRecordings });
