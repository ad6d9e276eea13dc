// What the server says against something, at the field that it means and as a sentence of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, fetchFile } from '../src/api/request.ts';
import { problemWith, reasonOf } from '../src/ui/reason.ts';

function refusal(field: string, description: string): ApiError {
  return new ApiError('INVALID_ARGUMENT', '', 'the request is not valid', 400, [{ field, description }]);
}

test('a problem stands at its field, however deep, as the contract spells it', () => {
  const check = (named: string, field: string, expected: string) =>
    assert.equal(problemWith(refusal(named, 'it is too long'), field), expected, `${named} at ${field}`);
  check('email', 'email', 'It is too long');
  check('project_id', 'projectId', 'It is too long');
  check('policy.beep_every_seconds', 'beepEverySeconds', 'It is too long');
  check('project_id', 'displayName', '');
});

test('what the server says begins as a sentence does, and what begins with a value as it was', () => {
  const check = (said: string, expected: string) => assert.equal(reasonOf(refusal('a', said)), expected);
  check('a name is too long', 'A name is too long');
  check('"no domain" is not a domain name', '"no domain" is not a domain name');
  check('https://a.example: it has a fragment', 'https://a.example: it has a fragment');
  check('nonsense: it is no address', 'nonsense: it is no address');
});

test('what pages say themselves is said as it is, and a file that no answer came for as a request', async (context) => {
  assert.equal(reasonOf(new Error('Choose a scope.')), 'Choose a scope.');
  context.mock.method(globalThis, 'fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await fetchFile('/sederunt/recordings/a').then(
    () => assert.fail('nobody answers'),
    (error) => assert.match(reasonOf(error), /^The server cannot be reached/),
  );
});
