// One way to the server, tried: whether it stands, and what comes back on it of what a voice would send.

import { checkNetwork } from '../api/networkChecks.ts';
import type { Echoes } from './echoes.ts';
import { LAST_WAIT_MS, MESSAGE_BYTES, MESSAGE_INTERVAL_MS, MESSAGES, OPENING_TIMEOUT_MS } from './limits.ts';
import { endsIn, endsOf, onlyBy, type Way } from './ways.ts';

/** What was found of a way. `ends`: where the server, or its relay, says that it is by this way. */
export type Finding =
  /** The server has no such way. */
  | { kind: 'absent' }
  | { kind: 'blocked'; ends: readonly string[] }
  | { kind: 'open'; ends: readonly string[]; echoes: Echoes };

/** Fails if the server cannot be asked, or `given up` is. */
export async function probe(way: Way, givenUp: AbortSignal): Promise<Finding> {
  const connection = new RTCPeerConnection();
  const close = () => connection.close();
  givenUp.addEventListener('abort', close);
  try {
    // As media is sent: nothing waits for what was lost, and nothing is sent again.
    const channel = connection.createDataChannel('echo', { ordered: false, maxRetransmits: 0 });
    channel.binaryType = 'arraybuffer';
    const offer = await connection.createOffer();
    const { answer, iceServers = [] } = await checkNetwork({ offer: offer.sdp ?? '' }, givenUp);
    const sdp = onlyBy(way, answer);
    const ends = way === 'relay' ? endsOf(iceServers) : endsIn(sdp);
    if (ends.length === 0) return { kind: 'absent' };
    if (way === 'relay') connection.setConfiguration({ iceServers, iceTransportPolicy: 'relay' });
    // Only now does the browser look for ways of its own, and so by the relay that it has just been told of.
    await connection.setLocalDescription(offer);
    await connection.setRemoteDescription({ type: 'answer', sdp });
    if (!(await isOpened(connection, channel))) return { kind: 'blocked', ends };
    return { kind: 'open', ends, echoes: await listen(channel) };
  } finally {
    givenUp.removeEventListener('abort', close);
    close();
  }
}

function isOpened(connection: RTCPeerConnection, channel: RTCDataChannel): Promise<boolean> {
  return new Promise((resolve) => {
    const timeout = setTimeout(() => resolve(false), OPENING_TIMEOUT_MS);
    const settle = (is: boolean) => {
      clearTimeout(timeout);
      resolve(is);
    };
    channel.addEventListener('open', () => settle(true));
    channel.addEventListener('close', () => settle(false));
    connection.addEventListener('connectionstatechange', () => {
      if (['failed', 'closed'].includes(connection.connectionState)) settle(false);
    });
  });
}

/** Sends messages, each with its number, and notes when they come back. */
function listen(channel: RTCDataChannel): Promise<Echoes> {
  const sentAt_ms: number[] = [];
  const roundTrips_ms = new Map<number, number>();
  channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
    const number = new DataView(data).getUint32(0);
    const sent_ms = sentAt_ms[number];
    if (sent_ms !== undefined && !roundTrips_ms.has(number)) roundTrips_ms.set(number, performance.now() - sent_ms);
  });
  return new Promise((resolve) => {
    const over = () => resolve({ roundTrips_ms: [...roundTrips_ms.values()], sent: sentAt_ms.length });
    const timer = setInterval(() => {
      if (sentAt_ms.length < MESSAGES && channel.readyState === 'open') {
        const message = new ArrayBuffer(MESSAGE_BYTES);
        new DataView(message).setUint32(0, sentAt_ms.length);
        sentAt_ms.push(performance.now());
        channel.send(message);
        return;
      }
      clearInterval(timer);
      setTimeout(over, LAST_WAIT_MS);
    }, MESSAGE_INTERVAL_MS);
  });
}
