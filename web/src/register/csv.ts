// Attendance as a file for spreadsheets, one line per session; and what every such file of ours is: RFC 4180, times in UTC, and
// nothing in it a formula.

import type { Attendee } from './attendance.ts';

/** A byte order mark: without it, Excel reads UTF-8 as the local code page and breaks every name with an accent. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Names of columns are for programs as much as for people, and stay the same in every language. */
const COLUMNS = ['name', 'signed_in', 'role', 'device', 'joined', 'left', 'seconds', 'removed', 'program', 'phone'] as const;

export function attendanceCsv(people: readonly Attendee[]): string {
  const lines = people.flatMap(({ displayName, signedIn, byPhone, role, removed, sessions }) =>
    sessions.map(({ start_ms, end_ms, device, byProgram }) => [
      displayName,
      yesOrNo(signedIn),
      role,
      device,
      time(start_ms),
      end_ms === undefined ? '' : time(end_ms),
      end_ms === undefined ? '' : String(Math.round((end_ms - start_ms) / 1_000)),
      yesOrNo(removed),
      yesOrNo(byProgram),
      yesOrNo(byPhone),
    ]),
  );
  return csvOf(COLUMNS, lines);
}

/** A file with these columns. */
export function csvOf(columns: readonly string[], lines: readonly (readonly string[])[]): string {
  return BYTE_ORDER_MARK + [columns, ...lines].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/**
 * Where a spreadsheet may find the beginning of a formula: one of the signs, or its full-width form, at the beginning or behind
 * what may separate fields, since it depends on the reader's country which of them does. Blanks and quotes between are dropped
 * by some, so they do not help.
 */
const FORMULA = /(^|[,;|\t\r\n])([\s"']*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** One field. People choose their own names, and nobody's is a formula: an apostrophe before it makes it text. */
export function cell(text: string): string {
  const safe = text.replace(/^(?=[\t\r])/, "'").replace(FORMULA, "$1$2'");
  return /[",;|\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function yesOrNo(fact: boolean): string {
  return fact ? 'yes' : 'no';
}

function time(time_ms: number): string {
  return new Date(time_ms).toISOString();
}

/** Without characters that a file system minds. */
export function fileName(code: string, start_ms: number): string {
  const day = time(start_ms).slice(0, 10);
  return `attendance-${[code, day].filter(Boolean).join('-')}.csv`;
}
