// Somebody telephones into a meeting, as the others see it: they knock, are let in, bear a mark, are muted and put out; the invitation
// says by what they call. A real telephone, and Google's own client for what the register knows.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { Person } from '../world/person.js';
import { Register } from '../world/register.js';
import { freePort, Server } from '../world/server.js';
import { Telephone } from '../world/telephone.js';
import { until } from '../world/until.js';

const HOST = 'meet.sip.example.org';
const SEEN = 'b•••@example.org';

describe('telephones in a meeting', { timeout: 180_000 }, () => {
  let server, register, space, ada, telephone, record;

  before(async () => {
    const sipPort = await freePort();
    const first = 40_000 + 200 * (sipPort % 100);
    server = await Server.start({
      settings: `[telephony]\nlisten = "127.0.0.1:${sipPort}"\ndomain = "sip.example.org"\nfirst_port = ${first}\nlast_port = ${first + 100}\nphone_access = ["+431234567 AT de"]\ngateway_sip_access = "${HOST}"\n`,
    });
    const link = server.addUser('ada@example.org', 'Ada');
    const token = server.token('ada@example.org');
    register = new Register(server, token);
    const { body } = await server.call('POST', '/v2/spaces', { token, body: {} });
    space = body;
    ada = await Person.arrive(server, 'Ada', 'red', { viewport: { width: 1280, height: 900 } });
    await ada.signIn(link);
    await ada.join(space.meetingCode);
    telephone = await Telephone.of('bo', { sipPort, says: 'Good morning, this is Bo.' });
  });

  after(async () => {
    assert.deepEqual(ada?.errors ?? [], []);
    register?.close();
    await telephone?.off();
    await ada?.go();
    await server?.stop();
  });

  test('the invitation says by what one calls', async () => {
    const [{ phoneNumber, pin }] = space.phoneAccess;
    assert.deepEqual([phoneNumber, /^\d{10}$/.test(pin)], ['+431234567', true]);
    await ada.toggle('People');
    const people = ada.panel('People');
    await people.getByText('Join by phone').click();
    await people.getByRole('link', { name: '+431234567 (AT)' }).waitFor();
    await people.getByText(pin, { exact: true }).waitFor();
    const address = people.getByLabel('Address for meeting rooms (SIP)').first();
    assert.equal(await address.inputValue(), space.gatewaySipAccess[0].uri);
    // What the rest of the page is, others test.
    assert.deepEqual((await barriers(ada.page)).filter((barrier) => barrier.includes('dial-in')), []);
  });

  test('whoever calls knocks, and is let in', async () => {
    telephone.dial(space.gatewaySipAccess[0].uri);
    await ada.panel('People').getByText(SEEN).waitFor();
    await ada.panel('People').getByText('By phone', { exact: true }).waitFor();
    await ada.press(`Admit ${SEEN} (Guest)`);
    await ada.panel('People').getByRole('img', { name: 'By phone' }).waitFor();
    record = ada.seat.conferenceRecord;
    const participants = await register.participants(record);
    const phone = participants.find((one) => one.phone_user);
    assert.equal(phone?.phone_user.display_name, SEEN, JSON.stringify(participants));
  });

  test('their keys mute them and raise their hand', async () => {
    const people = ada.panel('People');
    const marks = (name) => people.getByRole('img', { name });
    for (const [keys, mark] of [['*6', 'Muted'], ['*9', 'Hand raised, place 1']]) {
      telephone.press(keys);
      await marks(mark).waitFor();
      telephone.press(keys);
      await until(`${mark} to be gone`, async () => (await marks(mark).count()) === 0);
    }
  });

  test('they are muted and put out like anybody', async () => {
    await ada.press(`What to do about ${SEEN} (Guest)`);
    await until('Ada to hear them', () => ada.panel('People').getByRole('button', { name: `Mute ${SEEN}` }).isEnabled());
    await ada.press(`Mute ${SEEN} (Guest)`);
    await until('them to be muted', async () => (await ada.panel('People').getByRole('img', { name: 'Muted' }).count()) > 0);
    telephone.press('*6');
    await until('them to be heard again', async () => (await ada.panel('People').getByRole('img', { name: 'Muted' }).count()) === 0);
    await ada.press(`Remove ${SEEN} (Guest)`);
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await until('them to be gone', async () => (await ada.panel('People').getByRole('img', { name: 'By phone' }).count()) === 0);
    const participants = await register.participants(record, 'latest_end_time IS NOT NULL');
    assert.ok(participants.some((one) => one.phone_user), JSON.stringify(participants));
  });
});
