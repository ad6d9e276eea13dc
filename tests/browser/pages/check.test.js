// The check before a meeting: what a network lets through, and what it does to it, told to somebody who has no account and is in no
// meeting.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { Firefox } from '../world/firefox.js';
import { tabTo } from '../world/keyboard.js';
import { Person } from '../world/person.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';

/** Eight seconds for a way that is blocked, or five of measuring, and a busy machine. */
const FOUND_WITHIN_MS = 30_000;

describe('the check before a meeting', { timeout: 180_000 }, () => {
  let relay, server, ada;

  before(async () => {
    relay = await Relay.open({ seed: 13 });
    server = await Server.start({ settings: `public_address = "${relay.address}"\n` });
    await relay.leadTo(server.mediaPort);
    ada = await Person.arrive(server, 'Ada', 'red', { speaks: true, observed: false, viewport: { width: 390, height: 844 } });
  });

  after(async () => {
    assert.deepEqual(ada?.errors ?? [], []);
    await ada?.go();
    await server?.stop();
    await relay?.close();
  });

  const rows = () => ada.page.getByRole('list', { name: 'What was found' });
  const row = (title) => rows().getByRole('listitem').filter({ has: ada.page.getByRole('heading', { name: title, exact: true }) });
  /** Waits until a row says this. */
  const says = async (title, grade, text = '') => {
    const meant = row(title).filter({ hasText: grade }).filter({ hasText: text });
    await meant.waitFor({ timeout: FOUND_WITHIN_MS }).catch(async () => assert.fail(`${title}: ${await row(title).innerText()}`));
  };
  const verdict = (text) => ada.page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: FOUND_WITHIN_MS });
  const figure = async (title) => Number((await row(title).innerText()).match(/(\d+) (ms|%)/)[1]);

  test('one press of a key finds devices and network, on a good network', async () => {
    await ada.page.goto(server.url);
    await ada.page.getByRole('link', { name: 'Check your devices and network' }).click();
    assert.deepEqual(await barriers(ada.page), []);
    await tabTo(ada.page, ada.button('Start the check'));
    await ada.page.keyboard.press('Enter');
    await says('Browser', 'Good');
    await says('Camera', 'Good', 'what the others will see');
    await says('Microphone', 'Good', 'You are heard.');
    await says('Direct way (UDP)', 'Good', relay.address);
    await says('Way round firewalls (TCP)', 'Good');
    // How good it is depends on what else this computer does.
    await says('Round trip', '', 'ms there and back');
    await says('Loss', 'Good');
    await verdict('Your network carries meetings');
    const beside = await ada.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(beside <= 0, 'nothing is beside a narrow screen');
  });

  test('whether a speaker is heard, the person says', async () => {
    await says('Speaker', 'Your turn', 'Press the button');
    await ada.press('Play a sound');
    await ada.press('No');
    await says('Speaker', 'Failed', 'Turn the volume up');
    await ada.press('Play a sound');
    await ada.press('Yes');
    await says('Speaker', 'Good', 'You will hear the others.');
    assert.deepEqual(await barriers(ada.page), []);
  });

  test('of a bad network it says how bad it is', async () => {
    await relay.become({ uplink: { delayMs: 200, lossPercent: 4 }, downlink: { delayMs: 200, lossPercent: 4 } });
    await ada.press('Check again');
    await verdict('with some trouble');
    await says('Direct way (UDP)', 'Good');
    await says('Round trip', 'Weak');
    await says('Loss', 'Weak');
    const [roundTrip_ms, lossPercent] = [await figure('Round trip'), await figure('Loss')];
    assert.ok(roundTrip_ms >= 400, `${roundTrip_ms} ms, of 400`);
    // Each message is lost with a chance of 7.8 %: of 125 fewer than 4 or more than 19 in one of ten thousand runs; and the seed is one.
    assert.ok(lossPercent > 3 && lossPercent <= 15, `${lossPercent} %, of 7.8`);
  });

  test('where UDP is blocked it says so, and what goes instead', async () => {
    await relay.cut();
    await ada.press('Check again');
    await verdict('with some trouble');
    await says('Direct way (UDP)', 'Failed', relay.address);
    await says('Way round firewalls (TCP)', 'Good', 'wait for each other');
    await says('Loss', 'Good', '0 %');
  });

  test('nothing of it is in the register', async () => {
    server.addUser('owner@example.org', 'Owner');
    const token = server.token('owner@example.org');
    const { body } = await server.call('GET', '/v2/conferenceRecords', { token });
    assert.deepEqual(body.conferenceRecords ?? [], []);
  });
});

describe('the check in Firefox', { timeout: 120_000 }, () => {
  let server, flora;

  before(async () => {
    server = await Server.start({ host: '0.0.0.0' });
    flora = await Firefox.arrive(server, 'Flora');
  });

  after(async () => {
    await flora?.go();
    await server?.stop();
  });

  test('finds both ways', async () => {
    await flora.open('/check');
    await flora.press('Start the check');
    await flora.sees('Your network carries meetings');
    await flora.sees('by the best way');
    await flora.sees('it is taken where UDP does not get through');
  });
});
