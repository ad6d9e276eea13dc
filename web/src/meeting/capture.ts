// One device that captures something, a microphone or a camera: asked for, taken, lost, given back. It may be given back
// while the browser still asks; what comes then is stopped at once.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { openQuestions } from './questions.ts';

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

/** A track for which somebody else asks. It counts no more once the device was stopped or asked for anew. */
export interface AwaitedTrack {
  take(track: MediaStreamTrack | undefined): void;
  /** It did not come: asks for the device by itself, if it is still wanted. */
  startAlone(): Promise<void>;
}

/** What a kind of device adds to the common life of both. */
export interface CaptureShell {
  state: ReadonlySignal<Capture>;
  constraints(): MediaStreamConstraints;
  /** Asks for the device by itself: the chosen one, or another if that is not there. */
  start(): Promise<void>;
  /** Somebody else asks for it, together with another device. */
  waitForTrack(): AwaitedTrack;
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

/** The track that is held, and whether it lets anything through. */
interface Hold {
  state: Signal<Capture>;
  take(track: MediaStreamTrack, instead: string | null): void;
  enable(on: boolean): void;
  /** Gives the track back, and is left so. */
  leave(left: Capture): void;
}

function openHold(ended: () => void): Hold {
  const state = signal<Capture>(NO_CAPTURE);
  let silent = false;
  return {
    state,
    take(track, instead) {
      // Before anybody can get it: whoever is muted is not heard for the blink of a new device.
      track.enabled = !silent;
      state.value.track?.stop();
      state.value = { track, problem: null, on: !silent, starting: false, instead };
      track.addEventListener('ended', () => {
        if (state.value.track === track) ended();
      });
    },
    enable(on) {
      silent = !on;
      const { track } = state.value;
      if (!track) return;
      track.enabled = on;
      state.value = { ...state.value, on };
    },
    leave(left) {
      state.value.track?.stop();
      state.value = left;
    },
  };
}

export function openCapture({ media, chosen, constraints, answered }: CaptureOptions): CaptureShell {
  const hold = openHold(() => void replace());
  const { state } = hold;
  const questions = openQuestions();

  function take(counts: () => boolean, track: MediaStreamTrack | undefined, instead: string | null = null): void {
    if (!track) return;
    if (!counts()) return track.stop();
    hold.take(track, instead);
  }

  /** The device went away by itself: another does, if there is one. One that is asked for already is that other. */
  async function replace(): Promise<void> {
    const { starting } = state.value;
    state.value = { ...NO_CAPTURE, starting: true };
    if (starting) return;
    const counts = questions.ask();
    try {
      const [track] = (await askForMedia(media, constraints({}))).getTracks();
      take(counts, track, track?.label ?? null);
    } catch {
      if (counts()) state.value = { ...NO_CAPTURE, problem: 'missing' };
    }
    await answered();
  }

  async function start(): Promise<void> {
    const counts = questions.ask();
    state.value = { ...state.value, starting: true };
    try {
      const stream = await askForChosen({ media, chosen, constraints, counts });
      take(counts, stream.getTracks()[0]);
    } catch (error) {
      if (counts()) hold.leave({ ...NO_CAPTURE, problem: problemOf(error) });
    }
    await answered();
  }

  function stop(): void {
    questions.withdraw();
    hold.leave(NO_CAPTURE);
    hold.enable(true);
  }

  return {
    state,
    constraints: () => constraints(chosen()),
    start,
    waitForTrack() {
      const counts = questions.ask();
      state.value = { ...NO_CAPTURE, starting: true };
      return {
        take: (track) => take(counts, track),
        async startAlone() {
          if (counts()) await start();
        },
      };
    },
    enable: hold.enable,
    stop,
    close() {
      questions.close();
      stop();
    },
  };
}

interface Question extends Omit<CaptureOptions, 'answered'> {
  /** Whether anybody still wants an answer. */
  counts(): boolean;
}

/** Asks for the chosen device, or for any where that is not there any more. */
async function askForChosen({ media, chosen, constraints, counts }: Question): Promise<MediaStream> {
  try {
    return await askForMedia(media, constraints(chosen()));
  } catch (error) {
    if (!isNotThere(error) || !counts()) throw error;
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
