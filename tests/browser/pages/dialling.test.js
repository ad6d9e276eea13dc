// A host calls somebody into the meeting from its page: a real telephone rings, is heard and hangs up; who may not call finds nothing to
// press, and of a call that comes to nothing it is said why.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { toneSamples } from '../world/material.js';
import { Person } from '../world/person.js';
import { freePort, Server } from '../world/server.js';
import { Telephone } from '../world/telephone.js';
import { until } from '../world/until.js';

const NUMBER = '+442071838750';
const SEEN = '+44 ••• ••50';
const TONE_HZ = 700;
/** What arrives of a voice: decibels below the loudest. */
const HEARD_DB = -55;

describe('calling somebody into a meeting', { timeout: 120_000 }, () => {
  let server, ada, bo, telephone;

  before(async () => {
    telephone = await Telephone.numbered(NUMBER, { says: toneSamples(TONE_HZ, 60, 8_000) });
    const sipPort = await freePort();
    const first = 40_000 + 200 * (sipPort % 100);
    server = await Server.start({
      settings: `[telephony]\nlisten = "127.0.0.1:${sipPort}"\ndomain = "sip.example.org"\nfirst_port = ${first}\nlast_port = ${first + 100}\npeers = ["127.0.0.0/8"]\nphone_access = ["+431234567 AT de"]\ntrunk = "${telephone.gateway}"\ntrunk_prefixes = ["+44"]\n`,
    });
    const link = server.addUser('ada@example.org', 'Ada');
    const space = await server.openSpace(server.token('ada@example.org'));
    [ada, bo] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { viewport: { width: 1280, height: 900 } }),
      Person.arrive(server, 'Bo', 'green', { viewport: { width: 1280, height: 900 } }),
    ]);
    await ada.signIn(link);
    for (const person of [ada, bo]) {
      await person.join(space.meetingCode);
      await person.toggle('People');
    }
  });

  after(async () => {
    assert.deepEqual([...(ada?.errors ?? []), ...(bo?.errors ?? [])], []);
    await telephone?.off();
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  const people = () => ada.panel('People');
  const dialog = () => ada.page.getByRole('dialog', { name: 'Call somebody into the meeting' });
  const call = async (number) => {
    await ada.press('Call somebody');
    await dialog().getByLabel('Phone number').fill(number);
    await dialog().getByRole('button', { name: 'Call', exact: true }).click();
  };

  test('who may make no calls has nothing to press', async () => {
    await ada.button('Mute everybody').waitFor();
    assert.equal(await ada.button('Call somebody').count(), 0, 'a host who is in no project');
    server.makeProject('support', 'ada@example.org');
    await ada.toggle('People');
    await ada.toggle('People');
    await ada.button('Call somebody').waitFor();
    assert.equal(await bo.button('Call somebody').count(), 0, 'somebody who is no host');
  });

  test('what is no number is refused beside it, and a number that may not be called afterwards', async () => {
    await call('12');
    await dialog().getByText('is no number such as').waitFor();
    assert.deepEqual(await barriers(ada.page), []);
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await call('+1 202 555 0100');
    await ada.sees('Calling +12025550100');
    await ada.sees('+12025550100 could not be called: +12025550100 begins with nothing that');
    assert.equal(await people().getByRole('img', { name: 'By phone' }).count(), 0);
  });

  test('whoever answers is there, is heard, and hangs up', async (t) => {
    await call('+44 20 7183-8750');
    await ada.sees(`Calling ${NUMBER}`);
    await people().getByRole('img', { name: 'By phone' }).waitFor();
    await people().getByText(SEEN).first().waitFor();
    const hears = async () => {
      const [level] = await bo.hearsTones([TONE_HZ], 1);
      t.diagnostic(`Bo hears them at ${level.toFixed(0)} dB`);
      return level > HEARD_DB;
    };
    await until('Bo to hear them', hears);
    telephone.hangUp();
    await until('them to be gone', async () => (await people().getByRole('img', { name: 'By phone' }).count()) === 0);
  });

  test('where the gateway does not know a number it is said', async () => {
    await call('+44 20 7183 8751');
    await ada.sees('+442071838751 could not be called');
  });
});
