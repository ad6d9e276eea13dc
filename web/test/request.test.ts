// One request, and what its refusals mean.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, sendRequest } from '../src/api/request.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('asked too often, a request is sent once more, when the server says', async (context) => {
  const check = async (refusals: (string | null)[], waited_ms: number, expected: string) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const answers = [...refusals.map((after) => refused(after)), Response.json({ well: true })];
    let asked = 0;
    context.mock.method(globalThis, 'fetch', async () => answers[asked++]);
    const sent = sendRequest('POST', '/').then(
      () => 'answered',
      (error: ApiError) => error.status,
    );
    await nextTurn();
    if (waited_ms > 0) {
      context.mock.timers.tick(waited_ms - 1);
      await nextTurn();
      assert.equal(asked, 1, 'it waits');
      context.mock.timers.tick(1);
    }
    assert.equal(await sent, expected, JSON.stringify(refusals));
    context.mock.timers.reset();
    return asked;
  };
  assert.equal(await check([], 0, 'answered'), 1);
  assert.equal(await check(['2'], 2_000, 'answered'), 2);
  assert.equal(await check(['1', '1'], 1_000, 'RESOURCE_EXHAUSTED'), 2);
  assert.equal(await check([null], 0, 'RESOURCE_EXHAUSTED'), 1);
  assert.equal(await check(['60'], 0, 'RESOURCE_EXHAUSTED'), 1);
  assert.equal(await check(['Wed, 21 Oct 2026 07:28:00 GMT'], 0, 'RESOURCE_EXHAUSTED'), 1);
});

function refused(retryAfter: string | null): Response {
  const headers: HeadersInit = retryAfter === null ? {} : { 'retry-after': retryAfter };
  return Response.json({ error: { status: 'RESOURCE_EXHAUSTED' } }, { status: 429, headers });
}
