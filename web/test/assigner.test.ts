// Pictures are asked for while somebody can see the page, and for nothing otherwise; who comes back finds them where they were.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAssigner } from '../src/meeting/assigner.ts';
import { ASSIGNMENT_PAUSE_MS, ASSIGNMENT_RETRY_MS } from '../src/meeting/limits.ts';

interface Asked {
  setAssignment: { layoutModel: { label: string; canvases: { id: number; direct: { mediaEntryId: number } }[] } };
}

test('a page that nobody sees asks for nothing, and for all at once when it is seen', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  Object.assign(globalThis, { devicePixelRatio: 1 });
  const requests: Asked[] = [];
  const assigner = openAssigner((body) => requests.push(body as Asked));
  const want = (...entries: number[]) => assigner.want(entries.map((entryId) => ({ entryId, width: 320, height: 180 })));
  const rest = () => context.mock.timers.tick(ASSIGNMENT_PAUSE_MS);
  /** What was asked for since the last look, as `entry on canvas`. */
  const check = (...expected: string[]) => {
    const asked = requests.splice(0).map(({ setAssignment: { layoutModel } }) =>
      layoutModel.canvases.map(({ id, direct }) => `${direct.mediaEntryId} on ${id}`).join(', '),
    );
    assert.deepEqual(asked, expected);
  };
  const answer = () => ({ label: String(requests.at(-1)?.setAssignment.layoutModel.label) });

  assigner.seen(true);
  assigner.restart();
  want(5, 6);
  rest();
  assert.ok(assigner.askedIn(answer()));
  check('5 on 1, 6 on 2');
  want(6);
  rest();
  check('6 on 2');

  assigner.seen(false);
  assert.equal(assigner.askedIn(answer()), null);
  check('');
  assigner.refused();
  context.mock.timers.tick(ASSIGNMENT_RETRY_MS);
  check('');
  assigner.seen(false);
  want(6, 7);
  rest();
  check();
  assigner.seen(true);
  assert.ok(assigner.askedIn(answer()));
  check('6 on 2, 7 on 1');

  // A new connection of a page in the background.
  assigner.seen(false);
  check('');
  assigner.restart();
  rest();
  check();
  assigner.seen(true);
  check('6 on 1, 7 on 2');

  // Nothing is asked of a connection that is gone.
  assigner.stop();
  assigner.seen(false);
  assigner.seen(true);
  check();
});
