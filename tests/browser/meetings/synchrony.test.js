// Voice and picture are together: a flash and a beep of one moment are seen and heard in one moment, as the page decodes them, also
// where the network holds everything back again and again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { flash, leads_ms, prepareToWatch } from '../world/flashes.js';
import { Person } from '../world/person.js';
import { goFirst } from '../world/precedence.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { isSoonSo, pause, until } from '../world/until.js';

/**
 * As the lines come, not held back, it is 285 ms and 405 ms in bursts; a browser that is connected to itself, with no network between, is
 * 70 ms apart.
 */
const TOGETHER = { median_ms: 45, p95_ms: 100 };
/** Left alone, a machine shows no more than that in bursts as well; where it has other things to do, everything comes later. */
const TOGETHER_IN_BURSTS = { median_ms: 75, p95_ms: 150 };
/** The browser holds a picture back by a tenth of a second in each second. */
const SETTLES_MS = 4_000;
const WATCHED_MS = 5_000;

const BURST_MS = 250;
const BURST_EVERY_MS = 1_700;
/** What a browser buffers of a voice grows with some bursts. */
const BURSTS_LEARNED = 5;
const BURSTS_WATCHED = 7;

/** How far apart they were, whichever came first. */
function apart(leads) {
  const sorted = leads.map(Math.abs).sort((one, other) => one - other);
  const at = (share) => Math.round(sorted[Math.ceil(sorted.length * share) - 1]);
  return { flashes: leads.length, median_ms: at(0.5), p95_ms: at(0.95), leads_ms: leads.map(Math.round) };
}

describe('synchrony', { timeout: 120_000 }, () => {
  let relay, server, ada, bo;

  before(async () => {
    goFirst();
    relay = await Relay.open({ seed: 7 });
    server = await Server.start({ settings: `public_address = "${relay.address}"\nwithout_tcp_media = true` });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    const code = (await server.openSpace(server.token('owner@example.org'))).meetingCode;
    [ada, bo] = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
    await ada.context.addInitScript(flash);
    await prepareToWatch(bo);
    await ada.join(code);
    await bo.join(code);
    await until('Bo to see Ada', async () => (await bo.colourIn('Ada')) !== null);
  });

  after(async () => {
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
    await relay?.close();
  });

  async function beginToWatch() {
    await bo.tile('Ada').locator('video').evaluate(async (video) => {
      const tracks = globalThis.observed.connections.at(-1).getReceivers().map(({ track }) => track);
      globalThis.watched = await globalThis.watchFlashes(video, tracks.filter(({ kind }) => kind === 'audio'));
    });
  }

  /** While this happens they are so much apart at the most, the first time or soon. */
  const areTogether = (t, most, flashes_min, happens) =>
    isSoonSo(t, async () => {
      await beginToWatch();
      await happens();
      const found = apart(leads_ms(await bo.page.evaluate(() => globalThis.watched())));
      t.diagnostic(JSON.stringify(found));
      assert.ok(found.flashes >= flashes_min, `${found.flashes} flashes were seen and heard`);
      assert.ok(found.median_ms <= most.median_ms && found.p95_ms <= most.p95_ms, JSON.stringify(found));
    });

  /** All that Ada sends comes late, and then at once. */
  async function burst(times) {
    for (let number = 0; number < times; number++) {
      await relay.become({ uplink: { delayMs: BURST_MS } });
      await pause(BURST_MS);
      await relay.become({ uplink: {} });
      await pause(BURST_EVERY_MS - BURST_MS);
    }
  }

  test('on a good network', async (t) => {
    await pause(SETTLES_MS);
    await areTogether(t, TOGETHER, 3, () => pause(WATCHED_MS));
  });

  test('on one that delivers in bursts', async (t) => {
    await burst(BURSTS_LEARNED);
    await areTogether(t, TOGETHER_IN_BURSTS, 7, () => burst(BURSTS_WATCHED));
  });
});
