// The microphone. Muting it keeps the device, so that one is heard at once when one speaks again.

import { openCapture, type SwitchedCapture, type SwitchedCaptureOptions } from './capture.ts';

export function openMicrophone(options: SwitchedCaptureOptions): SwitchedCapture {
  const capture = openCapture({
    ...options,
    constraints: (chosen) => ({
      audio: { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    }),
  });
  const { state, start, enable } = capture;
  return {
    ...capture,
    async set(on) {
      const { track, starting } = state.value;
      enable(on);
      if (on && !track && !starting) await start();
    },
    /** The new one stays as loud or as silent as the one before. */
    async change() {
      const { track, problem, on } = state.value;
      if (!track && !problem) return;
      enable(on);
      await start();
    },
  };
}
