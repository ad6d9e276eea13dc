// The data channels of one connection: what is heard on them, and requests with the numbers by which their answers name
// them. The channels open one after the other, and the first may bring news that makes us ask on the last: a request
// waits for its channel.

import type { Message } from './messages.ts';

export const CHANNELS = [
  'session-control',
  'media-stats',
  'video-assignment',
  'media-entries',
  'participants',
  'chat',
  'reactions',
  'moderation',
] as const;
export type ChannelName = (typeof CHANNELS)[number];

export interface ChannelListeners {
  message(channel: ChannelName, message: Message): void;
  /** The server has closed the one channel that lives as long as the session. */
  closed(): void;
}

export interface Channels {
  /** The id by which the channel's answer names it. */
  request(channel: ChannelName, body: object): number;
}

export function openChannels(connection: RTCPeerConnection, listeners: ChannelListeners): Channels {
  const requestIds = new Map<ChannelName, number>();
  const channels = new Map(
    CHANNELS.map((name) => {
      const channel = connection.createDataChannel(name);
      channel.addEventListener('message', ({ data }) => {
        const message = parseMessage(data);
        if (message) listeners.message(name, message);
      });
      return [name, channel];
    }),
  );
  channels.get('session-control')?.addEventListener('close', listeners.closed);

  return {
    request(name, body) {
      const channel = channels.get(name);
      const requestId = (requestIds.get(name) ?? 0) + 1;
      requestIds.set(name, requestId);
      const text = JSON.stringify({ request: { requestId, ...body } });
      if (channel?.readyState === 'open') channel.send(text);
      else if (channel?.readyState === 'connecting')
        channel.addEventListener('open', () => channel.send(text), { once: true });
      return requestId;
    },
  };
}

/** `null` for what is no message of ours: a peer may send anything. */
export function parseMessage(data: unknown): Message | null {
  if (typeof data !== 'string') return null;
  try {
    return JSON.parse(data) as Message;
  } catch {
    return null;
  }
}
