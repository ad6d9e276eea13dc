// One visit to a meeting, from the press on "Join" to the last page: does what `connection.ts` decides, and keeps what the
// page shows (who is here, whose picture is on which line, who speaks) in signals.

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { ApiError } from '../api/call.ts';
import * as meetings from '../api/meetings.ts';
import { openAssigner } from './assigner.ts';
import type { Wanted } from './assignment.ts';
import { type Connection, type Effect, type Event, type Refusal, START, step } from './connection.ts';
import type { Devices } from './devices.ts';
import { type Exchange, openExchange } from './exchange.ts';
import {
  ARRIVAL_QUIET_MS,
  FAREWELL_MS,
  LOOK_INTERVAL_MS,
  OPENING_TIMEOUT_MS,
  SPEAKING_HOLD_MS,
  SPEAKING_LEVEL,
} from './limits.ts';
import type { MediaState, Message } from './messages.ts';
import { atFirst, lostRights, type Moderation, type Right, withModeration } from './moderation.ts';
import { switchOff } from './obedience.ts';
import { type ChannelName, openPeer, type Peer } from './peer.ts';
import { openPictures, type Picture } from './pictures.ts';
import { rememberResumeSecret, resumeSecret } from './preferences.ts';
import { newlyRaised } from './reactions.ts';
import { type Person, NOBODY, newcomers, type Roster, withEntries, withParticipants } from './roster.ts';
import { type Hearing, listen, SILENCE, type Source, speaking } from './speaker.ts';
import { openSound, type Sound } from './sound.ts';
import { watchPulse } from './watch.ts';

/** What happened, for whoever looks elsewhere. */
export type News =
  | { kind: 'joined' | 'left'; person: Person }
  | { kind: 'raisedHand'; participantKey: string }
  | { kind: 'mutedByHost' }
  /** A host took a right away, and what it had on was switched off. */
  | { kind: 'stopped'; what: Right }
  /** The meeting made us watch, whatever we came with. */
  | { kind: 'viewer' };

export interface Visit {
  /** With what we came; what we are now is `moderation`'s. */
  device: meetings.Device;
  connection: ReadonlySignal<Connection>;
  /** What the server answered when it last refused. */
  refusal: ReadonlySignal<ApiError | null>;
  roster: ReadonlySignal<Roster>;
  /** `participants/{p}/participantSessions/{s}` of every session that this page has had: their entries are ourselves. */
  ownSessions: ReadonlySignal<ReadonlySet<string>>;
  /** `participants/{p}` */
  ownKey: ReadonlySignal<string>;
  pictures: ReadonlySignal<ReadonlyMap<number, Picture>>;
  /** The audio sources that are heard now. */
  speaking: ReadonlySignal<ReadonlySet<number>>;
  /** When an audio source was last heard. */
  heardAt_ms(csrc: number): number;
  sound: Sound;
  moderation: ReadonlySignal<Moderation>;
  exchange: Exchange;
  /** The pictures that the page has room for, in order of importance. */
  want(wanted: readonly Wanted[]): void;
  leave(): void;
  /** The page goes away. */
  abandon(): void;
}

export interface VisitOptions {
  code: string;
  /** `null` for somebody who is signed in: the account's name is shown. */
  displayName: string | null;
  device: meetings.Device;
  devices: Devices;
  onNews(news: News): void;
}

export function openVisit({ code, displayName, device, devices, onNews }: VisitOptions): Visit {
  const connection = signal<Connection>(START[0]);
  const refusal = signal<ApiError | null>(null);
  const roster = signal<Roster>(NOBODY);
  const ownSessions = signal<ReadonlySet<string>>(new Set());
  const ownKey = signal('');
  const spoken = signal<ReadonlySet<number>>(new Set());
  const moderation = signal<Moderation>(atFirst(device));
  const pictures = openPictures();
  const sound = openSound(
    computed(() => devices.chosen.value.speaker),
    device !== 'COMPANION',
  );
  const assigner = openAssigner((body) => peer?.request('video-assignment', body));
  const exchange = openExchange((channel, body) => peer?.request(channel, body) ?? null);
  const mine = { device, ...(displayName === null ? {} : { displayName }) };

  let peer: Peer | null = null;
  let admission: meetings.Admission | null = null;
  /** Of the roster that is being built since the last connection; the page keeps the old one until this one has people. */
  let arriving: Roster = NOBODY;
  let joinedAt_ms = 0;
  let hearing: Hearing = SILENCE;
  let cancel = new AbortController();
  let timers: ReturnType<typeof setTimeout>[] = [];
  let stopWatching = () => {};

  function dispatch(event: Event): void {
    const before = connection.peek();
    const [next, effects] = step(before, event);
    connection.value = next;
    for (const effect of effects) perform(effect);
    if (next.phase === 'over' && before.phase !== 'over') finish();
  }

  const broken = () => dispatch({ kind: 'broken', reached: peer?.reached ?? false });

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'join':
      case 'resume':
        return void ask(effect.kind);
      case 'close':
        return disconnect();
      case 'pause':
        timers.push(setTimeout(() => dispatch({ kind: 'pauseOver' }), effect.pause_ms));
        return;
      case 'farewell':
        return farewell();
    }
  }

  async function ask(how: 'join' | 'resume'): Promise<void> {
    disconnect();
    const { signal: cancelled } = cancel;
    const opened = openPeer(device, tracks(), {
      message: (channel, message) => receive(channel, message),
      broken,
    });
    peer = opened;
    try {
      const offer = await opened.offer();
      const secret = admission?.resumeSecret ?? resumeSecret(code);
      const answered =
        how === 'resume' && admission
          ? await meetings.resume(
              code,
              { offer, conferenceRecord: admission.conferenceRecord, resumeSecret: admission.resumeSecret, ...mine },
              cancelled,
            )
          : await meetings.join(code, { offer, ...mine, ...(secret ? { resumeSecret: secret } : {}) }, cancelled);
      admit(answered);
      if (cancelled.aborted) return meetings.leaveAtOnce(code, sessionOf(answered));
      dispatch({ kind: 'answered', waiting: answered.waiting ?? false });
      timers.push(setTimeout(broken, OPENING_TIMEOUT_MS));
      await opened.answer(answered.answer);
      sound.play(opened.audio);
    } catch (error) {
      if (cancelled.aborted) return;
      // Not the server's refusal but our browser's: an answer it cannot read.
      if (!(error instanceof ApiError)) return broken();
      refusal.value = error;
      opened.close();
      dispatch({ kind: 'refused', refusal: refusalOf(error) });
    }
  }

  function admit(answered: meetings.Admission): void {
    admission = answered;
    rememberResumeSecret(code, answered.resumeSecret);
    sessionIs(answered.participantSession);
  }

  function sessionIs(fullName: string): void {
    const own = fullName.replace(/^conferenceRecords\/[^/]+\//, '');
    ownSessions.value = new Set([...ownSessions.peek(), own]);
    ownKey.value = own.replace(/\/participantSessions\/.*$/, '');
  }

  function receive(channel: ChannelName, message: Message): void {
    switch (channel) {
      case 'session-control': {
        const status = message.resources?.[0]?.sessionStatus;
        if (status?.connectionState === 'STATE_JOINED') joined(status.participantSession);
        if (status?.connectionState === 'STATE_WAITING') {
          // Others decide how long this takes.
          settled();
          dispatch({ kind: 'waiting' });
        }
        if (status?.connectionState === 'STATE_DISCONNECTED')
          dispatch({ kind: 'disconnected', reason: status.disconnectReason, detail: status.detail });
        return;
      }
      case 'participants':
        return arrive(withParticipants(arriving, message));
      case 'media-entries':
        return arrive(withEntries(arriving, message));
      case 'video-assignment': {
        if (message.response?.status?.code) assigner.refused();
        for (const { videoAssignment } of message.resources ?? [])
          if (videoAssignment && peer) pictures.assigned(peer, videoAssignment);
        return;
      }
      case 'chat':
        return exchange.receive(channel, message, ownKey.peek());
      case 'reactions': {
        const before = exchange.hands.peek();
        exchange.receive(channel, message, ownKey.peek());
        if (hasSettled())
          for (const participantKey of newlyRaised(before, exchange.hands.peek()))
            if (participantKey !== ownKey.peek()) onNews({ kind: 'raisedHand', participantKey });
        return;
      }
      case 'moderation':
        if (message.resources?.some(({ muted }) => muted)) muted();
        return obey(withModeration(moderation.peek(), message));
      case 'media-stats':
        return;
    }
  }

  function obey(next: Moderation): void {
    const before = moderation.peek();
    moderation.value = next;
    const stopped = switchOff(devices, lostRights(before, next));
    if (next.role === 'VIEWER' && before.role !== 'VIEWER') onNews({ kind: 'viewer' });
    else for (const what of stopped) onNews({ kind: 'stopped', what });
  }

  /** The server drops our sound until it hears that our microphone is off, even if it was off before. */
  function muted(): void {
    const wasOn = devices.microphone.peek().on;
    void devices.setMicrophone(false);
    tell();
    if (wasOn) onNews({ kind: 'mutedByHost' });
  }

  /** The connection is there: from now on its silence counts. */
  function settled(): void {
    clearTimers();
    stopWatching();
    if (peer) stopWatching = watchPulse(peer.connection, broken);
  }

  function joined(session: string | undefined): void {
    if (!peer) return;
    if (session && admission) {
      admission = {
        ...admission,
        participantSession: session,
        conferenceRecord: session.replace(/\/participants\/.*$/, ''),
      };
      sessionIs(session);
    }
    settled();
    joinedAt_ms = performance.now();
    dispatch({ kind: 'joined' });
    assigner.restart();
  }

  /** What is told in the first moment was so before we came, and is no news. */
  function hasSettled(): boolean {
    return performance.now() - joinedAt_ms > ARRIVAL_QUIET_MS;
  }

  function arrive(next: Roster): void {
    if (hasSettled()) {
      for (const person of newcomers(arriving, next)) onNews({ kind: 'joined', person });
      for (const person of newcomers(next, arriving)) onNews({ kind: 'left', person });
    }
    arriving = next;
    roster.value = next;
  }

  function tracks() {
    return {
      microphone: devices.microphone.peek().track,
      camera: devices.camera.peek().track,
      screen: devices.screen.peek(),
    };
  }

  function disconnect(): void {
    clearTimers();
    cancel.abort();
    cancel = new AbortController();
    stopWatching();
    peer?.close();
    peer = null;
    arriving = NOBODY;
    joinedAt_ms = Number.POSITIVE_INFINITY;
    hearing = SILENCE;
    pictures.clear();
    assigner.stop();
    exchange.restart();
    spoken.value = new Set();
  }

  function clearTimers(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  }

  /** By both ways: the channel is the faster one, the request the surer one. */
  function farewell(): void {
    const leaving = peer;
    peer = null;
    leaving?.request('session-control', { leave: {} });
    if (admission) meetings.leave(code, sessionOf(admission)).catch(() => undefined);
    setTimeout(() => leaving?.close(), FAREWELL_MS);
  }

  function finish(): void {
    disconnect();
    cancel.abort();
    clearInterval(looking);
    stopSending();
    stopTelling();
    exchange.close();
    sound.close();
    window.removeEventListener('online', hurry);
  }

  // The network is back: waiting out the pause would be silly.
  const hurry = () => dispatch({ kind: 'pauseOver' });
  window.addEventListener('online', hurry);

  const looking = setInterval(() => {
    if (!peer) return;
    pictures.look(peer, roster.peek());
    hearing = listen(hearing, sourcesOf(peer), performance.now(), SPEAKING_LEVEL);
    const now = speaking(hearing, performance.now(), SPEAKING_HOLD_MS);
    if (now.size !== spoken.peek().size || [...now].some((csrc) => !spoken.peek().has(csrc))) spoken.value = now;
  }, LOOK_INTERVAL_MS);

  const stopSending = effect(() => {
    const next = {
      microphone: devices.microphone.value.track,
      camera: devices.camera.value.track,
      screen: devices.screen.value,
    };
    peer?.send(next);
  });

  // Each by itself, so that a new track in the same state is no news.
  const audioMuted = computed(() => !devices.microphone.value.on);
  const videoMuted = computed(() => !devices.camera.value.on);
  const screenshare = computed(() => devices.screen.value !== null);
  const tell = () => {
    const setMediaState: MediaState = {
      audioMuted: audioMuted.value,
      videoMuted: videoMuted.value,
      screenshare: screenshare.value,
    };
    // A viewer has no line to tell anything about.
    if (connection.value.phase === 'connected' && device !== 'VIEWER') peer?.request('media-entries', { setMediaState });
  };
  const stopTelling = effect(tell);

  for (const effect of START[1]) perform(effect);

  return {
    device,
    connection,
    refusal,
    roster,
    ownSessions,
    ownKey,
    pictures: pictures.seen,
    speaking: spoken,
    heardAt_ms: (csrc) => hearing.heardAt_ms.get(csrc) ?? 0,
    sound,
    moderation,
    exchange,
    want: assigner.want,
    leave: () => dispatch({ kind: 'leave' }),
    abandon() {
      if (connection.peek().phase !== 'over' && admission) meetings.leaveAtOnce(code, sessionOf(admission));
    },
  };
}

function sessionOf({ participantSession, resumeSecret }: meetings.Admission): meetings.LeaveRequest {
  return { participantSession, resumeSecret };
}

function refusalOf(error: ApiError): Refusal {
  if (error.reason === 'CONFERENCE_OVER') return 'conferenceOver';
  if (error.reason === 'REMOVED') return 'removed';
  return error.mayPass ? 'again' : 'final';
}

function sourcesOf(peer: Peer): Source[] {
  return peer.audio.flatMap((receiver, line) =>
    receiver
      .getContributingSources()
      .map(({ source, timestamp, audioLevel }) => ({ line, csrc: source, timestamp, level: audioLevel })),
  );
}
