// Levels as a picture: one stroke for each, as high as it is loud, around a middle line.

/** The height of a picture, in units of its own; its width is the number of levels. */
export const HEIGHT = 100;

/** What is silent is still a line. */
const HEIGHT_MIN = 3;

/** The path of an SVG. Telephone voices are far below full scale, so the loudest level fills the height, if it is a voice at all. */
export function waveformPath(levels: readonly number[], loudest: number): string {
  const scale = loudest > 0 ? 1 / loudest : 0;
  return levels
    .map((level, place) => {
      const height = Math.max(HEIGHT_MIN, Math.min(1, level * scale) * HEIGHT);
      const top = (HEIGHT - height) / 2;
      return `M${place + 0.5} ${round(top)}V${round(top + height)}`;
    })
    .join('');
}

/** The level that fills the height: the loudest of all channels, so that who speaks softly looks so; noise does not fill it. */
export function loudestOf(channels: readonly (readonly number[])[]): number {
  const NOISE = 0.02;
  return Math.max(NOISE, ...channels.map((levels) => levels.reduce((loudest, level) => Math.max(loudest, level), 0)));
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
