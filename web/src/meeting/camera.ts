// The camera. Switching it off gives it back, so that its light goes out.

import { openCapture, type SwitchedCapture, type SwitchedCaptureOptions } from './capture.ts';
import { CAMERA_FRAMES_PER_SECOND, CAMERA_HEIGHT, CAMERA_WIDTH } from './limits.ts';

export function openCamera(options: SwitchedCaptureOptions): SwitchedCapture {
  const capture = openCapture({
    ...options,
    constraints: (chosen) => ({
      video: {
        ...chosen,
        width: { ideal: CAMERA_WIDTH },
        height: { ideal: CAMERA_HEIGHT },
        frameRate: { ideal: CAMERA_FRAMES_PER_SECOND },
      },
    }),
  });
  const { state, start, stop } = capture;
  return {
    ...capture,
    async set(on) {
      if (on) await start();
      else stop();
    },
    async change() {
      const { track, problem } = state.value;
      if (track || problem) await start();
    },
  };
}
