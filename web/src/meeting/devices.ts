// The camera, the microphone and the screen of this computer. Everything here can fail, because a person, a browser or
// another program says no, and nothing here may stop anybody from joining: a problem is a state with a name, not an error.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { CAMERA_FRAMES_PER_SECOND, CAMERA_HEIGHT, CAMERA_WIDTH, SCREEN_FRAMES_PER_SECOND } from './limits.ts';
import { preferences, remember } from './preferences.ts';

/** Why there is no camera or microphone. */
export type Problem =
  /** The person or the browser's settings said no. */
  | 'refused'
  | 'missing'
  /** Another program has it. */
  | 'busy'
  /** Browsers give devices only to pages of HTTPS and of localhost. */
  | 'insecure';

export interface Source {
  track: MediaStreamTrack | null;
  problem: Problem | null;
  /** A microphone can be silenced without being given up; a camera that is off is given up, so that its light goes out. */
  on: boolean;
  /** The browser is asking, or the device is warming up. */
  starting: boolean;
}

export interface DeviceList {
  microphones: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

export interface Devices {
  microphone: ReadonlySignal<Source>;
  camera: ReadonlySignal<Source>;
  screen: ReadonlySignal<MediaStreamTrack | null>;
  list: ReadonlySignal<DeviceList>;
  chosen: ReadonlySignal<Record<DeviceKind, string>>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** `false` if the person or the browser declined. */
  shareScreen(): Promise<boolean>;
  stopScreen(): void;
  choose(kind: DeviceKind, deviceId: string): Promise<void>;
  /** Gives everything back. */
  close(): void;
}

const NOTHING: Source = { track: null, problem: null, on: false, starting: false };

/** Asks for both devices at once, because that is one question to the person instead of two. */
export function openDevices(wanted: { microphone: boolean; camera: boolean }): Devices {
  const microphone = signal<Source>(NOTHING);
  const camera = signal<Source>(NOTHING);
  const screen = signal<MediaStreamTrack | null>(null);
  const list = signal<DeviceList>({ microphones: [], cameras: [], speakers: [] });
  const chosen = signal<Record<DeviceKind, string>>({ ...preferences().devices });
  let closed = false;

  function constraints(kind: 'microphone' | 'camera'): MediaStreamConstraints {
    // Not `exact`: a device that was remembered but unplugged must not lock anybody out.
    const device = chosen.value[kind] ? { deviceId: { ideal: chosen.value[kind] } } : {};
    return kind === 'microphone'
      ? { audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true } }
      : {
          video: {
            ...device,
            width: { ideal: CAMERA_WIDTH },
            height: { ideal: CAMERA_HEIGHT },
            frameRate: { ideal: CAMERA_FRAMES_PER_SECOND },
          },
        };
  }

  function take(source: Signal<Source>, track: MediaStreamTrack | undefined): void {
    if (!track) return;
    if (closed) return track.stop();
    source.value.track?.stop();
    source.value = { track, problem: null, on: true, starting: false };
    track.addEventListener('ended', () => {
      if (source.value.track === track) source.value = { ...NOTHING, problem: 'missing' };
    });
  }

  async function start(source: Signal<Source>, kind: 'microphone' | 'camera'): Promise<void> {
    source.value = { ...source.value, starting: true };
    try {
      const stream = await getUserMedia(constraints(kind));
      take(source, stream.getTracks()[0]);
    } catch (error) {
      source.value.track?.stop();
      source.value = { ...NOTHING, problem: problemOf(error) };
    }
    await refresh();
  }

  async function startBoth(): Promise<void> {
    microphone.value = { ...NOTHING, starting: true };
    camera.value = { ...NOTHING, starting: true };
    try {
      const stream = await getUserMedia({ ...constraints('microphone'), ...constraints('camera') });
      take(microphone, stream.getAudioTracks()[0]);
      take(camera, stream.getVideoTracks()[0]);
      await refresh();
    } catch {
      // One of them is missing, taken or refused: each for itself tells which.
      await start(microphone, 'microphone');
      await start(camera, 'camera');
    }
  }

  async function refresh(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const named = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== '');
    list.value = { microphones: named('audioinput'), cameras: named('videoinput'), speakers: named('audiooutput') };
    const [first] = [list.value.speakers[0]?.deviceId ?? ''];
    chosen.value = {
      microphone: microphone.value.track?.getSettings().deviceId ?? chosen.value.microphone,
      camera: camera.value.track?.getSettings().deviceId ?? chosen.value.camera,
      speaker: list.value.speakers.some(({ deviceId }) => deviceId === chosen.value.speaker)
        ? chosen.value.speaker
        : first,
    };
  }

  const devicesChanged = () => void refresh();
  navigator.mediaDevices?.addEventListener('devicechange', devicesChanged);
  if (wanted.microphone && wanted.camera) void startBoth();
  else if (wanted.microphone) void start(microphone, 'microphone');
  else if (wanted.camera) void start(camera, 'camera');
  else void refresh();

  function stopScreen(): void {
    screen.value?.stop();
    screen.value = null;
  }

  return {
    microphone,
    camera,
    screen,
    list,
    chosen,
    async setMicrophone(on) {
      const { track } = microphone.value;
      if (!track) {
        if (on) await start(microphone, 'microphone');
        return;
      }
      track.enabled = on;
      microphone.value = { ...microphone.value, on };
    },
    async setCamera(on) {
      if (on) return start(camera, 'camera');
      camera.value.track?.stop();
      camera.value = NOTHING;
    },
    async shareScreen() {
      try {
        const stream = await navigator.mediaDevices.getDisplayMedia({
          video: { frameRate: { ideal: SCREEN_FRAMES_PER_SECOND } },
          audio: false,
        });
        const [track] = stream.getVideoTracks();
        if (!track) return false;
        if (closed) {
          track.stop();
          return false;
        }
        // Text must stay sharp when bits are short; motion may stutter.
        track.contentHint = 'detail';
        track.addEventListener('ended', () => {
          if (screen.value === track) screen.value = null;
        });
        screen.value = track;
        return true;
      } catch {
        return false;
      }
    },
    stopScreen,
    async choose(kind, deviceId) {
      chosen.value = { ...chosen.value, [kind]: deviceId };
      remember({ devices: chosen.value });
      if (kind === 'speaker') return;
      const source = kind === 'microphone' ? microphone : camera;
      if (source.value.track || source.value.problem) {
        const wasOn = source.value.on;
        await start(source, kind);
        if (kind === 'microphone' && !wasOn && source.value.track) await this.setMicrophone(false);
      }
    },
    close() {
      closed = true;
      navigator.mediaDevices?.removeEventListener('devicechange', devicesChanged);
      microphone.value.track?.stop();
      camera.value.track?.stop();
      stopScreen();
      microphone.value = NOTHING;
      camera.value = NOTHING;
    },
  };
}

function getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
  return navigator.mediaDevices
    ? navigator.mediaDevices.getUserMedia(constraints)
    : Promise.reject(new DOMException('', 'SecurityError'));
}

function problemOf(error: unknown): Problem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'refused';
    case 'SecurityError':
      return 'insecure';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'missing';
  }
}
