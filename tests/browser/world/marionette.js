// Speaks to Firefox as its own remote control does (Marionette): JSON over TCP, each message with its length before it. What the
// tests need of it is to open pages and to run scripts in them.

import { connect } from 'node:net';
import { once } from 'node:events';

export class Marionette {
  #socket;
  #received = Buffer.alloc(0);
  #waiting = new Map();
  #nextId = 1;

  /** Connects to a Firefox that listens on this port. */
  static async connect(port) {
    const marionette = new Marionette();
    marionette.#socket = connect(port, '127.0.0.1');
    await once(marionette.#socket, 'connect');
    marionette.#socket.on('data', (bytes) => marionette.#receive(bytes));
    marionette.#socket.on('error', () => {});
    marionette.#socket.on('close', () => {
      for (const { reject } of marionette.#waiting.values()) reject(new Error('Firefox is gone'));
    });
    await marionette.send('WebDriver:NewSession', { acceptInsecureCerts: true });
    return marionette;
  }

  send(command, parameters = {}) {
    const id = this.#nextId++;
    const text = JSON.stringify([0, id, command, parameters]);
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close() {
    this.#socket.destroy();
  }

  #receive(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const colon = this.#received.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#received.subarray(0, colon));
      if (this.#received.length < end) return;
      this.#take(JSON.parse(this.#received.subarray(colon + 1, end)));
      this.#received = this.#received.subarray(end);
    }
  }

  /** The first message is a greeting, and answers nothing. */
  #take(message) {
    if (!Array.isArray(message)) return;
    const [, id, error, result] = message;
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(new Error(`${error.error}: ${error.message}`));
    else resolve(result?.value);
  }
}
