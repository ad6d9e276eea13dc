// Other clients than ours: every codec of the contract passes through untouched, to a receiver that knows only the
// Media API.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { installRaw } from '../world/raw.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('codecs', { timeout: 120_000 }, () => {
  let server, token, browser;

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    token = server.token('owner@example.org');
    browser = await Person.arrive(server, 'Raw', 'red');
    await browser.page.goto(`${server.url}/healthz`);
    await browser.page.evaluate(installRaw);
  });

  after(async () => {
    await browser?.go();
    await server?.stop();
  });

  for (const codec of ['video/VP8', 'video/VP9', 'video/H264', 'video/AV1']) {
    test(`${codec} is decoded as it was sent`, async () => {
      const { page } = browser;
      const space = await server.openSpace(token);
      await page.evaluate(async ([name, codec]) => {
        globalThis.raw.made.sender = await globalThis.raw.send(name, codec, 'Sender');
        globalThis.raw.made.receiver = await globalThis.raw.receive(name, 'Receiver');
      }, [space.name, codec]);
      const decoded = () => page.evaluate(() => globalThis.raw.made.receiver.decoded());
      await until('frames to be decoded', async () => (await decoded()).frames > 10);
      const { codec: received, ssrc, sources } = await decoded();
      assert.equal(received.toLowerCase(), codec.toLowerCase());

      // The picture is on the line that the assignment names, and its packets name the media entry.
      const messages = await page.evaluate(() => globalThis.raw.made.receiver.messages);
      assert.equal(messages.find(({ response }) => response)?.response.status?.code ?? 0, 0);
      const assigned = messages.flatMap(({ resources }) => resources ?? []).at(-1).videoAssignment;
      assert.equal(assigned.label, '1');
      assert.deepEqual(assigned.canvases.map(({ canvasId, ssrc }) => ({ canvasId, ssrc })), [{ canvasId: 1, ssrc }]);
      assert.ok(assigned.canvases[0].mediaEntryId > 0);
      assert.equal(sources.length, 1, 'one contributing source');

      await page.evaluate(() => Object.values(globalThis.raw.made).forEach(({ connection }) => connection.close()));
    });
  }
});
