// One visit to a meeting, from the press on "Join" to the last page. Wires its parts: `connection.ts` decides how it goes
// on and the entrance does it; what the server says goes to the scene, and what the devices do to the server.

import { computed, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Device } from '../api/generated/messages.ts';
import type { ApiError } from '../api/request.ts';
import type { ChannelName } from './channels.ts';
import { type Connection, type Event, START, step } from './connection.ts';
import type { Devices } from './devices.ts';
import { openEntrance } from './entrance.ts';
import { readSessionControl } from './inbox.ts';
import { openMediaState, tracksOf } from './mediaState.ts';
import type { Message } from './messages.ts';
import { watchNetwork } from './network.ts';
import type { News } from './news.ts';
import { openScene, type Scene } from './scene.ts';
import { openSound, type Sound } from './sound.ts';
import { openTakeover } from './takeover.ts';
import { openVisitor, type VisitorOptions } from './visitor.ts';

export interface Visit extends Scene {
  connection: ReadonlySignal<Connection>;
  /** What the server answered when it last refused. */
  refusal: ReadonlySignal<ApiError | null>;
  /** `participants/{p}/participantSessions/{s}` of every session that this page has had: their entries are ourselves. */
  ownSessions: ReadonlySignal<ReadonlySet<string>>;
  /** `participants/{p}` */
  ownKey: ReadonlySignal<string>;
  sound: Sound;
  /** Whoever only watched is here with camera and microphone from now on, in a new session of the same participant. */
  takePart(): void;
  /** Says whether one agrees to be recorded; what follows is told as everything is. */
  answerRecording(agrees: boolean): Promise<void>;
  leave(): void;
  /** The page goes away. */
  abandon(): void;
}

export interface VisitOptions extends VisitorOptions {
  device: Device;
  devices: Devices;
  onNews(news: News): void;
}

export function openVisit({ device: cameWith, devices, onNews, ...who }: VisitOptions): Visit {
  let present = cameWith;
  const device = () => present;
  const connection = signal<Connection>(START[0]);
  const visitor = openVisitor(who, device);
  const ownKey = computed(() => visitor.ourselves.value.participantKey);
  const ownSessions = computed(() => visitor.ourselves.value.sessions);
  const speaker = computed(() => devices.chosen.value.speaker);
  const sound = openSound(speaker, cameWith !== 'COMPANION');
  const entrance = openEntrance({
    device,
    visitor,
    tracks: () => untracked(() => tracksOf(devices)),
    happened,
    received,
    heard: sound.play,
    disconnected: () => scene.disconnected(),
  });
  const { peer, refusal } = entrance;
  const mediaState = openMediaState({ device, devices, connection, peer });
  const scene = openScene({ device: cameWith, devices, ownKey, peer, tellMediaState: mediaState.tell, onNews });
  const takeover = openTakeover({ roster: scene.roster, connection, ownKey, ownSessions }, () => happened({ kind: 'takenOver' }));

  function happened(event: Event): void {
    const before = connection.peek();
    const [next, effects] = step(before, event);
    connection.value = next;
    for (const effect of effects) entrance.perform(effect);
    if (next.phase === 'over' && before.phase !== 'over') finish();
  }

  function received(channel: ChannelName, message: Message): void {
    if (channel !== 'session-control') return scene.receive(channel, message);
    const event = readSessionControl(message);
    if (!event) return;
    if (event.kind === 'joined') visitor.joinedAs(event.session);
    // How long somebody waits at the door, others decide.
    if (event.kind !== 'disconnected') entrance.settle();
    happened(event);
    if (event.kind === 'joined') scene.joined();
  }

  function finish(): void {
    entrance.close();
    mediaState.close();
    takeover.close();
    scene.close();
    sound.close();
    stopWatching();
  }

  // Waiting out the pause would be silly, and so would be waiting until the silence of a dead path is noticed.
  const stopWatching = watchNetwork(() => {
    happened({ kind: 'pauseOver' });
    entrance.prove();
  });
  for (const effect of START[1]) entrance.perform(effect);

  const takePart = () => {
    present = 'FULL';
    takeover.mean();
    happened({ kind: 'renew' });
  };
  const leave = () => happened({ kind: 'leave' });
  const abandon = () => {
    if (connection.peek().phase !== 'over') visitor.leaveAtOnce();
  };
  const { answerRecording } = visitor;
  return { ...scene, connection, refusal, ownSessions, ownKey, sound, takePart, answerRecording, leave, abandon };
}
