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
export async function person({ url, token, id }) {
  const people = google.people({ version: 'v1', auth: authorized(token), rootUrl: `${url}/` });
  return (await people.people.get({ resourceName: `people/${id}`, personFields: 'names,emailAddresses' })).data;
}

function calls(meet) {
  const data = async (call) => (await call).data;
  const { spaces, conferenceRecords: records } = meet;
  return {
    createSpace: (config) => data(spaces.create({ requestBody: { config } })),
    getSpace: (name) => data(spaces.get({ name })),
    patchSpace: (name, config, paths) =>
      data(spaces.patch({ name, updateMask: paths.join(','), requestBody: { config } })),
    endActiveConference: (name) => data(spaces.endActiveConference({ name, requestBody: {} })),
    records: async (filter) => {
      const found = [];
      for (let pageToken; ; ) {
        const page = await data(records.list({ filter, pageSize: 1, ...(pageToken && { pageToken }) }));
        found.push(...(page.conferenceRecords ?? []));
        pageToken = page.nextPageToken;
        if (!pageToken) return found;
      }
    },
    participants: async (parent) => (await data(records.participants.list({ parent }))).participants ?? [],
    sessions: async (parent) => {
      const filter = 'end_time IS NOT NULL';
      return (await data(records.participants.participantSessions.list({ parent, filter }))).participantSessions ?? [];
    },
    members: {
      create: (parent, member) => data(spaces.members.create({ parent, requestBody: member })),
      get: (name) => data(spaces.members.get({ name })),
      list: async (parent) => (await data(spaces.members.list({ parent }))).members ?? [],
      remove: (name) => data(spaces.members.delete({ name })),
      patch: (name, member, updateMask) => data(spaces.members.patch({ name, updateMask, requestBody: member })),
      batchUpdate: async (parent, members) => {
        const requests = members.map((member) => ({ member }));
        return (await data(spaces.members.batchUpdate({ parent, requestBody: { requests, updateMask: 'role' } }))).members;
      },
    },
    close: () => undefined,
  };
}
