// What the server and the others hear of our devices: once for each change, and again on each connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Signal, signal } from '@preact/signals';
import type { Device } from '../src/api/generated/messages.ts';
import { type Capture, NO_CAPTURE } from '../src/meeting/capture.ts';
import type { Connection } from '../src/meeting/connection.ts';
import type { Tracks } from '../src/meeting/lines.ts';
import { openMediaState } from '../src/meeting/mediaState.ts';

const track = () => ({}) as MediaStreamTrack;
const on = (): Capture => ({ ...NO_CAPTURE, track: track(), on: true });

class World {
  readonly devices = {
    microphone: signal(NO_CAPTURE),
    camera: signal(NO_CAPTURE),
    screen: signal<MediaStreamTrack | null>(null),
    screenSound: signal<MediaStreamTrack | null>(null),
    heard: signal<MediaStreamTrack | null>(null),
  };
  readonly connection: Signal<Connection> = signal({ phase: 'joining' });
  log: string[] = [];
  constructor(device: Device) {
    this.teller = openMediaState({
      device: () => device,
      devices: this.devices,
      connection: this.connection,
      peer: () => ({
        send: ({ microphone, camera, screen }: Tracks) =>
          this.log.push(`send ${[microphone, camera, screen].map((one) => (one ? 'x' : '-')).join('')}`),
        request: (channel, body) => this.log.push(`${channel} ${stateIn(body as Told)}`),
      }),
    });
  }
  readonly teller;
}

interface Told {
  setMediaState: { audioMuted: boolean; videoMuted: boolean; screenshare: boolean };
}

/** A capital for what the others get. */
function stateIn({ setMediaState: { audioMuted, videoMuted, screenshare } }: Told): string {
  return `${audioMuted ? 'a' : 'A'}${videoMuted ? 'v' : 'V'}${screenshare ? 'S' : 's'}`;
}

const connect = ({ connection }: World) => {
  connection.value = { phase: 'connected' };
};
const speak = ({ devices }: World) => {
  const microphone = on();
  devices.heard.value = microphone.track;
  devices.microphone.value = microphone;
};
const show = ({ devices }: World) => {
  devices.camera.value = on();
};
const share = ({ devices }: World) => {
  devices.screen.value = track();
};

test('each change is sent and told', () => {
  const check = (device: Device, acts: ((world: World) => void)[], ...expected: string[]) => {
    const world = new World(device);
    for (const act of acts) {
      world.log = [];
      act(world);
    }
    assert.deepEqual(world.log, expected);
    world.teller.close();
  };
  check('FULL', [speak], 'send x--');
  check('FULL', [connect], 'media-entries avs');
  check('FULL', [speak, show, share, connect], 'media-entries AVS');
  check('FULL', [connect, speak], 'send x--', 'media-entries Avs');
  check('FULL', [connect, show], 'send -x-', 'media-entries aVs');
  check('FULL', [connect, share], 'send --x', 'media-entries avS');
  // Another microphone in the same state is no news.
  check('FULL', [connect, speak, speak], 'send x--');
  check('COMPANION', [connect, share], 'send --x', 'media-entries avS');
  // The sound of what is shared is heard even while its person is muted.
  const play = ({ devices }: World) => {
    devices.heard.value = track();
    devices.screenSound.value = devices.heard.value;
  };
  check('FULL', [connect, play], 'send x--', 'media-entries Avs');
  // A viewer has no line to tell anything about.
  check('VIEWER', [connect]);
  // A host's silence must be confirmed, whatever it was before.
  check('FULL', [connect, ({ teller }) => teller.tell()], 'media-entries avs');
  // A new connection knows nothing of us.
  const lose = ({ connection }: World) => {
    connection.value = { phase: 'waiting' };
  };
  check('FULL', [connect, lose]);
  check('FULL', [connect, lose, connect], 'media-entries avs');
  check('FULL', [connect, ({ teller }) => teller.close(), speak]);
});
