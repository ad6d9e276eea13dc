// One visit to a meeting, from the press on "Join" to the last page: does what `connection.ts` decides, and keeps what the
// page shows (who is here, whose picture is on which line, who speaks) in signals.

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { ApiError } from '../api/call.ts';
import * as meetings from '../api/meetings.ts';
import { openAssigner } from './assigner.ts';
import type { Wanted } from './assignment.ts';
import { type Connection, type Effect, type Event, START, step } from './connection.ts';
import type { Devices } from './devices.ts';
import {
  ARRIVAL_QUIET_MS,
  FAREWELL_MS,
  LOOK_INTERVAL_MS,
  OPENING_TIMEOUT_MS,
  SPEAKING_HOLD_MS,
  SPEAKING_LEVEL,
} from './limits.ts';
import type { MediaState, Message } from './messages.ts';
import { type ChannelName, openPeer, type Peer } from './peer.ts';
import { openPictures, type Picture } from './pictures.ts';
import { rememberResumeSecret, resumeSecret } from './preferences.ts';
import { type Person, NOBODY, newcomers, type Roster, withEntries, withParticipants } from './roster.ts';
import { type Hearing, listen, SILENCE, type Source, speaking } from './speaker.ts';
import { openSound, type Sound } from './sound.ts';
import { watchPulse } from './watch.ts';

export interface Visit {
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
  devices: Devices;
  onNews(news: { kind: 'joined' | 'left'; person: Person }): void;
}

export function openVisit({ code, displayName, devices, onNews }: VisitOptions): Visit {
  const connection = signal<Connection>(START[0]);
  const refusal = signal<ApiError | null>(null);
  const roster = signal<Roster>(NOBODY);
  const ownSessions = signal<ReadonlySet<string>>(new Set());
  const ownKey = signal('');
  const spoken = signal<ReadonlySet<number>>(new Set());
  const pictures = openPictures();
  const sound = openSound(computed(() => devices.chosen.value.speaker));
  const assigner = openAssigner((body) => peer?.request('video-assignment', body));
  const named = displayName === null ? {} : { displayName };

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
    const mine = openPeer(tracks(), {
      message: (channel, message) => receive(channel, message),
      broken,
    });
    peer = mine;
    try {
      const offer = await mine.offer();
      const secret = admission?.resumeSecret ?? resumeSecret(code);
      const answered =
        how === 'resume' && admission
          ? await meetings.resume(
              code,
              { offer, conferenceRecord: admission.conferenceRecord, resumeSecret: admission.resumeSecret, ...named },
              cancelled,
            )
          : await meetings.join(code, { offer, ...named, ...(secret ? { resumeSecret: secret } : {}) }, cancelled);
      admit(answered);
      if (cancelled.aborted) return meetings.leaveAtOnce(code, answered);
      dispatch({ kind: 'answered' });
      timers.push(setTimeout(broken, OPENING_TIMEOUT_MS));
      await mine.answer(answered.answer);
      sound.play(mine.audio);
    } catch (error) {
      if (cancelled.aborted) return;
      // Not the server's refusal but our browser's: an answer it cannot read.
      if (!(error instanceof ApiError)) return broken();
      refusal.value = error;
      mine.close();
      dispatch({ kind: 'refused', refusal: refusalOf(error) });
    }
  }

  function admit(answered: meetings.Admission): void {
    admission = answered;
    rememberResumeSecret(code, answered.resumeSecret);
    const own = answered.participantSession.replace(/^conferenceRecords\/[^/]+\//, '');
    ownSessions.value = new Set([...ownSessions.peek(), own]);
    ownKey.value = own.replace(/\/participantSessions\/.*$/, '');
  }

  function receive(channel: ChannelName, message: Message): void {
    switch (channel) {
      case 'session-control': {
        const status = message.resources?.[0]?.sessionStatus;
        if (status?.connectionState === 'STATE_JOINED') joined();
        if (status?.connectionState === 'STATE_WAITING') {
          // Others decide how long this takes.
          clearTimers();
          dispatch({ kind: 'waiting' });
        }
        if (status?.connectionState === 'STATE_DISCONNECTED')
          dispatch({ kind: 'disconnected', reason: status.disconnectReason });
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
      case 'media-stats':
        return;
    }
  }

  function joined(): void {
    if (!peer) return;
    const mine = peer;
    clearTimers();
    joinedAt_ms = performance.now();
    stopWatching();
    stopWatching = watchPulse(mine.connection, broken);
    dispatch({ kind: 'joined' });
    assigner.restart();
  }

  function arrive(next: Roster): void {
    if (performance.now() - joinedAt_ms > ARRIVAL_QUIET_MS) {
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
  const stopTelling = effect(() => {
    const setMediaState: MediaState = {
      audioMuted: audioMuted.value,
      videoMuted: videoMuted.value,
      screenshare: screenshare.value,
    };
    if (connection.value.phase === 'connected') peer?.request('media-entries', { setMediaState });
  });

  for (const effect of START[1]) perform(effect);

  return {
    connection,
    refusal,
    roster,
    ownSessions,
    ownKey,
    pictures: pictures.seen,
    speaking: spoken,
    heardAt_ms: (csrc) => hearing.heardAt_ms.get(csrc) ?? 0,
    sound,
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

function refusalOf(error: ApiError): 'conferenceOver' | 'final' | 'again' {
  if (error.reason === 'CONFERENCE_OVER') return 'conferenceOver';
  return error.mayPass ? 'again' : 'final';
}

function sourcesOf(peer: Peer): Source[] {
  return peer.audio.flatMap((receiver, line) =>
    receiver
      .getContributingSources()
      .map(({ source, timestamp, audioLevel }) => ({ line, csrc: source, timestamp, level: audioLevel })),
  );
}
