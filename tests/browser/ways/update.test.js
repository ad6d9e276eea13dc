// A rolling update on PostgreSQL while people meet: the new server waits, the old one goes, pages are told and come back by themselves.
// On SQLite, where one folder has one server, an update stops the old one first (`outages.test.js`).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { answers, Front } from '../world/front.js';
import { Meeting, survives } from '../world/outage.js';
import { Postgres } from '../world/postgres.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('a rolling update on PostgreSQL', { timeout: 180_000 }, () => {
  let postgres, front, server, next;
  const meeting = new Meeting();

  before(async () => {
    [postgres, front] = await Promise.all([Postgres.start(), Front.open()]);
    server = await Server.start({ database: postgres.database, front, settings: 'drain_seconds = 1\n' });
    await meeting.begin(server);
  });

  after(async () => {
    await meeting.close();
    await Promise.all([server?.stop(), next?.stop()]);
    front?.close();
    await postgres?.stop();
  });

  test('the new server waits, and is in nobody\'s way', async () => {
    next = await server.successor();
    const waiting = { status: 503, text: 'waiting for another server to end\n' };
    await until('the new one to wait', async () => (await answers(next.port, '/readyz')).text === waiting.text);
    assert.deepEqual(await answers(next.port, '/readyz'), waiting);
    assert.equal((await answers(next.port, '/healthz')).status, 200);
    const { register, people } = meeting;
    for (const person of people) {
      const [session, ...others] = await register.sessions(person.seat.participant);
      assert.ok(!session.end_time && others.length === 0, `${person.name} is in, as before`);
    }
  });

  test('the old one ends, pages are told, and everybody is back in the same record', () =>
    survives(meeting, async (everybodySees) => {
      await Promise.all([everybodySees(), server.terminate()]);
      await next.serving;
      meeting.readFrom(next);
    }, 'The server is restarting – reconnecting…'));

  test('the last leave ends the conference', () => meeting.end());
});
