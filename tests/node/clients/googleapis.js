// Google's `googleapis`, unmodified: with the description it was published with, or built from ours.

import { google } from 'googleapis';

function authorized(token) {
  const auth = new google.auth.OAuth2();
  auth.setCredentials({ access_token: token });
  return auth;
}

/** Built from the description that the package carries. */
export function published({ url, token }) {
  return calls(google.meet({ version: 'v2', auth: authorized(token), rootUrl: `${url}/` }));
}

/** Built from the description that the server gives of itself. */
export async function discovered({ url, token, version }) {
  return calls(await google.discoverAPI(`${url}/$discovery/rest?version=${version}`, { auth: authorized(token) }));
}

/** The person of a participant. */
export async function person({ url, token, id, fields }) {
  const people = google.people({ version: 'v1', auth: authorized(token), rootUrl: `${url}/` });
  return (await people.people.get({ resourceName: `people/${id}`, ...(fields && { personFields: fields }) })).data;
}

/** The functions of a resource and of those below it: on the object itself, or on its class. */
function methodsOf(resource, path) {
  const above = Object.getPrototypeOf(resource);
  const ofClass = above === Object.prototype ? [] : Object.getOwnPropertyNames(above);
  return [...Object.keys(resource), ...ofClass].flatMap((name) => {
    if (['constructor', 'context'].includes(name)) return [];
    const inner = `${path}.${name}`;
    return typeof resource[name] === 'function' ? [inner] : methodsOf(resource[name], inner);
  });
}

function calls(meet) {
  const { spaces, conferenceRecords } = meet;
  const called = new Set();
  const call = async (path, parameters) => {
    called.add(path);
    const names = path.split('.');
    const method = names.pop();
    const resource = names.reduce((resource, name) => resource[name], { spaces, conferenceRecords });
    return (await resource[method](parameters)).data;
  };
  const whole = async (path, field, parameters) => {
    const found = [];
    for (let pageToken; ; ) {
      const page = await call(path, { ...parameters, ...(pageToken && { pageToken }) });
      found.push(...(page[field] ?? []));
      pageToken = page.nextPageToken;
      if (!pageToken) return found;
    }
  };
  const below = (path, more) => {
    const field = path.split('.').at(-1);
    return {
      get: (name) => call(`conferenceRecords.${path}.get`, { name }),
      list: (parent) => whole(`conferenceRecords.${path}.list`, field, { parent, ...more }),
    };
  };
  return {
    createSpace: (config) => call('spaces.create', { requestBody: { config } }),
    getSpace: (name) => call('spaces.get', { name }),
    patchSpace: (name, config, paths) =>
      call('spaces.patch', { name, updateMask: paths.join(','), requestBody: { config } }),
    endActiveConference: (name) => call('spaces.endActiveConference', { name, requestBody: {} }),
    connectActiveConference:
      spaces.connectActiveConference &&
      ((name) => call('spaces.connectActiveConference', { name, requestBody: { offer: 'v=0\r\n' } })),
    records: {
      get: (name) => call('conferenceRecords.get', { name }),
      list: (filter) => whole('conferenceRecords.list', 'conferenceRecords', { filter, pageSize: 1 }),
    },
    participants: below('participants'),
    sessions: below('participants.participantSessions', { filter: 'end_time IS NOT NULL' }),
    artifacts: {
      recordings: below('recordings'),
      transcripts: below('transcripts'),
      smartNotes: below('smartNotes'),
    },
    entries: below('transcripts.entries'),
    members: {
      create: (parent, member) => call('spaces.members.create', { parent, requestBody: member }),
      get: (name) => call('spaces.members.get', { name }),
      list: (parent) => whole('spaces.members.list', 'members', { parent }),
      remove: (name) => call('spaces.members.delete', { name }),
      patch: (name, member, updateMask) => call('spaces.members.patch', { name, updateMask, requestBody: member }),
      batchUpdate: async (parent, members) => {
        const requests = members.map((member) => ({ member }));
        return (await call('spaces.members.batchUpdate', { parent, requestBody: { requests, updateMask: 'role' } })).members;
      },
    },
    /** What this client publishes and nobody has called. */
    neglected: () =>
      [...methodsOf(spaces, 'spaces'), ...methodsOf(conferenceRecords, 'conferenceRecords')].filter(
        (method) => !called.has(method),
      ),
    close: () => undefined,
  };
}
