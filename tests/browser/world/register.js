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

  /**
   * Does something that changes who is in the meeting, and watches the register meanwhile on both transports. How long
   * the change took to be visible counts from the fact's own time, which is before anybody was told.
   * @param {() => Promise<{name: string, field: 'start_time' | 'end_time'}>} act which session changed, and what of it
   */
  async witness(space, names, act) {
    const expected = [...names].sort().join();
    const seenAt_ms = {};
    const look = async (transport) => {
      const record = await this.record(space, transport);
      const present = record ? await this.participants(record.name, 'latest_end_time IS NULL', transport) : [];
      if (present.map(displayName).sort().join() === expected) seenAt_ms[transport] ??= Date.now();
      return seenAt_ms[transport];
    };
    // One after the other: there is one client process, and its answers come in the order of the questions.
    const looking = until(`the register to list ${expected}`, async () =>
      (seenAt_ms.grpc ?? (await look('grpc'))) && (seenAt_ms.rest ?? (await look('rest'))), { withinMs: 60_000 });
    const [{ name, field }] = await Promise.all([act(), looking]);
    const fact_ms = time_ms((await this.session(name))[field]);
    for (const seen_ms of Object.values(seenAt_ms)) this.delays_ms.push(seen_ms - fact_ms);
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
