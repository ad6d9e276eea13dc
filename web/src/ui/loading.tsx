// What a page shows while it waits, when nothing came, and when there is nothing. Waiting is said only after a moment (the
// style sheet holds it back), so that a fast answer does not flicker.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PagedList } from '../api/pages.ts';
import { ApiError } from '../api/request.ts';
import { t } from '../text/text.ts';
import { askForAccount } from './account.ts';
import { keep, kept } from './navigation.ts';
import { reasonOf } from './reason.ts';

export type Loaded<Value> =
  | { phase: 'loading' }
  | { phase: 'failed'; error: unknown }
  | { phase: 'ready'; value: Value };

export interface Loading<Value> {
  state: Loaded<Value>;
  again(): void;
  /** After the server changed it. */
  set(value: Value): void;
}

/** Loads anew whenever `key` changes. */
export function useLoaded<Value>(key: string, load: () => Promise<Value>): Loading<Value> {
  const state = useSignal<Loaded<Value>>({ phase: 'loading' });
  const current = useRef(0);
  const ask = () => {
    current.current += 1;
    const mine = current.current;
    const show = (next: Loaded<Value>) => {
      if (mine === current.current) state.value = next;
    };
    state.value = { phase: 'loading' };
    load().then(
      (value) => show({ phase: 'ready', value }),
      (error: unknown) => show({ phase: 'failed', error }),
    );
  };
  useEffect(() => {
    ask();
    return () => {
      current.current += 1;
    };
  }, [key]);
  return {
    state: state.value,
    again: ask,
    set: (value) => {
      state.value = { phase: 'ready', value };
    },
  };
}

export function Wait() {
  return (
    <p class="wait" role="status">
      {t('app.loading')}
    </p>
  );
}

export function Failed({ error, onAgain }: { error: unknown; onAgain(): void }) {
  useEffect(() => {
    // Signed out elsewhere, or too long ago: the page then shows the way in.
    if (error instanceof ApiError && error.status === 'UNAUTHENTICATED') void askForAccount();
  }, [error]);
  return (
    <div class="failed" role="alert">
      <p>{reasonOf(error)}</p>
      <button type="button" class="button" onClick={onAgain}>
        {t('app.again')}
      </button>
    </div>
  );
}

/** Asks for pages until so many rows are there, or no more come. */
async function grow<Item>(list: PagedList<Item>, count: number): Promise<void> {
  const isShort = () => {
    const { items, hasMore, phase } = list.state.peek();
    return phase === 'ready' && hasMore && items.length < count;
  };
  do await list.more();
  while (isShort());
}

export interface ListingProps<Item> {
  list: PagedList<Item>;
  /** What the list is of, for those who do not see the heading above it. */
  label: string;
  empty: ComponentChildren;
  keyOf(item: Item): string;
  row(item: Item): ComponentChildren;
  /** Stop after the first page: the whole list has a page of its own. */
  short?: boolean;
}

/** A list with "Show more". Whoever comes back to it finds it as long as it was, and where they were in it. */
export function Listing<Item>({ list, label, empty, keyOf, row, short = false }: ListingProps<Item>) {
  const place = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (list.state.peek().items.length > 0) return;
    const { rows = {}, scrollY } = kept();
    const count = short ? 0 : (rows[label] ?? 0);
    void grow(list, count).then(() => {
      if (scrollY !== undefined) requestAnimationFrame(() => scrollTo(0, scrollY));
    });
  }, [list]);
  const { items, hasMore, phase, error } = list.state.value;
  const more = async () => {
    const before = items.length;
    await list.more();
    keep({ rows: { ...kept().rows, [label]: list.state.peek().items.length } });
    // The button moves down or goes away: whoever used it goes on at the first new row.
    requestAnimationFrame(() => place.current?.children[before]?.querySelector<HTMLElement>('a, button')?.focus());
  };
  return (
    <div class="listing" aria-busy={phase === 'loading'}>
      {items.length > 0 && (
        <ul ref={place} class="rows" aria-label={label}>
          {items.map((item) => (
            <li key={keyOf(item)}>{row(item)}</li>
          ))}
        </ul>
      )}
      {phase === 'ready' && items.length === 0 && <div class="empty">{empty}</div>}
      {phase === 'loading' && items.length === 0 && <Wait />}
      {phase === 'failed' && <Failed error={error} onAgain={() => void list.more()} />}
      {!short && hasMore && phase !== 'failed' && (
        <button type="button" class="button more-rows" disabled={phase === 'loading'} onClick={more}>
          {t('app.more')}
        </button>
      )}
    </div>
  );
}
