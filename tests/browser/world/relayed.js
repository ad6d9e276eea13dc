// Runs in the page before everything else: every connection goes by a relay or not at all, as if the network let nothing else through.

/** `url`: of the relay; without one, the one that the page is told of. */
export function byRelayAlone(url) {
  const Native = globalThis.RTCPeerConnection;
  globalThis.relayed = [];
  globalThis.RTCPeerConnection = class extends Native {
    constructor(how) {
      const iceServers = (how?.iceServers ?? []).map((server) => ({ ...server, urls: url ? [url] : server.urls }));
      super({ ...how, iceServers, iceTransportPolicy: 'relay' });
      globalThis.relayed.push(this);
    }
  };
}

/** By which protocol the newest connection of the page reaches its relay, once it is there. */
export async function protocolToRelay() {
  const stats = await globalThis.relayed.at(-1)?.getStats();
  const all = [...(stats?.values() ?? [])];
  const transport = all.find(({ type }) => type === 'transport');
  const pair = all.find(({ id }) => id === transport?.selectedCandidatePairId);
  const own = all.find(({ id }) => id === pair?.localCandidateId);
  return own?.candidateType === 'relay' ? own.relayProtocol : own?.candidateType;
}
