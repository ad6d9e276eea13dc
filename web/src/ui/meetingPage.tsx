// The page of a meeting, `/{meetingCode}`: look whether it exists, get ready, wait at its door, be in it, have left it.

import { type ReadonlySignal, type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Device } from '../api/generated/messages.ts';
import type { Meeting } from '../api/meetings.ts';
import { isKnocking } from '../meeting/connection.ts';
import type { WantedDevices } from '../meeting/deviceList.ts';
import { type Devices, openDevices } from '../meeting/devices.ts';
import { markOf, type Named } from '../meeting/named.ts';
import { rememberLetIn, rememberSwitchedDevices, switchedDevices } from '../meeting/preferences.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';
import { account } from './account.ts';
import { useLook } from './look.ts';
import { fetchVisit, Left, Lobby, MeetingView } from './meetingRoom.tsx';
import { newsText } from './newsText.ts';
import { type Notices, openNotices } from './notices.tsx';
import { PreJoin, type Problem } from './preJoin.tsx';
import { isAboutName, refusalText } from './refusalText.ts';
import { PlainPage } from './shell.tsx';
import './styles/controls.css';
import './styles/preJoin.css';

export function MeetingPage({ code }: { code: string }) {
  const device = useSignal<Device>('FULL');
  const visit = useSignal<Visit | null>(null);
  const phase = useComputed(() => visit.value?.connection.value.phase ?? 'before').value;
  const look = useLook(code, phase === 'before' || phase === 'waiting');
  const devices = useDevices(code, look.kind === 'found', device.value, visit);

  switch (look.kind) {
    case 'looking':
      return <PlainPage busy title={t('app.loading')} text="" />;
    case 'unknown':
      return (
        <PlainPage title={t('meeting.unknown.title')} text={t('meeting.unknown.text', { code })}>
          <a class="button primary" href="/">
            {t('left.home')}
          </a>
        </PlainPage>
      );
    case 'unreachable':
      return <PlainPage busy title={t('meeting.unreachable.title')} text={t('meeting.unreachable.text')} />;
    case 'found':
      return <FoundMeeting code={code} meeting={look.meeting} device={device} devices={devices} visit={visit} />;
  }
}

/**
 * The devices are asked for when there is something to join, and given back with the meeting. Whoever chooses to be there
 * with another device begins anew.
 */
function useDevices(
  code: string,
  found: boolean,
  device: Device,
  visit: Signal<Visit | null>,
): Signal<Devices | null> {
  const devices = useSignal<Devices | null>(null);
  useEffect(() => {
    if (found) devices.value = openDevicesFor(code, device);
    return () => {
      visit.peek()?.leave();
      devices.peek()?.close();
    };
  }, [found, device]);
  return devices;
}

/** As they were here before. Neither a companion nor a viewer is seen or heard: their devices are not even asked for. */
function openDevicesFor(code: string, device: Device): Devices {
  const none: WantedDevices = { microphone: false, camera: false };
  const wanted = device === 'FULL' ? switchedDevices(code) : none;
  return openDevices(wanted, undefined, (switched) => rememberSwitchedDevices(code, switched));
}

interface FoundMeetingProps {
  code: string;
  meeting: Meeting;
  device: Signal<Device>;
  devices: Signal<Devices | null>;
  visit: Signal<Visit | null>;
}

function FoundMeeting({ meeting, ...props }: FoundMeetingProps) {
  const { device, devices, visit } = props;
  const notices = useSignal(openNotices()).value;
  const { own, problem, fetching, join, rejoin } = useJoining({ ...props, meeting, notices });
  const asking = useComputed(() => visit.value?.connection.value.phase === 'joining');
  const agrees = useSignal(false);
  const joining = useComputed(() => fetching.value || asking.value);
  if (!devices.value) return <PlainPage busy title={t('app.loading')} text="" />;
  if (!visit.value || asking.value) {
    return (
      <PreJoin
        meeting={meeting}
        devices={devices.value}
        device={device.value}
        joining={joining}
        problem={problem}
        agrees={agrees}
        onChoose={(chosen) => {
          device.value = chosen;
        }}
        onJoin={join}
      />
    );
  }
  const connection = visit.value.connection.value;
  if (connection.phase === 'over') return <Left end={connection.end} onRejoin={rejoin} />;
  const inside = { meeting, visit: visit.value, devices: devices.value, own, agrees };
  if (isKnocking(connection)) return <Lobby {...inside} device={device.value} />;
  return <MeetingView {...inside} notices={notices} />;
}

interface JoiningOptions extends FoundMeetingProps {
  notices: Notices;
}

interface Joining {
  own: Named;
  /** Why one was not let in; `null` if nothing was wrong. */
  problem: ReadonlySignal<Problem | null>;
  /** What makes a meeting is still on its way. */
  fetching: ReadonlySignal<boolean>;
  /** `null`: with the account's name. */
  join(displayName: string | null): Promise<void>;
  /** As before. */
  rejoin(): Promise<void>;
}

/** Opens a visit, and does what is left to do when it is over. */
function useJoining({ code, meeting, device, devices, visit, notices }: JoiningOptions): Joining {
  const name = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(null);
  const fetching = useSignal(false);
  const gone = useRef(false);

  useEffect(() => {
    const abandon = () => visit.peek()?.abandon();
    addEventListener('pagehide', abandon);
    return () => {
      gone.current = true;
      removeEventListener('pagehide', abandon);
    };
  }, []);

  useSignalEffect(() => {
    const connection = visit.value?.connection.value;
    if (connection?.phase !== 'over') return;
    // Who left may come back as they were, and so may who was lost.
    if (!['left', 'moved', 'failed'].includes(connection.end)) rememberLetIn(code, false);
    if (connection.end === 'refused') {
      const refusal = visit.peek()?.refusal.peek() ?? null;
      problem.value = { text: refusalText(refusal), ofName: isAboutName(refusal) };
      visit.value = null;
    } else if (connection.end === 'withdrawn') {
      visit.value = null;
    } else {
      devices.peek()?.close();
    }
  });

  const join = async (displayName: string | null) => {
    const using = devices.peek();
    if (!using) return;
    problem.value = null;
    name.value = displayName;
    fetching.value = true;
    const program = await fetchVisit().catch(() => null);
    fetching.value = false;
    if (gone.current || devices.peek() !== using) return;
    if (!program) {
      problem.value = { text: t('app.notFetched.text'), ofName: false };
      return;
    }
    const opened = program.openVisit({
      code,
      displayName,
      iceServers: meeting.iceServers ?? [],
      device: device.peek(),
      devices: using,
      onNews: (news) => notices.say(newsText(news, opened)),
    });
    visit.value = opened;
  };
  const rejoin = () => {
    devices.value = openDevicesFor(code, device.peek());
    return join(name.peek());
  };
  const who = account.value;
  const accountName = who.kind === 'user' ? who.user.displayName : '';
  const own = { name: name.value ?? accountName, mark: markOf(name.value === null) };
  return { own, problem, fetching, join, rejoin };
}
