// The way in, and back in: does what `connection.ts` decides, with one attempt at a time.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Device } from '../api/generated/messages.ts';
import type { ApiError } from '../api/request.ts';
import { refusalOf } from './admission.ts';
import { type Attempt, openAttempt } from './attempt.ts';
import type { ChannelListeners } from './channels.ts';
import type { Effect, Event } from './connection.ts';
import type { Tracks } from './lines.ts';
import { openPeer, type Peer } from './peer.ts';
import type { Visitor } from './visitor.ts';

export interface Entrance {
  /** What the server answered when it last refused. */
  refusal: ReadonlySignal<ApiError | null>;
  /** The connection that stands now, or is being made. */
  peer(): Peer | null;
  perform(effect: Effect): void;
  /** The connection is there: from now on its silence counts. */
  settle(): void;
  /** The network may be another: a connection that stands must show that it still does. */
  prove(): void;
  close(): void;
}

export interface EntranceOptions {
  /** With what we enter next. */
  device(): Device;
  visitor: Visitor;
  tracks(): Tracks;
  happened(event: Event): void;
  received: ChannelListeners['message'];
  /** These lines are heard from now on. */
  heard(audio: readonly RTCRtpReceiver[]): void;
  /** Whatever connection there was is gone. */
  disconnected(): void;
}

export function openEntrance(options: EntranceOptions): Entrance {
  const { device, visitor, tracks, happened, received, heard, disconnected } = options;
  const refusal = signal<ApiError | null>(null);
  let attempt: Attempt | null = null;
  let pause: ReturnType<typeof setTimeout> | undefined;

  const broken = () => happened({ kind: 'broken', reached: attempt?.peer.reached ?? false });
  const unable = () => happened({ kind: 'unable' });

  function ask(wish: 'join' | 'resume'): void {
    close();
    const peer = openIfAble(device(), tracks(), visitor.iceServers(), {
      message(channel, message) {
        // Whoever has left hears a few last words, which are for nobody.
        if (attempt?.peer !== peer) return;
        if (channel === 'media-stats') attempt.asked(message);
        else received(channel, message);
      },
      broken,
    });
    if (!peer) return unable();
    attempt = openAttempt(peer, {
      enter: (offer, cancelled) => visitor.enter(wish, offer, cancelled),
      admitted: visitor.admitted,
      withdraw: visitor.withdraw,
      answered: (waiting) => happened({ kind: 'answered', waiting }),
      described: () => heard(peer.audio),
      refused(error) {
        refusal.value = error;
        happened({ kind: 'refused', refusal: refusalOf(error) });
      },
      unable,
      broken,
    });
  }

  function close(): void {
    clearTimeout(pause);
    attempt?.close();
    attempt = null;
    disconnected();
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'join':
      case 'resume':
        return ask(effect.kind);
      case 'close':
        return close();
      case 'pause':
        pause = setTimeout(() => happened({ kind: 'pauseOver' }), effect.pause_ms);
        return;
      case 'farewell':
        // By both ways: the channel is the faster one, the request the surer one.
        attempt?.leave();
        attempt = null;
        return visitor.leave();
    }
  }

  return { refusal, peer: () => attempt?.peer ?? null, perform, settle: () => attempt?.settle(), prove: () => attempt?.prove(), close };
}

/** `null` in a browser that has no WebRTC, or does not let pages have it. */
function openIfAble(...how: Parameters<typeof openPeer>): Peer | null {
  try {
    return openPeer(...how);
  } catch {
    return null;
  }
}
