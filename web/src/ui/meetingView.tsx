// In the meeting: the stage, the bar of buttons, and what lies beside them.

import { type ReadonlySignal, type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Meeting } from '../api/meetings.ts';
import type { Connection } from '../meeting/connection.ts';
import type { Capture } from '../meeting/capture.ts';
import type { Devices } from '../meeting/devices.ts';
import { CHAT_PREVIEW_CHARACTERS } from '../meeting/limits.ts';
import { isHost } from '../meeting/moderation.ts';
import type { Named } from '../meeting/named.ts';
import { peopleOf } from '../meeting/tiles.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { Bar } from './bar.tsx';
import { Chat } from './chat.tsx';
import { useFocusKept } from './focus.ts';
import { HostControls } from './hostControls.tsx';
import * as icons from './icons.tsx';
import { Alone } from './invite.tsx';
import { KnockNotice } from './knocks.tsx';
import { Logo } from './logo.tsx';
import { nameText } from './name.tsx';
import { useClosedByBack } from './navigation.ts';
import { NoticeList, type Notices } from './notices.tsx';
import type { PanelName } from './panel.tsx';
import { People } from './people.tsx';
import { RecordingBanner } from './record.tsx';
import { AskRecording, OwnConsent } from './recordingConsent.tsx';
import { useTitle } from './shell.tsx';
import { Stage } from './stage.tsx';
import './styles/meeting.css';
import './styles/panels.css';

/** Where a panel lies over the stage, as in panels.css. */
const PANEL_OVER = '(max-width: 40rem)';

export interface MeetingViewProps {
  meeting: Meeting;
  visit: Visit;
  devices: Devices;
  own: Named;
  notices: Notices;
  /** They have agreed, before they came in, to be recorded. */
  agrees: Signal<boolean>;
}

export { Left } from './left.tsx';

export function MeetingView(props: MeetingViewProps) {
  const { meeting, visit, devices, own, notices, agrees } = props;
  useTitle(t('meeting.title', { code: meeting.meetingCode }));
  const panel = useSignal<PanelName | null>(null);
  const wasLost = useRef(false);
  const root = useRef<HTMLElement>(null);
  const { phase } = visit.connection.value;
  const { device } = visit.moderation.value;
  const hosting = isHost(visit.moderation.value);

  // The button that had the focus is gone; the next Tab begins here.
  useEffect(() => root.current?.focus({ preventScroll: true }), []);

  useSignalEffect(() => {
    const now = visit.connection.value.phase;
    if (now === 'connected' && wasLost.current) notices.say(t('connection.back'));
    if (now === 'lost' || now === 'connected') wasLost.current = now === 'lost';
  });

  useDeviceNotice('microphone', devices.microphone, notices.say);
  useDeviceNotice('camera', devices.camera, notices.say);
  useChatNotice(visit, notices);

  // The button that opened it; on a small screen some have none, and the next Tab begins at the top.
  const closePanel = () => {
    const opener = root.current?.querySelector<HTMLElement>(`[data-opens="${panel.peek()}"]`);
    panel.value = null;
    (opener?.checkVisibility() ? opener : root.current)?.focus();
  };
  useClosedByBack(panel.value !== null && matchMedia(PANEL_OVER).matches, closePanel);
  // Whoever is no host any more loses the hosts' switches.
  useEffect(() => {
    if (!hosting && panel.peek() === 'host') closePanel();
  }, [hosting]);
  const count = peopleOf(visit.roster.value, visit.ownSessions.value, visit.ownKey.value).length + 1;

  return (
    <main ref={root} class="meeting" tabIndex={-1} data-connection-state={phase} data-device={device}>
      <header class="meeting-header">
        <Logo />
        <h1 class="code">{meeting.meetingCode}</h1>
        {device !== 'FULL' && <p class="device-kind">{t(`meeting.device.${device}`)}</p>}
        <RecordingBanner state={visit.moderation.value.recording} />
        <OwnConsent visit={visit} />
        <ConnectionState connection={visit.connection.value} />
      </header>
      <div class="meeting-middle">
        <Stage
          visit={visit}
          devices={devices}
          own={own}
          onMore={() => {
            panel.value = 'people';
          }}
          alone={phase === 'connected' && <Alone link={meeting.meetingUri} dialIn={meeting.dialIn} />}
        />
        <Beside {...props} panel={panel} hosting={hosting} onClose={closePanel} />
        <News {...props} panel={panel} hosting={hosting} />
      </div>
      <AskRecording visit={visit} agrees={agrees} />
      {visit.sound.blocked.value && <Unblock visit={visit} />}
      <Bar visit={visit} space={meeting.space} devices={devices} notices={notices} panel={panel} count={count} />
    </main>
  );
}

interface BesideProps extends MeetingViewProps {
  panel: Signal<PanelName | null>;
  hosting: boolean;
  onClose(): void;
}

/** What lies beside the stage, or above it for a moment. */
function Beside({ meeting, visit, devices, own, notices, panel, hosting, onClose }: BesideProps) {
  const { space, meetingUri, dialIn } = meeting;
  const show = (name: PanelName) => () => {
    panel.value = name;
  };
  return (
    <>
      {panel.value === 'people' && (
        <People
          visit={visit}
          devices={devices}
          own={own}
          space={space}
          link={meetingUri}
          dialIn={dialIn}
          notices={notices}
          onHostControls={show('host')}
          onClose={onClose}
        />
      )}
      {panel.value === 'chat' && <Chat visit={visit} own={own} onClose={onClose} />}
      {panel.value === 'host' && hosting && (
        <HostControls visit={visit} space={space} notices={notices} onClose={onClose} />
      )}
    </>
  );
}

/** Who is at the door, and words that come and go. */
function News({ meeting, visit, notices, panel, hosting }: Omit<BesideProps, 'onClose'>) {
  const knocks = useComputed(() => visit.moderation.value.knocks);
  const show = () => {
    panel.value = 'people';
  };
  return (
    <div class="news">
      {hosting && panel.value !== 'people' && (
        <KnockNotice space={meeting.space} knocks={knocks} notices={notices} onShow={show} />
      )}
      <NoticeList notices={notices} />
    </div>
  );
}

/** A word of each message that arrives while the conversation is closed. */
function useChatNotice(visit: Visit, notices: Notices): void {
  const known = useRef(visit.exchange.conversation.peek().nextId);
  useSignalEffect(() => {
    const { messages, nextId } = visit.exchange.conversation.value;
    const fresh = messages.filter(({ id }) => id >= known.current);
    known.current = nextId;
    if (visit.exchange.looking.peek()) return;
    for (const message of fresh) {
      if (message.participantKey === visit.ownKey.peek()) continue;
      notices.say(t('chat.news', { name: nameText(message), text: beginningOf(message.text) }));
    }
  });
}

function beginningOf(text: string): string {
  const characters = [...text];
  return characters.length <= CHAT_PREVIEW_CHARACTERS
    ? text
    : `${characters.slice(0, CHAT_PREVIEW_CHARACTERS).join('')}…`;
}

/** Says why a device did not start, each time that it does not, and which one took the place of another; what was so before
 * joining was said there. */
function useDeviceNotice(kind: 'microphone' | 'camera', source: ReadonlySignal<Capture>, say: (text: string) => void): void {
  const before = useRef(source.peek());
  useSignalEffect(() => {
    const { problem, starting, instead, track } = source.value;
    if (problem && !starting && source.value !== before.current) say(t(`devices.${kind}.${problem}`));
    if (instead !== null && track !== before.current.track) say(t(`devices.${kind}.instead`, { device: instead }));
    before.current = source.value;
  });
}

function ConnectionState({ connection }: { connection: Connection }) {
  const { phase } = connection;
  if (phase === 'over') return null;
  const shown = phase === 'lost' && connection.restarting ? 'restarting' : phase;
  return (
    <p class="connection" data-phase={phase} role="status">
      <i aria-hidden="true" />
      <span>{t(`connection.${shown}`)}</span>
    </p>
  );
}

function Unblock({ visit }: { visit: Visit }) {
  const element = useRef<HTMLDivElement>(null);
  useFocusKept(element);
  return (
    <div ref={element} class="unblock card" role="alert">
      <p>{t('meeting.hear.text')}</p>
      <button type="button" class="button primary" onClick={() => visit.sound.unblock()}>
        <icons.Speaker />
        {t('meeting.hear')}
      </button>
    </div>
  );
}
