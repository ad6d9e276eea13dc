// A list that arrives in pages. What is on the screen grows with "Show more"; a page that fails can be asked for again, and
// what had come before it stays.

import { type ReadonlySignal, signal } from '@preact/signals';

export interface Page<Item> {
  items: readonly Item[];
  /** Empty after the last page. */
  nextPageToken: string;
}

export interface ListState<Item> {
  items: readonly Item[];
  /** There is more to ask for. */
  hasMore: boolean;
  phase: 'loading' | 'ready' | 'failed';
  /** Why, in the phase `failed`. */
  error?: unknown;
}

export interface PagedList<Item> {
  state: ReadonlySignal<ListState<Item>>;
  /** Asks for the next page, or for the one that failed. */
  more(): Promise<void>;
  /**
   * Begins anew; what is shown stays until the first page is there. Asked again before that, it waits for the same answer:
   * whoever is impatient on a slow network would otherwise never see one.
   */
  reload(): Promise<void>;
  /** Changes what is shown, after the server changed. */
  change(how: (items: readonly Item[]) => readonly Item[]): void;
}

/**
 * Nothing is asked until the first `more()`. A row that was put in by `change()` may come again with the page that it stands
 * on: it has the same key then, and is shown once.
 */
export function openPages<Item>(
  load: (pageToken: string) => Promise<Page<Item>>,
  keyOf: (item: Item) => unknown = (item) => item,
): PagedList<Item> {
  const state = signal<ListState<Item>>({ items: [], hasMore: false, phase: 'loading' });
  let token = '';
  /** An answer that comes after a reload belongs to a list that is no longer shown. */
  let round = 0;
  let asking = false;
  let reloading: Promise<void> | undefined;

  const ask = async (before: readonly Item[]) => {
    const mine = round;
    asking = true;
    state.value = { ...state.peek(), phase: 'loading' };
    try {
      const page = await load(token);
      if (mine !== round) return;
      token = page.nextPageToken;
      const shown = new Set(before.map(keyOf));
      const items = [...before, ...page.items.filter((item) => !shown.has(keyOf(item)))];
      state.value = { items, hasMore: token !== '', phase: 'ready' };
    } catch (error) {
      if (mine !== round) return;
      state.value = { ...state.peek(), phase: 'failed', error };
    } finally {
      if (mine === round) asking = false;
    }
  };

  return {
    state,
    more: () => (asking ? Promise.resolve() : ask(state.peek().items)),
    reload: () => {
      if (reloading === undefined) {
        round += 1;
        token = '';
        reloading = ask([]).finally(() => {
          reloading = undefined;
        });
      }
      return reloading;
    },
    change(how) {
      state.value = { ...state.peek(), items: how(state.peek().items) };
    },
  };
}

/** Everything, for what only makes sense whole. More pages than `pages_max` are a fault of the server's. */
export async function allPages<Item>(
  load: (pageToken: string) => Promise<Page<Item>>,
  pages_max = 400,
): Promise<Item[]> {
  const items: Item[] = [];
  let token = '';
  for (let page = 0; page < pages_max; page += 1) {
    const { items: more, nextPageToken } = await load(token);
    items.push(...more);
    token = nextPageToken;
    if (token === '') return items;
  }
  throw new Error('the list does not end');
}
