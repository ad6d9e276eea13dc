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
}

export const NO_CAPTURE: Capture = { track: null, problem: null, on: false, starting: false };

/** What a kind of device adds to the common life of both. */
export interface CaptureShell {
  state: ReadonlySignal<Capture>;
  constraints(): MediaStreamConstraints;
  /** Asks for the device by itself. */
  start(): Promise<void>;
  /** Somebody else asks for it. */
  waitForTrack(): void;
  take(track: MediaStreamTrack | undefined): void;
  /** Lets sound or picture through, or not, while the device stays ours. */
  enable(on: boolean): void;
  stop(): void;
  /** For good. */
  close(): void;
}

export interface CaptureOptions {
  /** `null` on a page that gets no devices. */
  media: MediaDevices | null;
  constraints(): MediaStreamConstraints;
  /** The browser has answered: it may name more devices now. */
  answered(): Promise<void>;
}

/** A microphone or a camera, as the page switches it. */
export interface SwitchedCapture extends CaptureShell {
  set(on: boolean): Promise<void>;
  /** Another device was chosen. */
  change(): Promise<void>;
}

export interface SwitchedCaptureOptions extends Omit<CaptureOptions, 'constraints'> {
  chosen(): MediaTrackConstraints;
}

export function openCapture({ media, constraints, answered }: CaptureOptions): CaptureShell {
  const state = signal<Capture>(NO_CAPTURE);
  let closed = false;

  function take(track: MediaStreamTrack | undefined): void {
    if (!track) return;
    if (closed) return track.stop();
    state.value.track?.stop();
    state.value = { track, problem: null, on: true, starting: false };
    track.addEventListener('ended', () => {
      if (state.value.track === track) state.value = { ...NO_CAPTURE, problem: 'missing' };
    });
  }

  function stop(): void {
    state.value.track?.stop();
    state.value = NO_CAPTURE;
  }

  return {
    state,
    constraints,
    async start() {
      state.value = { ...state.value, starting: true };
      try {
        const stream = await askForMedia(media, constraints());
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

export function askForMedia(media: MediaDevices | null, wanted: MediaStreamConstraints): Promise<MediaStream> {
  return media ? media.getUserMedia(wanted) : Promise.reject(new DOMException('', 'SecurityError'));
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
