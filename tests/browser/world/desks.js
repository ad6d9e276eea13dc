// What the pages beside the meetings are tested with: Ada, who has an account, before a screen as wide as a desk has, and Bo, whom
// nobody knows.

import assert from 'node:assert/strict';

import { Person } from './person.js';
import { Server } from './server.js';

export class Desks {
  /** With Ada signed in, and an administrator if she shall be one. */
  static async open({ administrator = false } = {}) {
    const desks = new Desks();
    try {
      await desks.#open(administrator);
    } catch (error) {
      await desks.close();
      throw error;
    }
    return desks;
  }

  async #open(administrator) {
    this.server = await Server.start();
    const link = this.server.addUser('ada@example.org', 'Ada');
    if (administrator) this.server.makeAdministrator('ada@example.org');
    this.token = this.server.token('ada@example.org');
    const viewport = { width: 1100, height: 900 };
    [this.ada, this.bo] = await Promise.all([
      Person.arrive(this.server, 'Ada', 'red', { viewport }),
      Person.arrive(this.server, 'Bo', 'green'),
    ]);
    this.page = this.ada.page;
    await this.ada.signIn(link);
  }

  /** Nothing may have gone wrong in their pages. */
  async close() {
    const people = [this.ada, this.bo].filter((person) => person);
    await Promise.all(people.map((person) => person.go()));
    await this.server?.stop();
    assert.deepEqual(people.flatMap(({ errors }) => errors), []);
  }
}
