// What becomes of a connection: one that cannot be made, one whose network is cut or becomes another, one that is made again and
// again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Relay } from '../world/relay.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

/** Well below the six seconds after which a silent connection is given up without a hint. */
const NOTICED_WITHIN_MS = 3_000;

const RECONNECTIONS = 25;

describe('connections', { timeout: 180_000 }, () => {
  let relay, server, space, ada, bo, caro, dan;

  before(async () => {
    relay = await Relay.open();
    server = await Server.start({ settings: `public_address = "${relay.address}"\nwithout_tcp_media = true` });
    await relay.leadTo(server.mediaPort);
    server.addUser('owner@example.org', 'Owner');
    space = await server.openSpace(server.token('owner@example.org'));
    [ada, bo, caro, dan] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true }),
      Person.arrive(server, 'Bo', 'green'),
      Person.arrive(server, 'Caro', 'blue'),
      Person.arrive(server, 'Dan', 'yellow', { observed: false }),
    ]);
    await bo.page.addInitScript(() => {
      // While it is deaf, the page hears nothing of the chat: neither answers nor messages.
      const { addEventListener } = RTCDataChannel.prototype;
      RTCDataChannel.prototype.addEventListener = function (kind, listener, options) {
        const heard = (event) => (globalThis.deaf && this.label === 'chat' ? undefined : listener(event));
        addEventListener.call(this, kind, kind === 'message' ? heard : listener, options);
      };
    });
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    assert.deepEqual([ada, bo, dan].flatMap((person) => person?.errors ?? []), []);
    await Promise.all([ada, bo, caro, dan].map((person) => person?.go()));
    await server?.stop();
    await relay?.close();
  });

  const write = async (person, text) => {
    const input = person.page.getByRole('textbox', { name: 'Write to everybody' });
    await input.fill(text);
    await input.press('Enter');
  };
  const said = (person, text) => person.panel('Chat').getByRole('article').filter({ hasText: text });
  const comesBack = (person) => person.page.waitForResponse((answer) => /:resume$/.test(answer.url()) && answer.ok());
  /** As a browser says it on another network; none of ours changes under it. */
  const hint = (person, kind = 'change') =>
    person.page.evaluate((kind) => (kind === 'change' ? navigator.connection : window).dispatchEvent(new Event(kind)), kind);

  /** Everybody is on another network, Ada first: what Bo says then, she hears. The time that each takes to ask for a way back. */
  const moveOn = async () => {
    await relay.change();
    const times_ms = [];
    for (const person of [ada, bo]) {
      const back = comesBack(person);
      const asking = person.page.waitForRequest((request) => /:resume$/.test(request.url()));
      const hintedAt_ms = Date.now();
      await hint(person);
      await asking;
      times_ms.push(Date.now() - hintedAt_ms);
      await back;
      await person.isIn();
    }
    return times_ms;
  };

  test('a browser without connections is told so, and asks nobody', async () => {
    const asked = [];
    caro.page.on('request', (request) => /:join$/.test(request.url()) && asked.push(request.url()));
    await caro.page.addInitScript(() => delete globalThis.RTCPeerConnection);
    await caro.page.goto(`${server.url}/${space.meetingCode}`);
    await caro.page.getByRole('textbox', { name: 'Your name' }).fill('Caro');
    await caro.press('Join');
    await caro.sees('This browser cannot take part');
    assert.deepEqual(asked, []);
  });

  test('a hint that the network has changed breaks nothing that stands', async () => {
    const before = bo.seat.participantSession;
    let asked = 0;
    bo.page.on('request', (request) => /:(join|resume)$/.test(request.url()) && (asked += 1));
    for (const kind of ['change', 'offline', 'online']) await hint(bo, kind);
    await bo.page.waitForTimeout(NOTICED_WITHIN_MS);
    assert.equal(asked, 0);
    const [{ sessionName }] = await ada.entriesOf(bo);
    assert.ok(before.endsWith(sessionName), 'the same session');
  });

  test('another network is noticed at once, and what was written meanwhile is said once', async () => {
    for (const person of [ada, bo]) await person.toggle('Chat');
    await relay.cut();
    await write(bo, 'Can you hear me?');
    await said(bo, 'Can you hear me?').getByText('Not sent yet').waitFor();
    assert.equal(await bo.page.locator('[data-connection-state="connected"]').count(), 1, 'nobody has noticed');
    const times_ms = await moveOn();
    assert.ok(Math.max(...times_ms) < NOTICED_WITHIN_MS, `${times_ms} ms`);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    await said(ada, 'Can you hear me?').waitFor();
    await until('it to be sent', async () => (await said(bo, 'Not sent').count()) === 0);
    for (const person of [ada, bo]) assert.equal(await said(person, 'Can you hear me?').count(), 1, person.name);
  });

  test('what was said and not answered is not said again', async () => {
    await bo.page.evaluate(() => (globalThis.deaf = true));
    await write(bo, 'Once');
    await said(ada, 'Once').waitFor();
    await said(bo, 'Once').getByText('Not sent yet').waitFor();
    await bo.page.evaluate(() => (globalThis.deaf = false));
    await moveOn();
    await until('it to be known as sent', async () => (await said(bo, 'Not sent').count()) === 0);
    for (const person of [ada, bo]) assert.equal(await said(person, 'Once').count(), 1, person.name);
  });

  test('after many reconnections a page is as it was after the first', async () => {
    await dan.page.addInitScript(() => {
      const Native = globalThis.RTCPeerConnection;
      // Weakly: a connection that the page has let go must be able to go.
      globalThis.RTCPeerConnection = class extends Native {
        constructor(...words) {
          super(...words);
          globalThis.latest = new WeakRef(this);
        }
      };
    });
    await dan.join(space.meetingCode);
    await dan.isIn();
    const developer = await dan.context.newCDPSession(dan.page);
    const loseAndReturn = async () => {
      const back = comesBack(dan);
      await dan.page.evaluate(() => {
        const connection = globalThis.latest.deref();
        Object.defineProperty(connection, 'iceConnectionState', { value: 'failed' });
        connection.dispatchEvent(new Event('iceconnectionstatechange'));
        window.dispatchEvent(new Event('online'));
      });
      await back;
      await dan.isIn();
    };
    const held = async () => {
      await developer.send('HeapProfiler.collectGarbage');
      const { jsEventListeners } = await developer.send('Memory.getDOMCounters');
      const players = await dan.page.evaluate(() => {
        globalThis.players ??= [...document.querySelectorAll('audio')];
        return globalThis.players.filter((player) => player.isConnected && player.srcObject?.active).length;
      });
      return { jsEventListeners, players };
    };
    await loseAndReturn();
    const first = await held();
    assert.equal(first.players, 3);
    for (let count = 1; count < RECONNECTIONS; count++) await loseAndReturn();
    const last = await held();
    assert.equal(last.players, first.players, 'the same elements play');
    assert.ok(last.jsEventListeners <= first.jsEventListeners + 5, JSON.stringify({ first, last }));
  });
});
