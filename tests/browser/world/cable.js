// The cable between a server and everybody: pages and media go through it, and it can be pulled. What is under way then is lost
// (media) or waits (pages), as with a switch that restarts. It needs no rights, unlike a network of its own.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { Relay } from './relay.js';

export class Cable {
  #isCut = false;
  #pages;
  #media;
  /** The far ends of all connections. */
  #sockets = new Set();

  /** Leads to a server on these ports of this machine. */
  static async lay({ port, mediaPort }) {
    const cable = new Cable();
    cable.#media = await Relay.open();
    cable.#pages = createServer((near) => cable.#join(near, connect(port, '127.0.0.1'))).listen(0, '127.0.0.1');
    await Promise.all([once(cable.#pages, 'listening'), cable.#media.leadTo(mediaPort)]);
    cable.port = cable.#pages.address().port;
    cable.mediaAddress = cable.#media.address;
    return cable;
  }

  async pull() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
    await this.#media.cut();
  }

  async mend() {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
    await this.#media.mend();
  }

  async remove() {
    for (const socket of this.#sockets) socket.destroy();
    this.#pages.close();
    await this.#media.close();
  }

  #join(near, far) {
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.on('data', (bytes) => other.write(bytes));
      // Either end is gone with the other, however it went.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      if (this.#isCut) one.pause();
    }
  }
}
