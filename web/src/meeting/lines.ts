// The lines of one connection, fixed when it is made: three audio and sixteen video lines to receive on, and one each to
// send microphone, camera and screen. What is on a line changes, the lines do not.
//
// A viewer has no lines to send on. A companion has no microphone; its line for a camera stays empty, and is there
// because the server tells camera and screen by their order: the first video we send is the camera, the second the screen.

import type { Device } from '../api/generated/messages.ts';
import { preferSwitchable } from './codecs.ts';
import { encodingsFor, openLayers } from './layers.ts';
import {
  AUDIO_LINES,
  MICROPHONE_BITRATE_BPS,
  SCREEN_BITRATE_BPS,
  SCREEN_FRAMES_PER_SECOND,
  VIDEO_LINES,
} from './limits.ts';
import type { WantedLayersResource } from './messages.ts';

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

function encodingsOf(name: keyof Tracks, { camera }: Tracks): RTCRtpEncodingParameters[] {
  switch (name) {
    case 'microphone':
      return [{ maxBitrate: MICROPHONE_BITRATE_BPS }];
    case 'camera':
      return encodingsFor(camera);
    case 'screen':
      return [{ maxBitrate: SCREEN_BITRATE_BPS, maxFramerate: SCREEN_FRAMES_PER_SECOND }];
  }
}

/** In the order in which the server tells them apart. */
export const SENT_BY: Record<Device, readonly (keyof Tracks)[]> = {
  FULL: ['microphone', 'camera', 'screen'],
  COMPANION: ['camera', 'screen'],
  VIEWER: [],
};

export interface SendingLines {
  /** Puts other tracks on them. */
  send(next: Tracks): void;
  /** Sends these layers of the camera and no others. */
  thin(wanted: WantedLayersResource): void;
}

/** Lines to send on. */
export function openSendingLines(connection: RTCPeerConnection, device: Device, tracks: Tracks): SendingLines {
  const lines = SENT_BY[device].map((name) => {
    const kind = name === 'microphone' ? 'audio' : 'video';
    const line = connection.addTransceiver(tracks[name] ?? kind, {
      direction: 'sendonly',
      sendEncodings: encodingsOf(name, tracks),
    });
    const { sender } = preferSwitchable(line, kind);
    return { name, sender };
  });
  const camera = lines.find(({ name }) => name === 'camera');
  const layers = camera && openLayers(camera.sender, tracks.camera);
  return {
    send(next) {
      for (const { name, sender } of lines) replaceTrack(sender, next[name]);
      layers?.of(next.camera);
    },
    thin({ camera }) {
      if (camera) layers?.want(camera);
    },
  };
}

function replaceTrack(sender: RTCRtpSender, track: MediaStreamTrack | null): void {
  // Rejected only once the connection is closed, and then it does not matter.
  if (sender.track !== track) sender.replaceTrack(track).catch(() => undefined);
}
