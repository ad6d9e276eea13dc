// Networks that let people come by a relay alone: by datagrams, by a connection, by one inside HTTPS, and by a relay that is not ours.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { checkout, scratch } from '../world/files.js';
import { Firefox } from '../world/firefox.js';
import { uuid } from '../world/graph.js';
import { Person } from '../world/person.js';
import { protocolToRelay } from '../world/relayed.js';
import { freePort, Server } from '../world/server.js';
import { until } from '../world/until.js';

/** An offer of one data channel. */
const offer = join(checkout, 'tests/fixtures/channels.sdp');

/** Somebody behind a relay and somebody without see and hear each other; what is to be so then, of the first. */
async function meet(server, protocol, { url = '', then = () => undefined } = {}) {
  const space = await server.openSpace(server.token('owner@example.org'));
  const people = await Promise.all([
    Person.arrive(server, 'Cem', 'green', { speaks: true, byRelay: { url } }),
    Person.arrive(server, 'Dora', 'blue'),
  ]);
  try {
    const [cem, dora] = people;
    for (const person of people) await person.join(space.meetingCode);
    await Promise.all([cem.seesEach([dora]), dora.seesEach([cem])]);
    await until('Dora to hear Cem', () => dora.hearsAnybody());
    assert.equal(await cem.page.evaluate(protocolToRelay), protocol);
    await then(cem);
  } finally {
    await Promise.all(people.map((person) => person.go()));
  }
}

describe('by the relay of the server', { timeout: 240_000 }, () => {
  let server;

  before(async () => {
    // Firefox uses no address of loopback.
    server = await Server.start({ secured: true, host: '0.0.0.0' });
    server.addUser('owner@example.org', 'Owner');
  });

  after(() => server?.stop());

  test('people come by TLS on the port of HTTPS to it, as they are told', () => meet(server, 'tls'));

  test('the check before a meeting finds it', async () => {
    const cem = await Person.arrive(server, 'Cem', 'green');
    try {
      await cem.page.goto(`${server.url}/check`);
      await cem.press('Start the check');
      const row = cem.page.getByRole('listitem').filter({ hasText: 'Way by a relay' });
      await row.filter({ hasText: `by localhost:${server.port}` }).filter({ hasText: 'Good' }).waitFor();
    } finally {
      await cem.go();
    }
  });

  test('people come by it with Firefox, whose check finds no other way', async () => {
    const space = await server.openSpace(server.token('owner@example.org'));
    const [flora, dora] = await Promise.all([Firefox.arrive(server, 'Flora', { byRelay: true }), Person.arrive(server, 'Dora', 'blue')]);
    try {
      await flora.open('/check');
      await flora.press('Start the check');
      await flora.sees('Sound and pictures go this way, which is the slowest of all.');
      await dora.join(space.meetingCode);
      await flora.join(space.meetingCode);
      await flora.sees('Connected');
      await flora.seesMoving('Dora');
      await until('Dora to see Flora', () => dora.colourIn('Flora'));
    } finally {
      await Promise.all([flora, dora].map((person) => person.go()));
    }
  });

  for (const protocol of ['udp', 'tcp']) {
    test(`people come by ${protocol} on the media port to it`, () =>
      meet(server, protocol, { url: `turn:127.0.0.1:${server.mediaPort}?transport=${protocol}` }));
  }
});

describe('by coturn', { timeout: 180_000 }, () => {
  let coturn, server;

  before(async () => {
    const port = await freePort();
    const how = ['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1', '--allow-loopback-peers', '--realm=example.org'];
    const secret = ['--use-auth-secret', '--static-auth-secret=north'];
    const quiet = ['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file=stdout', `--pidfile=${scratch()}/pid`];
    coturn = spawn('turnserver', [...how, ...secret, ...quiet], { stdio: 'ignore' });
    server = await Server.start({ settings: `[turn]\nurls = ["turn:127.0.0.1:${port}?transport=udp"]\nsecret = "north"\n` });
    server.addUser('owner@example.org', 'Owner');
  });

  after(async () => {
    await server?.stop();
    coturn?.kill();
  });

  test('people come by datagrams to it, as they are told, and their record tells of it', async () => {
    const token = await server.tokenOfReader();
    const networkOf = async ({ seat }) => {
      const record = `/v1.0/communications/callRecords/${uuid(seat.conferenceRecord)}`;
      const path = `${record}/sessions/${uuid(seat.participantSession)}/segments?sederunt.provisional=true`;
      const { body } = await server.call('GET', path, { token });
      return body.value[0].media[0]?.callerNetwork;
    };
    const then = async (cem) => {
      // It is told once Cem's browser has said so.
      const network = await until('a relay in the record', async () => {
        const told = await networkOf(cem);
        return told?.relayIPAddress && told;
      });
      const { relayIPAddress, relayPort, reflexiveIPAddress, ipAddress, networkTransportProtocol } = network;
      assert.deepEqual([relayIPAddress, reflexiveIPAddress, ipAddress, networkTransportProtocol], ['127.0.0.1', null, null, 'udp']);
      assert.ok(relayPort > 0 && relayPort !== server.mediaPort, `${relayPort}`);
    };
    await meet(server, 'udp', { then });
  });

  test('whoever checks their network is told of it where they have an account', async () => {
    const check = async (token) => {
      const { status, body } = await server.call('POST', '/sederunt/v1/networkChecks', { token, body: { offer: readFileSync(offer, 'utf8') } });
      assert.equal(status, 200, JSON.stringify(body));
      return (body.iceServers ?? []).flatMap(({ urls }) => urls);
    };
    assert.deepEqual(await check(), [], 'it leads to where it likes');
    assert.equal((await check(server.token('owner@example.org'))).length, 1);
  });
});
