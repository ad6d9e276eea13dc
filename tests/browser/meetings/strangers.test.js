// Junk on the media port and on HTTP, while a meeting goes on: it gets no answer, and the meeting does not notice.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

const DATAGRAMS_OF_A_KIND = 200;

describe('strangers', { timeout: 120_000 }, () => {
  let server, ada, bo, stranger;
  const answers = [];

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    const token = server.token('owner@example.org');
    const space = await server.openSpace(token);
    [ada, bo] = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    stranger.on('message', (answer) => answers.push(answer));
  });

  after(async () => {
    stranger?.close();
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  /** Bytes that look random and are the same in every run. */
  const noise = (seed, length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) => createHash('sha256').update(`${seed}/${block}`).digest());
    return Buffer.concat(blocks).subarray(0, length);
  };
  const headed = (head, seed, length) => Buffer.concat([Buffer.from(head), noise(seed, length)]);

  const KINDS = {
    nothing: () => Buffer.alloc(0),
    'one byte': (seed) => noise(seed, 1),
    noise: (seed) => noise(seed, 1 + ((seed * 37) % 1400)),
    'STUN for nobody': (seed) => headed([0x00, 0x01, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42], seed, 20),
    'STUN cut off': (seed) => headed([0x00, 0x01, 0x40, 0x00, 0x21, 0x12, 0xa4, 0x42], seed, 12),
    'DTLS from an address that ICE has not validated': (seed) =>
      headed([0x16, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x01, 0, 0, 0x74, 0, 0, 0, 0, 0, 0, 0, 0x74, 0xfe, 0xfd], seed, 114),
    'RTP from nobody': (seed) => headed([0x80, 0x60], seed, 200),
    'RTCP from nobody': (seed) => headed([0x80, 0xc9, 0x00, 0x07], seed, 28),
    'the largest datagram': (seed) => noise(seed, 65_000),
  };

  for (const [kind, make] of Object.entries(KINDS)) {
    test(`${kind}: no answer, and the meeting goes on`, async () => {
      const before = await Promise.all([ada.framesDecoded(), bo.framesDecoded()]);
      for (let seed = 0; seed < DATAGRAMS_OF_A_KIND; seed++) {
        await new Promise((resolve) => stranger.send(make(seed), server.mediaPort, '127.0.0.1', resolve));
      }
      for (const [index, person] of [ada, bo].entries()) {
        await until(`${person.name} to decode on`, async () => (await person.framesDecoded()) > before[index] + 10);
      }
      assert.equal(answers.length, 0, 'a stranger gets no datagram back');
    });
  }

  test('junk on HTTP gets an error, and the server lives', async () => {
    for (const text of ['\0\0\0\0', 'GET', 'GET / HTTP/9.9\r\n\r\n', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      'POST /v2/spaces HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff']) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.end(text, 'latin1');
      socket.resume();
      await once(socket, 'close');
      assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    }
  });

  test('nobody was disturbed', async () => {
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    const connections = () => globalThis.observed.connections.length;
    for (const person of [ada, bo]) {
      assert.equal(await person.page.evaluate(connections), 1, `${person.name} never had to come back`);
      assert.deepEqual(person.errors, []);
    }
  });
});
