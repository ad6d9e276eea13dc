// The texts of the pages around the meetings, and those that are needed everywhere.

import { en } from './en.ts';
import { enAccount } from './enAccount.ts';
import { textOf } from './text.ts';

export const { t, counted } = textOf({ ...en, ...enAccount });
