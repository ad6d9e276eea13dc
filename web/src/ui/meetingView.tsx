// In the meeting: the stage, the bar of buttons, and what lies beside them.

import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Meeting } from '../api/meetings.ts';
import type { Connection } from '../meeting/connection.ts';
import type { Devices, Problem, Source } from '../meeting/devices.ts';
import { peopleOf } from '../meeting/tiles.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';
import { CameraButton, Control, MicrophoneButton, ScreenButton } from './controls.tsx';
import { DeviceHint, DevicePickers } from './devicePickers.tsx';
import * as icons from './icons.tsx';
import { Alone } from './invite.tsx';
import { Logo } from './logo.tsx';
import { NoticeList, type Notices } from './notices.tsx';
import { People } from './people.tsx';
import { useTitle } from './shell.tsx';
import { Stage } from './stage.tsx';

export interface MeetingViewProps {
  meeting: Meeting;
  visit: Visit;
  devices: Devices;
  ownName: string;
  notices: Notices;
}

export function MeetingView({ meeting, visit, devices, ownName, notices }: MeetingViewProps) {
  useTitle(t('meeting.title', { code: meeting.meetingCode }));
  const panel = useSignal(false);
  const peopleButton = useRef<HTMLDivElement>(null);
  const settings = useRef<HTMLDialogElement>(null);
  const wasLost = useRef(false);
  const root = useRef<HTMLElement>(null);
  const { phase } = visit.connection.value;

  // The button that had the focus is gone; the next Tab begins here.
  useEffect(() => root.current?.focus({ preventScroll: true }), []);

  useSignalEffect(() => {
    const now = visit.connection.value.phase;
    if (now === 'connected' && wasLost.current) notices.say(t('connection.back'));
    if (now === 'lost' || now === 'connected') wasLost.current = now === 'lost';
  });

  useProblemNotice(devices.microphone, (problem) => notices.say(t(`devices.microphone.${problem}`)));
  useProblemNotice(devices.camera, (problem) => notices.say(t(`devices.camera.${problem}`)));

  const closePanel = () => {
    panel.value = false;
    peopleButton.current?.querySelector('button')?.focus();
  };
  const count = peopleOf(visit.roster.value, visit.ownSessions.value, visit.ownKey.value).length + 1;

  return (
    <main ref={root} class="meeting" tabIndex={-1} data-connection-state={phase}>
      <header class="meeting-header">
        <Logo />
        <h1 class="code">{meeting.meetingCode}</h1>
        <ConnectionState connection={visit.connection.value} />
      </header>
      <div class="meeting-middle">
        <Stage
          visit={visit}
          devices={devices}
          ownName={ownName}
          onMore={() => {
            panel.value = true;
          }}
          alone={phase === 'connected' && <Alone link={meeting.meetingUri} />}
        />
        {panel.value && (
          <People visit={visit} devices={devices} ownName={ownName} link={meeting.meetingUri} onClose={closePanel} />
        )}
      </div>
      {visit.sound.blocked.value && <Unblock visit={visit} />}
      <NoticeList notices={notices} />
      <div class="bar" role="group" aria-label={t('meeting.controls')}>
        <MicrophoneButton devices={devices} />
        <CameraButton devices={devices} />
        <ScreenButton devices={devices} onRefused={() => notices.say(t('meeting.shareFailed'))} />
        <div class="bar-item" ref={peopleButton}>
          <Control
            label={t('meeting.people')}
            name={t('meeting.people.count', { count })}
            icon={<icons.People />}
            badge={String(count)}
            tone={panel.value ? 'on' : 'plain'}
            expanded={panel.value}
            onClick={() => {
              panel.value = !panel.value;
            }}
          />
        </div>
        <Control
          label={t('meeting.settings')}
          icon={<icons.Settings />}
          onClick={() => settings.current?.showModal()}
        />
        <Control label={t('meeting.leave')} icon={<icons.Leave />} tone="leave" onClick={() => visit.leave()} />
      </div>
      <dialog ref={settings} class="card settings" aria-labelledby="settings-title">
        <form method="dialog">
          <h2 id="settings-title">{t('devices.title')}</h2>
          <DevicePickers devices={devices} />
          <DeviceHint devices={devices} />
          <button type="submit" class="button primary">
            {t('meeting.close')}
          </button>
        </form>
      </dialog>
    </main>
  );
}

/** Says why a device did not start, each time that it does not; what was wrong before joining was said there. */
function useProblemNotice(source: ReadonlySignal<Source>, say: (problem: Problem) => void): void {
  const before = useRef(source.peek());
  useSignalEffect(() => {
    const { problem, starting } = source.value;
    if (problem && !starting && source.value !== before.current) say(problem);
    before.current = source.value;
  });
}

function ConnectionState({ connection }: { connection: Connection }) {
  const { phase } = connection;
  if (phase === 'over') return null;
  return (
    <p class="connection" data-phase={phase} role="status">
      <i aria-hidden="true" />
      <span>{t(`connection.${phase}`)}</span>
    </p>
  );
}

function Unblock({ visit }: { visit: Visit }) {
  return (
    <div class="unblock card" role="alert">
      <p>{t('meeting.hear.text')}</p>
      <button type="button" class="button primary" onClick={() => visit.sound.unblock()}>
        <icons.Speaker />
        {t('meeting.hear')}
      </button>
    </div>
  );
}
