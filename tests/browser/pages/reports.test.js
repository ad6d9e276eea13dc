// What a page tells the server of the quality that only a browser can measure: as the server wants it, and nothing more.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { pause, throughout, until } from '../world/until.js';

describe('reports', { timeout: 120_000 }, () => {
  let server, space, ada, bo;

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    space = await server.openSpace(server.token('owner@example.org'));
    [ada, bo] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true }),
      Person.arrive(server, 'Bo', 'green'),
    ]);
    await bo.page.addInitScript(() => {
      const reports = (globalThis.reports = { uploads: [], answers: [], sentOn: [] });
      const { send, addEventListener } = RTCDataChannel.prototype;
      RTCDataChannel.prototype.send = function (text) {
        reports.sentOn.push(this.label);
        if (this.label === 'media-stats') reports.uploads.push(JSON.parse(text).request.uploadMediaStats.sections);
        send.call(this, text);
      };
      RTCDataChannel.prototype.addEventListener = function (kind, listener, options) {
        if (this.label === 'media-stats' && kind === 'message') {
          addEventListener.call(this, kind, ({ data }) => {
            const { response } = JSON.parse(data);
            if (response) reports.answers.push(response.status);
          });
        }
        addEventListener.call(this, kind, listener, options);
      };
    });
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    assert.deepEqual([ada, bo].flatMap((person) => person?.errors ?? []), []);
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  const reports = () => bo.page.evaluate(() => globalThis.reports);
  /** Bo's uploads, once there are so many. */
  const uploads = (count) =>
    until(`${count} uploads`, async () => {
      const { uploads } = await reports();
      return uploads.length >= count && uploads;
    });
  /** What an upload says under a type. */
  const all = (sections, type) => sections.flatMap((section) => section[type] ?? []);

  test('what is heard and seen is counted, and the server takes it', async () => {
    const [first, second, third] = await uploads(3);
    const cores = await bo.page.evaluate(() => navigator.hardwareConcurrency);
    const [client] = all(first, 'client');
    assert.match(client.userAgent, /^Mozilla\/5\.0 .*Chrome/);
    assert.equal(client.hardwareConcurrency, cores);
    assert.deepEqual([...all(second, 'client'), ...all(third, 'client')], [], 'it is said once');

    const received = all(third, 'inbound-rtp');
    const heard = received.find(({ packetsReceived, concealedSamples }) => packetsReceived > 0 && concealedSamples >= 0);
    assert.ok(heard.totalSamplesReceived > heard.silentConcealedSamples, JSON.stringify(heard));
    const seen = received.find(({ framesDecoded }) => framesDecoded > 0);
    assert.ok(seen.framesReceived >= seen.framesDecoded && seen.freezeCount >= 0, JSON.stringify(seen));
    assert.ok(received.length <= 4, 'lines that nobody is on are left out');

    const sent = all(third, 'outbound-rtp').find(({ framesEncoded }) => framesEncoded > 0);
    assert.ok(sent.packetsSent > 0 && sent.qualityLimitationDurations.cpu >= 0, JSON.stringify(sent));
    assert.ok(all(third, 'remote-inbound-rtp').some(({ roundTripTimeMeasurements }) => roundTripTimeMeasurements > 0));
    const [{ selectedCandidatePairId }] = all(third, 'transport');
    const selected = third.find(({ id }) => id === selectedCandidatePairId);
    assert.equal(selected['candidate-pair'].state, 'succeeded');

    const { answers } = await until('the answers', async () => {
      const { answers } = await reports();
      return answers.length >= 3 && { answers };
    });
    assert.deepEqual([...new Set(answers.map(({ code, message }) => `${code} ${message}`))], ['0 ']);
  });

  test('no name of a device leaves the browser', async () => {
    const labels = await bo.page.evaluate(async () => {
      const devices = await navigator.mediaDevices.enumerateDevices();
      return devices.map(({ label }) => label).filter((label) => label !== '');
    });
    assert.ok(labels.length > 0, 'or there is nothing to leave it');
    const { uploads } = await reports();
    const said = JSON.stringify(uploads);
    assert.deepEqual(labels.filter((label) => said.includes(label)), []);
  });

  test('the last upload goes before the goodbye, and nothing after it', async () => {
    // Right after an upload there is nothing new to say; a second later there is, and the next one is not due.
    await uploads((await reports()).uploads.length + 1);
    await pause(1_000);
    const before = (await reports()).sentOn.length;
    await bo.leave();
    const left = await reports();
    assert.deepEqual(left.sentOn.slice(before).slice(-2), ['media-stats', 'session-control']);
    await throughout('no further upload', 1_500, async () => (await reports()).uploads.length === left.uploads.length);
  });

  test('the call record shows it', async () => {
    await ada.leave();
    const token = server.token('owner@example.org', 'urn:sederunt:scope:callrecords.readonly');
    const path = '/v1.0/communications/callRecords?$expand=sessions($expand=segments)';
    const [record] = await until('the record', async () => {
      const { body } = await server.call('GET', path, { token });
      return body.value?.length > 0 && body.value;
    });
    assert.equal(record.sessions.length, 2);
    const down = [];
    for (const { caller, segments } of record.sessions) {
      assert.match(caller.userAgent.headerValue, /Chrome/);
      assert.equal(caller.userAgent.platform, 'web');
      assert.ok(caller.cpuCoresCount > 0);
      const streams = segments[0].media.flatMap(({ streams }) => streams);
      down.push(...streams.filter(({ streamDirection }) => streamDirection === 'calleeToCaller'));
    }
    const shares = (field) => down.map((stream) => stream[field]).filter((share) => share !== null);
    const lost = shares('averageVideoFrameLossPercentage');
    assert.ok(lost.length >= 2 && lost.every((percent) => percent >= 0 && percent <= 100), `each sees the other: ${lost}`);
    const concealed = shares('averageRatioOfConcealedSamples');
    assert.ok(concealed.length >= 1 && concealed.every((share) => share >= 0 && share <= 1), `one hears: ${concealed}`);
  });
});
