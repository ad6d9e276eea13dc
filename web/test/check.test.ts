// What a check says of a network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Echoes, gradeOfLoss, gradeOfRoundTrip, qualityOf } from '../src/check/echoes.ts';
import type { Look } from '../src/check/examination.ts';
import { qualityIn, verdictOf, wayOf } from '../src/check/network.ts';
import { endsIn, endsOf, onlyBy } from '../src/check/ways.ts';

const echoes = (lost: number, ...roundTrips_ms: number[]): Echoes => ({
  roundTrips_ms,
  sent: roundTrips_ms.length + lost,
});

test('the middle, the slowest tenth, and what is missing', () => {
  const check = (found: Echoes, expected: ReturnType<typeof qualityOf>) => assert.deepEqual(qualityOf(found), expected);
  check(echoes(0), null);
  check(echoes(7), null);
  check(echoes(0, 20), { roundTrip_ms: 20, jitter_ms: 0, loss: 0 });
  check(echoes(10, 30, 10, 20, 20, 20, 20, 20, 20, 20, 90), { roundTrip_ms: 20, jitter_ms: 70, loss: 0.5 });
});

test('what is good, and what is not', () => {
  const check = (roundTrip_ms: number, jitter_ms: number, loss: number, ...grades: string[]) => {
    const quality = { roundTrip_ms, jitter_ms, loss };
    assert.deepEqual([gradeOfRoundTrip(quality), gradeOfLoss(quality)], grades);
  };
  check(20, 5, 0, 'good', 'good');
  check(300, 50, 0.03, 'good', 'good');
  check(301, 5, 0.04, 'poor', 'poor');
  check(20, 51, 0.15, 'poor', 'poor');
  check(20, 5, 0.16, 'good', 'bad');
});

test('the verdict is of the way that a meeting would take', () => {
  const ends = ['192.0.2.1:10000'];
  const open = (found: Echoes): Look => ({ kind: 'open', ends, echoes: found });
  const looks: Record<string, Look> = {
    fast: open(echoes(0, 20)),
    slow: open(echoes(0, 500)),
    holed: open(echoes(1, 20)),
    mute: open(echoes(5)),
    blocked: { kind: 'blocked', ends },
    absent: { kind: 'absent' },
    failed: { kind: 'failed', error: new Error('no') },
    looking: { kind: 'looking' },
  };
  const check = (udp: string, tcp: string, way: string | null, verdict: string, relay = 'absent') => {
    const all = { udp: looks[udp], tcp: looks[tcp], relay: looks[relay] };
    assert.deepEqual([wayOf(all), verdictOf(all)], [way, verdict], `${udp} and ${tcp} and ${relay}`);
  };
  check('fast', 'fast', 'udp', 'good');
  check('fast', 'blocked', 'udp', 'good');
  check('slow', 'fast', 'udp', 'poor');
  check('holed', 'fast', 'udp', 'bad');
  check('mute', 'fast', 'udp', 'bad');
  check('blocked', 'fast', 'tcp', 'poor');
  check('absent', 'fast', 'tcp', 'poor');
  check('blocked', 'blocked', null, 'bad');
  check('failed', 'failed', null, 'bad');
  check('looking', 'fast', 'tcp', 'looking');
  check('fast', 'looking', 'udp', 'looking');
  check('blocked', 'blocked', 'relay', 'poor', 'fast');
  check('blocked', 'blocked', 'relay', 'bad', 'holed');
  check('blocked', 'blocked', null, 'bad', 'blocked');
  check('blocked', 'blocked', null, 'looking', 'looking');
  check('fast', 'blocked', 'udp', 'good', 'blocked');
  check('fast', 'fast', 'udp', 'good', 'looking');
  assert.equal(qualityIn({ udp: looks.looking, tcp: looks.fast, relay: looks.fast }), 'looking', 'it may be better by UDP');
});

test('an answer is made to offer one way alone', () => {
  const lines = [
    'v=0',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host',
    'a=candidate:2 1 UDP 2130706430 2001:db8::1 10000 typ host',
    'a=candidate:3 1 tcp 1015021823 192.0.2.1 443 typ host tcptype passive',
    'a=end-of-candidates',
    '',
  ];
  const answer = lines.join('\r\n');
  const without = (...places: number[]) => lines.filter((_, place) => !places.includes(place)).join('\r\n');
  assert.equal(onlyBy('udp', answer), without(3));
  assert.equal(onlyBy('tcp', answer), without(1, 2));
  assert.equal(onlyBy('relay', answer), without(3), 'a relay sends datagrams');
  assert.deepEqual(endsIn(onlyBy('udp', answer)), ['192.0.2.1:10000', '[2001:db8::1]:10000']);
  assert.deepEqual(endsIn(onlyBy('tcp', answer + answer)), ['192.0.2.1:443']);
  assert.deepEqual(endsIn('v=0\r\n'), []);
  const urls = ['turns:meet.example.org:443?transport=tcp', 'turns:meet.example.org:443', 'turn:[2001:db8::1]:3478'];
  assert.deepEqual(endsOf([{ urls, username: '', credential: '' }]), ['meet.example.org:443', '[2001:db8::1]:3478']);
  assert.deepEqual(endsOf([]), []);
});
