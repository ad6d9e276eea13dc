// Figures are measured and not invented: people meet over a network that is bad in one direction, and what the call record tells of
// each stream is held against what the network knows that it did to it.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { callRecord, duration_ms, streamsOf, uuid } from '../world/graph.js';
import { Person } from '../world/person.js';
import { goFirst } from '../world/precedence.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

const SEED = 10;
const BAD = { lossPercent: 5, delayMs: 80, jitterMs: 30 };
/** So many packets went the bad way before anything is said of them. */
const PACKETS_MIN = 8_000;
/** Half of them are of streams that carry media; the others repair, probe and report. */
const PACKETS_IN_ALL = 2 * PACKETS_MIN;
/** A stream with fewer has no average to speak of. */
const STREAM_PACKETS_MIN = 500;
/** How far a figure may be from the truth, as a part of it. */
const TOLERANCE = 0.15;
/** How late a busy machine makes even a network that is good. */
const BUSY_MS = 3;
const SILENT_WITHIN_MS = 20_000;
const SIGN_OF_LIFE_EVERY_MS = 5_000;

const DIRECTIONS = { callerToCallee: 'uplink', calleeToCaller: 'downlink' };

/** A server behind a network of its own, with so many lost and late, and two people. */
class World {
  static async open(conditions) {
    const world = new World();
    world.relay = await Relay.open({ seed: SEED });
    world.server = await Server.start({ settings: `public_address = "${world.relay.address}"\nwithout_tcp_media = true` });
    await world.relay.leadTo(world.server.mediaPort);
    await world.relay.become(conditions);
    world.server.addUser('owner@example.org', 'Owner');
    world.token = world.server.token('owner@example.org');
    world.people = await Promise.all([
      Person.arrive(world.server, 'Ada', 'red', { speaks: true }),
      Person.arrive(world.server, 'Bo', 'green', { speaks: true }),
    ]);
    return world;
  }

  /** Both are in a meeting and see each other; the name of its conference record. */
  async meet() {
    const space = await this.server.openSpace(this.token);
    for (const person of this.people) await person.join(space.meetingCode);
    const [ada, bo] = this.people;
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    return ada.seat.conferenceRecord;
  }

  /** When what has this name in Google's contract ended, if it has. */
  async endOf(name) {
    return (await this.server.call('GET', `/v2/${name}`, { token: this.token })).body.endTime;
  }

  /** A stream of a record, and what happened to it. */
  async withTruth(stream) {
    const direction = DIRECTIONS[stream.streamDirection];
    const clockHz = stream.label === 'main-audio' ? 48_000 : 90_000;
    return { ...stream, direction, truth: await this.relay.truth(direction, { ssrc: Number(stream.streamId), clockHz }) };
  }

  async close() {
    await Promise.all(this.people.map((person) => person.go()));
    await this.server.stop();
    await this.relay.close();
  }
}

function near(found, truth, slack, what) {
  assert.ok(Math.abs(found - truth) <= truth * TOLERANCE + slack, `${what}: ${found}, and it was ${truth}`);
}

/**
 * What a record says of a stream is what happened to it. Nothing is lost where nothing was, although what was lost on its way to the
 * server is missing on its way from there as well. The jitter of what is forwarded is that of both ways: its timestamps are the sender's.
 */
function check(t, stream, bad, roundTripMs) {
  const { direction, truth } = stream;
  const isBad = direction === bad;
  // A few pictures that a busy machine sends late are much of the mean of a camera's few packets, and of a voice's many nothing.
  const jitterSlack = isBad && stream.label === 'main-audio' ? 0 : BUSY_MS;
  const figures = [
    ['packets', stream.packetUtilization, truth.packets, 0],
    ['loss', stream.averagePacketLossRate, truth.lost / truth.packets, isBad ? 0 : 0.005],
    ['jitter', duration_ms(stream.averageJitter), truth.jitterMs, jitterSlack],
    ['round trip', duration_ms(stream.averageRoundTripTime), roundTripMs, 0],
  ];
  const what = `${direction} ${stream.label} ${stream.streamId}`;
  const all = figures.map(([figure, found, so]) => `${figure} ${found.toFixed(4)} of ${so.toFixed(4)}`);
  t.diagnostic(`${what}: ${all.join(', ')}`);
  for (const [figure, found, so, slack] of figures) near(found, so, slack, `${what}, ${figure}`);
}

/** What its own browser tells of a stream: what it could send, and what never came of what it was sent, which is less than what was lost. */
function checkWhatBrowsersTell({ direction, label, averageBandwidthEstimate, postForwardErrorCorrectionPacketLossRate: lost }) {
  if (direction === 'uplink') assert.ok(averageBandwidthEstimate > 0, `${label}: ${averageBandwidthEstimate} bit/s`);
  else if (label === 'main-video') assert.ok(lost >= 0 && lost < BAD.lossPercent / 100, `${label}: ${lost} are missing in the end`);
}

describe('quality', { timeout: 400_000 }, () => {
  before(goFirst);

  for (const bad of Object.values(DIRECTIONS))
    test(`a network whose ${bad} is bad`, async (t) => {
      const world = await World.open({ [bad]: BAD });
      t.after(() => world.close());
      const conference = await world.meet();
      const enough = async () => (await world.relay.truth(bad)).packets >= PACKETS_IN_ALL;
      await until('enough packets', enough, { withinMs: 150_000 });
      for (const person of world.people) await person.leave();

      const record = await callRecord(world.server, world.token, conference);
      const streams = await Promise.all(record.sessions.flatMap(streamsOf).map((stream) => world.withTruth(stream)));
      const many = streams.filter(({ truth }) => truth.packets >= STREAM_PACKETS_MIN);
      const [uplink, downlink] = [await world.relay.truth('uplink'), await world.relay.truth('downlink')];
      for (const stream of many) check(t, stream, bad, uplink.delayMs + downlink.delayMs);
      for (const stream of many) checkWhatBrowsersTell(stream);
      const compared = many.filter(({ direction }) => direction === bad).reduce((sum, { truth }) => sum + truth.packets, 0);
      assert.ok(compared >= PACKETS_MIN, `${compared} packets in ${many.length} streams`);
    });

  test('a link that is cut in a call', async (t) => {
    const world = await World.open({});
    t.after(() => world.close());
    const conference = await world.meet();
    const sessions = world.people.map(({ seat }) => seat.participantSession);
    const cutAt_ms = Date.now();
    await world.relay.cut();
    for (const session of sessions) await until('a session to end', () => world.endOf(session), { withinMs: SILENT_WITHIN_MS });
    // Their pages would go on trying to come back.
    await Promise.all(world.people.map((person) => person.die()));
    await until('the conference to be over', () => world.endOf(conference), { withinMs: 60_000 });

    const record = await callRecord(world.server, world.token, conference);
    for (const name of sessions) {
      const session = record.sessions.find(({ id }) => id === uuid(name));
      assert.equal(session.failureInfo.stage, 'midcall');
      assert.equal(Date.parse(session.endDateTime), Date.parse(await world.endOf(name)));
      const late_ms = Date.parse(session.endDateTime) - cutAt_ms;
      assert.ok(late_ms >= -SIGN_OF_LIFE_EVERY_MS && late_ms <= 1_000, `ended ${late_ms} ms after the cut`);
    }
  });
});
