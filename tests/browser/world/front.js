// What stands before the two servers of an update: a connection goes to whichever is ready, as a load balancer leads it.

import { once } from 'node:events';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';

export class Front {
  #pages;
  /** In the order in which they came. */
  #servers = [];

  static async open() {
    const front = new Front();
    front.#pages = createServer((near) => front.#lead(near)).listen(0, '127.0.0.1');
    await once(front.#pages, 'listening');
    front.port = front.#pages.address().port;
    return front;
  }

  /** There is one more. */
  add(server) {
    this.#servers.push(server);
  }

  close() {
    this.#pages.close();
  }

  async #lead(near) {
    // Who goes meanwhile is not led anywhere.
    near.on('error', () => near.destroy());
    const ready = await Promise.all(this.#servers.map((server) => answers(server.port, '/readyz')));
    const index = ready.findIndex(({ status }) => status === 200);
    if (index < 0) return near.destroy();
    const far = connect(this.#servers[index].port, '127.0.0.1');
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  }
}

/** What a server on this port says of itself; nothing, if nobody is there. */
export function answers(port, path) {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    asked.on('error', () => resolve({}));
  });
}
