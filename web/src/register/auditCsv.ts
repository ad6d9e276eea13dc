// The audit log as a file for spreadsheets: one line per event, newest first, times in UTC.

import type { AuditEvent } from '../api/generated/messages.ts';
import { csvOf } from './csv.ts';

/** Names of columns are for programs as much as for people, and stay the same in every language. */
const COLUMNS = [
  'time',
  'actor',
  'actor_email',
  'app',
  'client_address',
  'action',
  'subject',
  'subject_email',
  'outcome',
  'times',
  'detail',
] as const;

export function auditCsv(events: readonly AuditEvent[]): string {
  const lines = events.map((event) => [
    event.time,
    event.actor,
    event.actorEmail ?? '',
    event.app ?? '',
    event.clientAddress ?? '',
    event.action,
    event.subject ?? '',
    event.subjectEmail ?? '',
    event.refused ? 'refused' : 'done',
    String(event.times ?? '1'),
    event.detail ?? '',
  ]);
  return csvOf(COLUMNS, lines);
}
