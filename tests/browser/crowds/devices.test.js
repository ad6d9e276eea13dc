// With what one is in a meeting: a second device beside one's first, or only to watch. The register tells them apart.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { displayName, Register } from '../world/register.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('companions and viewers', { timeout: 180_000 }, () => {
  let server, token, register, space, record;
  /** Ada has a laptop and a tablet; Bo is somebody else; Caro only watches. */
  let ada, tablet, bo, caro;

  before(async () => {
    server = await Server.start();
    const links = [1, 2].map(() => server.addUser('ada@example.org', 'Ada'));
    token = server.token('ada@example.org');
    register = new Register(server, token);
    space = await server.openSpace(token);
    [ada, tablet, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true }),
      Person.arrive(server, 'Ada', 'violet', { viewport: { width: 820, height: 1000 } }),
      Person.arrive(server, 'Bo', 'green'),
      Person.arrive(server, 'Caro', 'blue'),
    ]);
    for (const device of [ada, tablet]) await device.signIn(links.pop());
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    record = ada.seat.conferenceRecord;
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    register?.close();
    await Promise.all([ada, tablet, bo, caro].map((person) => person?.go()));
    await server?.stop();
  });

  /** What the last offer of a page had to send with, and what is sent. */
  const sends = (person) => person.page.evaluate(() => {
    const connection = globalThis.observed.connections.at(-1);
    const lines = connection.getTransceivers().filter(({ direction }) => direction === 'sendonly');
    return { lines: lines.length, tracks: lines.filter(({ sender }) => sender.track !== null).length };
  });

  test('a guest has no companion', async () => {
    await caro.page.goto(`${server.url}/${space.meetingCode}`);
    await caro.button('Join').waitFor();
    assert.equal(await caro.page.getByRole('radio', { name: 'Use companion mode' }).isDisabled(), true);
    await caro.sees('Companion mode is for people who are signed in.');
  });

  test('a companion is the same person, silent and unseen', async () => {
    await tablet.join(space.meetingCode, { as: 'Use companion mode' });
    assert.equal(tablet.seat.participant, ada.seat.participant);
    await tablet.seesEach([bo]);
    await tablet.sees('Companion mode');
    for (const name of ['Mute', 'Unmute', 'Stop camera', 'Start camera']) assert.equal(await tablet.button(name).count(), 0, name);
    assert.equal((await sends(tablet)).tracks, 0);
    const audible = () => [...document.querySelectorAll('audio')].some((element) => !element.muted);
    assert.equal(await tablet.page.evaluate(audible), false, 'two devices in one room must not echo');
    await tablet.press('Sound on');
    assert.equal(await tablet.page.evaluate(audible), true);
    await tablet.press('Sound off');
    const tiles = async () => (await bo.tiles()).sort();
    assert.deepEqual(await tiles(), ['Ada', 'Bo'], 'one face for both devices');
    assert.deepEqual((await register.participants(record)).map(displayName).sort(), ['Ada', 'Bo']);
  });

  test('a companion shares a screen', async () => {
    await tablet.press('Share screen');
    for (const person of [bo, ada]) {
      await person.tile('Screen of Ada').waitFor();
      await until(`${person.name} to see it`, () => person.colourIn('Screen of Ada'));
    }
    await tablet.press('Stop sharing');
    await bo.tile('Screen of Ada').waitFor({ state: 'detached' });
  });

  test('a viewer sees and hears, and is nobody on the stage', async () => {
    await caro.join(space.meetingCode, { as: 'Only watch' });
    await caro.seesEach([ada, bo]);
    await until('Caro to hear Ada', () => caro.hearsAnybody());
    assert.deepEqual(await sends(caro), { lines: 0, tracks: 0 });
    for (const name of ['Mute', 'Stop camera', 'Share screen']) assert.equal(await caro.button(name).count(), 0, name);
    assert.deepEqual((await bo.tiles()).sort(), ['Ada', 'Bo']);
    await bo.toggle('People');
    await bo.panel('People').getByRole('listitem').filter({ hasText: 'Caro' }).waitFor();
    await bo.toggle('People');
  });

  test('whoever is lost comes back as what they were', async () => {
    const isBack = async ({ page }) => {
      const resumed = (answer) => /:resume$/.test(answer.url()) && answer.ok();
      const answer = await page.waitForResponse(resumed, { timeout: 30_000 });
      assert.equal((await answer.json()).conferenceRecord, record);
    };
    const everybody = [ada, tablet, bo, caro];
    await Promise.all([...everybody.map(isBack), server.kill().then(() => server.restart())]);
    await Promise.all(everybody.map((person) => person.isIn()));
    await caro.sees('Watching only');
    await tablet.sees('Companion mode');
    assert.deepEqual(await sends(caro), { lines: 0, tracks: 0 });
  });

  test('another window of the same person takes over, and is asked about it', async () => {
    const before = ada.page;
    ada.page = await ada.context.newPage();
    await ada.page.goto(`${server.url}/${space.meetingCode}`);
    await ada.sees('You are in this meeting with another device.');
    assert.equal(await ada.page.getByRole('radio', { name: 'Use companion mode' }).isEnabled(), true);
    await ada.press('Use this device');
    await before.getByText('You are in the meeting with another device').waitFor();
    await ada.isIn();
    await until('one face of Ada', async () => (await bo.tiles()).sort().join() === 'Ada,Bo');
    assert.deepEqual((await ada.tiles()).sort(), ['Ada', 'Bo']);
    await before.close();
  });

  test('the register tells the devices apart', async () => {
    const attendance = async () => {
      const { body } = await server.call('GET', `/sederunt/v1/${record}/attendance`, { token });
      return Object.fromEntries(body.attendees.map(({ displayName: name, role, sessions }) =>
        [name, `${role}: ${[...new Set(sessions.map(({ device }) => device))].sort().join(' ')}`]));
    };
    assert.deepEqual(await attendance(), {
      Ada: 'HOST: COMPANION FULL',
      Bo: 'CONTRIBUTOR: FULL',
      Caro: 'VIEWER: VIEWER',
    });
    const adas = await register.sessions(ada.seat.participant, 'end_time IS NULL', 'rest');
    assert.equal(adas.length, 2, 'both devices are in');
  });

  test('no page made a mistake', () => {
    for (const person of [ada, tablet, bo, caro]) assert.deepEqual(person.errors, [], person.name);
  });
});
