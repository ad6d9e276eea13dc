// Lists that arrive in pages: more, again after a failure, anew.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allPages, openPages, type Page } from '../src/api/pages.ts';

const PAGES: Record<string, Page<number>> = {
  '': { items: [1, 2], nextPageToken: 'two' },
  two: { items: [3], nextPageToken: '' },
};

/** A server that can be told to fail. */
function server() {
  const asked: string[] = [];
  const told = { fails: false };
  const load = async (token: string): Promise<Page<number>> => {
    asked.push(token);
    if (told.fails) throw new Error('no');
    return PAGES[token] ?? { items: [], nextPageToken: '' };
  };
  return { asked, told, load };
}

test('pages follow each other until the last', async () => {
  const { asked, load } = server();
  const list = openPages(load);
  assert.deepEqual(list.state.value, { items: [], hasMore: false, phase: 'loading' });
  await list.more();
  assert.deepEqual(list.state.value, { items: [1, 2], hasMore: true, phase: 'ready' });
  await list.more();
  assert.deepEqual(list.state.value, { items: [1, 2, 3], hasMore: false, phase: 'ready' });
  assert.deepEqual(asked, ['', 'two']);
});

test('two presses ask once', async () => {
  const { asked, load } = server();
  const list = openPages(load);
  await Promise.all([list.more(), list.more()]);
  assert.deepEqual(asked, ['']);
});

test('a page that failed is asked for again, and what was there stays', async () => {
  const { asked, told, load } = server();
  const list = openPages(load);
  await list.more();
  told.fails = true;
  await list.more();
  assert.deepEqual([list.state.value.items, list.state.value.phase], [[1, 2], 'failed']);
  told.fails = false;
  await list.more();
  assert.deepEqual([list.state.value.items, list.state.value.phase], [[1, 2, 3], 'ready']);
  assert.deepEqual(asked, ['', 'two', 'two']);
});

test('a row that was put in before its page came is shown once', async () => {
  const { load } = server();
  const named = async (token: string) => {
    const { items, nextPageToken } = await load(token);
    return { items: items.map((id) => ({ id, from: 'server' })), nextPageToken };
  };
  const list = openPages(named, ({ id }) => id);
  await list.more();
  list.change((items) => [...items, { id: 3, from: 'page' }]);
  await list.more();
  assert.deepEqual(
    list.state.value.items.map(({ id, from }) => `${id} ${from}`),
    ['1 server', '2 server', '3 page'],
  );
  assert.equal(list.state.value.hasMore, false);
});

test('an answer to what is no longer asked is not shown', async () => {
  const answers: ((page: Page<number>) => void)[] = [];
  const list = openPages<number>(() => new Promise((resolve) => answers.push(resolve)));
  const first = list.more();
  const second = list.reload();
  answers[1]?.({ items: [2], nextPageToken: '' });
  await second;
  answers[0]?.({ items: [1], nextPageToken: 'x' });
  await first;
  assert.deepEqual(list.state.value, { items: [2], hasMore: false, phase: 'ready' });
});

test('whoever asks anew twice waits for one answer', async () => {
  const answers: ((page: Page<number>) => void)[] = [];
  const list = openPages<number>(() => new Promise((resolve) => answers.push(resolve)));
  const reloads = [list.reload(), list.reload()];
  assert.equal(answers.length, 1);
  answers[0]?.({ items: [1], nextPageToken: '' });
  await Promise.all(reloads);
  assert.deepEqual(list.state.value.items, [1]);
  const third = list.reload();
  answers[1]?.({ items: [2], nextPageToken: '' });
  await third;
  assert.deepEqual(list.state.value.items, [2]);
});

test('what changed is shown without asking', async () => {
  const { asked, load } = server();
  const list = openPages(load);
  await list.more();
  list.change((items) => items.filter((item) => item !== 1));
  assert.deepEqual(list.state.value.items, [2]);
  assert.deepEqual(asked, ['']);
});

test('all pages, and not for ever', async () => {
  assert.deepEqual(await allPages(server().load), [1, 2, 3]);
  await assert.rejects(allPages(async () => ({ items: [1], nextPageToken: 'again' }), 3), /does not end/);
});
