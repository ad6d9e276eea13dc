// What a program does with the API, once, by whichever client: makes a space, reads it by its code, changes it, asks who was
// in its meetings, manages its members, and is refused what is not there. Clients differ in how they show enums and errors; nothing
// else may. Every method that a client publishes is called.

import assert from 'node:assert/strict';

/** The canonical code of an error, from either transport. */
function codeOf(error) {
  const names = {
    3: 'INVALID_ARGUMENT',
    5: 'NOT_FOUND',
    6: 'ALREADY_EXISTS',
    7: 'PERMISSION_DENIED',
    9: 'FAILED_PRECONDITION',
    12: 'UNIMPLEMENTED',
  };
  // Over REST the generated client keeps the body as its message, and the other one as parsed data.
  const body = error.response?.data?.error ?? parsed(error.message)?.error;
  return body?.status ?? error.status ?? names[error.code] ?? String(error.code);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function refused(call, code) {
  await assert.rejects(call, (error) => {
    assert.equal(codeOf(error), code, error.message);
    return true;
  });
}

/** Enums come as names or, over gRPC, as names too if the client asks for that; as numbers in one transport. */
function isOneOf(value, ...forms) {
  assert.ok(forms.includes(value), `${value} is none of ${forms}`);
}

/** @param server where the client's owner can meet people */
export async function journey(client, server) {
  const space = await client.createSpace({ accessType: 'OPEN' });
  assert.match(space.name, /^spaces\/[\w-]{12}$/);
  isOneOf(space.config.accessType, 'OPEN', 1);
  const byCode = await client.getSpace(`spaces/${space.meetingCode}`);
  assert.equal(byCode.name, space.name);

  const restricted = await client.patchSpace(space.name, { entryPointAccess: 'CREATOR_APP_ONLY' }, ['config.entryPointAccess']);
  isOneOf(restricted.config.entryPointAccess, 'CREATOR_APP_ONLY', 2);
  isOneOf(restricted.config.accessType, 'OPEN', 1);
  await client.patchSpace(space.name, { entryPointAccess: 'ALL' }, ['config.entry_point_access']);
  await refused(client.patchSpace(space.name, {}, ['name']), 'INVALID_ARGUMENT');
  await refused(client.endActiveConference(space.name), 'FAILED_PRECONDITION');
  await refused(client.getSpace('spaces/AAAAAAAAAAAA'), 'PERMISSION_DENIED');

  await server.meet(space.name);
  await server.meet(space.name);
  const ends = () => client.endActiveConference(space.name);
  await server.gather(space.name, [''], ends);
  await refused(ends(), 'FAILED_PRECONDITION');
  const found = await records(client, space.name);
  if (client.members) await members(client.members, space.name);
  // Receiving the media of a conference is not served yet, and says so.
  if (client.connectActiveConference) await refused(client.connectActiveConference(space.name), 'UNIMPLEMENTED');
  assert.deepEqual(client.neglected(), []);
  return found;
}

async function records(client, space) {
  const found = await client.records.list(`space.name = "${space}"`);
  assert.equal(found.length, 5, 'each of them was gone before the next came');
  const names = new Set();
  for (const record of found) {
    assert.equal(record.space, space);
    assert.deepEqual(await client.records.get(record.name), record);
    const [participant, ...others] = await client.participants.list(record.name);
    assert.deepEqual(others, []);
    assert.deepEqual(await client.participants.get(participant.name), participant);
    names.add(participant.signedinUser?.displayName ?? participant.anonymousUser.displayName);
    const sessions = await client.sessions.list(participant.name);
    assert.equal(sessions.length, 1);
    assert.ok(sessions[0].endTime);
    assert.deepEqual(await client.sessions.get(sessions[0].name), sessions[0]);
  }
  assert.deepEqual([...names].sort(), ['Ada', 'Owner']);
  await refused(client.participants.list('conferenceRecords/unknown'), 'PERMISSION_DENIED');

  const { name } = found[0];
  for (const [collection, artifacts] of Object.entries(client.artifacts)) {
    assert.deepEqual(await artifacts.list(name), []);
    await refused(artifacts.get(`${name}/${collection}/none`), 'NOT_FOUND');
  }
  await refused(client.entries.list(`${name}/transcripts/none`), 'NOT_FOUND');
  await refused(client.entries.get(`${name}/transcripts/none/entries/none`), 'NOT_FOUND');
  return found;
}

async function members(members, space) {
  const added = await members.create(space, { email: 'bo@example.org', role: 'COHOST' });
  assert.equal(added.email, 'bo@example.org');
  isOneOf(added.role, 'COHOST', 1);
  await refused(members.create(space, { email: 'Bo@example.org' }), 'ALREADY_EXISTS');
  assert.equal((await members.get(added.name)).email, 'bo@example.org');
  if (members.patch) {
    isOneOf((await members.patch(added.name, { role: 'ROLE_UNSPECIFIED' }, 'role')).role, undefined, 'ROLE_UNSPECIFIED');
    const [changed] = await members.batchUpdate(space, [{ name: added.name, role: 'COHOST' }]);
    isOneOf(changed.role, 'COHOST');
  }
  assert.deepEqual((await members.list(space)).map(({ email }) => email), ['bo@example.org']);
  await members.remove(added.name);
  assert.deepEqual(await members.list(space), []);
}
