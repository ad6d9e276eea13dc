// A disk of its own for what is recorded of meetings, with little more than is never touched. It is there for the server alone, in
// namespaces of its own, and fills up as long as a file says so.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkout, tool } from './files.js';

const SCRIPT = readFileSync(join(checkout, 'tests/fixtures/small-disk.sh'), 'utf8');

export class SmallDisk {
  #full;

  /** The command before that of a server, whose data is in this folder. */
  before(data) {
    const takes = join(data, 'meeting-takes');
    if (!existsSync(takes)) mkdirSync(takes);
    this.#full = join(data, 'full');
    return [tool('unshare'), '--user', '--map-root-user', '--mount', 'sh', '-c', SCRIPT, takes, this.#full];
  }

  /** Something else writes on it. */
  fill() {
    writeFileSync(this.#full, '');
  }

  /** And goes again. */
  makeRoom() {
    rmSync(this.#full);
  }
}
