// A real OpenID Connect provider, the one that the stock clients' tests sign in by.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { checkout } from './files.js';

const SECRET = 'a secret of two';

export class Provider {
  static async start() {
    const provider = new Provider();
    const options = { cwd: `${checkout}/tests/sdk/oidc`, stdio: ['pipe', 'pipe', 'ignore'] };
    provider.process = spawn('node', ['provider.mjs', 'sederunt', SECRET], options);
    provider.lines = createInterface({ input: provider.process.stdout });
    [provider.issuer] = await Promise.race([once(provider.lines, 'line'), once(provider.process, 'exit')]);
    if (!String(provider.issuer).startsWith('http')) {
      throw new Error('the provider did not start\nhint: cargo xtask test --only tools');
    }
    return provider;
  }

  /** How a server trusts it. */
  get settings() {
    const table = { issuer: this.issuer, client_id: 'sederunt', client_secret: SECRET, name: 'Example ID' };
    return `[oidc]\ndomains = ["example.org"]\n${Object.entries(table).map(([key, value]) => `${key} = "${value}"\n`).join('')}`;
  }

  /** From now on it answers, and sends people back to this server. */
  async serve(server) {
    const ready = once(this.lines, 'line');
    this.process.stdin.write(`${server.url}/sign-in/oidc/callback\n`);
    await ready;
  }

  async stop() {
    const ended = once(this.process, 'exit');
    this.process.kill();
    await ended;
  }
}
