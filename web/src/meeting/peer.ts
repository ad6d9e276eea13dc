// One peer connection: one offer, one answer, no renegotiation. A lost connection is replaced by a new peer, never repaired.

import type { Device, IceServer } from '../api/generated/messages.ts';
import { type ChannelListeners, type Channels, openChannels } from './channels.ts';
import { openReceivingLines, openSendingLines, type SendingLines, type Tracks } from './lines.ts';
import { lineOfEachSsrc } from './sdp.ts';

export interface PeerListeners extends Pick<ChannelListeners, 'message'> {
  /** The connection is of no more use. */
  broken(): void;
}

export interface Peer extends Channels, SendingLines {
  connection: RTCPeerConnection;
  audio: RTCRtpReceiver[];
  video: RTCRtpReceiver[];
  receiverOf(line: string): RTCRtpReceiver | undefined;
  /** Datagrams have come through in both directions: whatever fails later, the network lets us pass. */
  readonly reached: boolean;
  offer(): Promise<string>;
  answer(sdp: string): Promise<void>;
  /** The line that sends this SSRC to us. */
  lineOf(ssrc: number): string | undefined;
  close(): void;
}

/** `iceServers`: relays for a network that lets us by no other way. */
export function openPeer(device: Device, tracks: Tracks, iceServers: readonly IceServer[], { message, broken }: PeerListeners): Peer {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [...iceServers] });
  let lines = new Map<number, string>();
  let closed = false;
  let reached = false;
  const failed = () => {
    if (!closed) broken();
  };

  const audio = openReceivingLines(connection, 'audio');
  const channels = openChannels(connection, { message, closed: failed });
  const video = openReceivingLines(connection, 'video');
  const { send, thin } = openSendingLines(connection, device, tracks);

  connection.addEventListener('iceconnectionstatechange', () => {
    reached ||= ['connected', 'completed'].includes(connection.iceConnectionState);
    if (['disconnected', 'failed'].includes(connection.iceConnectionState)) failed();
  });
  connection.addEventListener('connectionstatechange', () => {
    if (connection.connectionState === 'failed') failed();
  });

  return {
    connection,
    audio: audio.map(({ receiver }) => receiver),
    video: video.map(({ receiver }) => receiver),
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
    send,
    thin,
    request: channels.request,
    close() {
      closed = true;
      connection.close();
    },
  };
}
