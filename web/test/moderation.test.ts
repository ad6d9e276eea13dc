// What one may do, from the snapshots of the server; and why not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device } from '../src/api/generated/messages.ts';
import type { ModerationResource } from '../src/meeting/messages.ts';
import { newsOfModeration } from '../src/meeting/news.ts';
import {
  atFirst,
  isHost,
  lostRights,
  type Moderation,
  obstacle,
  RIGHTS,
  withModeration,
} from '../src/meeting/moderation.ts';

const ALL = { microphone: true, camera: true, screen: true, chat: true, reactions: true };
const told = (moderation: ModerationResource, before: Moderation = atFirst('FULL')): Moderation =>
  withModeration(before, { resources: [{ id: 1, moderation }] });

test('before the server speaks, one may do what the device can', () => {
  const check = (device: Device, expected: string) => {
    const first = atFirst(device);
    assert.equal(RIGHTS.filter((right) => first.permissions[right]).join(' '), expected, device);
  };
  check('FULL', 'microphone camera screen chat reactions');
  check('COMPANION', 'screen chat reactions');
  check('VIEWER', 'chat reactions');
});

test('a snapshot replaces everything, and what is no snapshot changes nothing', () => {
  const host = told({
    role: 'HOST',
    device: 'FULL',
    permissions: ALL,
    settings: { moderation: true, chat: 'HOSTS_ONLY', reactions: 'NO_RESTRICTION', present: 'HOSTS_ONLY' },
    knocks: [
      { session: 's1', displayName: '+43 ••• ••12', byPhone: true },
      { session: 's2', displayName: 'Caro', signedIn: true, byProgram: true, email: 'caro@example.org' },
    ],
  });
  assert.ok(isHost(host));
  assert.deepEqual(host.locks, { moderation: true, chat: true, reactions: false, present: true });
  assert.deepEqual(host.knocks, [
    { session: 's1', name: '+43 ••• ••12', mark: 'guest', email: '', byPhone: true },
    { session: 's2', name: 'Caro', mark: 'program', email: 'caro@example.org', byPhone: false },
  ]);
  const after = told({ role: 'CONTRIBUTOR', permissions: { chat: true } }, host);
  assert.deepEqual(
    [after.role, after.knocks, after.locks.moderation, after.permissions.screen],
    ['CONTRIBUTOR', [], false, false],
  );
  for (const message of [{}, { resources: [{}] }, { resources: [{ muted: {} }] }, { response: {} }])
    assert.equal(withModeration(host, message), host);
  const twice = { resources: [{ moderation: { role: 'VIEWER' as const } }, { moderation: { role: 'COHOST' as const } }] };
  assert.equal(withModeration(host, twice).role, 'COHOST', 'the last one counts');
});

test('each obstacle has its reason', () => {
  const check = (moderation: ModerationResource, expected: string) => {
    const now = told(moderation);
    const said = RIGHTS.map((right) => [right, obstacle(now, right)] as const).filter(([, why]) => why !== null);
    assert.equal(said.map(([right, why]) => `${right}: ${why}`).join(', '), expected);
  };
  const locked = { moderation: true, chat: 'HOSTS_ONLY', reactions: 'HOSTS_ONLY', present: 'HOSTS_ONLY' } as const;
  check({ role: 'CONTRIBUTOR', device: 'FULL', permissions: ALL }, '');
  check(
    { role: 'CONTRIBUTOR', device: 'FULL', permissions: { microphone: true, camera: true }, settings: locked },
    'screen: hostsOnly, chat: hostsOnly, reactions: hostsOnly',
  );
  check({ role: 'HOST', device: 'FULL', permissions: ALL, settings: locked }, '');
  check(
    { role: 'VIEWER', device: 'VIEWER', permissions: { chat: true, reactions: true } },
    'microphone: viewer, camera: viewer, screen: viewer',
  );
  check(
    { role: 'VIEWER', device: 'VIEWER', permissions: { reactions: true }, settings: { moderation: true, chat: 'HOSTS_ONLY' } },
    'microphone: viewer, camera: viewer, screen: viewer, chat: hostsOnly',
  );
  check(
    { role: 'HOST', device: 'COMPANION', permissions: { screen: true, chat: true, reactions: true } },
    'microphone: companion, camera: companion',
  );
  check({ role: 'CONTRIBUTOR', device: 'FULL', permissions: { ...ALL, microphone: false } }, 'microphone: hostsOnly');
});

test('what is lost is told once', () => {
  const before = told({ permissions: ALL });
  const after = told({ permissions: { ...ALL, screen: false, chat: false } });
  assert.deepEqual(lostRights(before, after), ['screen', 'chat']);
  assert.deepEqual(lostRights(after, after), []);
  assert.deepEqual(lostRights(after, before), []);
});

test('whether the meeting is recorded is told, and why it is not any more', () => {
  const before = told({ role: 'VIEWER', recording: { state: 'PAUSED' } });
  assert.deepEqual([before.recording, before.recordingEnd], ['PAUSED', null]);
  const after = told({ role: 'VIEWER', recording: { state: 'NONE', endReason: 'DISK_FULL' } }, before);
  assert.deepEqual(newsOfModeration(before, after, []), [{ kind: 'recorded', why: 'DISK_FULL' }]);
  assert.deepEqual(newsOfModeration(after, after, []), [], 'whoever joins later need not hear of it');
  assert.equal(told({ role: 'HOST' }).recording, 'NONE');
  assert.equal(before.consent, null, 'nobody is asked');
  assert.equal(told({ role: 'VIEWER', recording: { state: 'RECORDING', consent: 'ASKED' } }).consent, 'ASKED');
});
