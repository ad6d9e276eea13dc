// What this device does when a host decides something: what may not be sent any more is switched off here too, so that no
// light burns and no ring glows for something that nobody gets.

import type { Devices } from './devices.ts';
import { lostRights, type Moderation, type Right } from './moderation.ts';
import { type News, newsOfModeration } from './news.ts';

/** Takes a new decision of a host's, and says what is news about it. */
export function obey(devices: Devices, before: Moderation, next: Moderation): News[] {
  return newsOfModeration(before, next, switchOff(devices, lostRights(before, next)));
}

/** The server drops our sound until it hears that our microphone is off, even if it was off before. */
export function silence(devices: Devices, tellMediaState: () => void): News[] {
  const wasOn = devices.microphone.peek().on;
  void devices.setMicrophone(false);
  devices.stopScreenSound();
  tellMediaState();
  return wasOn ? [{ kind: 'mutedByHost' }] : [];
}

/** Switches off what a lost right had on. Gives what really was on. */
function switchOff(devices: Devices, lost: readonly Right[]): Right[] {
  return lost.filter((right) => {
    switch (right) {
      case 'microphone': {
        const wasOn = devices.microphone.peek().on;
        void devices.setMicrophone(false);
        devices.stopScreenSound();
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
