// The shortest program around `goauth-cli`: it signs a person in, says who they are, and makes a space.

import { GoauthCli } from 'goauth-cli';
import { google } from 'googleapis';

const [clientId, clientSecret, ...scopes] = process.argv.slice(2);
const client = await new GoauthCli(clientId, clientSecret, scopes).login();
const [{ data: person }, ticket, { data: space }] = await Promise.all([
  google.oauth2({ version: 'v2', auth: client }).userinfo.get(),
  client.verifyIdToken({ idToken: client.credentials.id_token, audience: clientId }),
  client.request({ url: 'https://meet.googleapis.com/v2/spaces', method: 'POST', data: {} }),
]);
const info = await client.getTokenInfo(client.credentials.access_token);
await client.revokeToken(client.credentials.refresh_token);
console.log(JSON.stringify({ person, payload: ticket.getPayload(), space, info, scope: client.credentials.scope }));
process.exit();
