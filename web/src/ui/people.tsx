// Who is here, and how to bring in more.

import { useEffect, useRef } from 'preact/hooks';
import type { Devices } from '../meeting/devices.ts';
import { peopleOf, type PersonHere } from '../meeting/tiles.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';
import * as icons from './icons.tsx';
import { InviteLink } from './invite.tsx';

export interface PeopleProps {
  visit: Visit;
  devices: Devices;
  ownName: string;
  link: string;
  onClose(): void;
}

export function People({ visit, devices, ownName, link, onClose }: PeopleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const people = peopleOf(visit.roster.value, visit.ownSessions.value, visit.ownKey.value);
  return (
    <aside
      class="panel"
      aria-labelledby="people-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header>
        <h2 id="people-title" ref={heading} tabIndex={-1}>
          {t('meeting.people')} <span class="count">{people.length + 1}</span>
        </h2>
        <button type="button" class="button icon-only" aria-label={t('meeting.close')} onClick={onClose}>
          <icons.Close />
        </button>
      </header>
      <InviteLink link={link} />
      <ul class="people-list">
        <Row
          person={{
            key: visit.ownKey.value,
            name: t('meeting.you', { name: ownName }),
            kind: 'anonymous',
            audioMuted: !devices.microphone.value.on,
            videoMuted: !devices.camera.value.on,
            sharing: devices.screen.value !== null,
          }}
        />
        {people.map((person) => (
          <Row key={person.key} person={person} />
        ))}
      </ul>
    </aside>
  );
}

function Row({ person }: { person: PersonHere }) {
  return (
    <li>
      <span class="caption-name">{person.name || t('meeting.nameless')}</span>
      <span class="marks">
        {person.kind === 'phone' && <Mark label={t('meeting.byPhone')} icon={<icons.Phone />} />}
        {person.sharing && <Mark label={t('meeting.sharing')} icon={<icons.Screen />} />}
        {person.videoMuted && <Mark label={t('meeting.cameraOff')} icon={<icons.CameraOff />} />}
        {person.audioMuted && <Mark label={t('meeting.muted')} icon={<icons.MicrophoneOff />} />}
      </span>
    </li>
  );
}

function Mark({ label, icon }: { label: string; icon: preact.ComponentChild }) {
  return (
    <span class="mark" role="img" aria-label={label} title={label}>
      {icon}
    </span>
  );
}
