// The texts of a meeting, and those that are needed everywhere.

import { en } from './en.ts';
import { enRoom } from './enRoom.ts';
import { textOf } from './text.ts';

export const { t, counted } = textOf({ ...en, ...enRoom });
