// Runs in the page before the page's own scripts: keeps the connections that the page makes, and what the server tells
// on their data channels. The product knows nothing of it.

export function observe() {
  const seen = { connections: [], resources: {}, channels: new Map() };
  globalThis.observed = seen;

  const keep = (channel) => {
    seen.channels.set(channel.label, channel);
    channel.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      const kept = (seen.resources[channel.label] ??= {});
      for (const resource of message.resources ?? []) kept[resource.id ?? 0] = resource;
      for (const gone of message.deletedResources ?? []) delete kept[gone.id ?? 0];
    });
    return channel;
  };

  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...words) {
      super(...words);
      // A new connection starts from nothing, as the page does.
      seen.connections.push(this);
      seen.resources = {};
    }

    createDataChannel(...words) {
      return keep(super.createDataChannel(...words));
    }
  };
}
