// Something happens to the server while two people meet, and the same meeting goes on, in the same record.

import assert from 'node:assert/strict';

import { Person } from './person.js';
import { Register, time_ms } from './register.js';
import { until } from './until.js';

/** Signs of life are written at least this often. */
const SIGN_OF_LIFE_EVERY_MS = 5_000;
/** From the return of the server until everybody sees each other again: the slowest pause between two tries, and a try. */
const BACK_WITHIN_MS = 20_000;

/** A meeting of two, whose register an outage may replace. */
export class Meeting {
  register = null;
  space = null;
  people = [];

  /** Both are in, and see each other. */
  async begin(server) {
    server.addUser('owner@example.org', 'Owner');
    this.readFrom(server);
    const space = { config: { access_type: 'OPEN' } };
    this.space = await this.register.call('grpc', 'spaces', 'create_space', { space });
    this.people = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
    for (const person of this.people) await person.join(this.space.meeting_code);
    const [ada, bo] = this.people;
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  }

  /** Its register is asked for at this server. */
  readFrom(server) {
    this.register?.close();
    this.register = new Register(server, server.token('owner@example.org'));
  }

  /** Both leave, which ends the conference at once. */
  async end() {
    for (const person of this.people) await person.leave();
    const [{ seat }] = this.people;
    const get = () => this.register.call('grpc', 'records', 'get_conference_record', { name: seat.conferenceRecord });
    await until('the conference to end', async () => (await get()).end_time, { withinMs: 2_000 });
    for (const person of this.people) assert.deepEqual(person.errors, []);
  }

  async close() {
    this.register?.close();
    await Promise.all(this.people.map((person) => person.go()));
  }
}

/** The sessions of a person, oldest first. */
async function sessionsOf(register, person) {
  const sessions = await register.sessions(person.seat.participant);
  return sessions.sort((one, other) => time_ms(one.start_time) - time_ms(other.start_time));
}

/**
 * An outage that pages tell people of in these words, and after it everybody is back by themselves: one participant each, and one more
 * session.
 * @param {Meeting} meeting
 */
export async function survives(meeting, outage, says) {
  const { space, people } = meeting;
  const before = await Promise.all(people.map((person) => sessionsOf(meeting.register, person)));
  const wentAt_ms = Date.now();
  await outage(() => Promise.all(people.map((person) => person.sees(says))));

  await Promise.all(people.map((person) => person.isIn()));
  await Promise.all(people.map((person) => person.seesEach(people, { withinMs: BACK_WITHIN_MS })));
  const { register } = meeting;
  const record = await register.record(space.name);
  assert.equal(record?.name, people[0].seat.conferenceRecord, 'the same conference record, and it is open');
  assert.equal((await register.participants(record.name)).length, people.length, 'the same participants');
  for (const [index, person] of people.entries()) {
    const sessions = await sessionsOf(register, person);
    assert.equal(sessions.length, before[index].length + 1, `${person.name} has one session more`);
    const [lost, live] = sessions.slice(-2);
    assert.ok(!live.end_time, 'the new one is live');
    const end_ms = time_ms(lost.end_time);
    assert.ok(end_ms >= wentAt_ms - SIGN_OF_LIFE_EVERY_MS, `the old one ended ${wentAt_ms - end_ms} ms before`);
    assert.ok(end_ms <= wentAt_ms + 2_000, `the old one ended ${end_ms - wentAt_ms} ms after`);
  }
}
