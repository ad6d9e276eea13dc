// Which devices are used, and which are off: what somebody chose stays so, before joining, inside, and in every way back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('a person with several devices', { timeout: 120_000 }, () => {
  let server, space, ada;

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    space = await server.openSpace(server.token('owner@example.org'));
    ada = await Person.arrive(server, 'Ada', 'red', { devices: 3 });
    await ada.page.addInitScript(() => {
      // Every track that a page was ever given, to see which of them live.
      globalThis.given = [];
      const { getUserMedia } = MediaDevices.prototype;
      MediaDevices.prototype.getUserMedia = async function (wanted) {
        const stream = await getUserMedia.call(this, wanted);
        globalThis.given.push(...stream.getTracks());
        return stream;
      };
    });
  });

  after(async () => {
    await ada?.go();
    await server?.stop();
  });

  /** The ids of the devices that are in use, by kind: one each, or none. */
  const inUse = () =>
    ada.page.evaluate(() => {
      const live = globalThis.given.filter(({ readyState }) => readyState === 'live');
      return Object.fromEntries(live.map((track) => [track.kind, track.getSettings().deviceId]));
    });

  /** Chooses another device than the one in use; gives its id. */
  async function chooseAnother(label) {
    const picker = ada.page.getByRole('combobox', { name: label });
    const [chosen, all] = await picker.evaluate((select) => [select.value, [...select.options].map(({ value }) => value)]);
    const other = all.findLast((value) => value !== chosen && value !== 'default');
    await picker.selectOption(other);
    return [picker, other];
  }

  test('a device that is chosen is used, before joining and inside', async () => {
    await ada.page.goto(`${server.url}/${space.meetingCode}`);
    await ada.button('Join').waitFor();
    await until('both devices to start', async () => Object.keys(await inUse()).length === 2);
    for (const [label, kind] of [['Camera', 'video'], ['Microphone', 'audio']]) {
      const [picker, other] = await chooseAnother(label);
      await until(`${label} to change`, async () => (await inUse())[kind] === other);
      assert.equal(await picker.inputValue(), other, 'the picker stays where it was put');
    }
  });

  test('what was off stays off: joining, coming back, loading the page again', async () => {
    await ada.press('Mute');
    await ada.press('Stop camera');
    await ada.join(space.meetingCode);
    const nothingLives = async (when) => {
      await ada.button('Unmute').waitFor();
      await ada.button('Start camera').waitFor();
      const heard = await ada.page.evaluate(() =>
        globalThis.given.filter(({ readyState, enabled }) => readyState === 'live' && enabled).map(({ kind }) => kind),
      );
      assert.deepEqual(heard, [], when);
    };
    await nothingLives('joined');
    await ada.leave();
    await ada.rejoin();
    await nothingLives('come back');
    await ada.page.reload();
    await ada.button('Join').waitFor();
    await nothingLives('loaded again');
    await ada.press('Start camera');
    await until('the camera to start', async () => 'video' in (await inUse()));
  });
});
