// At the door: one has knocked, and others decide. The page goes on by itself, either way.

import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Device } from '../api/generated/messages.ts';
import type { Meeting } from '../api/meetings.ts';
import type { Devices } from '../meeting/devices.ts';
import type { Named } from '../meeting/named.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { nameText } from './name.tsx';
import { Preview } from './preview.tsx';
import { RecordingNote } from './recordingNote.tsx';
import { Shell, useTitle } from './shell.tsx';

export interface LobbyProps {
  meeting: Meeting;
  visit: Visit;
  devices: Devices;
  device: Device;
  own: Named;
  /** They agree to be recorded. */
  agrees: Signal<boolean>;
}

export function Lobby({ meeting, visit, devices, device, own, agrees }: LobbyProps) {
  useTitle(t('lobby.title'));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const { phase } = visit.connection.value;
  return (
    <Shell>
      <div class="pre-join lobby" data-connection-state={phase}>
        <Preview devices={devices} device={device} />
        <section class="pre-join-form">
          <p class="code">{meeting.meetingCode}</p>
          <h1 ref={heading} tabIndex={-1}>
            {t('lobby.title')}
          </h1>
          <p>{t('lobby.appearAs', { name: nameText(own) })}</p>
          <p class="hint">{meeting.hosted ? t('lobby.hosted') : t('lobby.notHosted')}</p>
          <RecordingNote meeting={meeting} agrees={agrees} />
          <p class="lobby-state" role="status" data-lost={phase === 'lost'}>
            <i aria-hidden="true" />
            {phase === 'waiting' ? t('lobby.waiting') : phase === 'lost' ? t('lobby.lost') : t('connection.connecting')}
          </p>
          <button type="button" class="button large" onClick={() => visit.leave()}>
            {t('lobby.cancel')}
          </button>
        </section>
      </div>
    </Shell>
  );
}
