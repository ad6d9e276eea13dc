// The real release program as a child process, and meetings without a browser.
//
// Whoever joins is in the register once their transport is up, so the program `attend` plays the clients. Meetings in real
// browsers are in `tests/browser`.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.SEDERUNT_BINARY ?? `${checkout}target/release/sederunt`;

/** Plays one client after the other: asks `attend`, and gives its next line. */
class Attend {
  #process = spawn(join(dirname(binary), 'attend'), { stdio: ['pipe', 'pipe', 'inherit'] });
  #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();

  async ask(question) {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    return JSON.parse((await this.#lines.next()).value);
  }

  stop() {
    this.#process.stdin.end();
  }
}

export class Server {
  #process;

  /** Starts on free ports with a new data folder, and makes the owner of what the tests do. */
  static async start(...flags) {
    const server = new Server();
    server.data = mkdtempSync(`${tmpdir()}/sederunt-node-`);
    await server.#serve(flags);
    server.command('user', 'add', 'owner@example.org', '--name', 'Owner');
    server.token = server.command('token', 'owner@example.org');
    return server;
  }

  /** One that another process has started: to meet on it. */
  static at(url, token) {
    return Object.assign(new Server(), { url, token });
  }

  /** Ends it properly, and starts it with the same data, on other ports and perhaps otherwise. */
  async restart(...flags) {
    await this.#end();
    await this.#serve(flags);
  }

  /** What a command prints. */
  command(...words) {
    return execFileSync(binary, [...words, '--data', this.data], { encoding: 'utf8' }).trim();
  }

  /** The name of a new space of the owner, into which everybody walks, and of which there are reports of attendance. */
  async openSpace() {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.token}` };
    const body = JSON.stringify({ config: { accessType: 'OPEN', attendanceReportGenerationType: 'GENERATE_REPORT' } });
    const answer = await fetch(`${this.url}/v2/spaces`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`no space: ${await answer.text()}`);
    return (await answer.json()).name;
  }

  /** The owner and Ada come for a moment, one after the other; both are gone when this returns. */
  async meet(space) {
    await this.gather(space, ['']);
    await this.gather(space, ['Ada']);
  }

  /**
   * These people meet, the owner among them under no name; all are gone when this returns. Of a server with TLS, the process has to trust it.
   * @param {string[]} names
   * @param ends what ends the meeting while they are in it; without, each leaves
   */
  async gather(space, names, ends = null) {
    const seats = [];
    for (const displayName of names) {
      const attend = new Attend();
      const { offer } = await attend.ask({ offer: 1 });
      const seat = await this.#call(`${space}:join`, { offer, displayName }, displayName ? undefined : this.token);
      const { state } = await attend.ask({ accept: 1, answer: seat.answer });
      if (state !== 'JOINED') throw new Error(`${displayName} was told ${state}`);
      seats.push({ seat, attend });
    }
    await ends?.();
    for (const { seat, attend } of seats) {
      attend.stop();
      if (ends) continue;
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
    await this.#end();
    rmSync(this.data, { recursive: true, force: true });
  }

  async #serve(flags) {
    const where = ['--listen', '127.0.0.1:0', '--media-port', '0', '--data', this.data];
    this.#process = spawn(binary, ['serve', ...where, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout });
    const [first] = await Promise.race([once(lines, 'line'), once(this.#process, 'exit')]);
    const ready = String(first).match(/is ready at ((https?):\/\/localhost:(\d+))/);
    if (!ready) throw new Error(`the server did not start: ${first}`);
    [this.url, this.scheme, this.port] = [ready[1], ready[2], Number(ready[3])];
  }

  async #end() {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
