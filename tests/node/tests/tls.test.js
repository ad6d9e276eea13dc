// Google's Node.js clients against a server with a development certificate. Whom to trust is read from the environment when a
// process starts, so the clients run in processes of their own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Server } from '../server.js';

let server;
before(async () => {
  server = await Server.start('--tls', 'dev');
});
after(() => server.stop());

function trusting(kind, version) {
  const authority = `${server.data}/tls/authority.pem`;
  const program = fileURLToPath(new URL('../clients/over_tls.js', import.meta.url));
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [program, kind, version, String(server.port), server.token],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authority, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: authority },
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^spaces\/[\w-]{12}$/m);
}

for (const transport of ['rest', 'grpc'])
  for (const version of ['v2', 'v2beta'])
    test(`@google-apps/meet over TLS, ${version}, ${transport}`, () => trusting(transport, version));

test('googleapis over TLS', () => trusting('googleapis', 'v2'));
