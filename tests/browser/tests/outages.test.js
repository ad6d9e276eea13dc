// The server is away for seconds, in whatever way, while people meet: the same meeting goes on, in the same record.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Register, time_ms } from '../world/register.js';
import { Server } from '../world/server.js';
import { pause, until } from '../world/until.js';

/** Signs of life are written at least this often. */
const SIGN_OF_LIFE_EVERY_MS = 5_000;
/** From the return of the server until everybody sees each other again: the slowest pause between two tries, and a try. */
const BACK_WITHIN_MS = 20_000;

describe('outages', { timeout: 300_000 }, () => {
  let server, register, space, ada, bo;
  const everybody = () => [ada, bo];

  before(async () => {
    server = await Server.start({ cabled: true, settings: 'drain_seconds = 1\n' });
    server.addUser('owner@example.org', 'Owner');
    register = new Register(server, server.token('owner@example.org'));
    const created = await register.call('grpc', 'spaces', 'create_space', { space: { config: { access_type: 'OPEN' } } });
    space = { name: created.name, code: created.meeting_code };
    [ada, bo] = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
    for (const person of everybody()) await person.join(space.code);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    register?.close();
    await Promise.all(everybody().map((person) => person?.go()));
    await server?.stop();
  });

  /** The sessions of each person, oldest first. */
  async function sessionsOf(person) {
    const sessions = await register.sessions(person.seat.participant);
    return sessions.sort((one, other) => time_ms(one.start_time) - time_ms(other.start_time));
  }

  /** Something happens to the server, pages say so, and everybody is back by themselves: one participant each, and one more session. */
  async function survives(outage, says) {
    const before = await Promise.all(everybody().map(sessionsOf));
    const wentAt_ms = Date.now();
    await outage(() => Promise.all(everybody().map((person) => person.sees(says))));

    const options = { withinMs: BACK_WITHIN_MS };
    await Promise.all(everybody().map((person) => person.isIn()));
    await Promise.all([ada.seesEach([bo], options), bo.seesEach([ada], options)]);
    const record = await register.record(space.name);
    assert.equal(record?.name, ada.seat.conferenceRecord, 'the same conference record, and it is open');
    assert.equal((await register.participants(record.name)).length, everybody().length, 'the same participants');
    for (const [index, person] of everybody().entries()) {
      const sessions = await sessionsOf(person);
      assert.equal(sessions.length, before[index].length + 1, `${person.name} has one session more`);
      const [lost, live] = sessions.slice(-2);
      assert.ok(!live.end_time, 'the new one is live');
      const end_ms = time_ms(lost.end_time);
      assert.ok(end_ms >= wentAt_ms - SIGN_OF_LIFE_EVERY_MS, `the old one ended ${wentAt_ms - end_ms} ms before`);
      assert.ok(end_ms <= wentAt_ms + 2_000, `the old one ended ${end_ms - wentAt_ms} ms after`);
    }
  }

  test('the network of the server is cut for 12 s', () =>
    survives(async (everybodySees) => {
      await server.cable.pull();
      await Promise.all([everybodySees(), pause(12_000)]).finally(() => server.cable.mend());
    }, 'Connection lost – reconnecting…'));

  test('the server stands still for 10 s', () =>
    survives(async (everybodySees) => {
      server.pause();
      await Promise.all([everybodySees(), pause(10_000)]).finally(() => server.goOn());
    }, 'Connection lost – reconnecting…'));

  test('the server is updated: pages are told, and it is back after some seconds', () =>
    survives(async (everybodySees) => {
      await Promise.all([everybodySees(), server.terminate()]);
      await pause(2_000);
      await server.restart();
    }, 'The server is restarting – reconnecting…'));

  test('everybody has been back, so the last leave ends the conference', async () => {
    for (const person of everybody()) await person.leave();
    const get = () => register.call('grpc', 'records', 'get_conference_record', { name: ada.seat.conferenceRecord });
    await until('the conference to end', async () => (await get()).end_time, { withinMs: 2_000 });
    for (const person of everybody()) assert.deepEqual(person.errors, []);
  });
});
