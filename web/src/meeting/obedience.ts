// What this device does when a host decides something: what may not be sent any more is switched off here too, so that no
// light burns and no ring glows for something that nobody gets.

import type { Devices } from './devices.ts';
import type { Right } from './moderation.ts';

/** Switches off what a lost right had on. Gives what really was on. */
export function switchOff(devices: Devices, lost: readonly Right[]): Right[] {
  return lost.filter((right) => {
    switch (right) {
      case 'microphone': {
        const wasOn = devices.microphone.peek().on;
        void devices.setMicrophone(false);
        return wasOn;
      }
      case 'camera': {
        const wasOn = devices.camera.peek().on;
        void devices.setCamera(false);
        return wasOn;
      }
      case 'screen': {
        const wasShared = devices.screen.peek() !== null;
        devices.stopScreen();
        return wasShared;
      }
      default:
        return false;
    }
  });
}
