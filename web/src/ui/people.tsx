// Who is here and whose hand is up, who waits at the door, and how to bring in more. Hosts find beside each name what they
// may do to them.

import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useId, useRef } from 'preact/hooks';
import type { DialIn as Ways } from '../api/generated/messages.ts';
import { mute, remove } from '../api/moderation.ts';
import type { Devices } from '../meeting/devices.ts';
import { isHost } from '../meeting/moderation.ts';
import type { Named } from '../meeting/named.ts';
import { queue } from '../meeting/reactions.ts';
import { inOrder, type PersonHere, peopleOf } from '../meeting/tiles.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { ConfirmButton } from './confirm.tsx';
import { DialIn } from './dialIn.tsx';
import { useFocusKept } from './focus.ts';
import * as icons from './icons.tsx';
import { InviteLink } from './invite.tsx';
import { KnockList } from './knocks.tsx';
import { lazyPart } from './lazy.tsx';
import { Name, nameText, you } from './name.tsx';
import type { Notices } from './notices.tsx';
import { Panel } from './panel.tsx';
import { reasonOf } from './reason.ts';

export interface PeopleProps {
  visit: Visit;
  devices: Devices;
  own: Named;
  /** `spaces/{space}` */
  space: string;
  link: string;
  dialIn: Ways | undefined;
  notices: Notices;
  onHostControls(): void;
  onClose(): void;
}

export function People({ visit, devices, own, space, link, dialIn, notices, onHostControls, onClose }: PeopleProps) {
  const knocks = useComputed(() => visit.moderation.value.knocks);
  const hosting = isHost(visit.moderation.value);
  const ownKey = visit.ownKey.value;
  const hands = queue(visit.exchange.hands.value);
  const others = peopleOf(visit.roster.value, visit.ownSessions.value, ownKey);
  return (
    <Panel
      name="people"
      title={
        <>
          {t('meeting.people')} <span class="count">{others.length + 1}</span>
        </>
      }
      onClose={onClose}
    >
      {hosting && <KnockList space={space} knocks={knocks} notices={notices} />}
      <InviteLink link={link} />
      {dialIn && <DialIn ways={dialIn} />}
      {hosting && (
        <HostActions
          space={space}
          dialsOut={Boolean(dialIn?.numbers?.length)}
          alone={others.length === 0}
          notices={notices}
          onHostControls={onHostControls}
        />
      )}
      <ul class="people-list" aria-label={t('meeting.stage')} tabIndex={0}>
        {inOrder([ownPerson(ownKey, own, devices), ...others], hands).map((person) => (
          <Row
            key={person.key}
            person={person}
            place={hands.indexOf(person.key) + 1}
            host={hosting && person.key !== ownKey ? { space, notices, visit } : null}
          />
        ))}
      </ul>
    </Panel>
  );
}

function ownPerson(key: string, own: Named, { microphone, camera, screen }: Devices): PersonHere {
  return {
    ...you(own),
    key,
    byPhone: false,
    audioMuted: !microphone.value.on,
    videoMuted: !camera.value.on,
    sharing: screen.value !== null,
  };
}

/** Few hosts may make calls, and nobody else is to download how. */
const DialOut = lazyPart(async () => (await import('./dialOut.tsx')).DialOut);

interface HostActionsProps extends Pick<PeopleProps, 'space' | 'notices' | 'onHostControls'> {
  /** Somebody can be called here. */
  dialsOut: boolean;
  /** There is nobody to silence. */
  alone: boolean;
}

/** What a host may do to everybody at once. */
function HostActions({ space, dialsOut, alone, notices, onHostControls }: HostActionsProps) {
  const silence = () =>
    mute(space)
      .then(() => notices.say(t('host.muteAll.done')))
      .catch((error) => notices.say(t('host.failed', { reason: reasonOf(error) })));
  return (
    <div class="panel-actions">
      <button type="button" class="button small" disabled={alone} onClick={silence}>
        {t('host.muteAll')}
      </button>
      <button type="button" class="button small host-shortcut" onClick={onHostControls}>
        {t('host.title')}
      </button>
      {dialsOut && <DialOut space={space} notices={notices} />}
    </div>
  );
}

/** What a host needs to act on somebody. */
interface HostOf {
  space: string;
  notices: Notices;
  visit: Visit;
}

/** `place` is the place in the queue of raised hands; 0 without one. */
function Row({ person, place, host }: { person: PersonHere; place: number; host: HostOf | null }) {
  const open = useSignal(false);
  const id = useId();
  const element = useRef<HTMLLIElement>(null);
  useFocusKept(element);
  const name = nameText(person);
  return (
    <li ref={element}>
      <div class="person">
        <Name of={person} />
        <span class="marks">
          {place > 0 && (
            <span class="hand-mark" role="img" aria-label={t('hands.place', { place })}>
              <icons.Hand />
              {place}
            </span>
          )}
          {person.byPhone && <Mark label={t('meeting.byPhone')} icon={<icons.Phone />} />}
          {person.sharing && <Mark label={t('meeting.sharing')} icon={<icons.Screen />} />}
          {person.videoMuted && <Mark label={t('meeting.cameraOff')} icon={<icons.CameraOff />} />}
          {person.audioMuted && <Mark label={t('meeting.muted')} icon={<icons.MicrophoneOff />} />}
          {host && (
            <button
              type="button"
              class="button icon-only person-more"
              aria-label={t('host.person', { name })}
              aria-expanded={open.value}
              aria-controls={id}
              onClick={() => {
                open.value = !open.value;
              }}
            >
              <icons.More />
            </button>
          )}
        </span>
      </div>
      {host && open.value && <PersonActions id={id} person={person} name={name} handUp={place > 0} host={host} />}
    </li>
  );
}

interface PersonActionsProps {
  id: string;
  person: PersonHere;
  name: string;
  handUp: boolean;
  host: HostOf;
}

function PersonActions({ id, person, name, handUp, host }: PersonActionsProps) {
  const { space, notices, visit } = host;
  const silence = () => {
    if (person.audioMuted) return;
    mute(space, person.key)
      .then(() => notices.say(t('host.mute.done', { name })))
      .catch((error) => notices.say(t('host.failed', { reason: reasonOf(error) })));
  };
  return (
    <div id={id} class="person-actions" role="group" aria-label={t('host.person', { name })} tabIndex={-1}>
      <button
        type="button"
        class="button small quiet"
        aria-label={t('host.mute.name', { name })}
        // Not `disabled`: whoever has just pressed it would lose the focus.
        aria-disabled={person.audioMuted}
        onClick={silence}
      >
        {t('host.mute')}
      </button>
      {handUp && <LowerHand name={name} onClick={() => visit.exchange.setHand(false, person.key)} />}
      <ConfirmButton
        label={t('host.remove')}
        name={t('host.remove.name', { name })}
        title={t('host.remove.title', { name })}
        text={t('host.remove.text')}
        action={() => remove(space, person.key)}
        onDone={() => undefined}
      />
    </div>
  );
}

function LowerHand({ name, onClick }: { name: string; onClick(): void }) {
  const element = useRef<HTMLButtonElement>(null);
  useFocusKept(element);
  return (
    <button ref={element} type="button" class="button small quiet" aria-label={t('host.lowerHand.name', { name })} onClick={onClick}>
      {t('host.lowerHand')}
    </button>
  );
}

function Mark({ label, icon }: { label: string; icon: ComponentChild }) {
  return (
    <span class="mark" role="img" aria-label={label} title={label}>
      {icon}
    </span>
  );
}
