// What is uploaded of the browser's statistics, and when.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../src/meeting/messages.ts';
import { describe, type Entry, openReport, type Section, uploadOf } from '../src/meeting/report.ts';

const ALLOWED = {
  'inbound-rtp': { keys: ['ssrc', 'packetsReceived', 'jitter'] },
  transport: { keys: ['selectedCandidatePairId'] },
  'candidate-pair': { keys: ['state', 'currentRoundTripTime'] },
};

const heard = (packetsReceived: number): Entry => ({ id: 'I1', type: 'inbound-rtp', ssrc: 1, packetsReceived, timestamp: packetsReceived, trackIdentifier: 'x' });
const transport: Entry = { id: 'T', type: 'transport', selectedCandidatePairId: 'P', dtlsState: 'connected' };
const pair: Entry = { id: 'P', type: 'candidate-pair', state: 'succeeded', currentRoundTripTime: null };

test('of each entry the keys that are read are sent, and of a stream only news', () => {
  const check = (looks: Entry[][], ...expected: Section[][]) => {
    let said: ReadonlyMap<string, string> = new Map();
    const sent = looks.map((entries) => {
      const upload = uploadOf(entries, ALLOWED, said);
      said = upload.said;
      return upload.sections;
    });
    assert.deepEqual(sent, expected);
  };
  const section = (packetsReceived: number): Section => ({ id: 'I1', 'inbound-rtp': { ssrc: 1, packetsReceived } });
  check([[heard(5)]], [section(5)]);
  check([[heard(5)], [heard(5)], [heard(9)]], [section(5)], [], [section(9)]);
  // Padding is of nobody.
  check([[{ ...heard(5), ssrc: 0 }]], []);
  // Nobody reads it.
  check([[{ id: 'C', type: 'codec', mimeType: 'video/VP8' }]], []);
  // The path names its parts, so it stays whole.
  const path = [
    { id: 'T', transport: { selectedCandidatePairId: 'P' } },
    { id: 'P', 'candidate-pair': { state: 'succeeded' } },
  ];
  check([[transport, pair], [transport, pair]], path, path);
});

const configuration = (uploadIntervalSeconds: number): Message => ({
  resources: [{ configuration: { uploadIntervalSeconds, allowlist: ALLOWED } }],
});

/** The packets in each upload, and whether it says who we are. */
function uploads(act: (report: ReturnType<typeof openReport>) => void): unknown[] {
  const sent: unknown[] = [];
  const report = openReport(
    (channel, body) => {
      assert.equal(channel, 'media-stats');
      const { sections } = (body as { uploadMediaStats: { sections: Section[] } }).uploadMediaStats;
      sent.push(sections.map((section) => (section['inbound-rtp'] as Entry | undefined)?.packetsReceived ?? section.client));
      return sent.length;
    },
    () => ({ id: 'client', type: 'client', userAgent: 'Browser/1', deviceName: 'a microphone' }),
  );
  act(report);
  return sent;
}

test('it is sent at the interval that the server wants, and once more at the end', () => {
  const check = (act: Parameters<typeof uploads>[0], ...expected: unknown[]) => assert.deepEqual(uploads(act), expected);
  const us = { userAgent: 'Browser/1' };
  // Nobody asked.
  check((report) => {
    report.looked([heard(1)], 0);
    report.last();
  });
  // Never.
  check((report) => {
    report.heard(configuration(0));
    report.looked([heard(1)], 0);
    report.last();
  });
  check(
    (report) => {
      report.heard({});
      report.heard(configuration(5));
      report.last();
      for (let look = 1; look <= 21; look += 1) report.looked([heard(look)], 500 * look);
      report.looked([heard(30)], 10_900);
      report.last();
      report.last();
    },
    [1, us],
    [11],
    [21],
    [30],
  );
});

test('a browser says what it is, and not what is plugged into it', () => {
  const browser = { userAgent: 'Browser/1', hardwareConcurrency: 8, connection: { type: 'wifi' } } as unknown as Navigator;
  const said = { id: 'client', type: 'client', userAgent: 'Browser/1', hardwareConcurrency: 8, connectionType: 'wifi' };
  assert.deepEqual(describe(browser), said);
  const older = { userAgent: 'Browser/1', hardwareConcurrency: 8 } as Navigator;
  assert.deepEqual(describe(older), { ...said, connectionType: undefined });
});
