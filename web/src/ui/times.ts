// Times and durations in the language of the texts and in the reader's time zone. A duration says two units at most: nobody reads
// the seconds of an hour.

import { t } from '../text/text.ts';

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });
const dayAndTimeShort = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

export function dayText(time_ms: number): string {
  return day.format(time_ms);
}

export function dayAndTimeText(time_ms: number): string {
  return dayAndTime.format(time_ms);
}

export function dayAndTimeShortText(time_ms: number): string {
  return dayAndTimeShort.format(time_ms);
}

export function timeText(time_ms: number): string {
  return time.format(time_ms);
}

/** A place in a recording: `1:05`, `1:00:05`. */
export function positionText(position_s: number): string {
  const seconds = Math.floor(Math.max(0, position_s));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

export function durationText(duration_ms: number): string {
  const seconds = Math.max(0, Math.round(duration_ms / 1_000));
  if (seconds < 60) return t('time.seconds', { seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('time.minutes', { minutes });
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? t('time.hours', { hours }) : t('time.hoursMinutes', { hours, minutes: minutes % 60 });
}
