// Before joining: see oneself, hear whether one is heard, choose devices, say who one is.

import type { ReadonlySignal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Meeting } from '../api/meetings.ts';
import type { Devices } from '../meeting/devices.ts';
import { NAME_CHARACTERS_MAX } from '../meeting/limits.ts';
import { preferences, remember } from '../meeting/preferences.ts';
import { counted, t } from '../text/text.ts';
import { account } from './account.ts';
import { CameraButton, MicrophoneButton } from './controls.tsx';
import { DeviceHint, DevicePickers } from './devicePickers.tsx';
import { LevelMeter } from './levelMeter.tsx';
import { Shell, useTitle } from './shell.tsx';
import { Video } from './video.tsx';

export interface PreJoinProps {
  meeting: Meeting;
  devices: Devices;
  joining: ReadonlySignal<boolean>;
  problem: ReadonlySignal<string>;
  /** `null`: the account's name. */
  onJoin(displayName: string | null): void;
}

export function PreJoin({ meeting, devices, joining, problem, onJoin }: PreJoinProps) {
  useTitle(t('meeting.title', { code: meeting.meetingCode }));
  const people = meeting.participantCount ?? 0;
  return (
    <Shell>
      <div class="pre-join">
        <section class="preview" aria-label={t('preJoin.preview')}>
          <Preview devices={devices} />
          <DeviceHint devices={devices} />
        </section>
        <section class="pre-join-form">
          <p class="code">{meeting.meetingCode}</p>
          <h1>{t('preJoin.title')}</h1>
          <p class="present">{people === 0 ? t('preJoin.nobody') : counted('preJoin.people', people)}</p>
          <JoinForm joining={joining} problem={problem} onJoin={onJoin} />
        </section>
        <section class="pickers" aria-label={t('devices.title')}>
          <DevicePickers devices={devices} />
        </section>
      </div>
    </Shell>
  );
}

function Preview({ devices }: { devices: Devices }) {
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

function JoinForm({ joining, problem, onJoin }: Pick<PreJoinProps, 'joining' | 'problem' | 'onJoin'>) {
  const who = account.value;
  const user = who.kind === 'user' ? who.user : null;
  const missing = useSignal(false);
  const name = useSignal(preferences().name);
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const asking = who.kind === 'asking';

  useEffect(() => {
    if (asking) return;
    if (user || name.peek()) button.current?.focus({ preventScroll: true });
    else input.current?.focus({ preventScroll: true });
  }, [asking]);

  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (user) return onJoin(null);
    const entered = name.value.trim();
    missing.value = entered === '';
    if (missing.value) return input.current?.focus();
    remember({ name: entered });
    onJoin(entered);
  };

  // Neither a name that is not needed nor none where one is.
  if (asking) return null;
  return (
    <form class="field" onSubmit={submit} noValidate>
      {user ? (
        <p class="joining-as">{t('preJoin.joiningAs', { name: user.displayName })}</p>
      ) : (
        <>
          <label for="name">{t('preJoin.name')}</label>
          <input
            ref={input}
            id="name"
            type="text"
            autocomplete="name"
            maxLength={NAME_CHARACTERS_MAX}
            value={name.value}
            aria-invalid={missing.value}
            aria-describedby="name-hint"
            onInput={(event) => {
              name.value = event.currentTarget.value;
              missing.value = false;
            }}
          />
          <p id="name-hint" class={missing.value ? 'problem' : 'hint'} role={missing.value ? 'alert' : undefined}>
            {missing.value ? t('preJoin.name.missing') : t('preJoin.name.hint')}
          </p>
        </>
      )}
      <button ref={button} type="submit" class="button primary large" disabled={joining.value}>
        {joining.value ? t('preJoin.joining') : t('preJoin.join')}
      </button>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </form>
  );
}
