// Google's library for signing in from Node.js, unmodified: consent without PKCE, who somebody is, refreshing, giving back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { OAuth2Client } from 'google-auth-library';

import { Person } from '../person.js';
import { Server } from '../server.js';

const AUTH = 'https://www.googleapis.com/auth/';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop());

test('an installed app, from consent to revocation', async () => {
  const { installed } = JSON.parse(server.command('app', 'add', 'Desktop', '--kind', 'installed'));
  assert.deepEqual(installed.redirect_uris, ['http://localhost']);
  const client = new OAuth2Client({
    clientId: installed.client_id,
    clientSecret: installed.client_secret,
    redirectUri: `${installed.redirect_uris[0]}:8765/`,
    // At Google's own paths, which the library has beside Google's names.
    endpoints: {
      oauth2AuthBaseUrl: `${server.url}/o/oauth2/v2/auth`,
      oauth2TokenUrl: `${server.url}/token`,
      oauth2RevokeUrl: `${server.url}/revoke`,
      tokenInfoUrl: `${server.url}/tokeninfo`,
      oauth2FederatedSignonPemCertsUrl: `${server.url}/oauth2/v1/certs`,
    },
    issuers: [server.url],
  });
  const scope = ['openid', 'email', `${AUTH}calendar`, `${AUTH}meetings.space.created`];
  const person = await Person.signedIn(server);
  const { tokens } = await client.getToken(await person.codeFor(client.generateAuthUrl({ access_type: 'offline', scope })));
  const given = ['openid', `${AUTH}userinfo.email`, `${AUTH}meetings.space.created`].sort();
  assert.deepEqual(tokens.scope.split(' ').sort(), given, 'there is no calendar');

  const ticket = await client.verifyIdToken({ idToken: tokens.id_token, audience: installed.client_id });
  assert.equal(ticket.getPayload().email, 'owner@example.org');
  const info = await client.getTokenInfo(tokens.access_token);
  assert.deepEqual([info.aud, info.email, info.sub], [installed.client_id, 'owner@example.org', ticket.getUserId()]);
  assert.deepEqual(info.scopes.sort(), given);

  client.setCredentials({ refresh_token: tokens.refresh_token });
  const create = () => client.request({ url: `${server.url}/v2/spaces`, method: 'POST', data: {} });
  assert.match((await create()).data.meetingCode, /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
  await client.revokeToken(tokens.refresh_token);
  client.setCredentials({ refresh_token: tokens.refresh_token });
  await assert.rejects(create(), /invalid_grant/);
});
