// Two browsers and a telephone talk for three minutes over a network that loses packets, and are recorded: in the file of each and in that
// of all their voices stay together, as they were when they were made.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { beepSamples, beepsIn, beepsOf, EVERY_MS, installBeeps } from '../world/beeps.js';
import { tool } from '../world/files.js';
import { Person } from '../world/person.js';
import { Relay } from '../world/relay.js';
import { freePort, Server } from '../world/server.js';
import { Telephone } from '../world/telephone.js';
import { pause, until } from '../world/until.js';

const RATE_HZ = 8_000;
const TONES_HZ = { Ada: 600, Bo: 1_000, telephone: 1_400 };
const FOR_MS = 180_000;
const SEED = 12;
const LOSSY = { lossPercent: 3 };
/** How far voices may be apart. */
const APART_MS = 40;
/** Of the beeps, those that are found and in step: a lost packet, and a moment in which a machine stands still, take one. */
const MOST = 0.9;

describe('voices that are recorded', { timeout: 420_000 }, () => {
  let server, relay, token, people, telephone, made, recording;

  before(async () => {
    const sipPort = await freePort();
    const first = 40_000 + 200 * (sipPort % 100);
    relay = await Relay.open({ seed: SEED });
    server = await Server.start({
      settings: `public_address = "${relay.address}"\nwithout_tcp_media = true\n[telephony]\nlisten = "127.0.0.1:${sipPort}"\ndomain = "sip.example.org"\nfirst_port = ${first}\nlast_port = ${first + 100}\ngateway_sip_access = "meet.sip.example.org"\n`,
    });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    token = server.token('owner@example.org');
    people = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
    for (const person of people) await person.page.addInitScript(installBeeps, beepsOf(TONES_HZ[person.name]));
    telephone = await Telephone.of('cy', { sipPort, says: beepSamples(TONES_HZ.telephone, FOR_MS / 1_000 + 60, RATE_HZ) });
    const { body: space } = await server.call('POST', '/v2/spaces', { token, body: { config: { accessType: 'OPEN' } } });
    for (const person of people) await person.join(space.meetingCode);
    telephone.dial(space.gatewaySipAccess[0].uri);
    for (const person of people) {
      await until(`${person.name} to see three`, async () => (await person.told('participants')).length === 3);
    }
    await relay.become({ uplink: LOSSY, downlink: LOSSY });
    const ask = async (verb) => {
      const { status, body } = await server.call('POST', `/sederunt/v1/${space.name}:${verb}Recording`, { token, body: {} });
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
    const { name } = await ask('start');
    await pause(FOR_MS);
    await ask('stop');
    made = await Promise.all(people.map(({ page }) => page.evaluate(() => globalThis.beeps())));
    await until('its files to be made', async () => {
      recording = (await server.call('GET', `/sederunt/v1/${name}`, { token })).body;
      return recording.state === 'FILE_GENERATED';
    }, { withinMs: 60_000 });
  });

  after(async () => {
    assert.deepEqual(people?.flatMap(({ errors }) => errors) ?? [], []);
    await telephone?.off();
    await Promise.all(people?.map((person) => person.go()) ?? []);
    await server?.stop();
    await relay?.close();
  });

  /** When the beeps of a tone begin in a file of the recording, in milliseconds of the epoch. */
  const beepsOfFile = async (file, hz) => {
    const response = await fetch(file.uri);
    const bytes = Buffer.from(await response.arrayBuffer());
    const heard = execFileSync(
      tool('ffmpeg'),
      // What was lost is silence, not left out.
      ['-v', 'error', '-i', '-', '-af', 'aresample=async=1:first_pts=0:min_hard_comp=0.01', '-f', 's16le', '-ar', `${RATE_HZ}`, '-ac', '1', '-'],
      { input: bytes, maxBuffer: 2 ** 28 },
    );
    const samples = Int16Array.from({ length: heard.length / 2 }, (_, place) => heard.readInt16LE(2 * place));
    return beepsIn(samples, hz, RATE_HZ).map((at_ms) => Date.parse(file.startTime) + at_ms);
  };

  /** By how much each of these is later than the one of those that is nearest. */
  const lateness = (these_ms, those_ms) =>
    these_ms.map((at_ms) => {
      const nearest = those_ms.reduce((best, one) => (Math.abs(one - at_ms) < Math.abs(best - at_ms) ? one : best));
      return at_ms - nearest;
    });

  const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

  const isInStep = (t, what, late_ms, than_ms) => {
    const right = late_ms.filter((value) => Math.abs(value - than_ms) <= APART_MS).length / late_ms.length;
    t.diagnostic(`${what}: ${late_ms.length} beeps, ${(100 * right).toFixed(0)} % within ${APART_MS} ms of ${than_ms.toFixed(0)} ms`);
    assert.ok(late_ms.length >= (MOST * FOR_MS) / EVERY_MS, `${what}: ${late_ms.length} beeps`);
    assert.ok(right >= MOST, `${what}: ${late_ms.map((value) => value.toFixed(0)).join(' ')}`);
  };

  const ofAll = () => recording.files.find(({ mediaType, session }) => mediaType === 'audio/x-wav' && !session) ?? assert.fail(JSON.stringify(recording));

  /** The file of somebody's voice; without a name, that of whoever comes by telephone. */
  const ofOne = (person) => {
    const sessions = people.map(({ seat }) => seat.participantSession.split('/').at(-1));
    const voices = recording.files.filter(({ source }) => source === 'MICROPHONE');
    const isTheirs = ({ session }) => (person ? session === person.seat.participantSession.split('/').at(-1) : !sessions.includes(session));
    return voices.find(isTheirs) ?? assert.fail(JSON.stringify(recording));
  };

  test('the browsers’ are as far apart in the sound of all as they were made', async (t) => {
    const late = [];
    for (const [place, { name }] of people.entries()) {
      late.push(lateness(await beepsOfFile(ofAll(), TONES_HZ[name]), made[place]));
    }
    // Both take the same time to be captured and coded.
    const than_ms = median(late.flat());
    for (const [place, { name }] of people.entries()) isInStep(t, name, late[place], than_ms);
  });

  test('the telephone’s do not drift', async (t) => {
    const heard = await beepsOfFile(ofAll(), TONES_HZ.telephone);
    const regular = heard.map((_, place) => heard[0] + Math.round((heard[place] - heard[0]) / EVERY_MS) * EVERY_MS);
    const late = lateness(heard, regular);
    isInStep(t, 'the telephone', late, median(late));
  });

  test('each file says when what is in it was said, as that of all does', async (t) => {
    for (const [who, person] of [['Ada', people[0]], ['Bo', people[1]], ['telephone', null]]) {
      const [own, all] = [await beepsOfFile(ofOne(person), TONES_HZ[who]), await beepsOfFile(ofAll(), TONES_HZ[who])];
      isInStep(t, who, lateness(own, all), 0);
    }
  });
});
