// A network of a server's own, joined to everybody else's by a link that can be taken down: two namespaces with a bridge between them.
// What is under way then is lost, and the server is told that it has no network, as with a cable that is pulled.
//
// A whole file of tests runs in the first namespace ([`runInNamespace`]), so that this machine notices nothing of it.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

import { tool } from './files.js';

/** That one is in it already. */
const MARK = 'SEDERUNT_TEST_NAMESPACE';
const OURS = '10.83.0.1';
const THEIRS = '10.83.0.2';

/** Runs a file of tests again, in a namespace of its own; whether this is that run. */
export function runInNamespace(file) {
  if (process.env[MARK]) return true;
  const words = ['--user', '--map-root-user', '--net', process.execPath, ...process.execArgv, file];
  const { status } = spawnSync(tool('unshare'), words, { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  process.exitCode = status ?? 1;
  return false;
}

export class Network {
  #holder;

  /** Lays the link. */
  static async lay() {
    const network = new Network();
    network.#holder = spawn(tool('unshare'), ['--net', 'sh', '-c', 'echo there; exec sleep infinity'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(network.#holder.stdout, 'data');
    // The bridge never loses its carrier, so browsers see no network of theirs come or go: the far end of another link is always up.
    ip('link set lo up');
    ip('link add bridge type bridge');
    ip('link add still type veth peer name quiet');
    ip(`link add near type veth peer name far netns ${network.#holder.pid}`);
    for (const port of ['still', 'near']) ip(`link set ${port} master bridge up`);
    ip('link set quiet up');
    ip(`address add ${OURS}/24 dev bridge`);
    ip('link set bridge up');
    network.#inside('address', 'add', `${THEIRS}/24`, 'dev', 'far');
    for (const link of ['lo', 'far']) network.#inside('link', 'set', link, 'up');
    return network;
  }

  /** Where a server in it is found. */
  get host() {
    return THEIRS;
  }

  /** The command before that of a program that shall run in it. */
  get before() {
    return [tool('nsenter'), `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  cut() {
    this.#inside('link', 'set', 'far', 'down');
  }

  mend() {
    this.#inside('link', 'set', 'far', 'up');
  }

  async remove() {
    const ended = once(this.#holder, 'exit');
    this.#holder.kill();
    await ended;
  }

  #inside(...words) {
    const [program, ...before] = this.before;
    execFileSync(program, [...before, 'ip', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

function ip(words) {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
}
