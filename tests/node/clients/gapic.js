// Google's `@google-apps/meet`, unmodified, on each of its transports and in both versions.

import meet from '@google-apps/meet';
import { credentials, InterceptingCall } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';

/**
 * The calls of the journey. This client knows the members of a space in v2beta only, no notes, and of the settings in v2 no
 * more than the two kinds of access.
 * @param {{transport: 'grpc' | 'rest', version: 'v2' | 'v2beta', port: number, token: string, tls: boolean}} options
 */
export function gapic({ transport, version, port, token, tls }) {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token });
  const { SpacesServiceClient, ConferenceRecordsServiceClient } = version === 'v2' ? meet : meet[version];
  const options = { apiEndpoint: 'localhost', port, authClient };
  if (transport === 'rest') Object.assign(options, { fallback: true, protocol: tls ? 'https' : 'http' });
  else if (!tls) options.sslCreds = credentials.createInsecure();
  const spaces = new SpacesServiceClient(options);
  const records = new ConferenceRecordsServiceClient(options);

  // Without TLS this client keeps its token to itself, so each call carries it.
  const bearer = (options, next) =>
    new InterceptingCall(next(options), {
      start(metadata, listener, forward) {
        metadata.set('authorization', `Bearer ${token}`);
        forward(metadata, listener);
      },
    });
  const each = transport === 'grpc' && !tls ? { otherArgs: { options: { interceptors: [bearer] } } } : {};

  const called = new Set();
  const call = async (service, method, request) => {
    called.add(method);
    const [answer] = await service[method](request, each);
    return answer;
  };
  const both = (one, many) => ({
    get: (name) => call(records, `get${one}`, { name }),
    list: (parent) => call(records, `list${many}`, { parent }),
  });
  return {
    createSpace: (config) => call(spaces, 'createSpace', { space: { config } }),
    getSpace: (name) => call(spaces, 'getSpace', { name }),
    patchSpace: (name, config, paths) => call(spaces, 'updateSpace', { space: { name, config }, updateMask: { paths } }),
    endActiveConference: (name) => call(spaces, 'endActiveConference', { name }),
    connectActiveConference:
      version === 'v2' ? null : (name) => call(spaces, 'connectActiveConference', { name, offer: 'v=0\r\n' }),
    records: {
      get: (name) => call(records, 'getConferenceRecord', { name }),
      // This client reads on to the last page by itself.
      list: (filter) => call(records, 'listConferenceRecords', { filter, pageSize: 1 }),
    },
    participants: both('Participant', 'Participants'),
    sessions: {
      get: (name) => call(records, 'getParticipantSession', { name }),
      list: (parent) => call(records, 'listParticipantSessions', { parent, filter: 'end_time IS NOT NULL' }),
    },
    artifacts: { recordings: both('Recording', 'Recordings'), transcripts: both('Transcript', 'Transcripts') },
    entries: both('TranscriptEntry', 'TranscriptEntries'),
    members:
      version === 'v2'
        ? null
        : {
            create: (parent, member) => call(spaces, 'createMember', { parent, member }),
            get: (name) => call(spaces, 'getMember', { name }),
            list: (parent) => call(spaces, 'listMembers', { parent }),
            remove: (name) => call(spaces, 'deleteMember', { name }),
          },
    /** What this client publishes and nobody has called. */
    neglected: () =>
      [spaces, records].flatMap((service) => Object.keys(service.innerApiCalls)).filter((method) => !called.has(method)),
    close: () => Promise.all([spaces.close(), records.close()]),
  };
}
