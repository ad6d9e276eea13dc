// The catalogues are whole: every text is used, every count has its forms, and no English hides in the components.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { en } from '../src/text/en.ts';
import { enAccount } from '../src/text/enAccount.ts';
import { enAdministration } from '../src/text/enAdministration.ts';
import { enCalls } from '../src/text/enCalls.ts';
import { enCheck } from '../src/text/enCheck.ts';
import { enRecordings } from '../src/text/enRecordings.ts';
import { enRoom } from '../src/text/enRoom.ts';
import { counted, t } from '../src/text/text.ts';

const CATALOGUES = [en, enAccount, enAdministration, enCalls, enCheck, enRecordings, enRoom].map((catalogue) => Object.keys(catalogue));
const KEYS = CATALOGUES.flat();

// The tests run from the folder of package.json.
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('text'))
  .map((name) => ({ name, text: readFileSync(join('src', name), 'utf8') }));

test('every text is used', () => {
  const all = sources.map(({ text }) => text).join('\n');
  // `left.${why}.title` uses every key of that shape.
  const patterns = [...all.matchAll(/\bt\(\s*[`']([^`']+)[`']/g)].map(
    ([, key = '']) =>
      new RegExp(
        `^${key
          .split(/\$\{[^}]+\}/)
          .map((part) => part.replaceAll('.', '\\.'))
          .join('\\w+')}$`,
      ),
  );
  const counts = [...all.matchAll(/\bcounted\(\s*'([^']+)'/g)].map(([, key]) => key);
  const unused = KEYS.filter(
    (key) =>
      // One of two, or the title of a page.
      !all.includes(`'${key}'`) &&
      !patterns.some((pattern) => pattern.test(key)) &&
      !counts.includes(key.replace(/\.(one|other)$/, '')),
  );
  assert.deepEqual(unused, []);
});

test('texts of one kind stand together', () => {
  for (const keys of CATALOGUES) {
    const kinds = keys.map((key) => key.split('.')[0]);
    const torn = keys.filter((_, at) => kinds[at] !== kinds[at - 1] && kinds.indexOf(kinds[at]) < at);
    assert.deepEqual(torn, []);
  }
});

test('no text stands in two catalogues', () => {
  assert.equal(new Set(KEYS).size, KEYS.length);
});

test('a count has both of its forms', () => {
  for (const key of KEYS.filter((key) => key.endsWith('.one')))
    assert.ok(KEYS.includes(key.replace(/one$/, 'other')), key);
  assert.equal(counted('preJoin.people', 1), '1 person is here');
  assert.equal(counted('preJoin.people', 2), '2 people are here');
});

test('places are filled, and what is filled in is not read again', () => {
  assert.equal(t('news.joined', { name: 'Ada {name}' }), 'Ada {name} joined');
});

test('a name from right to left turns nothing round', () => {
  const check = (name: string, expected: string) => assert.equal(t('news.joined', { name }), expected);
  check('Ada', 'Ada joined');
  check('Zoë 李', 'Zoë 李 joined');
  check('عبد (2)', '\u2068عبد (2)\u2069 joined');
  check('\u2068נועה\u2069 (Guest)', '\u2068\u2068נועה\u2069 (Guest)\u2069 joined');
});

test('components hold no English of their own', () => {
  for (const { name, text } of sources.filter(({ name }) => name.endsWith('.tsx'))) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const attributes = code.match(/\b(aria-label|title|placeholder|alt)="[^"]*[a-z][^"]*"/g) ?? [];
    const children = code.match(/>\s*[A-Z][a-z]+[ a-z,.]*\s*<\//g) ?? [];
    assert.deepEqual([...attributes, ...children], [], name);
  }
});
