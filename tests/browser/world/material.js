// Cameras of one colour and a voice, as files that Chromium plays instead of real devices.
//
// A camera of one colour makes a tile tell who is in it, however small and however compressed, and costs an encoder
// next to nothing: five browsers fit on two cores.

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { material, tool } from './files.js';

const WIDTH = 320;
const HEIGHT = 180;
const FRAMES_PER_SECOND = 10;

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
  return once('silence.wav', (path) => {
    const samplesPerSecond = 48_000;
    const samples = Buffer.alloc(samplesPerSecond * 2 * 2);
    const header = Buffer.alloc(44);
    header.write('RIFF', 0);
    header.writeUInt32LE(36 + samples.length, 4);
    header.write('WAVEfmt ', 8);
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt32LE(samplesPerSecond, 24);
    header.writeUInt32LE(samplesPerSecond * 2, 28);
    header.writeUInt16LE(2, 32);
    header.writeUInt16LE(16, 34);
    header.write('data', 36);
    header.writeUInt32LE(samples.length, 40);
    writeFileSync(path, Buffer.concat([header, samples]));
  });
}

/** The name of the palette's colour that is nearest to what was seen. */
export function nearestColour(seen) {
  const distance = (colour) => COLOURS[colour].reduce((sum, value, index) => sum + (value - seen[index]) ** 2, 0);
  return Object.keys(COLOURS).reduce((best, colour) => (distance(colour) < distance(best) ? colour : best));
}

function once(name, make) {
  const path = join(material, name);
  if (!existsSync(path)) make(path);
  return path;
}
