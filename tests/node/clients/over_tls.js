// One client over TLS: makes a space, reads it by its code, and prints its name.

import assert from 'node:assert/strict';

import { gapic } from './gapic.js';
import { published } from './googleapis.js';

const [kind, version, port, token] = process.argv.slice(2);
const client =
  kind === 'googleapis'
    ? published({ url: `https://localhost:${port}`, token })
    : gapic({ transport: kind, version, port: Number(port), token, tls: true });
const { name, meetingCode } = await client.createSpace({ accessType: 'OPEN' });
assert.equal((await client.getSpace(`spaces/${meetingCode}`)).name, name);
console.log(name);
await client.close();
