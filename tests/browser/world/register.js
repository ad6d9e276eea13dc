// What the register says, read with Google's own Python client on both transports.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { checkout, python } from './files.js';

export class Register {
  #process;
  #lines;

  constructor(server, token) {
    const script = `${checkout}/tests/browser/world/register.py`;
    const [program, ...words] = [...(server.network?.before ?? []), python, script, `127.0.0.1:${server.port}`, token];
    this.#process = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
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
   * Does something that changes who is in the meeting, and reads on both transports who is there, once: what the people
   * have been told of is in the register by then, without waiting.
   * @param {() => Promise<unknown>} act ends when somebody in the meeting has been told
   */
  async witness(space, names, act) {
    await act();
    for (const transport of ['grpc', 'rest']) {
      const record = await this.record(space, transport);
      const present = await this.participants(record.name, 'latest_end_time IS NULL', transport);
      assert.deepEqual(present.map(displayName).sort(), [...names].sort(), `who is there by ${transport}`);
    }
  }

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
