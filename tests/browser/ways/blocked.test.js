// A network that lets no datagram through: people come to the port of HTTP, which is open, and see and hear each other by it.

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';

import { Firefox } from '../world/firefox.js';
import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

/** Where nobody takes datagrams (the discard protocol). */
const NOWHERE = 9;

describe('where UDP is blocked', { timeout: 180_000 }, () => {
  let server, space, flora, cem, dora;

  before(async () => {
    const addresses = Object.values(networkInterfaces()).flat();
    const { address } = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
    server = await Server.start({ host: '0.0.0.0', settings: `public_address = "${address}:${NOWHERE}"` });
    server.addUser('owner@example.org', 'Owner');
    space = await server.openSpace(server.token('owner@example.org'));
    [flora, cem, dora] = await Promise.all([
      Firefox.arrive(server, 'Flora'),
      Person.arrive(server, 'Cem', 'green', { speaks: true }),
      Person.arrive(server, 'Dora', 'blue'),
    ]);
  });

  after(async () => {
    await Promise.all([flora, cem, dora].map((person) => person?.go()));
    await server?.stop();
  });

  test('people of both browsers see and hear each other by TCP', async () => {
    for (const person of [cem, dora, flora]) await person.join(space.meetingCode);
    await Promise.all([cem.seesEach([dora]), dora.seesEach([cem])]);
    await flora.sees('Connected');
    await flora.seesMoving('Cem');
    await until('Cem to see Flora', () => cem.colourIn('Flora'));
    await until('Dora to hear somebody', () => dora.hearsAnybody());
  });
});
