// Oneself, before the others see one: camera, level of the microphone, and the two buttons. A device that sends neither
// says so in the same place.

import type { Device } from '../api/generated/messages.ts';
import type { Devices } from '../meeting/devices.ts';
import { t } from '../text/text.ts';
import { CameraButton, MicrophoneButton } from './controls.tsx';
import { DeviceHint } from './devicePickers.tsx';
import { LevelMeter } from './levelMeter.tsx';
import { Video } from './video.tsx';

export function Preview({ devices, device }: { devices: Devices; device: Device }) {
  return (
    <section class="preview" aria-label={t('preJoin.preview')}>
      {device === 'FULL' ? (
        <>
          <Camera devices={devices} />
          <DeviceHint devices={devices} />
        </>
      ) : (
        <div class="preview-frame">
          <p class="preview-none">{t(`preJoin.preview.${device}`)}</p>
        </div>
      )}
    </section>
  );
}

function Camera({ devices }: { devices: Devices }) {
  const { track, starting } = devices.camera.value;
  return (
    <div class="preview-frame">
      {track ? (
        <Video track={track} mirrored />
      ) : (
        <p class="preview-off">{starting ? t('preJoin.cameraStarting') : t('preJoin.cameraOff')}</p>
      )}
      <LevelMeter microphone={devices.microphone} />
      <div class="preview-controls">
        <MicrophoneButton devices={devices} />
        <CameraButton devices={devices} />
      </div>
    </div>
  );
}
