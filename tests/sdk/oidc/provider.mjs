// A real OpenID Connect provider on a free port of this machine. Who signs in at its own page with any password is the account of
// that name: `NAME@example.org`, verified unless the name is `unverified`.
//
//     node provider.mjs CLIENT_ID CLIENT_SECRET
//
// It prints its address, reads the client's redirect URI from standard input, since the client needs the address first, prints
// that it is ready, and serves until it is ended.

import { createServer } from 'node:http';
import { createInterface } from 'node:readline/promises';
import { Provider } from 'oidc-provider';

const [clientId, clientSecret] = process.argv.slice(2);

let answer;
const server = createServer((request, response) => answer(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://localhost:${server.address().port}`;
process.stdout.write(`${issuer}\n`);

const redirectUri = await createInterface({ input: process.stdin }).question('');
const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@example.org`,
      email_verified: id !== 'unverified',
      name: id[0].toUpperCase() + id.slice(1),
    }),
  }),
});
answer = provider.callback();
process.stdout.write('ready\n');
