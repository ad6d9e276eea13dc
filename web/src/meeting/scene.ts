// What the page shows of a meeting (who is here, whose picture is on which line, who speaks, what one may do), kept in
// signals as the server tells it. `inbox.ts` reads; this applies what it read, and says what is news.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Device } from '../api/generated/messages.ts';
import { openArrivals } from './arrivals.ts';
import { openAssigner } from './assigner.ts';
import type { Wanted } from './assignment.ts';
import type { ChannelName } from './channels.ts';
import type { Devices } from './devices.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { openHearing } from './hearing.ts';
import { openHolding } from './holding.ts';
import { readScene, type SceneEvent } from './inbox.ts';
import type { Message } from './messages.ts';
import { atFirst, type Moderation } from './moderation.ts';
import { type News, newsOfHands } from './news.ts';
import { obey, silence } from './obedience.ts';
import type { Peer } from './peer.ts';
import { openPictures, type Picture } from './pictures.ts';
import type { Roster } from './roster.ts';
import { watchSight } from './sight.ts';

export interface Scene {
  roster: ReadonlySignal<Roster>;
  pictures: ReadonlySignal<ReadonlyMap<number, Picture>>;
  /** The media entries that we would see if our network carried more. */
  heldBack: ReadonlySignal<ReadonlySet<number>>;
  /** The audio sources that are heard now. */
  speaking: ReadonlySignal<ReadonlySet<number>>;
  /** When an audio source was last heard. */
  heardAt_ms(csrc: number): number;
  moderation: ReadonlySignal<Moderation>;
  exchange: Exchange;
  /** The pictures that the page has room for, in order of importance. */
  want(wanted: readonly Wanted[]): void;
}

export interface SceneShell extends Scene {
  receive(channel: ChannelName, message: Message): void;
  /** We are in. */
  joined(): void;
  /** The connection is gone. What it told stays on the screen until the next one tells something else. */
  disconnected(): void;
  close(): void;
}

export interface SceneOptions {
  device: Device;
  devices: Devices;
  /** `participants/{p}` */
  ownKey: ReadonlySignal<string>;
  /** The connection that stands now, if one does. */
  peer(): Peer | null;
  /** Tells the server that our microphone is off. */
  tellMediaState(): void;
  onNews(news: News): void;
}

export function openScene(options: SceneOptions): SceneShell {
  const { device, devices, ownKey, peer, tellMediaState, onNews } = options;
  const arrivals = openArrivals();
  const moderation = signal<Moderation>(atFirst(device));
  const pictures = openPictures(peer, arrivals.roster);
  const hearing = openHearing(() => peer()?.audio ?? []);
  const request = (channel: ChannelName, body: object) => peer()?.request(channel, body) ?? null;
  const assigner = openAssigner((body) => request('video-assignment', body));
  const stops = [openHolding(peer, arrivals.roster), watchSight(assigner.seen)];
  const exchange = openExchange(request);
  const announce = (all: readonly News[]) => all.forEach((news) => onNews(news));

  function apply(event: SceneEvent): void {
    switch (event.kind) {
      case 'roster':
        return announce(arrivals.update(event.roster));
      case 'assigned':
        return pictures.assigned(event.assignment, assigner.askedIn(event.assignment));
      case 'assignmentRefused':
        return assigner.refused();
      case 'wanted':
        return peer()?.thin(event.layers);
      case 'exchanged': {
        const before = exchange.hands.peek();
        exchange.receive(event.channel, event.message, ownKey.peek());
        if (arrivals.hasSettled()) announce(newsOfHands(before, exchange.hands.peek(), ownKey.peek()));
        return;
      }
      case 'muted':
        return announce(silence(devices, tellMediaState));
      case 'moderation': {
        const before = moderation.peek();
        moderation.value = event.moderation;
        return announce(obey(devices, before, event.moderation));
      }
    }
  }

  return {
    roster: arrivals.roster,
    moderation,
    pictures: pictures.seen,
    heldBack: pictures.heldBack,
    speaking: hearing.speaking,
    heardAt_ms: hearing.heardAt_ms,
    exchange,
    want: assigner.want,
    receive(channel, message) {
      const known = { roster: arrivals.known(), moderation: moderation.peek() };
      for (const event of readScene(channel, message, known)) apply(event);
    },
    joined() {
      arrivals.joined();
      assigner.restart();
      exchange.joined();
    },
    disconnected() {
      arrivals.disconnected();
      hearing.restart();
      pictures.clear();
      assigner.stop();
      exchange.disconnected();
    },
    close() {
      for (const stop of stops) stop();
      for (const part of [hearing, pictures, exchange]) part.close();
    },
  };
}
