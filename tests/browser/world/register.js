// What the register says, read with Google's own Python client on both transports.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { checkout, python } from './files.js';
import { until } from './until.js';

/** Within this time after it was acknowledged, a join or leave must be visible. */
const VISIBLE_WITHIN_MS = 1_000;

export class Register {
  #process;
  #lines;
  /** How long each join and leave took to become visible on each transport, in milliseconds. */
  delays_ms = [];

  constructor(server, token) {
    const script = `${checkout}/tests/browser/world/register.py`;
    this.#process = spawn(python, [script, `127.0.0.1:${server.port}`, token], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** One call. Calls are made one after the other. */
  async call(transport, service, method, request) {
    this.#process.stdin.write(`${JSON.stringify({ transport, service, method, request })}\n`);
    const { value: line, done } = await this.#lines.next();
    if (done) throw new Error("Google's client has ended");
    const answer = JSON.parse(line);
    if (answer.error) throw Object.assign(new Error(`${answer.error}: ${answer.message}`), { code: answer.error });
    return answer.value;
  }

  /** The active conference record of a space, or undefined. */
  async record(space, transport = 'grpc') {
    const filter = `space.name = "${space}" AND end_time IS NULL`;
    const records = await this.call(transport, 'records', 'list_conference_records', { filter });
    return records[0];
  }

  participants(record, filter = '', transport = 'grpc') {
    return this.call(transport, 'records', 'list_participants', { parent: record, filter });
  }

  sessions(participant, filter = '', transport = 'grpc') {
    return this.call(transport, 'records', 'list_participant_sessions', { parent: participant, filter });
  }

  session(name) {
    return this.call('grpc', 'records', 'get_participant_session', { name });
  }

  /** Waits on both transports until exactly these people are there, and keeps how long that took. */
  async shows(record, names, acknowledgedAt_ms) {
    const expected = [...names].sort().join();
    for (const transport of ['grpc', 'rest']) {
      const seen = async () => (await this.participants(record, 'latest_end_time IS NULL', transport)).map(displayName);
      await until(`${transport} to list ${expected}`, async () => (await seen()).sort().join() === expected);
      this.delays_ms.push(Date.now() - acknowledgedAt_ms);
    }
  }

  /** The slowest of a hundred: with fewer measurements, the slowest of all. */
  p99_ms() {
    const sorted = [...this.delays_ms].sort((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.99) - 1];
  }

  static visibleWithin_ms = VISIBLE_WITHIN_MS;

  close() {
    this.#process.stdin.end();
  }
}

export function displayName(participant) {
  return participant.signedin_user?.display_name || participant.anonymous_user?.display_name;
}

/** Milliseconds since the epoch of a time as the client tells it. */
export function time_ms(text) {
  return text ? Date.parse(text) : undefined;
}
