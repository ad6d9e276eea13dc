// Which browser does not connect to its own computer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shunsLoopback } from '../src/meeting/loopback.ts';

test('Firefox does not connect to its own computer', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
  const chromium = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  for (const [userAgent, host, expected] of [
    [firefox, 'localhost', true],
    [firefox, '127.0.0.1', true],
    [firefox, '[::1]', true],
    [firefox, 'meet.example.org', false],
    [chromium, 'localhost', false],
  ] as const)
    assert.equal(shunsLoopback(userAgent, host), expected, `${host} ${userAgent}`);
});
