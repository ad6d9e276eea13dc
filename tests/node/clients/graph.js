// Microsoft's client for Graph over TLS, without which it sends no token, in a process of its own, which trusts the authority. It
// signs in with `@azure/identity`, reads the call records of five meetings of one owner, in pages of two, and who attended them, and
// is told of a sixth.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

import { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
import graph from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';

import { Server } from '../server.js';

const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = graph;

/**
 * @typedef {{ clientId: string, secret: string }} Program
 * @type {Program & { url: string, tenant: string, certified: { clientId: string, path: string }, clerk: Program, receiverPort: number, space: string, token: string }}
 */
const given = JSON.parse(process.argv[2]);
const records = '/communications/callRecords';
const unknown = `${records}/00000000-0000-0000-0000-000000000000`;
const nested = 'sessions($expand=segments)';
const pagesOf2 = ['Prefer', 'odata.maxpagesize=2'];

function signedInWith(credential) {
  const authProvider = new TokenCredentialAuthenticationProvider(credential, { scopes: [`${given.url}/.default`] });
  return Client.initWithMiddleware({ baseUrl: `${given.url}/`, customHosts: new Set(['localhost']), authProvider });
}

const authority = { authorityHost: given.url, disableInstanceDiscovery: true };
const secret = new ClientSecretCredential(given.tenant, given.clientId, given.secret, authority);
const certificate = new ClientCertificateCredential(given.tenant, given.certified.clientId, { certificatePath: given.certified.path }, authority);
const client = signedInWith(secret);
const clerk = signedInWith(new ClientSecretCredential(given.tenant, given.clerk.clientId, given.clerk.secret, authority));

/** Every page of a collection, by the links that each gives of the next. */
async function pagesFrom(page, { name = '', by = client } = {}) {
  const link = `${name}@odata.nextLink`;
  const pages = [name ? page[name] : page.value];
  for (let next = page[link]; next; ) {
    const { value, '@odata.nextLink': after } = await by.api(next).get();
    pages.push(value);
    next = after;
  }
  return pages;
}

async function refused(call, statusCode, code) {
  await assert.rejects(call, (error) => {
    assert.deepEqual([error.statusCode, error.code], [statusCode, code], error.message);
    assert.ok(error.requestId && error.date);
    return true;
  });
}

/** Each meeting has its record some seconds after it has ended. */
async function published() {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { value } = await client.api(records).get();
    if (value.length === 5) return value;
    assert.ok(Date.now() < deadline, `${value.length} records`);
    await setTimeout(500);
  }
}

async function lists() {
  const all = await published();
  const participants = (await client.api(`${records}/${all[0].id}/participants_v2`).get()).value;
  const owner = participants.find(({ identity }) => identity.user?.displayName === 'Owner').id;
  const page = await client
    .api(records)
    .filter(`startDateTime ge 2020-01-01T00:00:00Z and participants_v2/any(p:p/id eq '${owner}')`)
    .select('id,version')
    .orderby('startDateTime desc')
    .top(2)
    .count(true)
    .header(...pagesOf2)
    .get();
  assert.equal(page['@odata.count'], 5);
  assert.equal(page.value.length, 2);
  const seen = [];
  const iterator = new PageIterator(client, page, (record) => seen.push(record.id), { headers: { Prefer: pagesOf2[1] } });
  await iterator.iterate();
  assert.deepEqual(seen, all.map(({ id }) => id));
  assert.equal(await client.api(`${records}/$count`).get(), '5');
  return all;
}

/** Without where it was read: that is all that may differ. */
function anywhere(value) {
  if (Array.isArray(value)) return value.map(anywhere);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name]) => !name.endsWith('@odata.context'));
  return Object.fromEntries(kept.map(([name, one]) => [name, anywhere(one)]));
}

function same(one, other) {
  assert.deepEqual(anywhere(one), anywhere(other));
}

/** Read at once, read one by one, and read in pages, it is the same. */
async function agrees(all) {
  const whole = await client.api(`${records}/${all[0].id}`).expand(`${nested},participants_v2`).get();
  assert.equal(whole.sessions.length, 5);
  assert.equal(whole['sessions@odata.nextLink'], undefined);
  for (const { caller, callee, startDateTime, segments } of whole.sessions) {
    assert.equal(caller['@odata.type'], '#microsoft.graph.callRecords.participantEndpoint');
    assert.equal(callee['@odata.type'], '#microsoft.graph.callRecords.serviceEndpoint');
    assert.equal(segments[0].startDateTime, startDateTime);
  }
  const of = `${records}/${whole.id}`;
  same((await client.api(`${of}/participants_v2`).get()).value, whole.participants_v2);
  assert.equal(await client.api(`${of}/participants_v2/$count`).get(), String(whole.participants_v2.length));
  const pages = await pagesFrom(await client.api(`${of}/sessions`).expand('segments').header(...pagesOf2).get());
  assert.deepEqual(pages.map(({ length }) => length), [2, 2, 1]);
  same(pages.flat(), whole.sessions);
  const cut = await client.api(of).expand(nested).header(...pagesOf2).get();
  same((await pagesFrom(cut, { name: 'sessions' })).flat(), whole.sessions);
}

async function batches(all) {
  const requests = [`${records}/${all[0].id}`, unknown].map((path, id) => ({ id: `${id}`, request: new Request(`${given.url}${path}`) }));
  const answer = await client.api('/$batch').post(await new BatchRequestContent(requests).getContent());
  const content = new BatchResponseContent(answer);
  same(await content.getResponseById('0').json(), await client.api(`${records}/${all[0].id}`).get());
  assert.equal(content.getResponseById('1').status, 404);
}

/** Who was there and for how long, which is for another role: whole, and in pages. */
async function attends(all) {
  const meetings = '/users/owner@example.org/onlineMeetings';
  const { joinWebUrl } = await client.api(`${records}/${all[0].id}`).select('joinWebUrl').get();
  const [meeting] = (await clerk.api(meetings).filter(`JoinWebUrl eq '${joinWebUrl}'`).get()).value;
  const reports = `${meetings}/${meeting.id}/attendanceReports`;
  const listed = (await clerk.api(reports).get()).value;
  assert.deepEqual(listed.map(({ id }) => id), all.map(({ id }) => id));
  const report = await clerk.api(`${reports}/${all[0].id}`).expand('attendanceRecords').get();
  assert.equal(report.meetingStartDateTime, all[0].startDateTime);
  assert.equal(report.totalParticipantCount, 5);
  const byName = Object.fromEntries(report.attendanceRecords.map((record) => [record.identity.displayName, record]));
  assert.deepEqual(Object.keys(byName).sort(), ['Ada', 'Bo', 'Caro', 'Dora', 'Owner']);
  assert.deepEqual([byName.Owner.role, byName.Owner.emailAddress], ['Organizer', 'owner@example.org']);
  assert.deepEqual([byName.Ada.role, byName.Ada.emailAddress], ['Attendee', null]);
  for (const { attendanceIntervals, totalAttendanceInSeconds } of report.attendanceRecords) {
    assert.equal(attendanceIntervals.length, 1);
    assert.equal(attendanceIntervals[0].durationInSeconds, totalAttendanceInSeconds);
  }
  const first = await clerk.api(`${reports}/${all[0].id}/attendanceRecords`).header(...pagesOf2).get();
  const pages = await pagesFrom(first, { by: clerk });
  assert.deepEqual(pages.map(({ length }) => length), [2, 2, 1]);
  same(pages.flat(), report.attendanceRecords);
  await refused(client.api(reports).get(), 403, 'Forbidden');
  await refused(clerk.api(records).get(), 403, 'Forbidden');
}

/** Says that it is there, and keeps what it hears. */
async function receives(heard) {
  const receiver = createServer(async (asked, answer) => {
    const token = new URL(asked.url, 'http://receiver').searchParams.get('validationToken');
    if (token === null) heard.push(...JSON.parse(await text(asked)).value);
    answer.setHeader('content-type', 'text/plain');
    answer.end(token);
  }).listen(given.receiverPort, '127.0.0.1');
  await once(receiver, 'listening');
  return receiver;
}

/** The client makes a subscription, is told of a meeting, renews the subscription, and takes it away. */
async function subscribes() {
  const heard = [];
  const receiver = await receives(heard);
  const until = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const wish = {
    changeType: 'created,updated',
    resource: 'communications/callRecords',
    notificationUrl: `http://127.0.0.1:${given.receiverPort}/changes?of=mine`,
    expirationDateTime: until(24),
    clientState: 's3cret',
  };
  const made = await client.api('/subscriptions').post(wish);
  assert.deepEqual({ ...made, ...wish }, { ...made, expirationDateTime: wish.expirationDateTime });
  await Server.at(given.url, given.token).gather(given.space, ['', 'Ada']);
  const deadline = Date.now() + 15_000;
  while (heard.length === 0) {
    assert.ok(Date.now() < deadline, 'nobody was told');
    await setTimeout(100);
  }
  const [{ subscriptionId, clientState, changeType, resource, resourceData }] = heard;
  assert.deepEqual([subscriptionId, clientState, changeType], [made.id, wish.clientState, 'created']);
  assert.equal(resource, `communications/callRecords/${resourceData.id}`);
  const told = await client.api(`/${resource}`).get();
  assert.deepEqual([told.id, told.version], [resourceData.id, 1]);
  const later = until(48);
  const renewed = await client.api(`/subscriptions/${made.id}`).patch({ expirationDateTime: later });
  assert.equal(Date.parse(renewed.expirationDateTime), Date.parse(later));
  await client.api(`/subscriptions/${made.id}`).delete();
  assert.deepEqual((await client.api('/subscriptions').get()).value, []);
  assert.equal(heard.length, 1);
  receiver.close();
  receiver.closeAllConnections();
}

/** What is over the quota is refused with a time to wait, and the client waits and succeeds. */
async function waits() {
  const { token } = await secret.getToken(`${given.url}/.default`);
  const ask = () => fetch(`${given.url}/v1.0${records}/$count`, { headers: { authorization: `Bearer ${token}` } });
  let answer;
  do {
    answer = await ask();
    await answer.arrayBuffer();
  } while (answer.status === 200);
  assert.equal(answer.status, 429);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  assert.equal(await client.api(`${records}/$count`).get(), '6');
}

const all = await lists();
assert.equal((await signedInWith(certificate).api(records).get()).value.length, 5);
await agrees(all);
await batches(all);
await attends(all);
const calls = await client.api(`${records}/getPstnCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)`).get();
assert.deepEqual(calls.value, []);
await refused(client.api(unknown).get(), 404, 'NotFound');
const nobody = Client.init({ baseUrl: `${given.url}/`, customHosts: new Set(['localhost']), authProvider: (done) => done(null, 'made-up') });
await refused(nobody.api(records).get(), 401, 'InvalidAuthenticationToken');
await subscribes();
await waits();
console.log('everything was as it should be');
