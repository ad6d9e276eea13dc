// What happens to people who do not say goodbye: a closed tab, a browser that dies, a server that dies.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Register, time_ms } from '../world/register.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

const CLOSED_WITHIN_MS = 2_000;
const SILENT_WITHIN_MS = 15_000;
/** Signs of life are written at least this often. */
const SIGN_OF_LIFE_EVERY_MS = 5_000;

describe('losses', { timeout: 240_000 }, () => {
  let server, register, space, ada, bo, caro;

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    register = new Register(server, server.token('owner@example.org'));
    const config = { access_type: 'OPEN' };
    const created = await register.call('grpc', 'spaces', 'create_space', { space: { config } });
    space = { name: created.name, code: created.meeting_code };
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red'),
      Person.arrive(server, 'Bo', 'green'),
      Person.arrive(server, 'Caro', 'blue'),
    ]);
    for (const person of [ada, bo, caro]) await person.join(space.code);
    await Promise.all([ada.seesEach([bo, caro]), caro.seesEach([ada, bo]), bo.seesEach([ada, caro])]);
  });

  after(async () => {
    register?.close();
    await Promise.all([ada, bo, caro].map((person) => person?.go()));
    await server?.stop();
  });

  const endOf = async ({ seat }) => time_ms((await register.session(seat.participantSession)).end_time);

  test('a closed tab ends its session within 2 s', async () => {
    const closedAt_ms = Date.now();
    await caro.closeTab();
    const end_ms = await until("the end of Caro's session", () => endOf(caro), { withinMs: CLOSED_WITHIN_MS });
    assert.ok(end_ms >= closedAt_ms - SIGN_OF_LIFE_EVERY_MS && end_ms <= closedAt_ms + CLOSED_WITHIN_MS);
    await ada.tile('Caro').waitFor({ state: 'detached' });
  });

  test('a browser that dies ends its session within 15 s, at its last sign of life', async () => {
    const diedAt_ms = Date.now();
    await bo.die();
    const end_ms = await until("the end of Bo's session", () => endOf(bo), { withinMs: SILENT_WITHIN_MS });
    // What the browser had sent may arrive when it is dead; what it never sent does not count as presence.
    assert.ok(end_ms >= diedAt_ms - SIGN_OF_LIFE_EVERY_MS, `ended ${diedAt_ms - end_ms} ms before it died`);
    assert.ok(end_ms <= diedAt_ms + 1_000, `ended ${end_ms - diedAt_ms} ms after it died`);
    await ada.tile('Bo').waitFor({ state: 'detached' });
  });

  test('after a crash of the server, people come back by themselves into the same conference', async () => {
    bo = await Person.arrive(server, 'Bo', 'green');
    await bo.join(space.code);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    const before = { ada: ada.seat, bo: bo.seat };
    const comeBack = [ada, bo].map((person) => person.page.waitForResponse((answer) => /:resume$/.test(answer.url()) && answer.ok(), { timeout: 30_000 }));

    const killedAt_ms = Date.now();
    await server.kill();
    await Promise.all([ada.sees(/Connection lost/), bo.sees(/Connection lost/)]);
    await server.restart();
    const restartedAt_ms = Date.now();
    const answers = await Promise.all(comeBack.map(async (answer) => (await answer).json()));

    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    for (const [index, name] of ['ada', 'bo'].entries()) {
      const [old, now] = [before[name], answers[index]];
      assert.equal(now.conferenceRecord, old.conferenceRecord, 'the same conference record');
      assert.equal(now.participant, old.participant, 'the same participant');
      assert.notEqual(now.participantSession, old.participantSession, 'a new session');
      const ended = await register.session(old.participantSession);
      const end_ms = time_ms(ended.end_time);
      assert.ok(end_ms >= killedAt_ms - SIGN_OF_LIFE_EVERY_MS && end_ms <= killedAt_ms, `the old one ended ${killedAt_ms - end_ms} ms before the crash`);
      const started = await register.session(now.participantSession);
      assert.ok(time_ms(started.start_time) >= killedAt_ms && !started.end_time);
    }
    assert.ok(Date.now() - restartedAt_ms < 30_000);
    const record = await register.call('rest', 'records', 'get_conference_record', { name: before.ada.conferenceRecord });
    assert.equal(record.end_time ?? null, null, 'the conference goes on');
  });

  test('nobody noticed more than they had to', () => {
    assert.deepEqual(ada.errors, []);
  });
});
