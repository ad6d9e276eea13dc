// Which camera, microphone and speaker; and, in words, why there is none.

import type { Device } from '../api/generated/messages.ts';
import type { DeviceKind } from '../meeting/deviceList.ts';
import type { Devices } from '../meeting/devices.ts';
import { t } from '../text/text.ts';
import * as icons from './icons.tsx';

export function DevicePickers({ devices, device }: { devices: Devices; device: Device }) {
  const { cameras, microphones, speakers } = devices.list.value;
  return (
    <>
      {device === 'FULL' && (
        <>
          <Picker
            kind="camera"
            label={t('devices.camera')}
            icon={<icons.Camera />}
            options={cameras}
            devices={devices}
          />
          <Picker
            kind="microphone"
            label={t('devices.microphone')}
            icon={<icons.Microphone />}
            options={microphones}
            devices={devices}
          />
        </>
      )}
      {/* Not every browser lets a page choose, and some name no speakers. */}
      {'setSinkId' in HTMLMediaElement.prototype && (
        <Picker
          kind="speaker"
          label={t('devices.speaker')}
          icon={<icons.Speaker />}
          options={speakers}
          devices={devices}
        />
      )}
    </>
  );
}

interface PickerProps {
  kind: DeviceKind;
  label: string;
  icon: preact.ComponentChild;
  options: MediaDeviceInfo[];
  devices: Devices;
}

function Picker({ kind, label, icon, options, devices }: PickerProps) {
  const none = options.length === 0;
  return (
    <label class="picker">
      {icon}
      <span class="picker-label">{label}</span>
      <select
        disabled={none}
        value={devices.chosen.value[kind]}
        onChange={(event) => void devices.choose(kind, event.currentTarget.value)}
      >
        {none && <option value="">{absence(devices, kind)}</option>}
        {options.map(({ deviceId, label: name }, index) => (
          <option key={deviceId} value={deviceId}>
            {name || t('devices.unnamed', { number: index + 1 })}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What stands where there is nothing to choose: a browser that gives no device does not say which there are. */
function absence(devices: Devices, kind: DeviceKind): string {
  if (kind === 'speaker') return t('devices.default');
  const { problem, starting } = devices[kind].value;
  if (problem === 'refused' || problem === 'insecure') return t('devices.withheld');
  return starting ? t('devices.default') : t('devices.none');
}

export function DeviceHint({ devices }: { devices: Devices }) {
  const microphone = devices.microphone.value.problem;
  const camera = devices.camera.value.problem;
  if (!microphone && !camera) return null;
  return (
    <div class="device-hint" role="status">
      {microphone && microphone === camera ? (
        <p>{t(`devices.both.${microphone}`)}</p>
      ) : (
        <>
          {camera && <p>{t(`devices.camera.${camera}`)}</p>}
          {microphone && <p>{t(`devices.microphone.${microphone}`)}</p>}
        </>
      )}
    </div>
  );
}
