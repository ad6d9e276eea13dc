// What is in a WAV file, as far as it is shown: for each channel, how loud it is from place to place. The file comes from
// this server, and is read as if it did not: whatever is no WAV of whole samples of 16 bits is `null`, and nothing is drawn.

/** Above this a file is not fetched whole, only heard as it comes: a quarter of an hour of two channels. */
export const WAV_BYTES_MAX = 32 * 1024 * 1024;

export interface Loudness {
  duration_s: number;
  /** For each channel as many levels as were asked for, from 0 to 1. */
  channels: readonly (readonly number[])[];
}

const PCM = 1;
const BITS = 16;
const BYTES = BITS / 8;
const FULL_SCALE = 32_768;
const CHANNELS_MAX = 2;

interface Sound {
  rate_hz: number;
  channels: number;
  /** Where its samples are in the file. */
  begin: number;
  end: number;
}

/** The loudest sample of each of `places` equal parts of a file. */
export function loudnessOf(file: ArrayBuffer, places: number): Loudness | null {
  const view = new DataView(file);
  const sound = soundIn(view);
  if (!sound) return null;
  const { rate_hz, channels, begin, end } = sound;
  const frame_bytes = BYTES * channels;
  const frames = Math.floor((end - begin) / frame_bytes);
  const levels = Array.from({ length: channels }, () => new Array<number>(places).fill(0));
  for (let frame = 0; frame < frames; frame += 1) {
    // Rounded down, so the last frame is in the last place.
    const place = Math.floor((frame * places) / frames);
    for (const [channel, row] of levels.entries()) {
      const sample = view.getInt16(begin + frame * frame_bytes + BYTES * channel, true);
      row[place] = Math.max(row[place] ?? 0, Math.abs(sample) / FULL_SCALE);
    }
  }
  return { duration_s: frames / rate_hz, channels: levels };
}

function soundIn(view: DataView): Sound | null {
  if (view.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') return null;
  let format: Pick<Sound, 'rate_hz' | 'channels'> | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const begin = at + 8;
    const end = begin + view.getUint32(at + 4, true);
    if (tag(view, at) === 'fmt ') format = formatIn(view, begin, end);
    // A file that was cut off has what it has.
    if (tag(view, at) === 'data') return format && { ...format, begin, end: Math.min(end, view.byteLength) };
    // Parts begin at even places.
    at = end + (end % 2);
  }
  return null;
}

function formatIn(view: DataView, begin: number, end: number): Pick<Sound, 'rate_hz' | 'channels'> | null {
  if (end - begin < 16 || end > view.byteLength) return null;
  const channels = view.getUint16(begin + 2, true);
  const rate_hz = view.getUint32(begin + 4, true);
  const isRead = view.getUint16(begin, true) === PCM && view.getUint16(begin + 14, true) === BITS;
  return isRead && channels > 0 && channels <= CHANNELS_MAX && rate_hz > 0 ? { channels, rate_hz } : null;
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((place) => view.getUint8(at + place)));
}
