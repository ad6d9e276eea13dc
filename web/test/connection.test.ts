// The life of a visit: scripts of events, and what each leads to. And properties that no script may break.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Connection,
  type Effect,
  type Event,
  isKnocking,
  pauseAfter,
  START,
  step,
} from '../src/meeting/connection.ts';
import { FIRST_CONNECTION_TRIES, PAUSE_MS_MAX, SILENCE_DEAD_MS, SILENCE_SUSPECT_MS } from '../src/meeting/limits.ts';
import { feel, verdictOf } from '../src/meeting/pulse.ts';

const EVENTS = {
  answered: { kind: 'answered', waiting: false },
  answeredWait: { kind: 'answered', waiting: true },
  joined: { kind: 'joined' },
  waiting: { kind: 'waiting' },
  broken: { kind: 'broken', reached: false },
  unable: { kind: 'unable' },
  brokenLate: { kind: 'broken', reached: true },
  pauseOver: { kind: 'pauseOver' },
  leave: { kind: 'leave' },
  renew: { kind: 'renew' },
  takenOver: { kind: 'takenOver' },
  over: { kind: 'refused', refusal: 'conferenceOver' },
  final: { kind: 'refused', refusal: 'final' },
  again: { kind: 'refused', refusal: 'again' },
  putOut: { kind: 'refused', refusal: 'removed' },
  toldLeft: { kind: 'disconnected', reason: 'REASON_CLIENT_LEFT' },
  toldEnded: { kind: 'disconnected', reason: 'REASON_CONFERENCE_ENDED' },
  toldStopped: { kind: 'disconnected', reason: 'REASON_USER_STOPPED' },
  toldRemoved: { kind: 'disconnected', reason: 'REASON_USER_STOPPED', detail: 'REMOVED' },
  toldDenied: { kind: 'disconnected', reason: 'REASON_USER_STOPPED', detail: 'DENIED' },
  toldExpired: { kind: 'disconnected', reason: 'REASON_USER_STOPPED', detail: 'EXPIRED' },
  toldFull: { kind: 'disconnected', reason: 'REASON_USER_STOPPED', detail: 'FULL' },
  toldSomething: { kind: 'disconnected', reason: 'REASON_USER_STOPPED', detail: 'SOMETHING_NEW' },
  toldUnhealthy: { kind: 'disconnected', reason: 'REASON_SESSION_UNHEALTHY' },
  toldRestarting: { kind: 'disconnected', reason: 'REASON_SESSION_UNHEALTHY', detail: 'RESTARTING' },
  toldNothing: { kind: 'disconnected', reason: undefined },
} satisfies Record<string, Event>;
type Name = keyof typeof EVENTS;

function play(...names: Name[]): { state: Connection; effects: Effect[] } {
  let [state, effects] = START;
  for (const name of names) [state, effects] = step(state, EVENTS[name]);
  return { state, effects };
}

const shortOf = (state: Connection) =>
  state.phase === 'over' ? state.end : state.phase === 'lost' ? `lost ${state.stage}` : state.phase;

test('each script of events ends where it should', () => {
  const check = (names: Name[], expected: string, ...effects: Effect['kind'][]) => {
    const played = play(...names);
    assert.equal(shortOf(played.state), expected, names.join(' '));
    assert.deepEqual(
      played.effects.map(({ kind }) => kind),
      effects,
      names.join(' '),
    );
  };
  check([], 'joining', 'join');
  check(['answered'], 'connecting');
  check(['answered', 'joined'], 'connected');
  check(['answered', 'waiting'], 'waiting');
  check(['answered', 'waiting', 'joined'], 'connected');
  // A first answer of "no" goes back to the form; nothing is tried in secret.
  check(['over'], 'refused');
  check(['final'], 'refused');
  check(['again'], 'refused');
  // A browser that cannot connect says so at once; one that could, tries again.
  check(['unable'], 'unable', 'close');
  check(['answered', 'joined', 'broken', 'pauseOver', 'unable'], 'lost pausing', 'close', 'pause');
  // Lost, and back.
  check(['answered', 'joined', 'broken'], 'lost pausing', 'close', 'pause');
  check(['answered', 'joined', 'broken', 'broken'], 'lost pausing');
  check(['answered', 'joined', 'broken', 'pauseOver'], 'lost asking', 'resume');
  check(['answered', 'joined', 'broken', 'pauseOver', 'pauseOver'], 'lost asking');
  check(['answered', 'joined', 'broken', 'pauseOver', 'again'], 'lost pausing', 'pause');
  check(['answered', 'joined', 'broken', 'pauseOver', 'answered'], 'lost opening');
  check(['answered', 'joined', 'broken', 'pauseOver', 'answered', 'broken'], 'lost pausing', 'close', 'pause');
  check(['answered', 'joined', 'broken', 'pauseOver', 'answered', 'joined'], 'connected');
  check(['answered', 'joined', 'toldUnhealthy'], 'lost pausing', 'close', 'pause');
  check(['answered', 'joined', 'toldRestarting'], 'lost pausing', 'close', 'pause');
  check(['answered', 'joined', 'toldRestarting', 'pauseOver', 'again', 'pauseOver', 'answered', 'joined'], 'connected');
  check(['answered', 'joined', 'toldNothing'], 'lost pausing', 'close', 'pause');
  // Whoever was never in asks again, and cannot come back.
  check(['answered', 'broken', 'pauseOver'], 'lost asking', 'join');
  check(['answered', 'toldUnhealthy', 'pauseOver'], 'lost asking', 'join');
  check(['answered', 'broken', 'pauseOver', 'final'], 'refused');
  check(['answered', 'joined', 'broken', 'pauseOver', 'answered', 'broken', 'pauseOver'], 'lost asking', 'resume');
  check(['answered', 'toldFull'], 'full', 'close');
  // Over, and no way back by itself.
  check(['answered', 'joined', 'toldEnded'], 'ended', 'close');
  check(['answered', 'joined', 'toldStopped'], 'ended', 'close');
  check(['answered', 'joined', 'toldLeft'], 'left', 'close');
  check(['answered', 'joined', 'renew'], 'lost asking', 'resume');
  check(['answered', 'joined', 'renew', 'answered', 'joined'], 'connected');
  check(['answered', 'joined', 'broken', 'renew'], 'lost pausing');
  check(['answered', 'joined', 'takenOver'], 'moved', 'farewell');
  check(['answered', 'joined', 'toldEnded', 'pauseOver'], 'ended');
  check(['answered', 'joined', 'toldEnded', 'joined'], 'ended');
  check(['answered', 'joined', 'broken', 'pauseOver', 'over'], 'ended');
  check(['answered', 'joined', 'broken', 'pauseOver', 'final'], 'failed');
  check(['leave'], 'left', 'farewell');
  check(['answered', 'joined', 'leave'], 'left', 'farewell');
  check(['answered', 'joined', 'broken', 'leave'], 'left', 'farewell');
  check(['answered', 'joined', 'leave', 'toldLeft'], 'left');
});

test('at the door, a visit waits, goes in, or is sent away', () => {
  const check = (names: Name[], expected: string, knocking: boolean, ...effects: Effect['kind'][]) => {
    const played = play(...names);
    const words = names.join(' ');
    assert.equal(shortOf(played.state), expected, words);
    assert.equal(isKnocking(played.state), knocking, words);
    assert.deepEqual(
      played.effects.map(({ kind }) => kind),
      effects,
      words,
    );
  };
  check(['answered'], 'connecting', false);
  check(['answeredWait'], 'connecting', true);
  check(['answeredWait', 'waiting'], 'waiting', true);
  // What was promised as things stood is decided when the connection stands.
  check(['answered', 'waiting'], 'waiting', true);
  check(['answeredWait', 'joined'], 'connected', false);
  check(['answeredWait', 'toldFull'], 'full', false, 'close');
  check(['answeredWait', 'waiting', 'joined'], 'connected', false);
  check(['answeredWait', 'waiting', 'toldDenied'], 'denied', false, 'close');
  check(['answeredWait', 'waiting', 'toldExpired'], 'expired', false, 'close');
  check(['answeredWait', 'waiting', 'leave'], 'withdrawn', false, 'farewell');
  check(['answeredWait', 'leave'], 'withdrawn', false, 'farewell');
  // A lost knock is knocked again: there is nothing to come back to.
  check(['answeredWait', 'waiting', 'broken'], 'lost pausing', true, 'close', 'pause');
  check(['answeredWait', 'waiting', 'broken', 'pauseOver'], 'lost asking', true, 'join');
  check(['answeredWait', 'waiting', 'broken', 'pauseOver', 'answeredWait', 'waiting'], 'waiting', true);
  check(['answeredWait', 'waiting', 'broken', 'pauseOver', 'answered', 'joined'], 'connected', false);
  check(['answeredWait', 'waiting', 'broken', 'pauseOver', 'final'], 'refused', false);
  check(['answeredWait', 'waiting', 'broken', 'leave'], 'withdrawn', false, 'farewell');
  check(['answeredWait', 'broken', 'pauseOver'], 'lost asking', true, 'join');
  // Whoever was in comes back to the conference, even if they had knocked once.
  check(['answeredWait', 'waiting', 'joined', 'broken', 'pauseOver'], 'lost asking', false, 'resume');
  check(['answered', 'joined', 'toldRemoved'], 'removed', false, 'close');
  check(['answered', 'joined', 'toldRemoved', 'pauseOver', 'joined'], 'removed', false);
  check(['answered', 'joined', 'broken', 'pauseOver', 'putOut'], 'removed', false);
  check(['answered', 'joined', 'toldSomething'], 'ended', false, 'close');
});

test('a connection that never once came up is given up; one that did, never', () => {
  const tries: Name[] = ['answered'];
  for (let count = 1; count < FIRST_CONNECTION_TRIES; count++) tries.push('broken', 'pauseOver', 'answered');
  assert.equal(shortOf(play(...tries).state), 'lost opening');
  assert.equal(shortOf(play(...tries, 'broken').state), 'failed');

  const again: Name[] = ['answered', 'joined', 'broken'];
  for (let count = 0; count < 1000; count++) again.push('pauseOver', count % 2 ? 'again' : 'answered', 'broken');
  assert.equal(shortOf(play(...again).state), 'lost pausing');
});

test('a try that reached the server does not count against the network', () => {
  const names: Name[] = ['answered', 'brokenLate'];
  for (let count = 0; count < 20; count++) names.push('pauseOver', 'answered', 'brokenLate');
  assert.equal(shortOf(play(...names).state), 'lost pausing');
});

test('a server that is away does not use up the tries of a first connection', () => {
  const names: Name[] = ['answered', 'broken'];
  for (let count = 0; count < 20; count++) names.push('pauseOver', 'again');
  assert.equal(shortOf(play(...names).state), 'lost pausing');
});

test('the pauses grow to a bound', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 1000].map(pauseAfter), [500, 1000, 2000, 4000, 5000, PAUSE_MS_MAX]);
});

test('whatever happens: over stays over, and lost always has a way on', () => {
  const names = Object.keys(EVENTS) as Name[];
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let run = 0; run < 500; run++) {
    let [state] = START;
    for (let count = 0; count < 40; count++) {
      const event = EVENTS[names[random(names.length)] ?? 'broken'];
      const [next, effects] = step(state, event);
      if (state.phase === 'over') assert.deepEqual([next, effects], [state, []]);
      const pausing = next.phase === 'lost' && next.stage === 'pausing';
      const wasPausing = state.phase === 'lost' && state.stage === 'pausing';
      if (pausing && !wasPausing)
        assert.ok(
          effects.some(({ kind }) => kind === 'pause'),
          `${event.kind} leaves us stranded`,
        );
      state = next;
    }
  }
});

test('silence is noticed, first as a suspicion', () => {
  const pulse = feel(feel(null, 10, 0), 11, 1_000);
  assert.equal(feel(pulse, 11, 2_000), pulse, 'nothing new arrived');
  const check = (now_ms: number, expected: string) => assert.equal(verdictOf(pulse, now_ms), expected, `${now_ms}`);
  check(1_000, 'well');
  check(1_000 + SILENCE_SUSPECT_MS - 1, 'well');
  check(1_000 + SILENCE_SUSPECT_MS, 'suspect');
  check(1_000 + SILENCE_DEAD_MS, 'dead');
});

test('what the page says of a loss is what the server said, until we are back', () => {
  const isRestarting = (...names: Name[]) => {
    const { state } = play(...names);
    return state.phase === 'lost' && state.restarting;
  };
  assert.equal(isRestarting('answered', 'joined', 'broken'), false);
  assert.equal(isRestarting('answered', 'joined', 'toldUnhealthy'), false);
  assert.equal(isRestarting('answered', 'joined', 'toldRestarting'), true);
  assert.equal(isRestarting('answered', 'waiting', 'toldRestarting', 'pauseOver', 'again'), true);
  assert.equal(isRestarting('answered', 'joined', 'toldRestarting', 'pauseOver', 'answered', 'broken'), true);
  assert.equal(isRestarting('answered', 'joined', 'toldRestarting', 'pauseOver', 'answered', 'joined', 'broken'), false);
});
