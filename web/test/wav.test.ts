// How loud a WAV file is from place to place; files that are none draw nothing and break nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loudnessOf } from '../src/calls/wav.ts';
import { HEIGHT, loudestOf, waveformPath } from '../src/calls/waveform.ts';

interface Made {
  channels?: number;
  format?: number;
  bits?: number;
  rate_hz?: number;
  /** Something between the head and the samples. */
  between?: Uint8Array;
  /** What the head says, if not the truth. */
  said_bytes?: number;
}

/** A file of these samples, frame by frame. */
function file(samples: readonly number[], made: Made = {}): ArrayBuffer {
  const { channels = 1, format = 1, bits = 16, rate_hz = 8_000, between = new Uint8Array(), said_bytes } = made;
  const part = between.length === 0 ? 0 : 8 + between.length + (between.length % 2);
  const bytes = new Uint8Array(44 + part + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string) => bytes.set([...text].map((letter) => letter.charCodeAt(0)), at);
  write(0, 'RIFF');
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, format, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate_hz, true);
  view.setUint16(34, bits, true);
  if (part > 0) {
    write(36, 'LIST');
    view.setUint32(40, between.length, true);
    bytes.set(between, 44);
  }
  write(36 + part, 'data');
  view.setUint32(40 + part, said_bytes ?? 2 * samples.length, true);
  for (const [place, sample] of samples.entries()) view.setInt16(44 + part + 2 * place, sample, true);
  return bytes.buffer;
}

test('each channel has its levels, each the loudest of its part', () => {
  const check = (made: ArrayBuffer, places: number, expected: readonly (readonly number[])[]) =>
    assert.deepEqual(loudnessOf(made, places)?.channels, expected);
  check(file([0, 16_384, -32_768, 0]), 2, [[0.5, 1]]);
  check(file([0, 8_192, 16_384, -16_384], { channels: 2 }), 2, [[0, 0.5], [0.25, 0.5]]);
  check(file([16_384]), 3, [[0.5, 0, 0]]);
  check(file([]), 2, [[0, 0]]);
  check(file([16_384], { between: new Uint8Array(3) }), 1, [[0.5]]);
  // A file that was cut off has what it has.
  check(file([16_384], { said_bytes: 4_000_000_000 }), 1, [[0.5]]);
  assert.equal(loudnessOf(file(Array.from({ length: 16_000 }, () => 0), { channels: 2 }), 10)?.duration_s, 1);
});

test('what is no such file draws nothing', () => {
  const check = (made: ArrayBuffer) => assert.equal(loudnessOf(made, 10), null);
  check(new ArrayBuffer(0));
  check(new ArrayBuffer(64));
  check(new TextEncoder().encode('There is no such file any more.\n').buffer as ArrayBuffer);
  check(file([1], { format: 3 }));
  check(file([1], { bits: 8 }));
  check(file([1], { channels: 0 }));
  check(file([1], { channels: 3 }));
  check(file([1], { rate_hz: 0 }));
  for (let length = 0; length < 44; length += 1) check(file([1, 2]).slice(0, length));
});

test('levels are strokes around the middle, and silence is a line', () => {
  assert.equal(waveformPath([1, 0], 1), `M0.5 0V${HEIGHT}M1.5 48.5V51.5`);
  assert.equal(waveformPath([0.25], 0.5), 'M0.5 25V75');
  assert.equal(loudestOf([[0.1, 0.3], [0.2]]), 0.3);
  assert.equal(loudestOf([[0.001]]), 0.02, 'noise does not fill the height');
});
