// Voice and picture together. A browser plays a voice and a picture in step where they were promised to be one when the connection was
// made; who is on which of our lines changes all the time. But the server places all that it sends on one clock, whoever it is of, so
// what two lines play can be compared by its time stamps, and the one that leads can be held back. Time is an argument.

import { HELD_MS_MAX, HELD_STEP_MS_MAX, VOICE_HELD_MS_MAX } from './limits.ts';

/** What of a source was played last: its time by the line's clock, and when it was played. */
export interface Played {
  rtpTimestamp: number;
  timestamp: number;
}

/** Ticks of a voice and of a picture in a millisecond. */
const VOICE_TICKS = 48;
const PICTURE_TICKS = 90;

/** Both count 32 bits of ticks and begin anew: after this time, which is in both a whole number of times, nothing tells them apart. */
const PERIOD_MS = 2 ** 32 / 720;

/** What was taken from a decoder of sound is heard a little later: the buffer of the loudspeaker is before it. A picture is drawn at once. */
const HEARD_AFTER_MS = 30;

/** By how much the picture is played earlier than the voice that belongs to it. */
export function lead_ms(voice: Played, picture: Played): number {
  const apart_ms = voice.rtpTimestamp / VOICE_TICKS - picture.rtpTimestamp / PICTURE_TICKS;
  const nearest_ms = apart_ms - PERIOD_MS * Math.round(apart_ms / PERIOD_MS);
  return voice.timestamp + HEARD_AFTER_MS - picture.timestamp - nearest_ms;
}

/** For how long what arrives is kept at least before it is played. */
export interface Held {
  voice_ms: number;
  picture_ms: number;
}

export const NOT_HELD: Held = { voice_ms: 0, picture_ms: 0 };

/** Smaller leads are left alone: nobody sees them, and each change costs a little smoothness. */
const TOLERATED_MS = 15;

/** Of a lead so much is made good at once: what is measured next still shows a part of the old. */
const GAIN = 0.5;

/** Lets go of what lags, and holds back what leads. */
export function steer(held: Held, leads_ms: readonly number[]): Held {
  const lead = median(leads_ms);
  if (Math.abs(lead) < TOLERATED_MS) return held;
  const step = Math.min(Math.abs(lead) * GAIN, HELD_STEP_MS_MAX);
  const { voice_ms, picture_ms } = held;
  if (lead > 0) {
    const released = Math.min(step, voice_ms);
    return { voice_ms: voice_ms - released, picture_ms: Math.min(picture_ms + step - released, HELD_MS_MAX) };
  }
  const released = Math.min(step, picture_ms);
  return { voice_ms: Math.min(voice_ms + step - released, VOICE_HELD_MS_MAX), picture_ms: picture_ms - released };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}
