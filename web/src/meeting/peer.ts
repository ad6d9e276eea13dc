// One peer connection: one offer, one answer, no renegotiation. The lines are fixed when it is made: three audio and
// sixteen video lines to receive on, and one each to send microphone, camera and screen. What is on a line changes, the
// lines do not. A lost connection is replaced by a new peer, never repaired.
//
// A viewer has no lines to send on. A companion has no microphone; its line for a camera stays empty, and is there
// because the server tells camera and screen by their order.

import type { Device } from '../api/meetings.ts';
import type { Message } from './messages.ts';
import {
  AUDIO_LINES,
  CAMERA_BITRATE_BPS,
  MICROPHONE_BITRATE_BPS,
  SCREEN_BITRATE_BPS,
  SCREEN_FRAMES_PER_SECOND,
  VIDEO_LINES,
} from './limits.ts';
import { lineOfEachSsrc } from './sdp.ts';

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

export interface Listeners {
  message(channel: ChannelName, message: Message): void;
  /** The connection is of no more use. Called at most once. */
  broken(): void;
}

export interface Tracks {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
}

export interface Peer {
  connection: RTCPeerConnection;
  audio: RTCRtpReceiver[];
  receiverOf(line: string): RTCRtpReceiver | undefined;
  /** Datagrams have come through in both directions: whatever fails later, the network lets us pass. */
  readonly reached: boolean;
  offer(): Promise<string>;
  answer(sdp: string): Promise<void>;
  /** The line that sends this SSRC to us. */
  lineOf(ssrc: number): string | undefined;
  send(tracks: Tracks): void;
  /** The id by which the channel's answer names it. */
  request(channel: ChannelName, body: object): number;
  close(): void;
}

/** What the server switches without touching it; leaving out the rest makes the offer a third of the size. */
const VIDEO_CODECS = /^video\/(VP8|VP9|H264|AV1|rtx)$/i;

export function openPeer(device: Device, tracks: Tracks, listeners: Listeners): Peer {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const receiveLines = (kind: 'audio' | 'video', count: number) =>
    Array.from({ length: count }, () => prefer(connection.addTransceiver(kind, { direction: 'recvonly' }), kind));
  const sendLine = (kind: 'audio' | 'video', track: MediaStreamTrack | null, encoding: RTCRtpEncodingParameters) =>
    prefer(connection.addTransceiver(track ?? kind, { direction: 'sendonly', sendEncodings: [encoding] }), kind);

  const audio = receiveLines('audio', AUDIO_LINES);
  const channels = openChannels(connection, listeners);
  const video = receiveLines('video', VIDEO_LINES);
  // The order tells the server which is which: the first video we send is the camera, the second the screen.
  const microphone =
    device === 'FULL' ? sendLine('audio', tracks.microphone, { maxBitrate: MICROPHONE_BITRATE_BPS }) : null;
  const camera = device === 'VIEWER' ? null : sendLine('video', tracks.camera, { maxBitrate: CAMERA_BITRATE_BPS });
  const screen =
    device === 'VIEWER'
      ? null
      : sendLine('video', tracks.screen, {
          maxBitrate: SCREEN_BITRATE_BPS,
          maxFramerate: SCREEN_FRAMES_PER_SECOND,
        });

  let lines = new Map<number, string>();
  const requestIds = new Map<ChannelName, number>();
  let closed = false;
  let reached = false;
  const broken = () => {
    if (!closed) listeners.broken();
  };
  connection.addEventListener('iceconnectionstatechange', () => {
    reached ||= ['connected', 'completed'].includes(connection.iceConnectionState);
    if (['disconnected', 'failed'].includes(connection.iceConnectionState)) broken();
  });
  connection.addEventListener('connectionstatechange', () => {
    if (connection.connectionState === 'failed') broken();
  });
  channels.get('session-control')?.addEventListener('close', broken);

  return {
    connection,
    audio: audio.map(({ receiver }) => receiver),
    receiverOf: (line) => video.find(({ mid }) => mid === line)?.receiver,
    get reached() {
      return reached;
    },
    async offer() {
      const offer = await connection.createOffer();
      await connection.setLocalDescription(offer);
      return offer.sdp ?? '';
    },
    async answer(sdp) {
      lines = lineOfEachSsrc(sdp);
      await connection.setRemoteDescription({ type: 'answer', sdp });
    },
    lineOf: (ssrc) => lines.get(ssrc),
    send(next) {
      replace(microphone?.sender, next.microphone);
      replace(camera?.sender, next.camera);
      replace(screen?.sender, next.screen);
    },
    request(name, body) {
      const channel = channels.get(name);
      const requestId = (requestIds.get(name) ?? 0) + 1;
      requestIds.set(name, requestId);
      const text = JSON.stringify({ request: { requestId, ...body } });
      if (channel?.readyState === 'open') channel.send(text);
      // The channels open one after the other; the first may bring news that makes us ask on the last.
      else if (channel?.readyState === 'connecting')
        channel.addEventListener('open', () => channel.send(text), { once: true });
      return requestId;
    },
    close() {
      closed = true;
      connection.close();
    },
  };
}

function openChannels(connection: RTCPeerConnection, listeners: Listeners): Map<ChannelName, RTCDataChannel> {
  return new Map(
    CHANNELS.map((name) => {
      const channel = connection.createDataChannel(name);
      channel.addEventListener('message', ({ data }) => {
        const message = parse(data);
        if (message) listeners.message(name, message);
      });
      return [name, channel];
    }),
  );
}

function parse(data: unknown): Message | null {
  if (typeof data !== 'string') return null;
  try {
    return JSON.parse(data) as Message;
  } catch {
    return null;
  }
}

function prefer(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video'): RTCRtpTransceiver {
  const offered = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const wanted = offered.filter(({ mimeType, sdpFmtpLine = '' }) => {
    if (kind === 'audio') return /\/opus$/i.test(mimeType);
    if (/\/VP9$/i.test(mimeType)) return !/profile-id=[1-9]/.test(sdpFmtpLine);
    if (/\/AV1$/i.test(mimeType)) return !/profile=[1-9]/.test(sdpFmtpLine);
    if (/\/H264$/i.test(mimeType))
      return /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/i.test(sdpFmtpLine);
    return VIDEO_CODECS.test(mimeType);
  });
  // Older browsers cannot choose; they offer everything, which is only longer.
  if (wanted.length > 0 && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(wanted);
  return transceiver;
}

function replace(sender: RTCRtpSender | undefined, track: MediaStreamTrack | null): void {
  // Rejected only once the connection is closed, and then it does not matter.
  if (sender && sender.track !== track) sender.replaceTrack(track).catch(() => undefined);
}
