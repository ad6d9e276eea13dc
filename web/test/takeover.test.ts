// Which of two devices of one person stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import type { Connection } from '../src/meeting/connection.ts';
import { GIVING_WAY_MS, TAKEOVER_MS } from '../src/meeting/limits.ts';
import type { MediaEntryResource } from '../src/meeting/messages.ts';
import { NOBODY, type Roster, withEntries } from '../src/meeting/roster.ts';
import { openTakeover, otherDevice } from '../src/meeting/takeover.ts';

const OWN = { key: 'participants/p', sessions: new Set(['here', 'here before']) };

/** Entries of one person, in the order in which they came. */
function roster(...entries: MediaEntryResource[]): Roster {
  const speaking = { participantKey: OWN.key, audioCsrc: 1_000 };
  const resources = entries.map((entry, index) => ({ id: index + 1, mediaEntry: { ...speaking, ...entry } }));
  return withEntries(NOBODY, { resources });
}

const here = { sessionName: 'here' };
const there = { sessionName: 'there' };

test('another device is one that speaks, of the same person', () => {
  const check = (expected: string | null, ...entries: MediaEntryResource[]) =>
    assert.equal(otherDevice(roster(...entries), OWN), expected, JSON.stringify(entries));
  check('newer', here, there);
  check('older', there, here);
  check('older', { sessionName: 'here before' }, there, here);
  check(null, here);
  check(null, there);
  check(null, { sessionName: 'here before' }, here);
  check(null, here, { ...there, participantKey: 'participants/q' });
  check(null, here, { ...there, byProgram: true });
  // A companion, a viewer, a screen.
  check(null, here, { ...there, audioCsrc: 0 });
});

test('the one that was meant to come stays, and the one that came back gives way', (context) => {
  const check = (comings: number, looks: Roster[], expected: number | null) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const present = {
      roster: signal(NOBODY),
      connection: signal<Connection>({ phase: 'joining' }),
      ownKey: signal(OWN.key),
      ownSessions: signal(OWN.sessions),
    };
    let gone = 0;
    const takeover = openTakeover(present, () => (gone += 1));
    for (let count = 0; count < comings; count++) {
      present.connection.value = { phase: 'waiting' };
      present.connection.value = { phase: 'connected' };
    }
    for (const look of looks) present.roster.value = look;
    context.mock.timers.tick((expected ?? TAKEOVER_MS) - 1);
    assert.equal(gone, 0);
    context.mock.timers.tick(1);
    assert.equal(gone, expected === null ? 0 : 1);
    takeover.close();
    context.mock.timers.reset();
  };
  check(1, [roster(here, there)], TAKEOVER_MS);
  check(1, [roster(here, there), roster(here, there)], TAKEOVER_MS);
  check(1, [roster(there, here)], null);
  check(1, [roster(here, there), roster(here)], null);
  check(2, [roster(there, here)], GIVING_WAY_MS);
  check(2, [roster(there, here), roster(here)], null);
  check(2, [roster(here)], null);
  check(0, [roster(here, there)], null);
});
