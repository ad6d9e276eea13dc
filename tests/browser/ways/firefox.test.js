// The main journey with Firefox, beside somebody with Chromium, on the default settings. Firefox connects to no address of loopback,
// so the server announces those of this machine as well.

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';

import { Firefox } from '../world/firefox.js';
import { Person } from '../world/person.js';
import { displayName, Register } from '../world/register.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('Firefox', { timeout: 180_000 }, () => {
  let server, register, space, flora, cem;

  before(async () => {
    const addresses = Object.values(networkInterfaces()).flat();
    assert.ok(addresses.some(({ internal, family }) => !internal && family === 'IPv4'), 'an address beside loopback');
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    const token = server.token('owner@example.org');
    register = new Register(server, token);
    space = await server.openSpace(token);
    [flora, cem] = await Promise.all([Firefox.arrive(server, 'Flora'), Person.arrive(server, 'Cem', 'green', { speaks: true })]);
  });

  after(async () => {
    register?.close();
    await Promise.all([flora, cem].map((person) => person?.go()));
    await server?.stop();
  });

  test('two people see and hear each other', async () => {
    await cem.join(space.meetingCode);
    await flora.join(space.meetingCode);
    await flora.sees('Connected');
    await flora.seesMoving('Cem');
    await until('Cem to see Flora', () => cem.colourIn('Flora'));
    await until('Cem to hear Flora', () => cem.hearsAnybody());
    await until('Flora to hear Cem', () => flora.hearsAnybody());
    await cem.press('Mute');
    await until('Flora to hear nobody', async () => !(await flora.hearsAnybody()));
    await cem.press('Unmute');
    await until('Flora to hear Cem again', () => flora.hearsAnybody());
  });

  test('a tab in the background is sent no picture, and has them again without a blank tile', async () => {
    /** The layers of his camera that Cem sends. */
    const sent = () =>
      cem.page.evaluate(async () => {
        const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
        return stats.filter(({ type, rid, active }) => type === 'outbound-rtp' && rid !== undefined && active).length;
      });
    await flora.run(() => {
      const tile = [...document.querySelectorAll('figure')].find((figure) => figure.ariaLabel.startsWith('Cem'));
      // What a script leaves behind for the next one is in the page.
      const { dataset } = document.body;
      dataset.blanks = '';
      new MutationObserver(() => (dataset.blanks += tile.querySelector('video') ? '' : 'blank ')).observe(tile, { childList: true, subtree: true });
    });
    assert.ok((await sent()) > 0);
    await flora.lookAway();
    await until('nobody to be sent what Cem shows', async () => (await sent()) === 0);
    await flora.lookAgain();
    await until('Flora to be sent it again', async () => (await sent()) > 0);
    await flora.seesMoving('Cem');
    assert.equal(await flora.run(() => document.body.dataset.blanks), '');
    assert.ok(await cem.hearsAnybody(), 'she is heard all the time');
  });

  test('who left is gone, and the register is right', async () => {
    await flora.press('Leave');
    await flora.sees('You left the meeting');
    await cem.tile('Flora').waitFor({ state: 'detached' });
    const participants = await register.participants(cem.seat.conferenceRecord);
    const seen = participants.map((participant) => [displayName(participant), Boolean(participant.latest_end_time)]);
    assert.deepEqual(seen.sort(), [
      ['Cem', false],
      ['Flora', true],
    ]);
    const { name } = participants.find((participant) => displayName(participant) === 'Flora');
    assert.equal((await register.sessions(name)).length, 1, 'one session, and no try beside it');
  });
});
