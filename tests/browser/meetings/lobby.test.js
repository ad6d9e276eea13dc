// The door: who may not walk in knocks, and hosts decide. Each step is a test of its own, and the steps build on one
// another; at the end the register is read for what it knows of all this.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { Person } from '../world/person.js';
import { displayName, Register, time_ms } from '../world/register.js';
import { Server } from '../world/server.js';
import { throughout, until } from '../world/until.js';

/** See `DENIED_WAIT_US` of `meeting`. */
const DENIED_WAIT_MS = 10_000;

describe('the lobby', { timeout: 240_000 }, () => {
  let server, token, register, space, record;
  /** Ada owns the space; Bo and Caro have no account; Dan has one in the same organisation. */
  let ada, bo, caro, dan;

  before(async () => {
    server = await Server.start();
    const adasLink = server.addUser('ada@example.org', 'Ada');
    const dansLink = server.addUser('dan@example.org', 'Dan');
    token = server.token('ada@example.org');
    register = new Register(server, token);
    // As everybody gets it who says nothing about who may come in.
    const created = await register.call('rest', 'spaces', 'create_space', {});
    space = { name: created.name, code: created.meeting_code };
    [ada, bo, caro, dan] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { viewport: { width: 1280, height: 800 } }),
      Person.arrive(server, 'Bo', 'green'),
      Person.arrive(server, 'Caro', 'blue', { viewport: { width: 390, height: 780 } }),
      Person.arrive(server, 'Dan', 'yellow'),
    ]);
    await ada.signIn(adasLink);
    await dan.signIn(dansLink);
  });

  after(async () => {
    register?.close();
    await Promise.all([ada, bo, caro, dan].map((person) => person?.go()));
    await server?.stop();
  });

  const present = async () => (await register.participants(record, 'latest_end_time IS NULL')).map(displayName).sort();

  test('who knocks is told whether a host is there to see it', async () => {
    await bo.knock(space.code);
    await bo.sees('No host is in the meeting now');
    await ada.join(space.code);
    await bo.sees('A host sees that you are here');
    await bo.press('Cancel');
    await bo.button('Ask to join').waitFor();
  });

  test('a name that cannot be shown is refused where it was typed', async () => {
    const name = bo.page.getByRole('textbox', { name: 'Your name' });
    await name.fill('B\u202eo');
    await bo.press('Ask to join');
    await bo.sees('That name has characters that cannot be shown');
    assert.equal(await name.getAttribute('aria-invalid'), 'true');
    await until('the focus to be there', () => name.evaluate((input) => input === document.activeElement));
  });

  test('a long name is whole at the door, and nothing is wider than the page', async () => {
    const name = 'Wolkenschieber'.repeat(7);
    await caro.page.goto(`${server.url}/${space.code}`);
    await caro.page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await caro.press('Ask to join');
    await caro.sees(`You appear as ${name} (Guest)`);
    await ada.press('Show');
    assert.deepEqual(await barriers(ada.page), []);
    for (const person of [ada, caro]) {
      const [shown, wide] = await person.page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
      assert.ok(wide <= shown, `${person.name}: ${wide} of ${shown}`);
    }
    const shown = ada.panel('People').getByText(name);
    assert.ok(await shown.evaluate((text) => text.scrollWidth <= text.clientWidth), 'not cut short');
    await caro.press('Cancel');
    await ada.press('Close');
  });

  test('the owner and members of the organisation walk in', async () => {
    await dan.join(space.code);
    record = ada.seat.conferenceRecord;
    assert.ok(!ada.seat.waiting && !dan.seat.waiting);
    await Promise.all([ada.seesEach([dan]), dan.seesEach([ada])]);
  });

  test('a stranger knocks, and is nowhere until a host has decided', async () => {
    await bo.knock(space.code);
    assert.equal(bo.seat.waiting, true);
    await bo.sees('You appear as Bo (Guest)');
    await bo.sees('Waiting for an answer');
    await ada.sees('Bo (Guest) asks to come in');
    await throughout('Bo is nowhere', 1_000, async () => {
      assert.deepEqual(await present(), ['Ada', 'Dan']);
      assert.equal(await dan.tile('Bo').count(), 0);
      return (await dan.page.getByText('Bo (Guest) asks to come in').count()) === 0;
    });
    await assert.rejects(register.session(bo.seat.participantSession), 'what is promised is not there yet');
  });

  test('admitted, they are in without another click', async () => {
    await ada.press('Admit');
    await bo.isIn();
    await Promise.all([bo.seesEach([ada, dan]), ada.seesEach([bo]), dan.seesEach([bo])]);
    await ada.page.getByText('asks to come in').waitFor({ state: 'hidden' });
    assert.deepEqual(await present(), ['Ada', 'Bo', 'Dan']);
    const session = await register.session(bo.seat.participantSession);
    assert.ok(time_ms(session.start_time) > 0, 'the session has the name that was promised at the door');
  });

  test('who was let in once walks in again, and is told so', async () => {
    await bo.page.reload();
    await bo.sees('You can walk straight in.');
    await bo.join(space.code);
    assert.ok(!bo.seat.waiting);
    await bo.leave();
    await bo.rejoin();
    assert.ok(!bo.seat.waiting);
    await ada.seesEach([bo]);
  });

  test('the list of people names who waits, and sends them away', async () => {
    await caro.knock(space.code);
    await ada.press('Show');
    const door = ada.panel('People').getByRole('region', { name: 'Waiting to come in' });
    await door.getByText('Caro').waitFor();
    await door.getByText('Not signed in').waitFor();
    await ada.press('Deny Caro (Guest)');
    await caro.sees('You were not let in');
    await door.waitFor({ state: 'detached' });
    const focused = () => caro.page.evaluate(() => document.activeElement?.textContent?.trim());
    await until('the focus to be on what to do next', async () => (await focused()) === 'Ask again');
  });

  test('who was sent away may ask again after a while, and may turn back', async () => {
    await new Promise((passed) => setTimeout(passed, DENIED_WAIT_MS));
    await caro.askAgain();
    await ada.button('Admit Caro (Guest)').waitFor();
    await caro.press('Cancel');
    await caro.button('Ask to join').waitFor();
    await ada.button('Admit Caro (Guest)').waitFor({ state: 'detached' });
  });

  test('a knock whose page is closed is heard no more', async () => {
    const passer = await Person.arrive(server, 'Passer', 'grey');
    await passer.knock(space.code);
    await ada.button('Deny Passer (Guest)').waitFor();
    await passer.closeTab();
    await ada.button('Deny Passer (Guest)').waitFor({ state: 'detached' });
    await passer.go();
  });

  test('who is put out is out, and has to knock', async () => {
    await ada.press('What to do about Bo (Guest)');
    await ada.press('Remove Bo (Guest)');
    await ada.page.getByRole('dialog', { name: 'Remove Bo (Guest) from the meeting?' }).getByRole('button', { name: 'Remove' }).click();
    await bo.sees('You were removed from the meeting');
    for (const person of [ada, dan]) await person.tile('Bo').waitFor({ state: 'detached' });
    assert.deepEqual(await present(), ['Ada', 'Dan']);
    await bo.askAgain();
    assert.equal(bo.seat.waiting, true);
    await bo.page.reload();
    await bo.knock(space.code);
    assert.equal(bo.seat.waiting, true, 'loading the page anew is no way around it');
  });

  test('all who wait are admitted at once', async () => {
    await caro.knock(space.code);
    await ada.button('Admit Caro (Guest)').waitFor();
    await ada.press('Admit all');
    await Promise.all([bo.isIn(), caro.isIn()]);
    await Promise.all([ada.seesEach([bo, caro, dan]), caro.seesEach([ada])]);
    assert.deepEqual(await present(), ['Ada', 'Bo', 'Caro', 'Dan']);
  });

  test('the register has everybody once, and what became of them', async () => {
    const { body } = await server.call('GET', `/sederunt/v1/${record}/attendance`, { token });
    const told = Object.fromEntries(body.attendees.map(({ displayName: name, role, removed = false, sessions }) =>
      [name, `${role}${removed ? ', removed' : ''}, ${sessions.map(({ device }) => device).join(' ')}`]));
    assert.deepEqual(told, {
      Ada: 'HOST, FULL',
      Bo: told.Bo,
      Caro: 'CONTRIBUTOR, FULL',
      Dan: 'CONTRIBUTOR, FULL',
    });
    // Before they were put out: admitted, and back again by themselves.
    assert.match(told.Bo, /^CONTRIBUTOR.*FULL FULL/);
    assert.ok(!body.attendees.some(({ displayName: name }) => name === 'Passer'), 'who never came in was never there');
  });

  test('no page made a mistake', () => {
    for (const person of [ada, bo, caro, dan]) assert.deepEqual(person.errors, [], person.name);
  });
});
