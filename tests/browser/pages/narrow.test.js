// A host on a phone: the stage, and what lies over it. News is seen whatever is open, covers no name, and takes no focus with it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('a meeting on a phone', { timeout: 120_000 }, () => {
  let server, space;
  /** Ada hosts from her phone; Bo has no account, and has to knock. */
  let ada, bo;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    ({ body: space } = await server.call('POST', '/v2/spaces', { token: server.token('ada@example.org'), body: {} }));
    [ada, bo] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { viewport: { width: 390, height: 844 } }),
      Person.arrive(server, 'Bo', 'green'),
    ]);
    await ada.signIn(link);
    await ada.join(space.meetingCode);
  });

  after(async () => {
    assert.deepEqual([...(ada?.errors ?? []), ...(bo?.errors ?? [])], []);
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  const own = () => ada.page.locator('figure[data-self] figcaption');
  const notice = (text) => ada.page.locator('.notices p', { hasText: text });

  /** Nothing lies over it. */
  const isSeen = (locator) =>
    locator.first().evaluate((element) => {
      // What lets a finger through is seen all the same.
      element.style.pointerEvents = 'auto';
      const { x, y, width, height } = element.getBoundingClientRect();
      const there = document.elementFromPoint(x + width / 2, y + height / 2);
      return element.contains(there);
    });

  const focused = () => ada.page.evaluate(() => document.activeElement.localName);

  test('who is alone reads the link and their own name', async () => {
    await ada.sees('You are the only one here');
    assert.ok(await isSeen(own()));
    assert.ok(await isSeen(ada.page.getByRole('textbox', { name: 'Meeting link' })));
  });

  test('Back closes what is open, and leaves the meeting only then', async () => {
    await ada.toggle('People');
    await ada.panel('People').waitFor();
    await ada.toggle('Chat');
    await ada.panel('Chat').waitFor();
    await ada.page.goBack();
    await ada.panel('Chat').waitFor({ state: 'detached' });
    await ada.isIn();
    // One that was closed otherwise is no step back.
    const steps = () => ada.page.evaluate(() => history.state);
    await ada.toggle('Chat');
    await until('a step back to be there', async () => (await steps()) !== null);
    await ada.page.keyboard.press('Escape');
    await until('it to be gone', async () => (await steps()) === null);
    await ada.isIn();
  });

  test('who knocks is seen above the chat, and whoever lets them in keeps the focus', async () => {
    await ada.toggle('Chat');
    await bo.knock(space.meetingCode);
    const admit = ada.button('Admit');
    await admit.waitFor();
    assert.ok(await isSeen(admit));
    assert.ok(await admit.evaluate((button) => button.getBoundingClientRect().right <= innerWidth), 'all of it');
    assert.deepEqual(await barriers(ada.page), []);
    await admit.focus();
    await ada.page.keyboard.press('Enter');
    await bo.isIn();
    await notice('Bo (Guest) joined').waitFor();
    assert.ok(await isSeen(notice('Bo (Guest) joined')));
    await admit.waitFor({ state: 'detached' });
    assert.equal(await focused(), 'main');
    await ada.page.goBack();
  });

  test('a host who acts on somebody keeps the focus, also when they are gone', async () => {
    await bo.press('Raise hand');
    await ada.toggle('People');
    await ada.press('What to do about Bo (Guest)');
    await ada.press('Mute Bo (Guest)');
    await until('Bo to be silent', () => ada.page.getByRole('button', { name: 'Mute Bo (Guest)', disabled: true }).count());
    assert.equal(await focused(), 'button');
    await ada.press('Lower the hand of Bo (Guest)');
    await ada.button('Lower the hand of Bo (Guest)').waitFor({ state: 'detached' });
    assert.equal(await ada.page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'What to do about Bo (Guest)');
    // The list hears of it before the answer comes.
    await ada.page.route('**/*:remove', async (route) => {
      const response = await route.fetch();
      await ada.button('What to do about Bo (Guest)').waitFor({ state: 'detached' });
      await route.fulfill({ response });
    });
    await ada.press('Remove Bo (Guest)');
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await ada.button('What to do about Bo (Guest)').waitFor({ state: 'detached' });
    await until('the focus to be on the list', async () => (await focused()) === 'ul');
  });

  test('what was copied is read out', async () => {
    await ada.page.context().grantPermissions(['clipboard-write']);
    await ada.panel('People').getByRole('button').filter({ hasText: 'Copy link' }).click();
    await ada.panel('People').getByRole('status').filter({ hasText: 'Copied' }).waitFor();
    await ada.page.goBack();
  });

  test('whoever wants nothing to move sees reactions too', async () => {
    await ada.page.emulateMedia({ reducedMotion: 'reduce' });
    await ada.press('React');
    await ada.press('Thumbs up');
    const shown = await ada.page.locator('.reaction').first().elementHandle();
    const isStill = (element) => getComputedStyle(element).opacity === '1' && element.getAnimations().length === 0;
    await until('it to be still', () => shown.evaluate(isStill));
  });
});
