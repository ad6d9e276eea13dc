// The page of a meeting, `/{meetingCode}`: look whether it exists, get ready, wait at its door, be in it, have left it.

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../api/call.ts';
import { type Device, type Meeting, preview } from '../api/meetings.ts';
import { isKnocking } from '../meeting/connection.ts';
import { type Devices, openDevices } from '../meeting/devices.ts';
import type { News } from '../meeting/news.ts';
import { nameOf } from '../meeting/roster.ts';
import { openVisit, type Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';
import { account } from './account.ts';
import { Left } from './left.tsx';
import { Lobby } from './lobby.tsx';
import { MeetingView } from './meetingView.tsx';
import { openNotices } from './notices.tsx';
import { PreJoin } from './preJoin.tsx';
import { PlainPage } from './shell.tsx';

type Look = { kind: 'looking' } | { kind: 'unknown' } | { kind: 'unreachable' } | { kind: 'found'; meeting: Meeting };

/** How often a page that waits for the server asks, and how often the number of people is fetched. */
const LOOK_AGAIN_MS = 3_000;

export function MeetingPage({ code }: { code: string }) {
  const look = useSignal<Look>({ kind: 'looking' });
  const device = useSignal<Device>('FULL');
  const devices = useSignal<Devices | null>(null);
  const visit = useSignal<Visit | null>(null);
  const notices = useSignal(openNotices()).value;
  /** `null`: the account's name. */
  const name = useSignal<string | null>(null);

  const phase = useComputed(() => visit.value?.connection.value.phase ?? 'before').value;
  const before = phase === 'before' || phase === 'joining';

  useEffect(() => {
    if (phase !== 'before') return;
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const ask = async () => {
      const next = await lookAt(code);
      if (gone) return;
      // Somebody is filling in the form: a server that is away for a moment must not take it from them.
      if (next.kind === 'found' || look.peek().kind !== 'found') look.value = next;
      if (next.kind !== 'unknown') timer = setTimeout(ask, LOOK_AGAIN_MS);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [code, phase]);

  // The devices are asked for when there is something to join, and given back with the meeting.
  const found = look.value.kind === 'found';
  useEffect(() => {
    if (found) devices.value = openDevices(neededBy(device.value));
    return () => {
      visit.peek()?.leave();
      devices.peek()?.close();
    };
  }, [found, device.value]);

  useEffect(() => {
    const abandon = () => visit.peek()?.abandon();
    addEventListener('pagehide', abandon);
    return () => removeEventListener('pagehide', abandon);
  }, []);

  const problem = useSignal('');
  useSignalEffect(() => {
    const connection = visit.value?.connection.value;
    if (connection?.phase !== 'over') return;
    if (connection.end === 'refused') {
      problem.value = refusalText(visit.peek()?.refusal.peek() ?? null);
      visit.value = null;
    } else if (connection.end === 'withdrawn') {
      visit.value = null;
    } else {
      devices.peek()?.close();
    }
  });

  const join = (displayName: string | null) => {
    const using = devices.peek();
    if (!using) return;
    problem.value = '';
    name.value = displayName;
    const opened = openVisit({
      code,
      displayName,
      device: device.peek(),
      devices: using,
      onNews: (news) => notices.say(newsText(news, opened)),
    });
    visit.value = opened;
  };

  const rejoin = () => {
    devices.value = openDevices(neededBy(device.peek()));
    join(name.peek());
  };

  const joining = useComputed(() => visit.value?.connection.value.phase === 'joining');
  const who = account.value;
  const accountName = who.kind === 'user' ? who.user.displayName : '';
  const state = look.value;

  switch (state.kind) {
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
    case 'found': {
      const using = devices.value;
      if (!using) return <PlainPage busy title={t('app.loading')} text="" />;
      if (before || !visit.value) {
        return (
          <PreJoin
            meeting={state.meeting}
            devices={using}
            device={device.value}
            joining={joining}
            problem={problem}
            onChoose={(chosen) => {
              device.value = chosen;
            }}
            onJoin={join}
          />
        );
      }
      const connection = visit.value.connection.value;
      if (connection.phase === 'over') return <Left end={connection.end} onRejoin={rejoin} />;
      const shown = {
        meeting: state.meeting,
        visit: visit.value,
        devices: using,
        ownName: name.value ?? accountName,
      };
      if (isKnocking(connection)) return <Lobby {...shown} device={device.value} />;
      return <MeetingView {...shown} notices={notices} />;
    }
  }
}

/** Neither a companion nor a viewer is seen or heard: their devices are not even asked for. */
function neededBy(device: Device): { microphone: boolean; camera: boolean } {
  return { microphone: device === 'FULL', camera: device === 'FULL' };
}

function newsText(news: News, visit: Visit): string {
  switch (news.kind) {
    case 'joined':
    case 'left':
      return t(`news.${news.kind}`, { name: news.person.name || t('meeting.nameless') });
    case 'raisedHand':
      return t('news.raisedHand', { name: nameOf(visit.roster.peek(), news.participantKey) || t('meeting.nameless') });
    case 'stopped':
      return t(`obstacle.hostsOnly.${news.what}`);
    case 'mutedByHost':
    case 'viewer':
      return t(`news.${news.kind}`);
  }
}

async function lookAt(code: string): Promise<Look> {
  try {
    return { kind: 'found', meeting: await preview(code) };
  } catch (error) {
    return { kind: error instanceof ApiError && error.mayPass ? 'unreachable' : 'unknown' };
  }
}

function refusalText(error: ApiError | null): string {
  switch (error?.reason) {
    case 'CONFERENCE_FULL':
      return t('error.full');
    case 'NAME_REQUIRED':
      return t('error.name');
    case 'NAME_NOT_ALLOWED':
      return t('error.nameNotAllowed');
    case 'NAME_TOO_LONG':
      return t('error.nameTooLong');
    case 'INVALID_OFFER':
      return t('error.offer', { reason: error.message });
    case 'LOBBY_FULL':
      return t('error.lobbyFull');
    case 'SIGN_IN_REQUIRED':
      return t('preJoin.device.COMPANION.guest');
    case 'ENTRY_POINT_NOT_ALLOWED':
      return t('preJoin.refused');
  }
  if (!error || error.status === 'UNREACHABLE') return t('error.unreachable');
  if (error.status === 'PERMISSION_DENIED' || error.status === 'UNAUTHENTICATED') return t('error.notAllowed');
  return error.message;
}
