// One device that captures something, a microphone or a camera: asked for, taken, lost, given back. It may be given back
// while the browser still asks; what comes then is stopped at once.

import { type ReadonlySignal, signal } from '@preact/signals';

/** Why there is no camera or microphone. */
export type Problem =
  /** The person or the browser's settings said no. */
  | 'refused'
  | 'missing'
  /** Another program has it. */
  | 'busy'
  /** Browsers give devices only to pages of HTTPS and of localhost. */
  | 'insecure';

export interface Capture {
  track: MediaStreamTrack | null;
  problem: Problem | null;
  /** A microphone can be silenced without being given up; a camera that is off is given up, so that its light goes out. */
  on: boolean;
  /** The browser is asking, or the device is warming up. */
  starting: boolean;
  /** What the device is called that took the place of one that went away. */
  instead: string | null;
}

export const NO_CAPTURE: Capture = { track: null, problem: null, on: false, starting: false, instead: null };

/** What a kind of device adds to the common life of both. */
export interface CaptureShell {
  state: ReadonlySignal<Capture>;
  constraints(): MediaStreamConstraints;
  /** Asks for the device by itself: the chosen one, or another if that is not there. */
  start(): Promise<void>;
  /** Somebody else asks for it. */
  waitForTrack(): void;
  take(track: MediaStreamTrack | undefined): void;
  /** Lets sound or picture through, or not, while the device stays ours; a track that is still to come is born so. */
  enable(on: boolean): void;
  stop(): void;
  /** For good. */
  close(): void;
}

export interface CaptureOptions {
  /** `null` on a page that gets no devices. */
  media: MediaDevices | null;
  /** Which device it must be. */
  chosen(): MediaTrackConstraints;
  constraints(chosen: MediaTrackConstraints): MediaStreamConstraints;
  /** The browser has answered: it may name more devices now. */
  answered(): Promise<void>;
}

/** A microphone or a camera, as the page switches it. */
export interface SwitchedCapture extends CaptureShell {
  set(on: boolean): Promise<void>;
  /** Another device was chosen. */
  change(): Promise<void>;
}

export type SwitchedCaptureOptions = Omit<CaptureOptions, 'constraints'>;

export function openCapture({ media, chosen, constraints, answered }: CaptureOptions): CaptureShell {
  const state = signal<Capture>(NO_CAPTURE);
  let closed = false;
  let silent = false;

  function take(track: MediaStreamTrack | undefined, instead: string | null = null): void {
    if (!track) return;
    if (closed) return track.stop();
    // Before anybody can get it: whoever is muted is not heard for the blink of a new device.
    track.enabled = !silent;
    state.value.track?.stop();
    state.value = { track, problem: null, on: !silent, starting: false, instead };
    track.addEventListener('ended', () => {
      if (state.value.track === track) void replace();
    });
  }

  /** The device went away by itself: another does, if there is one. */
  async function replace(): Promise<void> {
    state.value = { ...NO_CAPTURE, starting: true };
    try {
      const [track] = (await askForMedia(media, constraints({}))).getTracks();
      take(track, track?.label ?? null);
    } catch {
      state.value = { ...NO_CAPTURE, problem: 'missing' };
    }
    await answered();
  }

  function stop(): void {
    state.value.track?.stop();
    state.value = NO_CAPTURE;
    silent = false;
  }

  return {
    state,
    constraints: () => constraints(chosen()),
    async start() {
      state.value = { ...state.value, starting: true };
      try {
        const stream = await askForChosen({ media, chosen, constraints });
        take(stream.getTracks()[0]);
      } catch (error) {
        state.value.track?.stop();
        state.value = { ...NO_CAPTURE, problem: problemOf(error) };
      }
      await answered();
    },
    waitForTrack() {
      state.value = { ...NO_CAPTURE, starting: true };
    },
    take,
    enable(on) {
      silent = !on;
      const { track } = state.value;
      if (!track) return;
      track.enabled = on;
      state.value = { ...state.value, on };
    },
    stop,
    close() {
      closed = true;
      stop();
    },
  };
}

/** Asks for the chosen device, or for any where that is not there any more. */
async function askForChosen({ media, chosen, constraints }: Omit<CaptureOptions, 'answered'>): Promise<MediaStream> {
  try {
    return await askForMedia(media, constraints(chosen()));
  } catch (error) {
    if (!isNotThere(error)) throw error;
    return await askForMedia(media, constraints({}));
  }
}

export function askForMedia(media: MediaDevices | null, wanted: MediaStreamConstraints): Promise<MediaStream> {
  return media ? media.getUserMedia(wanted) : Promise.reject(new DOMException('', 'SecurityError'));
}

/** Whether the very device that was asked for is not there, and another might do. */
function isNotThere(error: unknown): boolean {
  return error instanceof Error && error.name === 'OverconstrainedError';
}

export function problemOf(error: unknown): Problem {
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
