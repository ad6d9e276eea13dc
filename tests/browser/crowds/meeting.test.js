// The main job: people meet in real browsers, and Google's own client reads who was there.
//
// One meeting from the first person to the last; each step is a test of its own, and the steps build on one another.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { join } from 'node:path';

import { screenshots } from '../world/files.js';
import { AUDIBLE_ENERGY, Person } from '../world/person.js';
import { displayName, Register, time_ms } from '../world/register.js';
import { Server } from '../world/server.js';
import { throughout, until } from '../world/until.js';

/** Added to the CSRCs of whoever is loudest now. */
const LOUDEST = 42;

describe('a meeting of five', { timeout: 300_000 }, () => {
  let server, register, space, record;
  /** Everybody in the order in which they came; Ada owns the space and speaks. */
  let ada, bo, caro, dan, eve;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    const token = server.token('ada@example.org');
    register = new Register(server, token);
    const config = { access_type: 'OPEN' };
    const created = await register.call('grpc', 'spaces', 'create_space', { space: { config } });
    space = { name: created.name, code: created.meeting_code };
    [ada, bo, caro, dan, eve] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true, viewport: { width: 1280, height: 800 } }),
      Person.arrive(server, 'Bo', 'green'),
      Person.arrive(server, 'Caro', 'blue'),
      Person.arrive(server, 'Dan', 'yellow'),
      Person.arrive(server, 'Eve', 'violet'),
    ]);
    await ada.signIn(link);
  });

  after(async () => {
    register?.close();
    await Promise.all([ada, bo, caro, dan, eve].map((person) => person?.go()));
    await server?.stop();
  });

  /** The page shows the meeting while it still connects; it is in when it has been told. */
  const joins = (person) => async () => {
    await person.join(space.code);
    await person.isIn();
  };
  const everybody = () => [ada, bo, caro, dan, eve];
  const isActive = async () => Boolean(await register.record(space.name));

  test('two people see each other', async () => {
    await register.witness(space.name, ['Ada'], joins(ada));
    record = ada.seat.conferenceRecord;
    await register.witness(space.name, ['Ada', 'Bo'], joins(bo));
    assert.equal(bo.seat.conferenceRecord, record, 'one conference for both');
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  test('the register knows the account of one and the name of the other', async () => {
    for (const transport of ['grpc', 'rest']) {
      const [bos, adas] = await register.participants(record, '', transport);
      assert.deepEqual([displayName(adas), displayName(bos)], ['Ada', 'Bo']);
      assert.match(adas.signedin_user.user, /^users\/\d{21}$/);
      assert.equal(bos.name, bo.seat.participant);
      const [session] = await register.sessions(bos.name, 'end_time IS NULL', transport);
      assert.equal(session.name, bo.seat.participantSession);
      assert.equal((await register.record(space.name, transport)).name, record);
    }
  });

  test('everybody sees everybody, each in their own colour', async () => {
    for (const person of [caro, dan, eve]) {
      const here = everybody().slice(0, everybody().indexOf(person) + 1).map(({ name }) => name);
      await register.witness(space.name, here, joins(person));
    }
    await Promise.all(everybody().map((person) => person.seesEach(everybody(), { withinMs: 40_000 })));
    for (const person of everybody()) {
      const labels = (await person.tiles()).sort();
      assert.deepEqual(labels, ['Ada', 'Bo', 'Caro', 'Dan', 'Eve'], `the tiles of ${person.name}`);
    }
    await ada.page.screenshot({ path: join(screenshots, 'meeting.png') });
  });

  test('pictures keep coming', async () => {
    for (const person of everybody()) {
      const before = await person.framesDecoded();
      await until(`${person.name} to decode 20 frames more`, async () => (await person.framesDecoded()) > before + 20);
    }
  });

  test('the one who speaks is heard by all others, and named by the packets', async () => {
    for (const person of [bo, caro, dan, eve]) await hearsOnly(person, ada, everybody());
    const own = await ada.hears();
    await throughout('Ada does not hear herself', 1_000, async () =>
      (await ada.hears()).every((line, index) => line.energy - own[index].energy < AUDIBLE_ENERGY));
  });

  test('whoever is muted is not heard', async () => {
    await ada.press('Mute');
    await until('Bo to be told', async () => (await bo.entriesOf(ada))[0]?.audioMuted);
    await until('Bo to hear nothing', async () => !(await bo.hearsAnybody()));
    await Promise.all([caro, dan, eve].map((person) => until(`${person.name} to hear nothing`, async () => !(await person.hearsAnybody()))));
    await bo.tile('Ada').getByRole('img', { name: 'Muted' }).waitFor();

    await ada.press('Unmute');
    await until('Bo to be told', async () => (await bo.entriesOf(ada))[0]?.audioMuted === false);
    await hearsOnly(eve, ada, everybody());
  });

  test('a stopped camera shows no picture, and a started one shows it again', async () => {
    await caro.press('Stop camera');
    for (const person of [ada, eve]) {
      await until(`${person.name} to see no picture of Caro`, async () => (await person.colourIn('Caro')) === null);
    }
    await caro.press('Start camera');
    await Promise.all([ada, eve].map((person) => person.seesEach([caro], { withinMs: 40_000 })));
  });

  test('a shared screen is a picture of its own', async () => {
    await dan.press('Share screen');
    for (const person of [ada, bo]) {
      await person.tile('Screen of Dan').waitFor();
      await until(`${person.name} to see the screen`, () => person.colourIn('Screen of Dan'));
      const entries = await person.entriesOf(dan);
      assert.deepEqual(entries.map(({ screenshare }) => Boolean(screenshare)).sort(), [false, true]);
    }
    await ada.seesEach(everybody());
    await ada.page.screenshot({ path: join(screenshots, 'shared-screen.png') });
    await dan.press('Stop sharing');
    for (const person of [ada, bo]) await person.tile('Screen of Dan').waitFor({ state: 'detached' });
    assert.equal((await register.participants(record)).length, 5, 'a screen is nobody');
  });

  test('who leaves is gone, and who comes back is the same person in a new session', async () => {
    const first = bo.seat;
    await register.witness(space.name, ['Ada', 'Caro', 'Dan', 'Eve'], async () => {
      await bo.leave();
      await ada.tile('Bo').waitFor({ state: 'detached' });
    });
    await caro.tile('Bo').waitFor({ state: 'detached' });
    const ended = await register.session(first.participantSession);
    assert.ok(time_ms(ended.end_time) <= Date.now() && time_ms(ended.end_time) > time_ms(ended.start_time));

    await register.witness(space.name, ['Ada', 'Bo', 'Caro', 'Dan', 'Eve'], async () => {
      await bo.rejoin();
      await bo.isIn();
    });
    const second = bo.seat;
    assert.equal(second.participant, first.participant);
    assert.notEqual(second.participantSession, first.participantSession);
    await Promise.all([bo.seesEach(everybody(), { withinMs: 40_000 }), ada.seesEach([bo])]);
    const sessions = await register.sessions(first.participant);
    assert.deepEqual(sessions.map(({ name }) => name), [second.participantSession, first.participantSession]);
  });

  test('the register is filtered by time and by presence', async () => {
    const bos = await register.sessions(bo.seat.participant);
    for (const transport of ['grpc', 'rest']) {
      const names = async (filter) => (await register.participants(record, filter, transport)).map(displayName);
      const from = (await register.participants(record)).find((one) => displayName(one) === 'Caro').earliest_start_time;
      assert.deepEqual(await names(`earliest_start_time >= "${from}"`), ['Eve', 'Dan', 'Caro']);
      assert.deepEqual(await names(`earliestStartTime<${from}`), ['Bo', 'Ada']);
      assert.deepEqual(await names('latest_end_time IS NOT NULL'), []);
      const returned = await register.sessions(bo.seat.participant, `start_time > "${bos[1].end_time}"`, transport);
      assert.deepEqual(returned.map(({ name }) => name), [bos[0].name]);
    }
  });

  test('ended by its owner, it is over for all, and nobody comes back by themselves', async () => {
    await register.call('grpc', 'spaces', 'end_active_conference', { name: space.name });
    await Promise.all(everybody().map((person) => person.sees('The meeting has ended')));
    await throughout('nobody rejoins', 3_000, async () => !(await isActive()));
    const ended = await register.call('rest', 'records', 'get_conference_record', { name: record });
    const people = await register.participants(record);
    assert.equal(people.length, 5);
    for (const person of people) assert.equal(person.latest_end_time, ended.end_time, displayName(person));
  });

  test('no page made a mistake', () => {
    for (const person of everybody()) assert.deepEqual(person.errors, [], person.name);
  });
});

/** Sound of the speaker arrives on exactly one line, and its packets name the speaker and nobody else. */
async function hearsOnly(listener, speaker, everybody) {
  const entryOf = async (person) => (await listener.entriesOf(person)).find(({ screenshare }) => !screenshare);
  const csrc = (await entryOf(speaker)).audioCsrc;
  const others = await Promise.all(everybody.filter((one) => one !== speaker && one !== listener).map(entryOf));
  let before = await listener.hears();
  await until(`${listener.name} to hear ${speaker.name} alone`, async () => {
    const now = await listener.hears();
    const loud = now.filter((line, index) => line.energy - before[index].energy > AUDIBLE_ENERGY);
    // The browser keeps the sources of the last ten seconds: only the newest say who speaks now.
    const newest = (loud[0]?.sources ?? []).filter(({ age_ms }) => age_ms < 500).map(({ source }) => source);
    const isRight = loud.length === 1 && newest.includes(csrc) && newest.every((one) => one === csrc || one === LOUDEST);
    if (loud.length > 1) before = now;
    return isRight && !newest.some((one) => others.some((other) => other.audioCsrc === one));
  });
}
