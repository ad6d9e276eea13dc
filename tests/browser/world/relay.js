// A network between people and the server's media port: as bad as it is told to be, cut, or another one. The packets are passed
// on by a program of its own, `tests/src/relay`, exact in time, which knows of each what became of it; here it is only driven.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { binary, required } from './files.js';

const CUT = { lossPercent: 100 };

export class Relay {
  #process;
  #lines;
  /** The last question that was asked: the next one waits for its answer. */
  #asked = Promise.resolve();

  /** Takes what comes for the media port of a server that is still to be started. A seed makes its dice fall the same again. */
  static async open({ seed } = {}) {
    const relay = new Relay();
    const program = required(join(dirname(binary), 'relay'), 'cargo build --release -p end-to-end');
    const env = { ...process.env, ...(seed !== undefined && { SEDERUNT_SEED: `${seed}` }) };
    relay.#process = spawn(program, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    relay.#lines = createInterface({ input: relay.#process.stdout })[Symbol.asyncIterator]();
    Object.assign(relay, await relay.#answer());
    return relay;
  }

  /** Where the server's media port is, by its number. */
  leadTo(mediaPort) {
    return this.#order({ leadTo: mediaPort });
  }

  /**
   * How it is from now on, from people to the server (`uplink`) and back (`downlink`); a direction that is not named stays as it is.
   * @typedef {{ lossPercent?: number, delayMs?: number, jitterMs?: number, rateKbps?: number, overtakePercent?: number }} Conditions
   * @param {{ uplink?: Conditions, downlink?: Conditions }} conditions
   */
  async become(conditions) {
    for (const [direction, how] of Object.entries(conditions)) await this.#order({ [direction]: how });
  }

  /** Nothing passes any more. */
  cut() {
    return this.become({ uplink: CUT, downlink: CUT });
  }

  /** Everything passes again. */
  mend() {
    return this.become({ uplink: {}, downlink: {} });
  }

  /** What is connected now goes nowhere; what is new passes. That is what a computer sees that is carried to another network. */
  async change() {
    await this.#order({ change: true });
    await this.mend();
  }

  /** The router on the way forgets which ports it has lent: everybody is seen to come from another one, and notices nothing. */
  rebind() {
    return this.#order({ rebind: true });
  }

  /**
   * What became of the packets of one direction, or of one stream in it: how many came, how many of them were lost, how long the others
   * took in the mean, and the mean jitter that their receiver should have measured.
   * @param {'uplink' | 'downlink'} direction
   * @param {{ ssrc: number, clockHz: number }} [stream]
   */
  truth(direction, stream) {
    return this.#order({ truth: direction, ...stream });
  }

  async close() {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }

  #order(order) {
    this.#asked = this.#asked.then(() => {
      this.#process.stdin.write(`${JSON.stringify(order)}\n`);
      return this.#answer();
    });
    return this.#asked;
  }

  async #answer() {
    const { value: line, done } = await this.#lines.next();
    if (done) throw new Error('the relay has ended');
    return JSON.parse(line);
  }
}
