// A meeting of two browsers and a telephone: each has a tone for a voice, and hears the tones of the other two and not its own.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { toneSamples } from '../world/material.js';
import { Person } from '../world/person.js';
import { freePort, Server } from '../world/server.js';
import { Telephone } from '../world/telephone.js';
import { pause, until } from '../world/until.js';

const RATE_HZ = 8_000;
/** Far from each other, and none a multiple of another one. */
const TONES_HZ = { ada: 450, bo: 700, telephone: 1_150 };
const FOR_S = 6;
/** What arrives of a voice, and what remains where there is none: decibels below the loudest. */
const HEARD_DB = -55;
const NOT_HEARD_DB = -70;
/** The amplitude from which on a tone is heard by a telephone, and the part of the time in which it is. */
const AUDIBLE = 400;
const OFTEN = 0.5;
const SELDOM = 0.1;

describe('telephones that are heard', { timeout: 180_000 }, () => {
  let server, space, people, telephone;

  before(async () => {
    const sipPort = await freePort();
    const first = 40_000 + 200 * (sipPort % 100);
    server = await Server.start({
      settings: `[telephony]\nlisten = "127.0.0.1:${sipPort}"\ndomain = "sip.example.org"\nfirst_port = ${first}\nlast_port = ${first + 100}\ngateway_sip_access = "meet.sip.example.org"\n`,
    });
    server.addUser('owner@example.org', 'Owner');
    const token = server.token('owner@example.org');
    const { body } = await server.call('POST', '/v2/spaces', { token, body: { config: { accessType: 'OPEN' } } });
    space = body;
    people = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { tone_hz: TONES_HZ.ada }),
      Person.arrive(server, 'Bo', 'green', { tone_hz: TONES_HZ.bo }),
    ]);
    telephone = await Telephone.of('cy', { sipPort, says: toneSamples(TONES_HZ.telephone, 50, RATE_HZ) });
  });

  after(async () => {
    assert.deepEqual(people?.flatMap(({ errors }) => errors) ?? [], []);
    await telephone?.off();
    await Promise.all(people?.map((person) => person.go()) ?? []);
    await server?.stop();
  });

  test('each hears the other two', async (t) => {
    const [ada, bo] = people;
    for (const person of people) await person.join(space.meetingCode);
    telephone.dial(space.gatewaySipAccess[0].uri);
    for (const person of people) {
      await until(`${person.name} to see three`, async () => (await person.told('participants')).length === 3);
    }
    // Nothing is announced to whoever calls any more.
    await pause(8_000);
    const tones = Object.values(TONES_HZ);
    const heard = await Promise.all([ada, bo].map((person) => person.hearsTones(tones, FOR_S)));
    for (const [index, own] of [[0, TONES_HZ.ada], [1, TONES_HZ.bo]]) {
      const { name } = people[index];
      t.diagnostic(`${name}: ${tones.map((hz, tone) => `${hz} Hz at ${heard[index][tone].toFixed(0)} dB`).join(', ')}`);
      tones.forEach((hz, tone) => {
        const level = heard[index][tone];
        assert.ok(hz === own ? level < NOT_HEARD_DB : level > HEARD_DB, `${name} hears ${hz} Hz at ${level} dB`);
      });
    }
    const samples = (await telephone.heard()).slice(-FOR_S * RATE_HZ);
    for (const hz of tones) {
      const part = partWith(samples, hz);
      t.diagnostic(`the telephone: ${hz} Hz in ${(100 * part).toFixed(0)} % of the time`);
      assert.ok(hz === TONES_HZ.telephone ? part < SELDOM : part > OFTEN, `the telephone hears ${hz} Hz in ${part} of the time`);
    }
  });
});

/** In which part of this a tone is there, by fifths of a second (Goertzel). */
function partWith(samples, hz) {
  const length = RATE_HZ / 5;
  const pieces = Math.floor(samples.length / length);
  const amplitude = (piece) => {
    let [real, imaginary] = [0, 0];
    for (let place = 0; place < length; place++) {
      const angle = (2 * Math.PI * hz * place) / RATE_HZ;
      real += samples[piece * length + place] * Math.cos(angle);
      imaginary += samples[piece * length + place] * Math.sin(angle);
    }
    return (2 * Math.hypot(real, imaginary)) / length;
  };
  return Array.from({ length: pieces }, (_, piece) => amplitude(piece)).filter((level) => level > AUDIBLE).length / pieces;
}
