// The camera, the microphone and the screen of this computer. Everything here can fail, because a person, a browser or
// another program says no, and nothing here may stop anybody from joining: a problem is a state with a name, not an error.

import { type ReadonlySignal, signal } from '@preact/signals';
import { openCamera } from './camera.ts';
import { askForMedia, type Capture, type CaptureShell } from './capture.ts';
import {
  type ChosenDevices,
  chosenNow,
  type DeviceKind,
  type DeviceList,
  NO_DEVICES,
  sortedByKind,
  type WantedDevices,
} from './deviceList.ts';
import { openMicrophone } from './microphone.ts';
import { openMix } from './mix.ts';
import { preferences, remember } from './preferences.ts';
import { openScreen } from './screen.ts';

export interface Devices {
  microphone: ReadonlySignal<Capture>;
  camera: ReadonlySignal<Capture>;
  screen: ReadonlySignal<MediaStreamTrack | null>;
  /** Of what is shared. */
  screenSound: ReadonlySignal<MediaStreamTrack | null>;
  /** What is heard of us: the microphone, with that sound. */
  heard: ReadonlySignal<MediaStreamTrack | null>;
  list: ReadonlySignal<DeviceList>;
  chosen: ReadonlySignal<ChosenDevices>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** `false` if the person or the browser declined. */
  shareScreen(withSound: boolean): Promise<boolean>;
  stopScreen(): void;
  /** Goes on sharing without its sound. */
  stopScreenSound(): void;
  choose(kind: DeviceKind, deviceId: string): Promise<void>;
  /** Gives everything back. */
  close(): void;
}

/** `media` is `null` on a page that gets no devices. `switched` hears what is wanted now, whenever somebody switches something. */
export function openDevices(
  wanted: WantedDevices,
  media: MediaDevices | null = navigator.mediaDevices ?? null,
  switched: (wanted: WantedDevices) => void = () => {},
): Devices {
  const list = signal<DeviceList>(NO_DEVICES);
  const chosen = signal<ChosenDevices>({ ...preferences().devices });
  const options = (kind: DeviceKind) => ({
    media,
    answered: refresh,
    // `ideal` would give the first device whenever browsers like. One that is not there any more locks nobody out: another is
    // asked for then.
    chosen: () => (chosen.value[kind] ? { deviceId: { exact: chosen.value[kind] } } : {}),
  });
  const microphone = openMicrophone(options('microphone'));
  const camera = openCamera(options('camera'));
  const screen = openScreen(media);
  const mix = openMix(microphone.state, screen.sound);

  async function refresh(): Promise<void> {
    list.value = sortedByKind((await media?.enumerateDevices().catch(() => [])) ?? []);
    const idOf = ({ value }: ReadonlySignal<Capture>) => value.track?.getSettings().deviceId;
    const inUse = { microphone: idOf(microphone.state), camera: idOf(camera.state) };
    chosen.value = chosenNow(chosen.value, inUse, list.value);
  }

  let now = wanted;
  const want = (change: Partial<WantedDevices>) => {
    now = { ...now, ...change };
    switched(now);
  };

  const devicesChanged = () => void refresh();
  media?.addEventListener('devicechange', devicesChanged);
  if (wanted.microphone && wanted.camera) void startBoth(media, microphone, camera, refresh);
  else if (wanted.microphone) void microphone.start();
  else if (wanted.camera) void camera.start();
  else void refresh();

  return {
    microphone: microphone.state,
    camera: camera.state,
    screen: screen.track,
    screenSound: screen.sound,
    heard: mix.track,
    list,
    chosen,
    setMicrophone(on) {
      want({ microphone: on });
      return microphone.set(on);
    },
    setCamera(on) {
      want({ camera: on });
      return camera.set(on);
    },
    shareScreen: screen.share,
    stopScreen: screen.stop,
    stopScreenSound: screen.stopSound,
    async choose(kind, deviceId) {
      chosen.value = { ...chosen.value, [kind]: deviceId };
      remember({ devices: chosen.value });
      if (kind === 'microphone') await microphone.change();
      if (kind === 'camera') await camera.change();
    },
    close() {
      media?.removeEventListener('devicechange', devicesChanged);
      for (const device of [microphone, camera, screen, mix]) device.close();
    },
  };
}

/** Both at once, because that is one question to the person instead of two. */
async function startBoth(
  media: MediaDevices | null,
  microphone: CaptureShell,
  camera: CaptureShell,
  answered: () => Promise<void>,
): Promise<void> {
  const [sound, picture] = [microphone.waitForTrack(), camera.waitForTrack()];
  try {
    const stream = await askForMedia(media, { ...microphone.constraints(), ...camera.constraints() });
    sound.take(stream.getAudioTracks()[0]);
    picture.take(stream.getVideoTracks()[0]);
    await answered();
  } catch {
    // One of them is missing, taken or refused: each for itself tells which.
    await sound.startAlone();
    await picture.startAlone();
  }
}
