// Which devices are used, and which are off: what somebody chose stays so, before joining, inside, and in every way back, also where a
// device goes away.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { AUDIBLE_ENERGY, Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { pause, throughout, until } from '../world/until.js';

/** The devices that a browser makes up beep once in a second. */
const BEEPS_MS = 2_500;

describe('a person with several devices', { timeout: 180_000 }, () => {
  let server, token, space, ada, bo;

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    token = server.token('owner@example.org');
    space = await server.openSpace(token);
    bo = await Person.arrive(server, 'Bo', 'green');
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
    await Promise.all([ada, bo].map((person) => person?.go()));
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

  /** The ids of the devices whose sound and picture leave, by kind, and whether anything is let through. */
  const leaves = () =>
    ada.page.evaluate(() => {
      const tracks = globalThis.observed.connections.at(-1).getSenders().flatMap(({ track }) => track ?? []);
      return Object.fromEntries(tracks.map((track) => [track.kind, { deviceId: track.getSettings().deviceId, enabled: track.enabled }]));
    });

  /** Does this in the settings of the meeting. */
  async function inSettings(change) {
    await ada.press('Settings');
    const settings = ada.page.getByRole('dialog', { name: 'Camera and sound' });
    await settings.waitFor();
    const found = await change();
    await settings.getByRole('button', { name: 'Close' }).click();
    return found;
  }

  const toldMuted = async () => (await bo.entriesOf(ada)).map(({ audioMuted }) => audioMuted).join();

  /** What Bo hears while a device would beep some times. */
  async function energy() {
    const all = async () => (await bo.hears()).reduce((sum, line) => sum + line.energy, 0);
    const before_ = await all();
    await pause(BEEPS_MS);
    return (await all()) - before_;
  }

  /** The microphone in use is unplugged, as far as a page can tell. */
  const unplug = () =>
    ada.page.evaluate(() => {
      const track = globalThis.given.findLast(({ kind, readyState }) => kind === 'audio' && readyState === 'live');
      track.stop();
      track.dispatchEvent(new Event('ended'));
      return track.id;
    });
  const microphone = () =>
    ada.page.evaluate(() => globalThis.given.findLast(({ kind, readyState }) => kind === 'audio' && readyState === 'live')?.id);

  test('a device that is chosen is used before joining', async () => {
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
    const end = () => server.call('POST', `/v2/${space.name}:endActiveConference`, { token, body: {} });
    // There is a conference once she has connected.
    await until('the conference to be ended', async () => (await end()).status === 200);
    await ada.sees('The meeting has ended');
    await ada.press('Join again');
    await ada.isIn();
    await nothingLives('joined again after the end');
    await ada.page.reload();
    await ada.button('Join').waitFor();
    await nothingLives('loaded again');
    await ada.press('Start camera');
    await until('the camera to start', async () => 'video' in (await inUse()));
  });

  test('a device that is chosen inside is what the others get', async () => {
    await bo.join(space.meetingCode);
    await ada.join(space.meetingCode);
    await ada.press('Unmute');
    await until('both to leave', async () => Object.keys(await leaves()).length === 2);
    for (const [label, kind] of [['Camera', 'video'], ['Microphone', 'audio']]) {
      const other = await inSettings(async () => {
        const [picker, other] = await chooseAnother(label);
        await until(`another ${label} to be sent`, async () => (await leaves())[kind].deviceId === other);
        assert.equal(await picker.inputValue(), other, 'the picker stays where it was put');
        return other;
      });
      assert.equal((await inUse())[kind], other, 'and the one before is given back');
    }
    await until('Bo to see Ada', async () => (await bo.colourIn('Ada')) !== null);
    assert.equal(await toldMuted(), 'false');
    assert.ok((await energy()) >= AUDIBLE_ENERGY, 'Bo hears the other one');
  });

  test('whoever is muted stays so with another microphone', async () => {
    await ada.press('Mute');
    await until('Bo to be told', async () => (await toldMuted()) === 'true');
    await pause(500);
    const heard = energy();
    const other = await inSettings(async () => {
      const [, other] = await chooseAnother('Microphone');
      await until('another one to be held', async () => (await inUse()).audio === other);
      return other;
    });
    await throughout('muted for Bo', BEEPS_MS, async () => (await toldMuted()) === 'true');
    assert.ok((await heard) < AUDIBLE_ENERGY, 'nothing is heard');
    const { audio } = await leaves();
    assert.deepEqual(audio ?? { deviceId: other, enabled: false }, { deviceId: other, enabled: false });
  });

  test('a microphone that goes away is replaced by another, as loud or as silent as it was', async () => {
    for (const isMuted of [true, false]) {
      if (!isMuted) await ada.press('Unmute');
      const before_ = await unplug();
      // The second time it may still be said of the first.
      await ada.sees(/^Your microphone is gone\. .+ has taken its place\.$/);
      await until('another one to live', async () => {
        const found = await microphone();
        return found !== undefined && found !== before_;
      });
      await until('the button to be as it was', () => ada.button(isMuted ? 'Unmute' : 'Mute').isVisible());
      assert.equal(await toldMuted(), `${isMuted}`);
      assert.equal((await energy()) >= AUDIBLE_ENERGY, !isMuted, `muted: ${isMuted}`);
    }
  });

  test('no page made a mistake', () => {
    for (const person of [ada, bo]) assert.deepEqual(person.errors, [], person.name);
  });
});
