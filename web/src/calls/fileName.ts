// What a recording is called on somebody's own disk.

import type { Call, Recording } from './call.ts';

/** `call-2026-11-28-0944-ada.wav`: sorted by time, and told apart by who called. */
export function fileName({ from }: Call, { start_ms }: Recording, extension: 'wav' | 'mp3'): string {
  const [day, time = ''] = new Date(start_ms).toISOString().split('T');
  const who = from.replace(/@.*$/, '').replace(/[^\w+-]/g, '');
  return `${['call', day, time.slice(0, 5).replace(':', ''), who].filter(Boolean).join('-')}.${extension}`;
}
