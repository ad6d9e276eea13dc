// One try to get in: what the browser, the server and the person do, and what comes of it, in order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../src/api/request.ts';
import type { Admission } from '../src/api/meetings.ts';
import { type Attempt, openAttempt } from '../src/meeting/attempt.ts';
import {
  FAREWELL_MS,
  OPENING_TIMEOUT_MS,
  PROOF_SETTLES_MS,
  PROOF_TIMEOUT_MS,
  PULSE_INTERVAL_MS,
} from '../src/meeting/limits.ts';
import type { Peer } from '../src/meeting/peer.ts';

const ADMISSION: Admission = {
  answer: 'v=0',
  space: 'spaces/s',
  conferenceRecord: 'conferenceRecords/c',
  participant: 'conferenceRecords/c/participants/p',
  participantSession: 'conferenceRecords/c/participants/p/participantSessions/a',
  resumeSecret: 'secret',
};

interface World {
  /** Our browser cannot make an offer, or read the answer. */
  offers?: false;
  reads?: false;
  /** What the server does instead of answering. */
  refuses?: ApiError;
  /** At the door. */
  waiting?: true;
  /** What is done while the server thinks. */
  meanwhile?: (attempt: Attempt) => void;
}

async function run(world: World): Promise<{ attempt: Attempt; log: string[] }> {
  const log: string[] = [];
  const write = (word: string) => () => void log.push(word);
  const peer = {
    connection: { getStats: async () => new Map() },
    offer: () => (world.offers === false ? Promise.reject(new Error('no')) : Promise.resolve('v=0')),
    answer: () => (world.reads === false ? Promise.reject(new Error('no')) : Promise.resolve()),
    request: write('said something'),
    close: write('peer closed'),
  } as unknown as Peer;
  const attempt = openAttempt(peer, {
    async enter() {
      log.push('asked');
      await Promise.resolve();
      world.meanwhile?.(attempt);
      if (world.refuses) throw world.refuses;
      return { ...ADMISSION, ...(world.waiting ? { waiting: true } : {}) };
    },
    admitted: write('admitted'),
    withdraw: write('withdrawn'),
    answered: (waiting) => log.push(waiting ? 'told to wait' : 'answered'),
    described: write('heard'),
    refused: ({ reason }) => log.push(`refused ${reason}`),
    unable: write('unable'),
    broken: write('broken'),
  });
  await new Promise((resolve) => setImmediate(resolve));
  return { attempt, log };
}

test('each try ends where it should', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const check = async (world: World, ...expected: string[]) => assert.deepEqual((await run(world)).log, expected);
  const refuses = new ApiError('NOT_FOUND', 'MEETING_NOT_FOUND', '', 404);
  await check({}, 'asked', 'admitted', 'answered', 'heard');
  await check({ waiting: true }, 'asked', 'admitted', 'told to wait', 'heard');
  await check({ refuses }, 'asked', 'peer closed', 'refused MEETING_NOT_FOUND');
  await check({ offers: false }, 'unable');
  await check({ reads: false }, 'asked', 'admitted', 'answered', 'broken');
  // Given up while the server was thinking.
  const close = (attempt: Attempt) => attempt.close();
  await check({ meanwhile: close }, 'asked', 'peer closed', 'admitted', 'withdrawn');
  await check({ meanwhile: close, refuses }, 'asked', 'peer closed');
  await check({ meanwhile: (attempt) => attempt.leave() }, 'asked', 'said something', 'admitted', 'withdrawn');
});

test('media that do not come up in time are given up, and a connection that stands is not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const check = async (act: (attempt: Attempt) => void, ...expected: string[]) => {
    const { attempt, log } = await run({});
    act(attempt);
    log.length = 0;
    context.mock.timers.tick(OPENING_TIMEOUT_MS);
    assert.deepEqual(log, expected);
    attempt.close();
  };
  await check(() => undefined, 'broken');
  await check((attempt) => attempt.settle());
  await check((attempt) => attempt.close());
});

test('a connection that stands shows that it does, or is broken', async (context) => {
  const check = async (counters: readonly number[], settles: boolean, ...expected: string[]) => {
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { attempt, log } = await run({});
    const readings = [...counters];
    const received = () => ({ type: 'candidate-pair', packetsReceived: readings.length > 1 ? readings.shift() : readings[0] });
    attempt.peer.connection.getStats = async () => new Map([['pair', received()]]) as RTCStatsReport;
    if (settles) attempt.settle();
    log.length = 0;
    attempt.prove();
    for (const passed_ms of [PROOF_SETTLES_MS, PROOF_TIMEOUT_MS]) {
      context.mock.timers.tick(passed_ms);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(log, expected);
    attempt.close();
    context.mock.timers.reset();
  };
  await check([7, 9], true, 'said something');
  await check([7], true, 'said something', 'broken');
  await check([7], false);
});

test('a goodbye gets a moment before the connection closes', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { attempt, log } = await run({});
  log.length = 0;
  attempt.leave();
  context.mock.timers.tick(FAREWELL_MS - 1);
  assert.deepEqual(log, ['said something']);
  context.mock.timers.tick(1);
  assert.deepEqual(log, ['said something', 'peer closed']);
});

test('what was counted is told once the connection stands, and once more before the goodbye', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const { attempt, log } = await run({});
  const pair = { id: 'pair', type: 'candidate-pair', packetsReceived: 7 };
  attempt.peer.connection.getStats = async () => new Map([['pair', pair]]) as RTCStatsReport;
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Browser/1' }, configurable: true });
  attempt.asked({ resources: [{ configuration: { uploadIntervalSeconds: 5, allowlist: {} } }] });
  attempt.settle();
  log.length = 0;
  for (let look = 0; look < 3; look += 1) {
    context.mock.timers.tick(PULSE_INTERVAL_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(log, ['said something']);
  attempt.leave();
  assert.deepEqual(log, ['said something', 'said something', 'said something']);
});
