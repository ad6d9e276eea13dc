// One client over TLS: makes a space, reads it by its code, and prints its name.

import assert from 'node:assert/strict';

import { gapic } from './gapic.js';

const [transport, version, port, token] = process.argv.slice(2);
const client = gapic({ transport, version, port: Number(port), token, tls: true });
const { name, meetingCode } = await client.createSpace({ accessType: 'OPEN' });
assert.equal((await client.getSpace(`spaces/${meetingCode}`)).name, name);
console.log(name);
await client.close();
