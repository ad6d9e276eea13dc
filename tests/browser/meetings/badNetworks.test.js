// A network that loses packets, is slow, or too narrow, in one direction or both: what somebody behind it still sees and hears of two
// others who are not, and they of them.
//
// Each condition lasts for some seconds; `SEDERUNT_SOAK_SECONDS=120` makes the losses last for two minutes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { goFirst } from '../world/precedence.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { LOOKS, isSoonSo, pause, until } from '../world/until.js';

const SEED = 13;
const LASTS_MS = 1_000 * Number(process.env.SEDERUNT_SOAK_SECONDS ?? 15);
/** How much of what is heard may be made up. Without redundancy it would be what is lost, on both ways. */
const MADE_UP_OF_5_PERCENT = 0.04;
/** Of a quarter of a minute: what a busy computer does. */
const FREEZES_OF_5_PERCENT = LASTS_MS / 15_000;
const MADE_UP_OF_15_PERCENT = 0.12;
/** From a network that changes to what is sent on it: losses are told of, estimated, and encoded by. */
const OBEYED_WITHIN_MS = 20_000;
const NARROW_KBPS = 400;

/** Runs in the page, before its own scripts: it goes to the server by another port than it is told. */
function goBy([told, really]) {
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return setRemoteDescription.call(this, { type, sdp: sdp.replaceAll(` ${told} typ host`, ` ${really} typ host`) });
  };
}

/** What somebody's connection tells of its streams. */
async function streams({ page }, type, kind) {
  return page.evaluate(async ([type, kind]) => {
    const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
    return stats.filter((of) => of.type === type && of.kind === kind);
  }, [type, kind]);
}

const sum = (all, figure) => all.reduce((total, one) => total + (one[figure] ?? 0), 0);

/** What somebody saw and heard in the meantime. */
async function meanwhile(person, lasts_ms) {
  const look = async () => {
    const [pictures, sounds] = [await streams(person, 'inbound-rtp', 'video'), await streams(person, 'inbound-rtp', 'audio')];
    const told = [...(await streams(person, 'remote-inbound-rtp', 'video')), ...(await streams(person, 'remote-inbound-rtp', 'audio'))];
    const shown = pictures.filter(({ framesDecoded }) => framesDecoded > 0).map(({ freezeCount }) => freezeCount);
    return {
      frames: sum(pictures, 'framesDecoded'),
      freezes: sum(pictures, 'freezeCount'),
      // Of the line that froze least, since it began: on a good network that is what the computer did.
      leastFrozen: Math.min(...shown),
      samples: sum(sounds, 'totalSamplesReceived'),
      // Of silence nothing is missed.
      concealed: sum(sounds, 'concealedSamples') - sum(sounds, 'silentConcealedSamples'),
      energy: sum(sounds, 'totalAudioEnergy'),
      lost: sum([...pictures, ...sounds], 'packetsLost'),
      // And of what it sends, as the server tells it.
      lostThere: sum(told, 'packetsLost'),
    };
  };
  const before = await look();
  await pause(lasts_ms);
  const after = await look();
  const passed = Object.fromEntries(Object.keys(before).map((figure) => [figure, after[figure] - before[figure]]));
  return { ...passed, madeUp: passed.concealed / passed.samples };
}

/** What people saw and heard of a network is as it should be, the first time or soon. */
const holds = (t, people, lasts_ms, check) =>
  isSoonSo(t, async () => {
    const [far, near] = await Promise.all(people.map((person) => meanwhile(person, lasts_ms)));
    t.diagnostic(JSON.stringify({ far, near }));
    for (const one of [far, near]) check(one, near);
  });

describe('bad networks', { timeout: 240_000 + 2 * LOOKS * LASTS_MS }, () => {
  let relay, server, ada, bo, caro;

  before(async () => {
    goFirst();
    relay = await Relay.open({ seed: SEED });
    server = await Server.start({ settings: `public_address = "${relay.address}"\nwithout_tcp_media = true` });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    const { meetingCode } = await server.openSpace(server.token('owner@example.org'));
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { tone_hz: 400, lively: true }),
      Person.arrive(server, 'Bo', 'green', { tone_hz: 1_000, lively: true }),
      Person.arrive(server, 'Caro', 'blue', { speaks: true, lively: true }),
    ]);
    const [, told] = relay.address.split(':');
    for (const near of [ada, bo]) await near.page.addInitScript(goBy, [told, server.mediaPort]);
    for (const person of [ada, bo, caro]) await person.join(meetingCode);
    await Promise.all([caro.seesEach([ada, bo]), ada.seesEach([bo, caro])]);
  });

  after(async () => {
    assert.deepEqual([ada, bo, caro].flatMap((person) => person?.errors ?? []), []);
    await Promise.all([ada, bo, caro].map((person) => person?.go()));
    await server?.stop();
    await relay?.close();
  });

  /** Both tones are heard, each well above what is between them. */
  const hearsBoth = async () => {
    const [one, between, other] = await caro.hearsTones([400, 700, 1_000], 2);
    return Math.min(one, other) > between + 15;
  };
  const seen = async () => (await Promise.all([ada, bo].map(async (other) => (await caro.colourIn(other.name)) === other.colour))).filter(Boolean).length;

  test('sound goes with redundancy', async () => {
    const answer = await caro.page.evaluate(() => globalThis.observed.connections.at(-1).remoteDescription.sdp);
    const [, first] = answer.match(/m=audio \d+ \S+ (\d+)/);
    assert.ok(answer.includes(`a=rtpmap:${first} red/48000/2`), 'it is the first codec of the answer');
    assert.match(answer, /useinbandfec=1/);
  });

  test('of 100 packets 5 are overtaken on both ways, and nothing is lost', async (t) => {
    const overtaken = { overtakePercent: 5 };
    await relay.become({ uplink: overtaken, downlink: overtaken });
    await pause(2_000);
    await holds(t, [caro, ada], LASTS_MS, ({ frames, freezes, madeUp, lost, lostThere }, near) => {
      assert.ok(lost <= 0 && lostThere <= 0, `${lost} packets are told as lost here, and ${lostThere} there`);
      assert.ok(freezes <= 2 * near.leastFrozen, `${freezes} freezes, and ${near.leastFrozen} without this network`);
      assert.ok(frames > (LASTS_MS / 1_000) * 8, `${frames} pictures`);
      assert.ok(madeUp < MADE_UP_OF_5_PERCENT, `${madeUp} of the sound is made up`);
    });
    await relay.mend();
  });

  test('of 100 packets 5 are lost on both ways', async (t) => {
    await relay.become({ uplink: { lossPercent: 5 }, downlink: { lossPercent: 5 } });
    await pause(2_000);
    await holds(t, [caro, ada], LASTS_MS, ({ frames, freezes, madeUp }, near) => {
      assert.ok(
        freezes <= 2 * near.leastFrozen + FREEZES_OF_5_PERCENT,
        `${freezes} freezes, and ${near.leastFrozen} without this network`,
      );
      assert.ok(frames > (LASTS_MS / 1_000) * 8, `${frames} pictures`);
      assert.ok(madeUp < MADE_UP_OF_5_PERCENT, `${madeUp} of the sound is made up`);
    });
  });

  test('of 100 packets 15 are lost on both ways, and all are heard', async (t) => {
    await relay.become({ uplink: { lossPercent: 15 }, downlink: { lossPercent: 15 } });
    await pause(2_000);
    await holds(t, [caro, ada], LASTS_MS / 2, ({ madeUp }) => {
      assert.ok(madeUp < MADE_UP_OF_15_PERCENT, `${madeUp} of the sound is made up`);
    });
    assert.ok(await hearsBoth());
  });

  test('a slow network with jitter', async (t) => {
    const slow = { delayMs: 150, jitterMs: 30 };
    await relay.become({ uplink: slow, downlink: slow });
    await pause(2_000);
    await holds(t, [caro, ada], LASTS_MS / 2, ({ frames, freezes, madeUp }, near) => {
      assert.ok(freezes <= 2 * near.leastFrozen, `${freezes} freezes, and ${near.leastFrozen} without this network`);
      assert.ok(frames > 0 && madeUp < MADE_UP_OF_5_PERCENT, `${madeUp} of the sound is made up`);
    });
    assert.ok(await hearsBoth());
  });

  test('500 kbit/s carry everybody and a picture, 150 carry everybody, and what comes back is shown again', async () => {
    await relay.become({ uplink: {}, downlink: { rateKbps: 500 } });
    await pause(3_000);
    const seesSomebody = async () => (await seen()) > 0;
    await until('somebody to be seen', seesSomebody);
    assert.ok(await hearsBoth(), 'on 500 kbit/s');
    await until('somebody to be seen still', seesSomebody);
    await relay.become({ downlink: { rateKbps: 150 } });
    await until('both to be heard', hearsBoth);
    assert.ok(await hearsBoth(), 'on 150 kbit/s');
    await relay.mend();
    await until('both to be seen', async () => (await seen()) === 2, { withinMs: 40_000 });
  });

  test('what is sent obeys what the server estimates', async (t) => {
    const rate_kbps = async () => {
      const bits = async () => {
        const all = [...(await streams(caro, 'outbound-rtp', 'video')), ...(await streams(caro, 'outbound-rtp', 'audio'))];
        return 8 * (sum(all, 'bytesSent') + sum(all, 'headerBytesSent'));
      };
      const [before, from] = [await bits(), Date.now()];
      await pause(1_000);
      return ((await bits()) - before) / (Date.now() - from);
    };
    // Somebody looks at the larger picture.
    await ada.page.setViewportSize({ width: 1_440, height: 900 });
    await until('Caro to send more than that', async () => (await rate_kbps()) > NARROW_KBPS, { withinMs: 30_000 });
    await relay.become({ uplink: { rateKbps: NARROW_KBPS } });
    await pause(3_000);
    await until('Caro to send less', async () => (await rate_kbps()) < NARROW_KBPS, { withinMs: OBEYED_WITHIN_MS });
    const { madeUp } = await meanwhile(ada, 5_000);
    t.diagnostic(`${await rate_kbps()} kbit/s, ${madeUp} of the sound is made up`);
    assert.ok(madeUp < MADE_UP_OF_5_PERCENT, `${madeUp} of the sound is made up`);
  });
});
