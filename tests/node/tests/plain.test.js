// Google's Node.js clients against a server without TLS.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { gapic } from '../clients/gapic.js';
import { discovered, person, published } from '../clients/googleapis.js';
import { journey } from '../journey.js';
import { Server } from '../server.js';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop());

for (const transport of ['rest', 'grpc'])
  for (const version of ['v2', 'v2beta'])
    test(`@google-apps/meet, ${version}, ${transport}`, async () => {
      const client = gapic({ transport, version, port: server.port, token: server.token, tls: false });
      await journey(client, server);
      await client.close();
    });

test('googleapis', async () => {
  await journey(published(server), server);
});

for (const version of ['v2', 'v2beta'])
  test(`googleapis, built from our description of ${version}`, async () => {
    await journey(await discovered({ ...server, version }), server);
  });

test('a meeting is ended by a compressed body, of which there is hardly anything', async () => {
  const space = await server.openSpace();
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const ask = () => fetch(`${server.url}/v2/${space}:endActiveConference`, { method: 'POST', headers, body: gzipSync('{}') });
  await server.gather(space, ['', 'Ada'], async () => {
    const answer = await ask();
    assert.deepEqual([answer.status, await answer.json()], [200, {}]);
  });
  assert.equal((await (await ask()).json()).error.status, 'FAILED_PRECONDITION', 'nobody is in it any more');
});

test('from a participant to a person', async () => {
  const client = published(server);
  const space = await client.createSpace({ accessType: 'OPEN' });
  await server.meet(space.name);
  const records = await client.records.list(`space.name = "${space.name}"`);
  const seen = (await Promise.all(records.map((record) => client.participants.list(record.name)))).flat();
  const idOf = (participant) => participant.name.split('/').at(-1);
  const signedIn = idOf(seen.find(({ signedinUser }) => signedinUser));
  const anonymous = idOf(seen.find(({ anonymousUser }) => anonymousUser));

  const fields = 'names,emailAddresses';
  const ask = (scope, id, fields) =>
    person({ url: server.url, token: server.command('token', 'owner@example.org', '--scope', scope), id, fields });
  const found = await ask('userinfo.email', signedIn, fields);
  assert.equal(found.resourceName, `people/${signedIn}`);
  assert.equal(found.names[0].displayName, 'Owner');
  assert.equal(found.emailAddresses[0].value, 'owner@example.org');
  assert.deepEqual(await ask('userinfo.email', 'me', fields), found);
  assert.equal((await ask('userinfo.profile', 'me', fields)).emailAddresses, undefined);
  await assert.rejects(ask('contacts.readonly', anonymous, fields), { status: 404 });
  await assert.rejects(ask('contacts.readonly', '1'.repeat(21), fields), { status: 404 });
  await assert.rejects(ask('userinfo.profile', 'me'), { status: 400 });
  await assert.rejects(ask('meetings.space.readonly', 'me', fields), { status: 403 });
});

test('HEAD over HTTP/2 has the head of GET and no body', async () => {
  const session = connect(server.url);
  const ask = async (method, path) => {
    const stream = session.request({ ':method': method, ':path': path, authorization: `Bearer ${server.token}` });
    const [head] = await once(stream, 'response');
    let length = 0;
    for await (const part of stream) length += part.length;
    return [head[':status'], head['content-type'], Number(head['content-length']), length];
  };
  for (const path of ['/', '/healthz', '/v2/conferenceRecords', '/discovery/v1/apis', '/no/such/page']) {
    const [status, kind, , length] = await ask('GET', path);
    assert.deepEqual(await ask('HEAD', path), [status, kind, length, 0], path);
  }
  session.close();
});
