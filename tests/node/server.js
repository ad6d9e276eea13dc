// The real release program as a child process, and meetings without media.
//
// A join is one HTTP request, and the register knows no difference until the time for connecting is over. Meetings with real
// media are in `tests/browser`.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.SEDERUNT_BINARY ?? `${checkout}target/release/sederunt`;
const offer = readFileSync(`${checkout}tests/fixtures/offer.sdp`, 'utf8');

export class Server {
  #process;

  /** Starts on free ports with a new data folder, and makes the owner of what the tests do. */
  static async start(...flags) {
    const server = new Server();
    server.data = mkdtempSync(`${tmpdir()}/sederunt-node-`);
    const where = ['--listen', '127.0.0.1:0', '--media-port', '0', '--data', server.data];
    server.#process = spawn(binary, ['serve', ...where, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: server.#process.stdout });
    const [first] = await Promise.race([once(lines, 'line'), once(server.#process, 'exit')]);
    const ready = String(first).match(/is ready at ((https?):\/\/localhost:(\d+))/);
    if (!ready) throw new Error(`the server did not start: ${first}`);
    [server.url, server.scheme, server.port] = [ready[1], ready[2], Number(ready[3])];
    server.command('user', 'add', 'owner@example.org', '--name', 'Owner');
    server.token = server.command('token', 'owner@example.org');
    return server;
  }

  /** What a command prints. */
  command(...words) {
    return execFileSync(binary, [...words, '--data', this.data], { encoding: 'utf8' }).trim();
  }

  /** The owner and Ada meet for a moment; both are gone when this returns. Works on a server without TLS. */
  async meet(space) {
    for (const [displayName, token] of [
      ['', this.token],
      ['Ada', undefined],
    ]) {
      const seat = await this.#call(`${space}:join`, { offer, displayName }, token);
      await this.#call(`${space}:leave`, { participantSession: seat.participantSession, resumeSecret: seat.resumeSecret });
    }
  }

  async #call(method, body, token) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const url = `${this.url}/sederunt/v1/${method}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async stop() {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.data, { recursive: true, force: true });
  }
}
