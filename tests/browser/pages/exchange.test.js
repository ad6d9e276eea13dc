// What people tell each other besides voice and picture: chat, reactions, raised hands.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('chat, reactions and hands', { timeout: 120_000 }, () => {
  let server, space;
  /** Ada owns the space; Caro comes late. */
  let ada, bo, caro;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    space = await server.openSpace(server.token('ada@example.org'));
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { viewport: { width: 1280, height: 800 } }),
      Person.arrive(server, 'Bo', 'green'),
      Person.arrive(server, 'Caro', 'blue'),
    ]);
    await ada.signIn(link);
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    await Promise.all([ada, bo, caro].map((person) => person?.go()));
    await server?.stop();
  });

  const write = async (person, text) => {
    const input = person.page.getByRole('textbox', { name: 'Write to everybody' });
    await input.fill(text);
    await input.press('Enter');
  };
  const said = (person) => person.panel('Chat').getByRole('log').getByRole('article').allInnerTexts();

  test('a message reaches whoever has the chat closed', async () => {
    await bo.toggle('Chat');
    await write(bo, 'The agenda is at https://example.org/agenda.');
    await ada.sees('Bo (Guest): The agenda is at https://example.org/agenda.');
    await ada.button('Chat, 1 unread').click();
    const link = ada.panel('Chat').getByRole('link', { name: 'https://example.org/agenda', exact: true });
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    await ada.button('Chat').waitFor();
  });

  test('both read the same, in the same order', async () => {
    await write(ada, 'Thank you!\nShall we begin?');
    await write(bo, '<b>Yes</b>');
    await until('both to read three', async () => (await said(ada)).length === 3 && (await said(bo)).length === 3);
    const [adas, bos] = [await said(ada), await said(bo)];
    assert.match(adas[1], /^Ada \(you\)\s+\d\d:\d\d\s+Thank you! ?\nShall we begin\?$/);
    assert.match(bos[1], /^Ada\s/);
    assert.match(adas[2], /<b>Yes<\/b>$/, 'what looks like a tag is text');
  });

  test('a message that the server refuses is not taken for sent', async () => {
    for (let count = 0; count < 14; count++) await write(bo, `Again ${count}`);
    const refused = bo.panel('Chat').getByRole('article').filter({ has: bo.page.getByText('Not sent', { exact: true }) });
    const last = (await refused.first().innerText()).match(/Again \d+/)[0];
    await until('Ada to read the others', async () => (await said(ada)).some((text) => /Again 5/.test(text)));
    assert.ok(!(await said(ada)).some((text) => text.includes(`${last}\n`) || text.endsWith(last)), last);
  });

  test('a reaction is seen on its tile and read out', async () => {
    await bo.toggle('Chat');
    await bo.press('React');
    await bo.press('Thumbs up');
    const tile = await ada.tile('Bo').elementHandle();
    await until('Ada to see it', () => tile.evaluate((element) => element.textContent.includes('👍')));
    await ada.page.getByRole('status').filter({ hasText: 'Thumbs up 1' }).waitFor();
    await until('it to go', () => tile.evaluate((element) => !element.textContent.includes('👍')));
  });

  test('hands are raised in an order', async () => {
    await bo.page.keyboard.press('Escape');
    await bo.press('Raise hand');
    await ada.sees('Bo (Guest) raised a hand');
    await ada.tile('Bo').getByRole('img', { name: 'Hand raised, place 1' }).waitFor();
    await ada.press('Raise hand');
    await bo.tile('Ada').getByRole('img', { name: 'Hand raised, place 2' }).waitFor();
    await ada.toggle('People');
    const rows = await ada.panel('People').getByRole('listitem').allInnerTexts();
    assert.deepEqual(rows.map((row) => row.split('\n')[0]), ['Bo', 'Ada (you)']);
  });

  test('a newcomer sees the hands, and not what was written before', async () => {
    await caro.join(space.meetingCode);
    await caro.tile('Bo').getByRole('img', { name: 'Hand raised, place 1' }).waitFor();
    await caro.toggle('Chat');
    assert.deepEqual(await said(caro), []);
  });

  test('a host lowers the hands of others, everybody their own', async () => {
    await ada.press('What to do about Bo (Guest)');
    await ada.press('Lower the hand of Bo (Guest)');
    await bo.button('Raise hand').waitFor();
    await caro.tile('Ada').getByRole('img', { name: 'Hand raised, place 1' }).waitFor();
    await ada.press('Lower hand');
    await caro.tile('Ada').getByRole('img', { name: 'Hand raised, place 1' }).waitFor({ state: 'detached' });
  });

  test('a guest is marked wherever the name stands, whatever it is, and when they have gone too', async () => {
    await bo.leave();
    bo.name = 'Host';
    await bo.join(space.meetingCode);
    const marked = (place) => place.getByText('Guest', { exact: true });
    await ada.sees('Host (Guest) joined');
    await marked(ada.tile('Host')).waitFor();
    await marked(bo.page.locator('figure[data-self]')).waitFor();
    assert.equal(await marked(bo.tile('Ada')).count(), 0, 'an account is not marked');
    const row = ada.panel('People').getByRole('listitem').filter({ hasText: 'Host' });
    await marked(row).waitFor();
    await bo.press('React');
    await bo.press('Heart');
    await ada.sees('Host (Guest)');
    await bo.page.keyboard.press('Escape');
    await bo.toggle('Chat');
    await write(bo, 'I am the host');
    await ada.sees('Host (Guest): I am the host');
    await bo.leave();
    await ada.tile('Host').waitFor({ state: 'detached' });
    await ada.toggle('Chat');
    const message = ada.panel('Chat').getByRole('article').filter({ hasText: 'I am the host' });
    await marked(message).waitFor();
    await write(ada, 'I am');
    const own = ada.panel('Chat').getByRole('article').filter({ hasText: 'Ada (you)' }).last();
    await own.waitFor();
    assert.equal(await marked(own).count(), 0);
  });

  test('a name that is too long is cut at its end, whichever way it is written', async () => {
    for (const word of ['Wilhelmina ', 'عبد الرحمن ']) {
      bo.name = word.repeat(9).trim();
      await bo.join(space.meetingCode);
      const shown = await bo.page.locator('figure[data-self] .caption-name').evaluate((element) => {
        const first = document.createRange();
        first.setStart(element.firstChild, 0);
        first.setEnd(element.firstChild, 1);
        const [letter, box] = [first.getBoundingClientRect(), element.getBoundingClientRect()];
        return {
          isCut: element.scrollWidth > element.clientWidth,
          beginsInside: letter.left >= box.left - 1 && letter.right <= box.right + 1,
        };
      });
      assert.deepEqual(shown, { isCut: true, beginsInside: true }, bo.name);
      await bo.leave();
    }
  });

  test('a program that came as somebody is marked as one', async () => {
    server.addUser('dan@example.org', 'Dan');
    const token = server.token('dan@example.org', 'urn:sederunt:scope:meetings.participate');
    // A page like any other, but what asks the server is what bears the token.
    await bo.page.route(/:(join|leave)$/, (route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${token}` } }));
    await bo.join(space.meetingCode);
    await ada.sees('Dan (Program) joined');
    const tile = ada.page.getByRole('figure', { name: 'Dan (Program)', exact: true });
    await tile.getByText('Program', { exact: true }).waitFor();
    await bo.toggle('Chat');
    await write(bo, 'I take the minutes');
    const message = ada.panel('Chat').getByRole('article').filter({ hasText: 'I take the minutes' });
    await message.getByText('Program', { exact: true }).waitFor();
    await ada.toggle('People');
    const row = ada.panel('People').getByRole('listitem').filter({ hasText: 'Dan' });
    await row.getByText('Program', { exact: true }).waitFor();
    await bo.leave();
    const { body } = await server.call('GET', `/sederunt/v1/${ada.seat.conferenceRecord}/attendance`, {
      token: server.token('ada@example.org'),
    });
    const programs = body.attendees.filter(({ sessions }) => sessions.some(({ byProgram }) => byProgram));
    assert.deepEqual(programs.map(({ displayName }) => displayName), ['Dan']);
  });

  test('the keyboard opens a panel, closes it, and is where it was', async () => {
    await caro.page.keyboard.press('Escape');
    await caro.button('Chat').waitFor();
    const focused = () => caro.page.evaluate(() => document.activeElement?.textContent?.trim());
    await until('the focus to be back', async () => (await focused()) === 'Chat');
    await caro.page.keyboard.press('Enter');
    await until('the focus to be in the message', () => caro.page.evaluate(() => document.activeElement?.tagName === 'TEXTAREA'));
  });

  test('no page made a mistake', () => {
    for (const person of [ada, bo, caro]) assert.deepEqual(person.errors, [], person.name);
  });
});
