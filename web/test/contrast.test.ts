// Whatever is written can be read: the colours of text against what lies behind it, where it is light and where it is dark.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Of WCAG 2, for text of the usual size. */
const CONTRAST_MIN = 4.5;

/** A text, and what it is written on. */
const PAIRS = [
  ['ink', 'paper'],
  ['ink', 'surface'],
  ['ink', 'surface-sunk'],
  ['ink-soft', 'paper'],
  ['ink-soft', 'surface'],
  ['ink-soft', 'surface-sunk'],
  ['ink-soft', 'accent-soft'],
  ['ink-soft', 'tile'],
  ['paper', 'ink'],
  ['accent', 'surface'],
  ['accent', 'accent-soft'],
  ['accent-strong', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ['danger', 'paper'],
  ['danger', 'surface'],
  ['danger-strong', 'danger-soft'],
  ['on-danger', 'danger'],
  ['on-danger', 'danger-strong'],
  ['warning-ink', 'warning-soft'],
] as const;

function coloursIn(sheet: string): Record<string, string> {
  return Object.fromEntries([...sheet.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour]));
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

test('text can be read, light and dark', () => {
  const sheet = readFileSync('src/ui/styles/tokens.css', 'utf8');
  const [always = '', dark = ''] = sheet.split('@media (prefers-color-scheme: dark)');
  const light = coloursIn(always);
  for (const [scheme, colours] of Object.entries({ light, dark: { ...light, ...coloursIn(dark) } })) {
    for (const [text, behind] of PAIRS) {
      const ratio = contrast(colours[text] ?? '', colours[behind] ?? '');
      assert.ok(ratio >= CONTRAST_MIN, `${scheme}: --${text} on --${behind} is ${ratio.toFixed(2)}`);
    }
  }
});
