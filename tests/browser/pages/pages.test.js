// What is fetched, and when: a guest downloads the page of a meeting and nothing of what belongs to others; what cannot be fetched is
// said, and the way on is one button.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { Desks } from '../world/desks.js';

/** The page, scripts and styles of a guest who opens a meeting, as small as gzip makes them. */
const FIRST_LOAD_BYTES_MAX = 40_000;

/** Words of the register, of telephone calls, of the administration and of its texts, which no build takes out. */
const OF_OTHERS = ['/sederunt/v1/meetings', '/sederunt/v1/memberships', 'redirectUris', 'domain-wide delegation'];

describe('pages', { timeout: 120_000 }, () => {
  let desks, server, token, space, ada, bo;

  before(async () => {
    desks = await Desks.open({ administrator: true });
    ({ server, token, ada, bo } = desks);
    space = await server.openSpace(token);
  });

  after(() => desks?.close());

  /** What the browser takes of the client while something is done: pages, scripts and styles. */
  const downloads = async (page, act) => {
    const paths = new Set();
    const note = (request) => {
      const isFile = ['document', 'script', 'stylesheet'].includes(request.resourceType());
      if (isFile) paths.add(new URL(request.url()).pathname);
    };
    page.on('request', note);
    await act();
    page.off('request', note);
    // From the server once more: a browser forgets the bodies of a page that it leaves.
    return Promise.all([...paths].map(async (path) => ({ path, body: await (await fetch(server.url + path)).text() })));
  };

  const foreignIn = (files) => OF_OTHERS.filter((word) => files.some(({ body }) => body.includes(word)));

  test('a guest downloads what a meeting needs, and no more', async () => {
    const files = await downloads(bo.page, async () => {
      await bo.page.goto(`${server.url}/${space.meetingCode}`, { waitUntil: 'networkidle' });
      await bo.button('Join').waitFor();
    });
    const sizes = files.map(({ path, body }) => [path, gzipSync(body, { level: 9 }).length]);
    const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
    assert.ok(files.length >= 3, 'the page, a script and a style at least');
    assert.ok(bytes < FIRST_LOAD_BYTES_MAX, `${bytes} bytes: ${sizes.map((size) => size.join(' ')).join(', ')}`);
    assert.deepEqual(foreignIn(files), []);
  });

  test('the meeting comes with the first touch, and what is others’ not even then', async () => {
    const files = await downloads(bo.page, () => bo.join(space.meetingCode));
    assert.deepEqual(foreignIn(files), []);
    await bo.leave();
  });

  test('on a phone the way in is on the screen, and so is all of the link for others', async () => {
    const [width, height] = [390, 844];
    await bo.page.setViewportSize({ width, height });
    await bo.page.goto(`${server.url}/${space.meetingCode}`);
    const isOnScreen = async (element) => {
      const box = await element.boundingBox();
      return box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    };
    assert.ok(await isOnScreen(bo.button('Join')), 'Join');
    await bo.join(space.meetingCode);
    const link = bo.page.getByRole('textbox', { name: 'Meeting link' });
    const copy = bo.page.getByRole('button').filter({ hasText: 'Copy link' });
    for (const element of [link, copy]) assert.ok(await isOnScreen(element), String(element));
    assert.ok(await link.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth), 'the link is not cut');
    await bo.leave();
  });

  test('those whom it is for do download it', async () => {
    const { page } = ada;
    const files = await downloads(page, async () => {
      await page.goto(`${server.url}/administration`, { waitUntil: 'networkidle' });
      await page.getByRole('list', { name: 'People' }).getByText('ada@example.org').waitFor();
      await page.goto(`${server.url}/meetings`);
      await page.getByRole('list', { name: 'Past meetings' }).getByRole('link').first().click();
      await ada.sees('Download as CSV');
      await page.goto(`${server.url}/calls`);
      await ada.sees('You are in no project');
    });
    assert.deepEqual(foreignIn(files), OF_OTHERS, 'or the words above prove nothing');
  });

  test('a page that takes its time says so', async () => {
    const { page } = ada;
    await page.goto(server.url);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route('**/assets/password-*.js', async (route) => {
      await held;
      await route.continue();
    });
    await ada.press('Account of Ada');
    await page.getByRole('link', { name: 'Set password' }).click();
    await page.getByRole('status').getByText('One moment…').waitFor();
    assert.equal(await page.title(), 'Set password – Sederunt');
    release();
    await page.getByRole('heading', { name: 'Set password' }).waitFor();
  });

  test('a page that cannot be fetched says so, and is there after loading again', async () => {
    const { page } = ada;
    // As after an update: the page that is open names files that are gone.
    await page.goto(server.url);
    await page.route('**/assets/space-*.js', (route) => route.fulfill({ status: 404, body: 'there is no such file\n' }));
    await page.getByRole('link', { name: `Settings of ${space.meetingCode}` }).click();
    await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor();
    await page.unroute('**/assets/space-*.js');
    await ada.press('Load again');
    await page.getByRole('heading', { name: 'Settings of a space' }).waitFor();
  });
});
