// What is heard of this device: its microphone, and the sound of what it shares, on the one line that there is for sound. Alone,
// the microphone goes out as it comes; a mix is made only while there is something to mix.

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Capture } from './capture.ts';

export interface Mix {
  track: ReadonlySignal<MediaStreamTrack | null>;
  close(): void;
}

export function openMix(microphone: ReadonlySignal<Capture>, shared: ReadonlySignal<MediaStreamTrack | null>): Mix {
  const track = signal<MediaStreamTrack | null>(null);
  // Muting is no other track: a muted microphone adds silence.
  const voice = computed(() => microphone.value.track);
  const stop = effect(() => {
    if (shared.value === null) {
      track.value = voice.value;
      return;
    }
    const mixer = new AudioContext();
    const mixed = mixer.createMediaStreamDestination();
    for (const part of [voice.value, shared.value])
      if (part) mixer.createMediaStreamSource(new MediaStream([part])).connect(mixed);
    track.value = mixed.stream.getAudioTracks()[0] ?? null;
    return () => void mixer.close().catch(() => undefined);
  });
  return { track, close: stop };
}
