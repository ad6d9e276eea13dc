// The devices of this computer, and the one of each kind that is chosen. A browser names its devices only to pages that
// were given one: until then the lists are empty.

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

/** Their ids; empty for the browser's own choice. */
export type ChosenDevices = Readonly<Record<DeviceKind, string>>;

/** What is switched on. */
export interface WantedDevices {
  microphone: boolean;
  camera: boolean;
}

export interface DeviceList {
  microphones: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

export const NO_DEVICES: DeviceList = { microphones: [], cameras: [], speakers: [] };

export function sortedByKind(all: readonly MediaDeviceInfo[]): DeviceList {
  const named = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== '');
  return { microphones: named('audioinput'), cameras: named('videoinput'), speakers: named('audiooutput') };
}

/** The devices that are in use count as chosen, whichever were asked for. A speaker that is gone gives way to the first. */
export function chosenNow(
  before: ChosenDevices,
  inUse: { microphone: string | undefined; camera: string | undefined },
  { speakers }: DeviceList,
): ChosenDevices {
  return {
    microphone: inUse.microphone ?? before.microphone,
    camera: inUse.camera ?? before.camera,
    speaker: speakers.some(({ deviceId }) => deviceId === before.speaker)
      ? before.speaker
      : (speakers[0]?.deviceId ?? ''),
  };
}
