// Cameras of one colour and a voice, as files that Chromium plays instead of real devices.
//
// A camera of one colour makes a tile tell who is in it, however small and however compressed, and costs an encoder
// next to nothing: five browsers fit on two cores.

import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { material, tool } from './files.js';

const WIDTH = 320;
const HEIGHT = 180;
const FRAMES_PER_SECOND = 10;
const CAPTURE_HZ = 48_000;

/** Colours that stay apart after any video codec, as red, green, blue. */
export const COLOURS = {
  red: [200, 40, 40],
  green: [40, 160, 60],
  blue: [50, 70, 200],
  yellow: [220, 200, 50],
  violet: [150, 50, 170],
  grey: [128, 128, 128],
};

/** A file with a few frames of a sitter in one colour; Chromium plays it over and over. */
export function camera(colour) {
  return once(`${colour}.y4m`, (path) => {
    const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n`);
    const frame = Buffer.concat([Buffer.from('FRAME\n'), picture(COLOURS[colour])]);
    writeFileSync(path, Buffer.concat([header, ...Array(FRAMES_PER_SECOND).fill(frame)]));
  });
}

/** A larger one, of which no frame is like another: whoever sends it needs all the bits that they have. */
export function livelyCamera(colour) {
  return once(`${colour}-lively.y4m`, (path) => {
    const [width, height] = [2 * WIDTH, 2 * HEIGHT];
    const [red, green, blue] = COLOURS[colour];
    const chroma = [128 - 0.148 * red - 0.291 * green + 0.439 * blue, 128 + 0.439 * red - 0.368 * green - 0.071 * blue];
    const brightness = 16 + 0.257 * red + 0.504 * green + 0.098 * blue;
    let dice = 1;
    const frame = () => {
      const luma = Buffer.alloc(width * height);
      for (let at = 0; at < luma.length; at++) {
        dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0;
        luma[at] = Math.round(brightness - 16 + (dice >>> 27));
      }
      return Buffer.concat([Buffer.from('FRAME\n'), luma, ...chroma.map((value) => Buffer.alloc(luma.length / 4, Math.round(value)))]);
    };
    const header = Buffer.from(`YUV4MPEG2 W${width} H${height} F${FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n`);
    writeFileSync(path, Buffer.concat([header, ...Array.from({ length: FRAMES_PER_SECOND }, frame)]));
  });
}

/** One frame, plane by plane: head and shoulders in a lighter shade, so that a picture of a meeting looks like one. */
function picture(colour) {
  const shade = (x, y) => {
    const isHead = (x - WIDTH / 2) ** 2 + (y - HEIGHT * 0.4) ** 2 < (HEIGHT * 0.17) ** 2;
    const isBody = ((x - WIDTH / 2) / (HEIGHT * 0.36)) ** 2 + ((y - HEIGHT) / (HEIGHT * 0.38)) ** 2 < 1;
    return colour.map((value) => value + (isHead || isBody ? (255 - value) * 0.25 : 0));
  };
  // BT.601, limited range: what a camera delivers. Colour has half the resolution of brightness.
  const planes = [
    { step: 1, of: ([red, green, blue]) => 16 + 0.257 * red + 0.504 * green + 0.098 * blue },
    { step: 2, of: ([red, green, blue]) => 128 - 0.148 * red - 0.291 * green + 0.439 * blue },
    { step: 2, of: ([red, green, blue]) => 128 + 0.439 * red - 0.368 * green - 0.071 * blue },
  ];
  return Buffer.concat(planes.map(({ step, of }) => {
    const plane = [];
    for (let y = 0; y < HEIGHT; y += step) for (let x = 0; x < WIDTH; x += step) plane.push(Math.round(of(shade(x, y))));
    return Buffer.from(plane);
  }));
}

/** Somebody who speaks without a pause. */
export function voice() {
  return once('voice.wav', (path) => {
    const words = 'The members present considered the accounts, heard the secretary, and agreed to meet again. ';
    execFileSync(tool('espeak-ng'), ['-a', '200', '-g', '0', '-w', path, words.repeat(4)]);
  });
}

/** A microphone in an empty room. */
export function silence() {
  return once('silence.wav', (path) => writeFileSync(path, wav(new Int16Array(2 * CAPTURE_HZ), CAPTURE_HZ)));
}

/** Somebody whose voice is a tone of so many hertz, for a microphone; it comes and goes as syllables do. */
export function tone(hz) {
  return once(`tone-${hz}.wav`, (path) => writeFileSync(path, wav(toneSamples(hz, 20, CAPTURE_HZ), CAPTURE_HZ)));
}

/** The samples of such a tone. */
export function toneSamples(hz, length_s, rate_hz) {
  return Int16Array.from({ length: length_s * rate_hz }, (_, place) => {
    const time_s = place / rate_hz;
    const syllable = 0.15 + 0.85 * Math.sin(Math.PI * 2.5 * time_s) ** 2;
    return Math.round(Math.sin(2 * Math.PI * hz * time_s) * syllable * 8_000);
  });
}

/** A file of these samples. */
export function wav(samples, rate_hz) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate_hz, 24);
  header.writeUInt32LE(rate_hz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

/** The name of the palette's colour that is nearest to what was seen. */
export function nearestColour(seen) {
  const distance = (colour) => COLOURS[colour].reduce((sum, value, index) => sum + (value - seen[index]) ** 2, 0);
  return Object.keys(COLOURS).reduce((best, colour) => (distance(colour) < distance(best) ? colour : best));
}

/** The path of the file of this name, which is made if it is not there: under another name first, since other suites want it as well. */
function once(name, make) {
  const path = join(material, name);
  if (existsSync(path)) return path;
  const own = `${path}.${process.pid}`;
  make(own);
  renameSync(own, path);
  return path;
}
