// Addresses, and the codes that people type.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meetingCodeIn, routeOf } from '../src/route.ts';

test('each address has its page', () => {
  const check = (path: string, expected: ReturnType<typeof routeOf>) => assert.deepEqual(routeOf(path), expected, path);
  check('/', { page: 'home' });
  check('/sign-in', { page: 'signIn' });
  check('/abc-mnop-xyz', { page: 'meeting', code: 'abc-mnop-xyz' });
  check('/ABC-mnop-XYZ', { page: 'meeting', code: 'abc-mnop-xyz' });
  check('/abc-mnop-xyz/', { page: 'meeting', code: 'abc-mnop-xyz' });
  for (const path of ['/abc-mnop-xyzz', '/abcmnopxyz', '/ab1-mnop-xyz', '/abc-mnop-xyz/people', '/sign-in/x', '/%']) {
    check(path, { page: 'unknown', path });
  }
});

test('a code is found in what people type or paste', () => {
  const check = (text: string, code: string | null) => assert.equal(meetingCodeIn(text), code, text);
  check('abc-mnop-xyz', 'abc-mnop-xyz');
  check('  ABC-MNOP-XYZ ', 'abc-mnop-xyz');
  check('abcmnopxyz', 'abc-mnop-xyz');
  check('abc mnop xyz', 'abc-mnop-xyz');
  check('https://meet.example.org/abc-mnop-xyz', 'abc-mnop-xyz');
  check('https://meet.example.org/abc-mnop-xyz/?from=mail#now', 'abc-mnop-xyz');
  check('', null);
  check('abc-mnop', null);
  check('abc-mnop-xy1', null);
  check('https://meet.example.org/', null);
});
