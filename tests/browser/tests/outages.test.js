// The server is away for seconds, in whatever way, while people meet: the same meeting goes on, in the same record. The server has a
// network of its own, whose link is taken down.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Network, runInNamespace } from '../world/network.js';
import { survives } from '../world/outage.js';
import { Person } from '../world/person.js';
import { Register } from '../world/register.js';
import { Server } from '../world/server.js';
import { pause, until } from '../world/until.js';

const outages = () => {
  let server;
  const meeting = { register: null, space: null, people: [] };

  before(async () => {
    server = await Server.start({ network: await Network.lay(), settings: 'drain_seconds = 1\n' });
    server.addUser('owner@example.org', 'Owner');
    const register = new Register(server, server.token('owner@example.org'));
    const created = await register.call('grpc', 'spaces', 'create_space', { space: { config: { access_type: 'OPEN' } } });
    const [ada, bo] = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
    Object.assign(meeting, { register, space: created, people: [ada, bo] });
    for (const person of meeting.people) await person.join(created.meeting_code);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    meeting.register?.close();
    await Promise.all(meeting.people.map((person) => person.go()));
    await server?.stop();
  });

  test('the network of the server is cut for 12 s', () =>
    survives(meeting, async (everybodySees) => {
      server.network.cut();
      await Promise.all([everybodySees(), pause(12_000)]).finally(() => server.network.mend());
    }, 'Connection lost – reconnecting…'));

  test('the server stands still for 10 s', () =>
    survives(meeting, async (everybodySees) => {
      server.pause();
      await Promise.all([everybodySees(), pause(10_000)]).finally(() => server.goOn());
    }, 'Connection lost – reconnecting…'));

  test('the server is updated: pages are told, and it is back after some seconds', () =>
    survives(meeting, async (everybodySees) => {
      await Promise.all([everybodySees(), server.terminate()]);
      await pause(2_000);
      await server.restart();
    }, 'The server is restarting – reconnecting…'));

  test('everybody has been back, so the last leave ends the conference', async () => {
    const { register, people } = meeting;
    for (const person of people) await person.leave();
    const get = () => register.call('grpc', 'records', 'get_conference_record', { name: people[0].seat.conferenceRecord });
    await until('the conference to end', async () => (await get()).end_time, { withinMs: 2_000 });
    for (const person of people) assert.deepEqual(person.errors, []);
  });
};

if (runInNamespace(fileURLToPath(import.meta.url))) describe('outages', { timeout: 300_000 }, outages);
