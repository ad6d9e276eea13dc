// The texts of the check before a meeting, and those that are needed everywhere.

import { en } from './en.ts';
import { enCheck } from './enCheck.ts';
import { textOf } from './text.ts';

export const { t } = textOf({ ...en, ...enCheck });
