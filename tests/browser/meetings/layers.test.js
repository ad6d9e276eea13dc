// One camera in several sizes: everybody is sent the one that fits their tile, a tile that grows or shrinks never stands still, and
// what nobody looks at is not even encoded.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { goFirst } from '../world/precedence.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { isSoonSo, pause, until } from '../world/until.js';

const LARGE = { width: 1_440, height: 900 };
const SMALL = { width: 320, height: 240 };
/** From a wish to the first decoded picture of that size: told, encoded, sent and decoded. */
const SWITCHED_WITHIN_MS = 5_000;
/** One that was paused is back half a second after it is wanted, which a page says a fifth of a second after a tile has changed. */
const BACK_WITHIN_MS = 500 + 200;
/** A layer that nobody looks at is given up after a second or two. */
const PAUSED_WITHIN_MS = 8_000;

/**
 * A picture may not stand for so much longer than one that is left alone at the same time: that is what the machine has to do besides. Whoever let go of the old layer before the new one was
 * there would show nothing for as long as a switch takes, and one that waits for a keyframe which nobody asked for would not come at all.
 */
const STANDSTILL_MS = 700;

/** Runs in the page: how long no picture was decoded, at the longest. */
function watchForStandstill() {
  let frames = 0;
  let since_ms = performance.now();
  let longest_ms = 0;
  const look = async () => {
    const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
    const decoded = stats.reduce((sum, { framesDecoded = 0 }) => sum + framesDecoded, 0);
    const now_ms = performance.now();
    if (decoded !== frames) since_ms = now_ms;
    longest_ms = Math.max(longest_ms, now_ms - since_ms);
    frames = decoded;
  };
  const looking = setInterval(look, 20);
  globalThis.stoodStill_ms = () => {
    clearInterval(looking);
    return Math.round(longest_ms);
  };
}

/** The picture that somebody receives, or undefined. */
async function received({ page }) {
  return page.evaluate(async () => {
    const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
    const pictures = stats.filter(({ type, kind, framesDecoded }) => type === 'inbound-rtp' && kind === 'video' && framesDecoded > 0);
    return pictures.map(({ frameHeight, framesDecoded, freezeCount, packetsReceived }) => ({ frameHeight, framesDecoded, freezeCount, packetsReceived }))[0];
  });
}

/** What somebody's camera sends: of each layer its name, its height, and its bytes. */
async function sent({ page }) {
  return page.evaluate(async () => {
    const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
    const layers = stats.filter(({ type, rid }) => type === 'outbound-rtp' && rid !== undefined);
    return Object.fromEntries(layers.map(({ rid, active, frameHeight, bytesSent }) => [rid, { active, frameHeight, bytesSent }]));
  });
}

async function seesHeight(person, height, how = { withinMs: SWITCHED_WITHIN_MS }) {
  let seen;
  const isSeen = async () => (seen = await received(person))?.frameHeight === height;
  await until(`${person.name} to see ${height} lines`, isSeen, how).catch((error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(seen)}`);
  });
  return seen;
}

/** Waits until these layers are sent and no others. */
async function sends(person, names) {
  let active;
  const isSo = async () => {
    const layers = Object.entries(await sent(person));
    active = layers.filter(([, layer]) => layer.active).map(([name]) => name).sort();
    return active.join() === names.toSorted().join();
  };
  await until(`${person.name} to send ${names.join() || 'nothing'}`, isSo, { withinMs: PAUSED_WITHIN_MS }).catch((error) => {
    throw new Error(`${error.message}; it is ${active}`);
  });
}

describe('layers', { timeout: 120_000 }, () => {
  let relay, server, code, ada, bo, caro;

  before(async () => {
    goFirst();
    relay = await Relay.open({ seed: 13 });
    server = await Server.start({ settings: `public_address = "${relay.address}"\nwithout_tcp_media = true` });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    code = (await server.openSpace(server.token('owner@example.org'))).meetingCode;
    // The browser's own cameras, as those of one colour are too small to be sent in several sizes.
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', null, { devices: 2 }),
      Person.arrive(server, 'Bo', null, { devices: 2, viewport: LARGE }),
      Person.arrive(server, 'Caro', null, { devices: 2, viewport: SMALL }),
    ]);
    await ada.join(code);
    for (const viewer of [bo, caro]) await viewer.join(code, { as: 'Only watch' });
  });

  after(async () => {
    await Promise.all([ada, bo, caro].map((person) => person?.go()));
    await server?.stop();
    await relay?.close();
  });

  test('each is sent the layer that fits their tile', async () => {
    // A browser begins with few bits.
    await Promise.all([seesHeight(bo, 720, { withinMs: 30_000 }), seesHeight(caro, 180, { withinMs: 30_000 })]);
    await sends(ada, ['q', 'f']);
  });

  test('a tile that grows or shrinks never stands still', async (t) => {
    const [before_, besidesBefore] = [await received(bo), await received(caro)];
    for (const viewer of [bo, caro]) await viewer.page.evaluate(watchForStandstill);
    for (const [viewport, height] of [[SMALL, 180], [LARGE, 720], [SMALL, 180], [LARGE, 720]]) {
      await bo.page.setViewportSize(viewport);
      const from = Date.now();
      await seesHeight(bo, height);
      t.diagnostic(`${height} lines after ${Date.now() - from} ms`);
      await pause(500);
    }
    const after_ = await received(bo);
    const stoodStill = ({ page }) => page.evaluate(() => globalThis.stoodStill_ms());
    const [longest_ms, besides_ms] = [await stoodStill(bo), await stoodStill(caro)];
    const freezes = after_.freezeCount - before_.freezeCount;
    const freezesBesides = (await received(caro)).freezeCount - besidesBefore.freezeCount;
    t.diagnostic(`${longest_ms} ms at the longest without a picture, ${besides_ms} besides; ${freezes} freezes, ${freezesBesides} besides`);
    assert.ok(longest_ms < besides_ms + STANDSTILL_MS, `it stood still for ${longest_ms} ms, and ${besides_ms} besides`);
    assert.ok(freezes <= freezesBesides, `${freezes} freezes, and ${freezesBesides} besides`);
    assert.ok(after_.framesDecoded > before_.framesDecoded);
  });

  test('a layer that was paused is back at once', (t) =>
    isSoonSo(t, async () => {
      await bo.page.setViewportSize(SMALL);
      await seesHeight(bo, 180);
      await sends(ada, ['q']);
      await bo.page.setViewportSize(LARGE);
      const from = Date.now();
      await seesHeight(bo, 720);
      const back_ms = Date.now() - from;
      t.diagnostic(`back after ${back_ms} ms`);
      assert.ok(back_ms <= BACK_WITHIN_MS, `it is back after ${back_ms} ms`);
    }));

  test('what nobody looks at is not sent, and is back when somebody does', async (t) => {
    await bo.leave();
    await sends(ada, ['q']);
    await caro.leave();
    await sends(ada, []);
    const bytes = async () => Object.values(await sent(ada)).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    // What is under way leaves.
    await pause(500);
    const before_ = await bytes();
    await pause(1_500);
    assert.equal(await bytes(), before_, 'not a byte');
    await bo.rejoin();
    const from = Date.now();
    await until('a picture', async () => ((await received(bo))?.framesDecoded ?? 0) > 0, { withinMs: SWITCHED_WITHIN_MS });
    t.diagnostic(`a picture ${Date.now() - from} ms after joining`);
    await seesHeight(bo, 720, { withinMs: 30_000 });
  });
});
