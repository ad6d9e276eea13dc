// Microsoft's client for Graph against a server with a development certificate, after meetings. Whom to trust is read from the
// environment when a process starts, so the client runs in a process of its own.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Server } from '../server.js';

const READER = 'CallRecords.Read.All';
const CLERK = 'OnlineMeetingArtifact.Read.All';
/** More than the program needs, and soon used up. */
const QUOTAS = '[quotas]\nreads_per_app = 120\nreads_per_person = 120\n';

let server, space, receiverPort;
before(async () => {
  server = await Server.start();
  space = await server.openSpace();
  for (let count = 0; count < 4; count++) await server.gather(space, ['', 'Ada']);
  await server.gather(space, ['', 'Ada', 'Bo', 'Caro', 'Dora']);
  receiverPort = await freePort();
  writeFileSync(`${server.data}/sederunt.toml`, QUOTAS);
  await server.restart('--tls', 'dev', '--config', `${server.data}/sederunt.toml`, '--notify-origin', `http://127.0.0.1:${receiverPort}`);
});
after(() => server.stop());

/** A program with a role: what Microsoft's clients are to read from the environment. */
function application(role, ...flags) {
  const told = server.command('app', 'add', 'Reports', '--kind', 'daemon', '--role', role, ...flags);
  const variables = Object.fromEntries(told.split('\n').map((line) => line.split('=')));
  return { tenant: variables.AZURE_TENANT_ID, clientId: variables.AZURE_CLIENT_ID, secret: variables.AZURE_CLIENT_SECRET };
}

/** A certificate with its key, as the client reads them from one file, and where the certificate stands alone. */
function certificate() {
  const [key, alone, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) => `${server.data}/${name}`);
  const subject = ['-subj', '/CN=Reports', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', alone, ...subject], { stdio: 'ignore' });
  writeFileSync(both, readFileSync(key) + readFileSync(alone));
  return { alone, both };
}

async function freePort() {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

test('@microsoft/microsoft-graph-client with @azure/identity', async () => {
  const { alone, both } = certificate();
  const certified = { clientId: application(READER, '--certificate', alone).clientId, path: both };
  const { url, token } = server;
  const given = { ...application(READER), clerk: application(CLERK), certified, url, receiverPort, space, token };
  const program = fileURLToPath(new URL('../clients/graph.js', import.meta.url));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: `${server.data}/tls/authority.pem` };
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(given)], { env, timeout: 90_000 });
  assert.equal(stdout, 'everything was as it should be\n');
});
