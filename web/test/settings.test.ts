// Settings as the page shows them and as the contract spells them; scopes in words; passwords.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullName, SCOPES, shortName, sorted, textKey } from '../src/ui/consent/scopes.ts';
import { PASSWORD_CHARACTERS_MIN, problemOfPassword } from '../src/ui/passwordRules.ts';
import { accessChange, daysIn, ENTRY_POINTS, entryPointChange, moderationChange, RESTRICTIONS, restrictionChange, settingsOf, withModeration } from '../src/ui/spaces/settings.ts';

test('what is not said is the default', () => {
  const restrictions = { chat: false, reactions: false, presenting: false, viewers: false };
  assert.deepEqual(settingsOf({}), { accessType: 'TRUSTED', entryPoints: 'ALL', moderation: false, restrictions });
  assert.equal(settingsOf(accessChange('OPEN').config).accessType, 'OPEN');
  for (const entryPoints of ENTRY_POINTS) {
    const { updateMask, config } = entryPointChange(entryPoints);
    assert.deepEqual([updateMask, settingsOf(config).entryPoints], ['config.entryPointAccess', entryPoints]);
  }
});

test('each change says what it changes, and nothing else', () => {
  assert.deepEqual(moderationChange(true), { updateMask: 'config.moderation', config: { moderation: 'ON' } });
  for (const on of [true, false]) {
    assert.equal(settingsOf(moderationChange(on).config).moderation, on);
    for (const kind of RESTRICTIONS) {
      const { updateMask, config } = restrictionChange(kind, on);
      const { restrictions } = settingsOf(config);
      assert.deepEqual(
        Object.entries(restrictions).filter(([, value]) => value),
        on ? [[kind, true]] : [],
      );
      const fields = Object.keys(config.moderationRestrictions ?? {});
      assert.deepEqual([updateMask], fields.map((field) => `config.moderationRestrictions.${field}`));
    }
  }
});

test('moderation takes its restrictions with it when it is switched off', () => {
  const waiting = { ...settingsOf(accessChange('OPEN').config), ...settingsOf(restrictionChange('chat', true).config) };
  const on = withModeration(waiting, true);
  assert.deepEqual(on, { ...waiting, moderation: true });
  assert.deepEqual(withModeration(on, false), { ...settingsOf({}), accessType: waiting.accessType });
});

test('days are whole, positive, and not beyond a century', () => {
  for (const [text, days] of [
    ['1', 1],
    [' 30 ', 30],
    ['36500', 36_500],
    ['36501', null],
    ['0', null],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    ['', null],
    ['ten', null],
  ] as const) {
    assert.equal(daysIn(text), days, text);
  }
});

test('scopes have one name, one place and one text each', () => {
  for (const scope of SCOPES) {
    assert.equal(shortName(fullName(scope)), scope);
    assert.match(textKey(scope), /^[a-z_]+$/);
  }
  assert.equal(fullName('openid'), 'openid');
  assert.equal(fullName('meetings.participate'), 'urn:sederunt:scope:meetings.participate');
  assert.equal(fullName('callrecords.readonly'), 'urn:sederunt:scope:callrecords.readonly');
  const asked = ['email', 'https://www.googleapis.com/auth/meetings.space.created', 'https://x.example/y', 'openid', 'openid'];
  const others = ['https://x.example/y', 'https://www.googleapis.com/auth/meetings.participate'];
  assert.deepEqual(sorted([...asked, ...others.slice(1), 'urn:sederunt:scope:meetings.participate']), {
    known: ['meetings.participate', 'meetings.space.created', 'userinfo.email', 'openid'],
    others,
  });
});

test('a password is long enough, and typed the same twice', () => {
  const long = 'x'.repeat(PASSWORD_CHARACTERS_MIN);
  for (const [password, again, problem] of [
    ['', '', 'short'],
    ['short', 'short', 'short'],
    [long, `${long}y`, 'differs'],
    [long, long, null],
    // Characters, not code units: nine faces are nine.
    ['😀'.repeat(9), '😀'.repeat(9), 'short'],
  ] as const) {
    assert.equal(problemOfPassword(password, again), problem, password);
  }
});
