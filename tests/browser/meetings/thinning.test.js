// A thin way to somebody who watches: fewer pictures of the same size come, of codecs that tell their temporal layers in the payload (VP8 and
// VP9, whose pictures are numbered anew) and of those that tell them beside it alone, and each of them is decoded.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { goFirst } from '../world/precedence.js';
import { installRaw } from '../world/raw.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { pause, until } from '../world/until.js';

const SEED = 13;
/** What the camera may send, and what gets through to the viewer: the lowest layer, and not all of them. */
const SENT_BPS = 500_000;
const THIN_KBPS = 260;
const SECONDS = 4;
/** Of the pictures that are sent, three temporal layers leave a quarter or a half. */
const THINNED = 0.75;
/** Of those that come, a busy machine decodes some a little later. */
const DECODED = 0.7;
/** Nor is a picture away for longer when the way becomes thin: a browser that waits for it by itself takes three seconds. */
const AWAY_MS = 2_500;

describe('thinning', { timeout: 300_000 }, () => {
  let relay, server, token, browser;

  before(async () => {
    goFirst();
    relay = await Relay.open({ seed: SEED });
    server = await Server.start({ settings: `public_address = "${relay.address}"\nwithout_tcp_media = true` });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    token = server.token('owner@example.org');
    browser = await Person.arrive(server, 'Raw', null, { devices: 2 });
    await browser.page.goto(`${server.url}/healthz`);
    await browser.page.evaluate(installRaw);
  });

  after(async () => {
    await browser?.go();
    await server?.stop();
    await relay?.close();
  });

  const figures = () => browser.page.evaluate(async () => ({
    ...(await globalThis.raw.made.receiver.decoded()),
    sent: await globalThis.raw.made.sender.sent(),
  }));

  /** What passes in some seconds. */
  const meanwhile = async () => {
    const before_ = await figures();
    await pause(SECONDS * 1_000);
    const after_ = await figures();
    const passed = (name) => after_[name] - before_[name];
    const names = ['sent', 'received', 'frames', 'packets', 'lost', 'keyframesAsked'];
    return { ...Object.fromEntries(names.map((name) => [name, passed(name)])), height: after_.height };
  };

  /** From now on, how long it took at the longest from one picture to the next. */
  const watch = () => browser.page.evaluate(() => {
    const { receiver } = globalThis.raw.made;
    let [frames, came] = [0, performance.now()];
    receiver.longestMs = 0;
    setInterval(async () => {
      const now = await receiver.decoded();
      receiver.longestMs = Math.max(receiver.longestMs, performance.now() - came);
      if (now.frames > frames) [frames, came] = [now.frames, performance.now()];
    }, 100);
  });

  for (const codec of ['video/VP8', 'video/VP9', 'video/AV1', 'video/H264']) {
    test(`${codec} is thinned out, and what is left is decoded`, async (t) => {
      const { page } = browser;
      await relay.mend();
      const space = await server.openSpace(token);
      // The camera's way is as good as ever.
      await page.evaluate(async ([name, codec, maxBitrate, port]) => {
        const layered = { scalabilityMode: 'L1T3', maxBitrate };
        globalThis.raw.made.sender = await globalThis.raw.send(name, codec, 'Sender', layered, port);
        globalThis.raw.made.receiver = await globalThis.raw.receive(name, 'Receiver');
      }, [space.name, codec, SENT_BPS, server.mediaPort]);
      let seen;
      const isThin = () => seen.received < seen.sent * THINNED;
      await until('all pictures to come', async () => (seen = await meanwhile()).received > 0 && !isThin(), { withinMs: 60_000 });
      t.diagnostic(JSON.stringify(seen));
      const { height } = seen;
      await watch();
      await relay.become({ downlink: { rateKbps: THIN_KBPS } });
      // Until the network has been found to be thin, it loses what is too much.
      const isSettled = () => isThin() && seen.received > 0 && seen.lost <= seen.packets / 10;
      await until('some of them to be left out', async () => (seen = await meanwhile()) && isSettled(), { withinMs: 60_000 });
      const longestMs = await page.evaluate(() => globalThis.raw.made.receiver.longestMs);
      t.diagnostic(JSON.stringify({ ...seen, longestMs }));
      assert.ok(longestMs <= AWAY_MS, `no picture for ${longestMs} ms`);
      assert.ok(seen.frames >= seen.received * DECODED - 2, `of ${seen.received} pictures ${seen.frames} are decoded`);
      assert.equal(seen.height, height, 'the same size');
      await page.evaluate(() => Object.values(globalThis.raw.made).forEach(({ connection }) => connection.close()));
    });
  }
});
