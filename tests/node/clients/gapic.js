// Google's `@google-apps/meet`, unmodified, on each of its transports and in both versions.

import meet from '@google-apps/meet';
import { credentials, InterceptingCall } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';

/**
 * The calls of the journey. This client knows the members of a space in v2beta only, and no settings but the two kinds of
 * access in v2.
 * @param {{transport: 'grpc' | 'rest', version: 'v2' | 'v2beta', port: number, token: string, tls: boolean}} options
 */
export function gapic({ transport, version, port, token, tls }) {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token });
  const { SpacesServiceClient, ConferenceRecordsServiceClient } = version === 'v2' ? meet : meet[version];
  const where = { apiEndpoint: 'localhost', port };
  const options =
    transport === 'rest'
      ? { ...where, fallback: true, protocol: tls ? 'https' : 'http', authClient }
      : { ...where, ...(tls ? { authClient } : { sslCreds: credentials.createInsecure() }) };
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
  const first = async (call) => (await call)[0];
  return {
    createSpace: (config) => first(spaces.createSpace({ space: { config } }, each)),
    getSpace: (name) => first(spaces.getSpace({ name }, each)),
    patchSpace: (name, config, paths) =>
      first(spaces.updateSpace({ space: { name, config }, updateMask: { paths } }, each)),
    endActiveConference: (name) => first(spaces.endActiveConference({ name }, each)),
    records: (filter) => first(records.listConferenceRecords({ filter, pageSize: 1 }, each)),
    participants: (parent) => first(records.listParticipants({ parent }, each)),
    sessions: (parent) => first(records.listParticipantSessions({ parent, filter: 'end_time IS NOT NULL' }, each)),
    members:
      version === 'v2'
        ? null
        : {
            create: (parent, member) => first(spaces.createMember({ parent, member }, each)),
            get: (name) => first(spaces.getMember({ name }, each)),
            list: (parent) => first(spaces.listMembers({ parent }, each)),
            remove: (name) => first(spaces.deleteMember({ name }, each)),
          },
    close: () => Promise.all([spaces.close(), records.close()]),
  };
}
