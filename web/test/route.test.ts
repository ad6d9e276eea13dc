// Addresses, the codes that people type, and the way back after signing in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PageName, PageRoute } from '../src/pages.ts';
import { meetingCodeIn } from '../src/meetingCode.ts';
import { pathOf, returnPath, routeOf, signInPath } from '../src/route.ts';

test('each address has its page', () => {
  const check = (path: string, expected: ReturnType<typeof routeOf>) => assert.deepEqual(routeOf(path), expected, path);
  check('/', { page: 'home' });
  check('/sign-in', { page: 'signIn' });
  check('/password', { page: 'password' });
  check('/check', { page: 'check' });
  check('/consent', { page: 'consent' });
  check('/spaces', { page: 'spaces' });
  check('/spaces/', { page: 'spaces' });
  check('/spaces/-yy3uKlef_QB', { page: 'space', space: 'spaces/-yy3uKlef_QB' });
  check('/meetings', { page: 'pastMeetings' });
  check('/meetings/kRyYx8b7', { page: 'attendance', conferenceRecord: 'conferenceRecords/kRyYx8b7' });
  check('/meetings/kRyYx8b7/recordings/a-B_9', {
    page: 'recording',
    conferenceRecord: 'conferenceRecords/kRyYx8b7',
    recording: 'a-B_9',
  });
  check('/calls', { page: 'calls' });
  check('/calls/support', { page: 'projectCalls', project: 'projects/support' });
  check('/calls/support/5f0c-1', { page: 'call', project: 'projects/support', call: '5f0c-1' });
  check('/administration', { page: 'people' });
  check('/administration/grants', { page: 'grants' });
  check('/abc-mnop-xyz', { page: 'meeting', code: 'abc-mnop-xyz' });
  check('/ABC-mnop-XYZ', { page: 'meeting', code: 'abc-mnop-xyz' });
  check('/abc-mnop-xyz/', { page: 'meeting', code: 'abc-mnop-xyz' });
  for (const dressed of ['abcmnopxyz', 'abc-mnop-xyz,', 'abc-mnop-xyz).', 'abc-mnop-xyz%20', '%22abc-mnop-xyz%22', 'abc-mnop-xyz%E2%80%8B', 'abc%E2%80%91mnop%E2%80%93xyz', 'abc-mnop-xyz%20(opens%20at%209)', 'ABC%E2%80%91mnop%E2%80%91xyz.', 'abcmnopxyz.', '%E2%80%9Cabcmnopxyz%E2%80%9D']) {
    check(`/${dressed}`, { page: 'meeting', code: 'abc-mnop-xyz' });
  }
  for (const path of [
    '/abc-mnop-xyzz',
    '/abcmnopxy',
    '/ab1-mnop-xyz',
    '/abc-mnop-xyz/people',
    '/abcmnopxyz%20(opens%20at%209)',
    '/sign-in/x',
    '/%',
    '/spaces/a.b',
    '/spaces/a/members',
    '/administration/nothing',
    '/calls/a.b',
    '/calls/a/b/c',
  ]) {
    check(path, { page: 'unknown', path });
  }
});

test('a page is found by the address that is made for it', () => {
  /** A page without a row does not compile. */
  const routes: { [Name in PageName]: Extract<PageRoute, { page: Name }> } = {
    home: { page: 'home' },
    meeting: { page: 'meeting', code: 'abc-mnop-xyz' },
    signIn: { page: 'signIn' },
    check: { page: 'check' },
    password: { page: 'password' },
    consent: { page: 'consent' },
    spaces: { page: 'spaces' },
    space: { page: 'space', space: 'spaces/a' },
    pastMeetings: { page: 'pastMeetings' },
    attendance: { page: 'attendance', conferenceRecord: 'conferenceRecords/b' },
    recording: { page: 'recording', conferenceRecord: 'conferenceRecords/b', recording: 'r' },
    calls: { page: 'calls' },
    projectCalls: { page: 'projectCalls', project: 'projects/support' },
    call: { page: 'call', project: 'projects/support', call: '5f0c-1' },
    people: { page: 'people' },
    apps: { page: 'apps' },
    daemons: { page: 'daemons' },
    serviceAccounts: { page: 'serviceAccounts' },
    grants: { page: 'grants' },
    domains: { page: 'domains' },
    projects: { page: 'projects' },
    audit: { page: 'audit' },
  };
  for (const route of Object.values(routes)) assert.deepEqual(routeOf(pathOf(route)), route);
  assert.equal(pathOf(routes.attendance), '/meetings/b');
});

test('signing in leads back to pages of ours only', () => {
  const check = (to: string, expected: string) => assert.equal(returnPath(`?to=${encodeURIComponent(to)}`), expected, to);
  check('/consent?request=a%26b', '/consent?request=a%26b');
  check('/spaces/x', '/spaces/x');
  for (const to of ['', 'spaces', 'https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)']) {
    check(to, '/');
  }
  assert.equal(returnPath(''), '/');
  assert.equal(returnPath(new URL(`http://x${signInPath('/consent?request=a&b=c')}`).search), '/consent?request=a&b=c');
});

test('a code is found in what people type or paste', () => {
  const check = (text: string, code: string | null) => assert.equal(meetingCodeIn(text), code, text);
  check('abc-mnop-xyz', 'abc-mnop-xyz');
  check('  ABC-MNOP-XYZ ', 'abc-mnop-xyz');
  check('abcmnopxyz', 'abc-mnop-xyz');
  check('abc mnop xyz', 'abc-mnop-xyz');
  check('https://meet.example.org/abc-mnop-xyz', 'abc-mnop-xyz');
  check('https://meet.example.org/abc-mnop-xyz/?from=mail#now', 'abc-mnop-xyz');
  check('https://meet.example.org/abc-mnop-xyz (opens at 9)', 'abc-mnop-xyz');
  check('<https://meet.example.org/abc-mnop-xyz>, the conference', 'abc-mnop-xyz');
  check('“abc‑mnop–xyz”', 'abc-mnop-xyz');
  check('abc-mnop-xyz.\u200b', 'abc-mnop-xyz');
  check('https://meet.example.org/abcmnopxyz (opens at 9)', 'abc-mnop-xyz');
  check('See you at https://meet.example.org/ABCMNOPXYZ, at 9', 'abc-mnop-xyz');
  check('When? At 9: meet.example.org/abcmnopxyz.', 'abc-mnop-xyz');
  check('Where? abc-mnop-xyz', 'abc-mnop-xyz');
  check('http://localhost:8080/abc%E2%80%91mnop%E2%80%91xyz', 'abc-mnop-xyz');
  check('Join:\nhttps://abc-mnop-xyz.example/def-qrst-uvw\nor dial in', 'def-qrst-uvw');
  check('https://meet.example.org/sign-in?to=%2Fabc-mnop-xyz', 'abc-mnop-xyz');
  check('https://meet.example.org/meetings/abc-mnop-xyz', 'abc-mnop-xyz');
  check('Come to the conference', null);
  check('https://abcdefghij/', null);
  check('https://abc-mnop-xyz.example/', null);
  check('', null);
  check('abc-mnop', null);
  check('abc-mnop-xy1', null);
  check('https://meet.example.org/', null);
});
