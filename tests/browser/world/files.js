// Where things are: the program under test, scratch folders, pictures.

import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const target = resolve(checkout, process.env.CARGO_TARGET_DIR ?? 'target');

/** The release program, as users get it; a debug build while one works on it. */
export const binary = required(
  resolve(checkout, process.env.SEDERUNT_BINARY ?? join(target, 'release/sederunt')),
  'cargo build --release -p sederunt',
);

/** The interpreter that has Google's client. */
export const python = required(join(target, 'xtask/venv/bin/python'), 'cargo xtask test --only tools');

/** What the tests generate for browsers: voices and cameras. */
export const material = made(join(target, 'browser-tests'));

/** Pictures of what people see; the README's comes from here. */
export const screenshots = made(join(target, 'screenshots'));

/** A folder of its own for one server or one browser. */
export function scratch() {
  return mkdtempSync(join(tmpdir(), 'sederunt-'));
}

/** A program of the system. A missing tool fails the test, it never skips it. */
export function tool(name) {
  const found = process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find(existsSync);
  if (!found) throw new Error(`${name} is missing\nhint: cargo xtask test --only tools`);
  return found;
}

/** A path to something that must be there. */
export function required(path, hint) {
  if (!existsSync(path)) throw new Error(`${path} is missing\nhint: ${hint}`);
  return path;
}

function made(folder) {
  mkdirSync(folder, { recursive: true });
  return folder;
}
