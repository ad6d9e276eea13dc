// What we send, and what we tell of it. Another track of the same device goes to the server and is no news to anybody; that
// a device was switched on or off is told to the others, and again on each new connection, which knows nothing of us.

import { computed, effect, type ReadonlySignal } from '@preact/signals';
import type { Device } from '../api/generated/messages.ts';
import type { Connection } from './connection.ts';
import type { Devices } from './devices.ts';
import type { Tracks } from './lines.ts';
import type { MediaState } from './messages.ts';
import type { Peer } from './peer.ts';

export interface MediaStateTeller {
  /** Tells it even if nothing has changed. */
  tell(): void;
  close(): void;
}

export interface MediaStateOptions {
  /** With what we are here. */
  device(): Device;
  devices: Pick<Devices, 'microphone' | 'camera' | 'screen' | 'screenSound' | 'heard'>;
  connection: ReadonlySignal<Connection>;
  /** The connection that stands now, if one does. */
  peer(): Pick<Peer, 'send' | 'request'> | null;
}

export function openMediaState({ device, devices, connection, peer }: MediaStateOptions): MediaStateTeller {
  const stopSending = effect(() => {
    const tracks = tracksOf(devices);
    peer()?.send(tracks);
  });

  // Each by itself, so that a new track in the same state is no news.
  const audioMuted = computed(() => !devices.microphone.value.on && devices.screenSound.value === null);
  const videoMuted = computed(() => !devices.camera.value.on);
  const screenshare = computed(() => devices.screen.value !== null);
  const tell = () => {
    const setMediaState: MediaState = {
      audioMuted: audioMuted.value,
      videoMuted: videoMuted.value,
      screenshare: screenshare.value,
    };
    // A viewer has no line to tell anything about.
    if (connection.value.phase === 'connected' && device() !== 'VIEWER')
      peer()?.request('media-entries', { setMediaState });
  };
  const stopTelling = effect(tell);

  return {
    tell,
    close() {
      stopSending();
      stopTelling();
    },
  };
}

/** What the devices give now. */
export function tracksOf({ heard, camera, screen }: MediaStateOptions['devices']): Tracks {
  return { microphone: heard.value, camera: camera.value.track, screen: screen.value };
}
