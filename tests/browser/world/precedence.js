// Being served before everything else that this machine does. Where times are measured, whoever waits for a processor is late, and no
// network made them so: with twice as much work as there are processors, a browser answers 50 ms late, and a call record says so.

import { spawnSync } from 'node:child_process';

import { tool } from './files.js';

/**
 * From now on this process, and whatever it starts, is served first. An ordinary user may not ask for that: then nothing else should
 * be going on.
 */
export function goFirst() {
  spawnSync(tool('chrt'), ['--rr', '--pid', '1', String(process.pid)]);
}
