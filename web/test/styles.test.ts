// Each page brings the styles of what it shows, and does not live on those of a page that somebody came from.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const SOURCE = 'src';

interface Part {
  imports: string[];
  /** What is fetched when it is needed. */
  later: string[];
  /** From where a name comes. */
  names: Map<string, string>;
  components: Map<string, Component>;
}

interface Component {
  classes: string[];
  /** The components in it. */
  shows: string[];
}

const IMPORT = /^(?:import|export) (?!type )(?:([^;'(]*?) from )?'(\.[^']+)'/gm;

const parts = new Map<string, Part>();

function partOf(file: string): Part {
  const known = parts.get(file);
  if (known) return known;
  const text = readFileSync(file, 'utf8');
  const all = (pattern: RegExp, within = text) => [...within.matchAll(pattern)].map(([, name = '']) => name);
  const part: Part = { imports: [], later: all(/import\('(\.[^']+)'\)/g).map((path) => join(dirname(file), path)), names: new Map(), components: new Map() };
  for (const [, names = '', path = ''] of text.matchAll(IMPORT)) {
    const from = join(dirname(file), path);
    part.imports.push(from);
    for (const name of names.match(/\b[A-Z]\w*/g) ?? []) part.names.set(name, from);
  }
  for (const unit of text.split(/^(?=(?:export )?function )/m)) {
    const [, name] = /^(?:export )?function (\w+)/.exec(unit) ?? [];
    const classes = all(/\bclass="([^"]+)"/g, unit).flatMap((several) => several.split(' '));
    if (name) part.components.set(name, { classes, shows: all(/<([A-Z]\w*)/g, unit) });
  }
  parts.set(file, part);
  return part;
}

/** A file, and all that comes with it. */
function whole(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith('.css')) for (const next of partOf(file).imports) whole(next, seen);
  return seen;
}

/** The classes of a component and of all that it shows, each with the file in which it stands. */
function classesOf(file: string, name: string, seen = new Set<string>()): [string, string][] {
  const key = `${file} ${name}`;
  const component = partOf(file).components.get(name);
  if (seen.has(key) || !component) return [];
  seen.add(key);
  const shown = component.shows.flatMap((next) => classesOf(partOf(file).names.get(next) ?? file, next, seen));
  return [...component.classes.map((one): [string, string] => [one, file]), ...shown];
}

const sheets = new Map<string, Set<string>>();

/** The classes that a sheet has a rule for. */
function styledBy(sheet: string): Set<string> {
  const known = sheets.get(sheet);
  if (known) return known;
  const rules = readFileSync(sheet, 'utf8').replace(/\/\*.*?\*\//gs, '').matchAll(/([^{}]*)\{/g);
  const classes = new Set([...rules].flatMap(([, selector = '']) => [...selector.matchAll(/\.([a-z][a-z-]*)/g)].map(([, name = '']) => name)));
  sheets.set(sheet, classes);
  return classes;
}

test('every page imports the sheets of all that it shows', () => {
  const used: { page: string; name: string; one: string; there: ReadonlySet<string> }[] = [];
  const checked = new Map<string, Set<string>>();
  /** The sheets that have a rule for a class. */
  const all = new Map<string, Set<string>>();
  const check = (file: string, inherited: ReadonlySet<string>) => {
    const files = whole(file);
    const there = new Set([...inherited, ...[...files].filter((name) => name.endsWith('.css'))]);
    const key = [...there].sort().join();
    const before = checked.get(file) ?? new Set();
    if (before.has(key)) return;
    checked.set(file, before.add(key));
    for (const sheet of there) for (const name of styledBy(sheet)) all.set(name, (all.get(name) ?? new Set()).add(sheet));
    for (const component of partOf(file).components.keys())
      for (const [one, name] of classesOf(file, component)) used.push({ page: file, name, one, there });
    for (const name of files) if (!name.endsWith('.css')) for (const next of partOf(name).later) check(next, there);
  };
  check(join(SOURCE, 'main.tsx'), new Set());
  const missing = used.flatMap(({ page, name, one, there }) => {
    const sheets = [...(all.get(one) ?? [])];
    // Some are there for tests, or for elements around.
    if (sheets.length === 0 || sheets.some((sheet) => there.has(sheet))) return [];
    return [`${page}: .${one} of ${name} is in ${sheets.join(' and ')}`];
  });
  assert.ok(used.length > 300, String(used.length));
  assert.deepEqual([...new Set(missing)], []);
});
