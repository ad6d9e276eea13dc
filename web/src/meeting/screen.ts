// The screen, or what of it the person chose to share, with its sound if they chose that and there is one.

import { type ReadonlySignal, signal } from '@preact/signals';
import { SCREEN_FRAMES_PER_SECOND } from './limits.ts';
import { openQuestions } from './questions.ts';

export interface SharedScreen {
  track: ReadonlySignal<MediaStreamTrack | null>;
  sound: ReadonlySignal<MediaStreamTrack | null>;
  /** `false` if the person or the browser declined. */
  share(withSound: boolean): Promise<boolean>;
  stop(): void;
  /** Goes on without it. */
  stopSound(): void;
  /** For good: what the browser gives later is stopped at once. */
  close(): void;
}

export function openScreen(media: MediaDevices | null): SharedScreen {
  const shared = signal<MediaStreamTrack | null>(null);
  const sound = signal<MediaStreamTrack | null>(null);
  const questions = openQuestions();
  /** Of the sound alone: a host may silence what is still to be chosen. */
  const soundQuestions = openQuestions();

  function stopSound(): void {
    soundQuestions.withdraw();
    sound.value?.stop();
    sound.value = null;
  }

  function stop(): void {
    questions.withdraw();
    stopSound();
    shared.value?.stop();
    shared.value = null;
  }

  return {
    track: shared,
    sound,
    async share(withSound) {
      const counts = questions.ask();
      const soundCounts = soundQuestions.ask();
      const stream = await askForScreen(media, withSound);
      const [track] = stream?.getVideoTracks() ?? [];
      if (!stream || !track) return false;
      if (!counts()) {
        for (const late of stream.getTracks()) late.stop();
        return false;
      }
      // Text must stay sharp when bits are short; motion may stutter.
      track.contentHint = 'detail';
      track.addEventListener('ended', () => {
        if (shared.value === track) stop();
      });
      shared.value = track;
      const [heard] = stream.getAudioTracks();
      if (!soundCounts()) {
        heard?.stop();
        return true;
      }
      heard?.addEventListener('ended', () => {
        if (sound.value === heard) stopSound();
      });
      sound.value = heard ?? null;
      return true;
    },
    stop,
    stopSound,
    close() {
      questions.close();
      stop();
    },
  };
}

/** What of `getDisplayMedia` the types do not know yet. */
interface DisplayOptions extends DisplayMediaStreamOptions {
  systemAudio: 'include' | 'exclude';
}

async function askForScreen(media: MediaDevices | null, withSound: boolean): Promise<MediaStream | undefined> {
  const options: DisplayOptions = {
    video: { frameRate: { ideal: SCREEN_FRAMES_PER_SECOND } },
    // As it is: it is no voice in a room.
    audio: withSound && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    // The sound of a tab; that of the whole computer is the meeting's own too, and everybody would hear themselves.
    systemAudio: 'exclude',
  };
  try {
    return await media?.getDisplayMedia(options);
  } catch {
    return undefined;
  }
}
