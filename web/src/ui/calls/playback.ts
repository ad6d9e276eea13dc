// What plays a recording: an audio element, the place in time where it is, and the sides that it is mixed from.

import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Sides } from '../../calls/sides.ts';

export interface Playback {
  audio: RefObject<HTMLAudioElement | null>;
  playing: Signal<boolean>;
  failed: Signal<boolean>;
  position_s: Signal<number>;
  toggle(): Promise<void>;
  seek(to_s: number): void;
  silence(side: number, silent: boolean): void;
}

/** Of a recording of that length and so many channels; over when the component goes. */
export function usePlayback(duration_s: number, channels: number): Playback {
  const audio = useRef<HTMLAudioElement>(null);
  const mixer = useRef<Sides | null>(null);
  const playing = useSignal(false);
  const failed = useSignal(false);
  const position_s = useSignal(0);

  useEffect(() => () => mixer.current?.close(), []);
  // Smoother than the element tells it by itself.
  useEffect(() => {
    if (!playing.value) return;
    let frame = 0;
    const follow = () => {
      position_s.value = audio.current?.currentTime ?? 0;
      frame = requestAnimationFrame(follow);
    };
    follow();
    return () => cancelAnimationFrame(frame);
  }, [playing.value]);

  /** One channel is in both ears without being mixed. */
  const mix = (element: HTMLAudioElement) => {
    if (channels > 1) mixer.current ??= new Sides(element, channels);
  };
  return {
    audio,
    playing,
    failed,
    position_s,
    async toggle() {
      const element = audio.current;
      if (!element) return;
      if (!element.paused) {
        element.pause();
        return;
      }
      try {
        mix(element);
        // Who hears one recording of a call does not want to hear two.
        for (const other of document.querySelectorAll('audio')) other.pause();
        await mixer.current?.resume();
        await element.play();
      } catch {
        failed.value = true;
      }
    },
    seek(to_s) {
      const element = audio.current;
      if (!element) return;
      element.currentTime = Math.min(duration_s, Math.max(0, to_s));
      position_s.value = element.currentTime;
    },
    silence(side, silent) {
      if (audio.current) mix(audio.current);
      mixer.current?.silence(side, silent);
    },
  };
}
