// Gives the text of a key in the reader's language. Keys and the places in their text are types: a misspelt key or a
// forgotten place does not compile.

import { en } from './en.ts';

export type Catalogue = typeof en;
export type Key = keyof Catalogue;

type PlacesIn<Text extends string> = Text extends `${string}{${infer Place}}${infer Rest}`
  ? Place | PlacesIn<Rest>
  : never;
type Fill<Text extends string> = [PlacesIn<Text>] extends [never] ? [] : [Record<PlacesIn<Text>, string | number>];

/** A key without its `.one` or `.other`. */
type Counted = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

const catalogue: Record<Key, string> = en;
const plural = new Intl.PluralRules('en');

export function t<K extends Key>(key: K, ...[fill]: Fill<Catalogue[K]>): string {
  return filled(catalogue[key], fill ?? {});
}

export function counted(key: Counted, count: number): string {
  const form = `${key}.${plural.select(count) === 'one' ? 'one' : 'other'}` as Key;
  return filled(catalogue[form], { count });
}

function filled(text: string, fill: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, place: string) => String(fill[place] ?? whole));
}
