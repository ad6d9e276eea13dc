// The server is away for seconds, in whatever way, while people meet: the same meeting goes on, in the same record. The server has a
// network of its own, whose link is taken down.

import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Network, runInNamespace } from '../world/network.js';
import { Meeting, survives } from '../world/outage.js';
import { Server } from '../world/server.js';
import { pause } from '../world/until.js';

const outages = () => {
  let server;
  const meeting = new Meeting();

  before(async () => {
    server = await Server.start({ network: await Network.lay(), settings: 'drain_seconds = 1\n' });
    await meeting.begin(server);
  });

  after(async () => {
    await meeting.close();
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

  test('everybody has been back, so the last leave ends the conference', () => meeting.end());
};

if (runInNamespace(fileURLToPath(import.meta.url))) describe('outages', { timeout: 300_000 }, outages);
