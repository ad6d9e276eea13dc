// Gives the text of a key. Keys and the places in their text are types: a misspelt key or a
// forgotten place does not compile. The functions here know what is needed everywhere; the others in this folder know more,
// and are fetched with the pages that need it.

import { en } from './en.ts';

type Texts = Readonly<Record<string, string>>;

type PlacesIn<Text extends string> = Text extends `${string}{${infer Place}}${infer Rest}`
  ? Place | PlacesIn<Rest>
  : never;
type Fill<Text extends string> = [PlacesIn<Text>] extends [never] ? [] : [Record<PlacesIn<Text>, string | number>];

/** A key without its `.one` or `.other`. */
type Counted<Key> = Key extends `${infer Base}.other` ? Base : never;

/** The keys of texts without places. */
type Plain<Catalogue extends Texts> = {
  [Key in keyof Catalogue]: Fill<Catalogue[Key]> extends [] ? Key : never;
}[keyof Catalogue];

export type PlainKey = Plain<typeof en>;

/** In what is written from right to left, as names may be. */
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Keeps apart (U+2068, U+2069) what would turn round the words beside it. */
function amongWords(value: string | number): string {
  const text = String(value);
  return FROM_RIGHT.test(text) ? `\u2068${text}\u2069` : text;
}

const plural = new Intl.PluralRules('en');

/** The functions for the texts of one catalogue. */
export function textOf<const Catalogue extends Texts>(catalogue: Catalogue) {
  const filled = (key: string, fill: Readonly<Record<string, string | number>>) =>
    (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, place: string) => amongWords(fill[place] ?? whole));
  return {
    t<Key extends keyof Catalogue & string>(key: Key, ...[fill]: Fill<Catalogue[Key]>): string {
      return filled(key, fill ?? {});
    },
    counted(key: Counted<keyof Catalogue>, count: number): string {
      return filled(`${key}.${plural.select(count) === 'one' ? 'one' : 'other'}`, { count });
    },
  };
}

export const { t, counted } = textOf(en);
