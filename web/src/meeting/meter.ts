// How loud a microphone is: for the meter before joining, and for the ring on one's own tile. Measured here, because
// nobody sends us our own voice.

import { type ReadonlySignal, signal } from '@preact/signals';
import { METER_INTERVAL_MS } from './limits.ts';

export interface Meter {
  /** Root mean square, 0 to 1. */
  level: ReadonlySignal<number>;
  close(): void;
}

export function openMeter(track: MediaStreamTrack): Meter {
  const level = signal(0);
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);

  // A browser may hold audio back until the person has touched the page.
  const wake = () => void context.resume().catch(() => undefined);
  wake();
  document.addEventListener('pointerdown', wake);
  document.addEventListener('keydown', wake);

  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    level.value = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }, METER_INTERVAL_MS);

  return {
    level,
    close() {
      clearInterval(timer);
      document.removeEventListener('pointerdown', wake);
      document.removeEventListener('keydown', wake);
      context.close().catch(() => undefined);
    },
  };
}

/** A level on the meter: speech fills most of it, because ears and meters count in decibels. */
export function meterShare(level: number): number {
  const decibels = 20 * Math.log10(Math.max(level, 1e-6));
  return Math.min(Math.max((decibels + 60) / 50, 0), 1);
}
