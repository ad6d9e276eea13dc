// The screen, or what of it the person chose to share.

import { type ReadonlySignal, signal } from '@preact/signals';
import { SCREEN_FRAMES_PER_SECOND } from './limits.ts';

export interface SharedScreen {
  track: ReadonlySignal<MediaStreamTrack | null>;
  /** `false` if the person or the browser declined. */
  share(): Promise<boolean>;
  stop(): void;
  /** For good: what the browser gives later is stopped at once. */
  close(): void;
}

export function openScreen(media: MediaDevices | null): SharedScreen {
  const shared = signal<MediaStreamTrack | null>(null);
  let closed = false;

  function stop(): void {
    shared.value?.stop();
    shared.value = null;
  }

  return {
    track: shared,
    async share() {
      const track = await askForScreen(media);
      if (!track) return false;
      if (closed) {
        track.stop();
        return false;
      }
      // Text must stay sharp when bits are short; motion may stutter.
      track.contentHint = 'detail';
      track.addEventListener('ended', () => {
        if (shared.value === track) shared.value = null;
      });
      shared.value = track;
      return true;
    },
    stop,
    close() {
      closed = true;
      stop();
    },
  };
}

async function askForScreen(media: MediaDevices | null): Promise<MediaStreamTrack | undefined> {
  const video = { frameRate: { ideal: SCREEN_FRAMES_PER_SECOND } };
  try {
    return (await media?.getDisplayMedia({ video, audio: false }))?.getVideoTracks()[0];
  } catch {
    return undefined;
  }
}
