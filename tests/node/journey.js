// What a program does with the API, once, by whichever client: makes a space, reads it by its code, changes it, asks who was
// in its meeting, manages its members, and is refused what is not there. Clients differ in how they show enums and errors; nothing
// else may.

import assert from 'node:assert/strict';

/** The canonical code of an error, from either transport. */
function codeOf(error) {
  const names = { 3: 'INVALID_ARGUMENT', 5: 'NOT_FOUND', 6: 'ALREADY_EXISTS', 7: 'PERMISSION_DENIED', 9: 'FAILED_PRECONDITION' };
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

/** @param meet called with the name of the space: two people meet in it for a moment */
export async function journey(client, meet) {
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

  await meet(space.name);
  await meet(space.name);
  const records = await client.records(`space.name = "${space.name}"`);
  assert.equal(records.length, 4, 'each of them left before the next came');
  const names = new Set();
  for (const record of records) {
    assert.equal(record.space, space.name);
    const [participant, ...others] = await client.participants(record.name);
    assert.deepEqual(others, []);
    names.add(participant.signedinUser?.displayName ?? participant.anonymousUser.displayName);
    const sessions = await client.sessions(participant.name);
    assert.equal(sessions.length, 1);
    assert.ok(sessions[0].endTime);
  }
  assert.deepEqual([...names].sort(), ['Ada', 'Owner']);
  await refused(client.participants('conferenceRecords/unknown'), 'PERMISSION_DENIED');
  if (client.members) await members(client.members, space.name);
  return records;
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
