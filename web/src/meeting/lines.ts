// The lines of one connection, fixed when it is made: three audio and sixteen video lines to receive on, and one each to
// send microphone, camera and screen. What is on a line changes, the lines do not.
//
// A viewer has no lines to send on. A companion has no microphone; its line for a camera stays empty, and is there
// because the server tells camera and screen by their order: the first video we send is the camera, the second the screen.

import type { Device } from '../api/generated/messages.ts';
import { preferSwitchable } from './codecs.ts';
import {
  AUDIO_LINES,
  CAMERA_BITRATE_BPS,
  MICROPHONE_BITRATE_BPS,
  SCREEN_BITRATE_BPS,
  SCREEN_FRAMES_PER_SECOND,
  VIDEO_LINES,
} from './limits.ts';

/** What a device may send; `null` for what it does not send now. */
export interface Tracks {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
}

/** Lines to receive on. */
export function openReceivingLines(connection: RTCPeerConnection, kind: 'audio' | 'video'): RTCRtpTransceiver[] {
  return Array.from({ length: kind === 'audio' ? AUDIO_LINES : VIDEO_LINES }, () =>
    preferSwitchable(connection.addTransceiver(kind, { direction: 'recvonly' }), kind),
  );
}

const ENCODINGS: Record<keyof Tracks, RTCRtpEncodingParameters> = {
  microphone: { maxBitrate: MICROPHONE_BITRATE_BPS },
  camera: { maxBitrate: CAMERA_BITRATE_BPS },
  screen: { maxBitrate: SCREEN_BITRATE_BPS, maxFramerate: SCREEN_FRAMES_PER_SECOND },
};

/** In the order in which the server tells them apart. */
export const SENT_BY: Record<Device, readonly (keyof Tracks)[]> = {
  FULL: ['microphone', 'camera', 'screen'],
  COMPANION: ['camera', 'screen'],
  VIEWER: [],
};

/** Lines to send on. Gives what puts other tracks on them. */
export function openSendingLines(
  connection: RTCPeerConnection,
  device: Device,
  tracks: Tracks,
): (next: Tracks) => void {
  const lines = SENT_BY[device].map((name) => {
    const kind = name === 'microphone' ? 'audio' : 'video';
    const line = connection.addTransceiver(tracks[name] ?? kind, {
      direction: 'sendonly',
      sendEncodings: [ENCODINGS[name]],
    });
    return { name, sender: preferSwitchable(line, kind).sender };
  });
  return (next) => {
    for (const { name, sender } of lines) replaceTrack(sender, next[name]);
  };
}

function replaceTrack(sender: RTCRtpSender, track: MediaStreamTrack | null): void {
  // Rejected only once the connection is closed, and then it does not matter.
  if (sender.track !== track) sender.replaceTrack(track).catch(() => undefined);
}
