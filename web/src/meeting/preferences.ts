// What this browser remembers between meetings (a name, the chosen devices), and what this tab remembers of one meeting
// (the proof of who we were there, and what was switched off). Storage may be full or forbidden; then nothing is remembered, and nothing breaks.

import type { ChosenDevices, WantedDevices } from './deviceList.ts';

export interface Preferences {
  name: string;
  devices: ChosenDevices;
}

const PREFERENCES = 'sederunt.preferences';

export function preferences(): Preferences {
  const stored = readStored<Partial<Preferences>>(() => localStorage, PREFERENCES);
  return { name: stored?.name ?? '', devices: { microphone: '', camera: '', speaker: '', ...stored?.devices } };
}

export function remember(change: Partial<Preferences>): void {
  writeStored(() => localStorage, PREFERENCES, { ...preferences(), ...change });
}

const resumeKey = (code: string) => `sederunt.resume.${code}`;

/** The tab's, not the browser's: two tabs of one anonymous person are two participants. */
export function resumeSecret(code: string): string | null {
  return readStored<string>(() => sessionStorage, resumeKey(code));
}

export function rememberResumeSecret(code: string, secret: string): void {
  writeStored(() => sessionStorage, resumeKey(code), secret);
}

const letInKey = (code: string) => `sederunt.letIn.${code}`;

/** Somebody who was let in need not ask again until the meeting is over, or they are sent away. */
export function wasLetIn(code: string): boolean {
  return readStored<boolean>(() => sessionStorage, letInKey(code)) ?? false;
}

export function rememberLetIn(code: string, letIn: boolean): void {
  writeStored(() => sessionStorage, letInKey(code), letIn);
}

const switchedKey = (code: string) => `sederunt.devices.${code}`;

/** What was off when one left, or loaded the page again, is off when one comes back. */
export function switchedDevices(code: string): WantedDevices {
  return { microphone: true, camera: true, ...readStored<Partial<WantedDevices>>(() => sessionStorage, switchedKey(code)) };
}

export function rememberSwitchedDevices(code: string, wanted: WantedDevices): void {
  writeStored(() => sessionStorage, switchedKey(code), wanted);
}

function readStored<Value>(storage: () => Storage, key: string): Value | null {
  try {
    return JSON.parse(storage().getItem(key) ?? 'null') as Value | null;
  } catch {
    return null;
  }
}

function writeStored(storage: () => Storage, key: string, value: unknown): void {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // Forbidden or full.
  }
}
