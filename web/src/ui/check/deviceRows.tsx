// Camera, microphone and speaker: what a page can see of them it says, and what only the person knows they are asked.

import { useSignal, useSignalEffect } from '@preact/signals';
import type { Grade } from '../../check/echoes.ts';
import { playChime } from '../../check/chime.ts';
import type { Devices } from '../../meeting/devices.ts';
import { OWN_SPEAKING_LEVEL } from '../../meeting/limits.ts';
import { t } from '../../text/check.ts';
import { LevelMeter, useLevel } from '../levelMeter.tsx';
import { Video } from '../video.tsx';
import { Row } from './row.tsx';

export function CameraRow({ devices }: { devices: Devices }) {
  const { track, problem, starting } = devices.camera.value;
  const row = { title: t('devices.camera') };
  if (track) {
    return (
      <Row {...row} grade="good" text={t('check.camera.good')}>
        <div class="check-picture">
          <Video track={track} mirrored />
        </div>
      </Row>
    );
  }
  if (problem) return <Row {...row} grade="bad" text={t(`devices.camera.${problem}`)} />;
  return <Row {...row} grade={starting ? 'looking' : 'yours'} text={t(starting ? 'check.camera.starting' : 'check.camera.off')} />;
}

export function MicrophoneRow({ devices }: { devices: Devices }) {
  const level = useLevel(devices.microphone);
  const heard = useSignal(false);
  useSignalEffect(() => {
    if (level.value >= OWN_SPEAKING_LEVEL) heard.value = true;
  });
  const { track, problem, starting } = devices.microphone.value;
  const row = { title: t('devices.microphone') };
  if (track) {
    return (
      <Row
        {...row}
        grade={heard.value ? 'good' : 'yours'}
        text={t(heard.value ? 'check.microphone.good' : 'check.microphone.speak')}
      >
        <LevelMeter microphone={devices.microphone} />
      </Row>
    );
  }
  if (problem) return <Row {...row} grade="bad" text={t(`devices.microphone.${problem}`)} />;
  const text = t(starting ? 'check.camera.starting' : 'check.microphone.off');
  return <Row {...row} grade={starting ? 'looking' : 'yours'} text={text} />;
}

/** What became of the sound, as far as the person has said. */
type Heard = 'press' | 'playing' | 'heard' | 'good' | 'bad' | 'refused';

const GRADES: Record<Heard, Grade | 'looking' | 'yours'> = {
  press: 'yours',
  playing: 'looking',
  heard: 'yours',
  good: 'good',
  bad: 'bad',
  refused: 'bad',
};

export function SpeakerRow({ devices }: { devices: Devices }) {
  const heard = useSignal<Heard>('press');
  const play = async () => {
    heard.value = 'playing';
    heard.value = await playChime(devices.chosen.value.speaker).then(
      (): Heard => 'heard',
      (): Heard => 'refused',
    );
  };
  const answer = (said: Heard) => () => {
    heard.value = said;
  };
  return (
    <Row title={t('devices.speaker')} grade={GRADES[heard.value]} text={t(`check.speaker.${heard.value}`)}>
      <div class="actions">
        {heard.value === 'heard' && (
          <>
            <button type="button" class="button primary" onClick={answer('good')}>
              {t('check.speaker.yes')}
            </button>
            <button type="button" class="button" onClick={answer('bad')}>
              {t('check.speaker.no')}
            </button>
          </>
        )}
        <button type="button" class="button" disabled={heard.value === 'playing'} onClick={play}>
          {t('check.speaker.play')}
        </button>
      </div>
    </Row>
  );
}
