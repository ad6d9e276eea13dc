// The microphone. Muting it keeps the device, so that one is heard at once when one speaks again.

import { openCapture, type SwitchedCapture, type SwitchedCaptureOptions } from './capture.ts';

export function openMicrophone({ chosen, ...options }: SwitchedCaptureOptions): SwitchedCapture {
  const capture = openCapture({
    ...options,
    constraints: () => ({
      audio: { ...chosen(), echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    }),
  });
  const { state, start, enable } = capture;
  return {
    ...capture,
    async set(on) {
      if (state.value.track) enable(on);
      else if (on) await start();
    },
    /** The new one stays as loud or as silent as the one before. */
    async change() {
      const { track, problem, on } = state.value;
      if (!track && !problem) return;
      await start();
      if (!on) enable(false);
    },
  };
}
