// Networks that are not as servers like them: a router that lends another port in mid-meeting, and one that knows IPv6 alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Register } from '../world/register.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { pause } from '../world/until.js';

/** For so long a voice may not be heard, when a router has forgotten somebody's port. */
const GAP_MS_MAX = 1_000;

/** How long is listened after that. */
const LISTENS_MS = 6_000;

describe('a router that forgets ports', { timeout: 180_000 }, () => {
  let relay, server, register, space, ada, bo;
  const everybody = () => [ada, bo];

  before(async () => {
    relay = await Relay.open();
    server = await Server.start({ settings: `public_address = "${relay.address}"\nwithout_tcp_media = true\n` });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    const token = server.token('owner@example.org');
    register = new Register(server, token);
    space = await server.openSpace(token);
    [ada, bo] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true }),
      Person.arrive(server, 'Bo', 'green', { speaks: true }),
    ]);
    for (const person of everybody()) await person.join(space.meetingCode);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    register?.close();
    assert.deepEqual(everybody().flatMap((person) => person?.errors ?? []), []);
    await Promise.all(everybody().map((person) => person?.go()));
    await server?.stop();
    await relay?.close();
  });

  /** The longest time in which no packet of sound came to somebody's page, from now on. */
  const longestGap_ms = (person) =>
    person.page.evaluate(async (listens_ms) => {
      const connection = globalThis.observed.connections.at(-1);
      const receivers = connection.getReceivers().filter(({ track }) => track.kind === 'audio');
      const packets = async () => {
        const stats = await Promise.all(receivers.map((receiver) => receiver.getStats()));
        const lines = stats.flatMap((line) => [...line.values()].filter(({ type }) => type === 'inbound-rtp'));
        return lines.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0);
      };
      const begin = performance.now();
      let [count, heardAt, longest] = [await packets(), begin, 0];
      while (performance.now() - begin < listens_ms) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const next = await packets();
        if (next !== count) [count, heardAt] = [next, performance.now()];
        longest = Math.max(longest, performance.now() - heardAt);
      }
      return longest;
    }, LISTENS_MS);

  test('the same sessions go on from another one, and hardly anybody hears it', async () => {
    let asked = 0;
    for (const { page } of everybody()) page.on('request', (request) => /:(join|resume)$/.test(request.url()) && (asked += 1));
    const gaps = Promise.all(everybody().map(longestGap_ms));
    await pause(500);
    await relay.rebind();
    const gaps_ms = await gaps;
    assert.ok(Math.max(...gaps_ms) < GAP_MS_MAX, `no sound for ${gaps_ms.map(Math.round)} ms`);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    assert.equal(asked, 0, 'nobody came anew');
    for (const person of everybody()) {
      const sessions = await register.sessions(person.seat.participant);
      assert.deepEqual(sessions.map(({ name, end_time }) => [name, end_time ?? '']), [[person.seat.participantSession, '']], person.name);
    }
  });
});

describe('where there is IPv6 alone', { timeout: 120_000 }, () => {
  let server, space, cem, dora;

  before(async () => {
    server = await Server.start({ host: '[::1]', settings: 'public_address = "::1"\n' });
    server.addUser('owner@example.org', 'Owner');
    space = await server.openSpace(server.token('owner@example.org'));
    [cem, dora] = await Promise.all([
      Person.arrive(server, 'Cem', 'green', { speaks: true }),
      Person.arrive(server, 'Dora', 'blue'),
    ]);
  });

  after(async () => {
    assert.deepEqual([cem, dora].flatMap((person) => person?.errors ?? []), []);
    await Promise.all([cem, dora].map((person) => person?.go()));
    await server?.stop();
  });

  test('people see and hear each other', async () => {
    for (const person of [cem, dora]) await person.join(space.meetingCode);
    await Promise.all([cem.seesEach([dora]), dora.seesEach([cem])]);
    assert.ok(await dora.hearsAnybody());
    const addresses = await dora.page.evaluate(async () => {
      const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
      return stats.filter(({ type }) => type === 'remote-candidate').map(({ address }) => address);
    });
    assert.ok(addresses.length > 0 && addresses.every((address) => address === '::1'), `${addresses}`);
  });
});
