// One peer connection: its lines, its channels, its codecs, and when it is of no more use.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device } from '../src/api/generated/messages.ts';
import { CHANNELS, parseMessage } from '../src/meeting/channels.ts';
import { switchableCodecs } from '../src/meeting/codecs.ts';
import { encodingsFor } from '../src/meeting/layers.ts';
import {
  AUDIO_LINES,
  CAMERA_LAYERS,
  MICROPHONE_BITRATE_BPS,
  SCREEN_BITRATE_BPS,
  VIDEO_LINES,
} from '../src/meeting/limits.ts';
import type { Tracks } from '../src/meeting/lines.ts';
import { openPeer } from '../src/meeting/peer.ts';
import { FakeConnection } from './fakeConnection.ts';

const NOTHING: Tracks = { microphone: null, camera: null, screen: null };
const track = (width = 1280, height = 720) => ({ getSettings: () => ({ width, height }) }) as MediaStreamTrack;

function open(device: Device, tracks = NOTHING) {
  const heard: string[] = [];
  let broken = 0;
  const peer = openPeer(device, tracks, [], {
    message: (channel, message) => heard.push(`${channel} ${JSON.stringify(message)}`),
    broken: () => {
      broken += 1;
    },
  });
  return { peer, connection: FakeConnection.last, heard, broken: () => broken };
}

test('the lines of each device stand in the order that the server reads', () => {
  const check = (device: Device, tracks: Tracks, ...sending: string[]) =>
    assert.deepEqual(open(device, tracks).connection.made, [
      ...Array<string>(AUDIO_LINES).fill('recvonly audio'),
      ...CHANNELS,
      ...Array<string>(VIDEO_LINES).fill('recvonly video'),
      ...sending,
    ]);
  const microphone = `sendonly audio ${MICROPHONE_BITRATE_BPS}`;
  const layers = CAMERA_LAYERS.map(({ bitrate_bps }) => bitrate_bps).join(' ');
  const camera = `sendonly video ${layers}`;
  const screen = `sendonly video ${SCREEN_BITRATE_BPS}`;
  check('FULL', NOTHING, microphone, camera, screen);
  check('FULL', { ...NOTHING, camera: track() }, microphone, `sendonly track ${layers}`, screen);
  check('COMPANION', NOTHING, camera, screen);
  check('VIEWER', NOTHING);
});

test('a track goes on its own line, and only when it is another', () => {
  const microphone = track();
  const { peer, connection } = open('FULL', { ...NOTHING, microphone });
  const screen = track();
  peer.send({ microphone, camera: null, screen });
  peer.send({ microphone, camera: null, screen });
  assert.deepEqual(
    connection.senders.map((sender) => [sender.track, sender.replaced]),
    [
      [microphone, 0],
      [null, 0],
      [screen, 1],
    ],
  );
  const viewer = open('VIEWER');
  viewer.peer.send({ microphone, camera: null, screen });
  assert.deepEqual(viewer.connection.senders, []);
});

test('what nobody looks at is not sent, and a browser is told one change at a time', async () => {
  const { peer, connection } = open('FULL');
  const [microphone, camera, screen] = connection.senders;
  peer.thin({ camera: [0] });
  peer.thin({ camera: [] });
  peer.thin({ camera: [0, 2] });
  await peer.offer();
  assert.deepEqual(camera?.thinned, ['q4', 'q4 f1']);
  peer.thin({});
  peer.thin({ camera: [] });
  await peer.offer();
  assert.deepEqual(camera?.thinned, ['q4', 'q4 f1', '']);
  assert.deepEqual([microphone?.thinned, screen?.thinned], [[], []]);
  open('VIEWER').peer.thin({ camera: [0] });
});

test('a small camera is sent in fewer sizes, and the largest of them is the whole picture', async () => {
  const check = (width: number, height: number, expected: string) => {
    const encodings = encodingsFor(track(width, height)).filter(({ active }) => active);
    const sizes = encodings.map(({ rid, scaleResolutionDownBy }) => `${rid}${scaleResolutionDownBy}`);
    assert.equal(sizes.join(' '), expected);
  };
  check(1280, 720, 'q4 h2 f1');
  check(720, 1280, 'q4 h2 f1');
  check(960, 540, 'q4 h2 f1');
  check(640, 480, 'q2 h1');
  check(320, 180, 'q1');
  assert.equal(encodingsFor(null).length, 3);

  const { peer, connection } = open('COMPANION');
  const send = (camera: MediaStreamTrack | null) => peer.send({ ...NOTHING, camera });
  send(track(1280, 720));
  send(null);
  send(track(640, 480));
  await peer.offer();
  peer.thin({ camera: [1, 2] });
  await peer.offer();
  assert.deepEqual(connection.senders[0]?.thinned, ['q2 h1', 'h1']);
});

test('requests are counted on each channel, and wait until it is open', () => {
  const { peer, connection } = open('FULL');
  const chat = connection.channels.get('chat');
  assert.equal(peer.request('chat', { send: { text: 'early' } }), 1);
  assert.deepEqual(chat?.sent, []);
  chat?.open();
  assert.equal(peer.request('chat', { send: { text: 'late' } }), 2);
  assert.equal(peer.request('reactions', {}), 1);
  assert.deepEqual(chat?.sent, [
    '{"request":{"requestId":1,"send":{"text":"early"}}}',
    '{"request":{"requestId":2,"send":{"text":"late"}}}',
  ]);
  if (chat) chat.readyState = 'closed';
  assert.equal(peer.request('chat', {}), 3);
  assert.equal(chat?.sent.length, 2, 'a closed channel sends nothing, and nothing breaks');
});

test('messages come with their channel, and what is none is dropped', () => {
  const { connection, heard } = open('FULL');
  for (const data of ['{"resources":[]}', 'no JSON', new Uint8Array(1)]) connection.channels.get('chat')?.hear(data);
  assert.deepEqual(heard, ['chat {"resources":[]}']);
  assert.equal(parseMessage('{'), null);
});

test('a connection breaks by its network, its transport or its first channel, and not after its end', () => {
  const check = (act: (connection: FakeConnection) => void, reached: boolean, breaks: number) => {
    const { peer, connection, broken } = open('FULL');
    act(connection);
    assert.deepEqual([peer.reached, broken()], [reached, breaks]);
    peer.close();
    act(connection);
    assert.equal(broken(), breaks);
  };
  check((connection) => connection.iceBecomes('checking'), false, 0);
  check((connection) => connection.iceBecomes('connected'), true, 0);
  check((connection) => connection.iceBecomes('failed'), false, 1);
  check(
    (connection) => {
      connection.iceBecomes('completed');
      connection.iceBecomes('disconnected');
    },
    true,
    1,
  );
  check((connection) => connection.becomes('connected'), false, 0);
  check((connection) => connection.becomes('failed'), false, 1);
  check((connection) => connection.channels.get('session-control')?.dispatchEvent(new Event('close')), false, 1);
  check((connection) => connection.channels.get('chat')?.dispatchEvent(new Event('close')), false, 0);
});

test('an answer says which line has which source', async () => {
  const { peer } = open('FULL');
  const line = AUDIO_LINES + CHANNELS.length + 1;
  assert.equal(await peer.offer(), 'our offer');
  assert.equal(peer.lineOf(31), undefined);
  await peer.answer(`v=0\r\nm=video 9\r\na=mid:${line}\r\na=ssrc:31 cname:x\r\n`);
  assert.equal(peer.lineOf(31), String(line));
  assert.ok(peer.receiverOf(String(line)));
  assert.equal(peer.receiverOf('0'), undefined);
});

test('only what the server switches is offered, in the order of the browser', () => {
  const check = (kind: 'audio' | 'video', offered: [string, string?][], expected: string) => {
    const codecs = offered.map(([mimeType, sdpFmtpLine]) => ({
      mimeType,
      clockRate: 0,
      ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }),
    }));
    const kept = switchableCodecs(kind, codecs);
    assert.equal(kept.map((codec) => codecs.indexOf(codec)).join(' '), expected);
  };
  // But for redundancy, which a browser sends only if it comes before what it is of.
  check('audio', [['audio/opus'], ['audio/red'], ['audio/PCMU'], ['audio/CN']], '1 0');
  check('video', [['video/VP8'], ['video/rtx'], ['video/red'], ['video/ulpfec'], ['video/flexfec-03']], '0 1');
  check('video', [['video/VP9', 'profile-id=2'], ['video/VP9', 'profile-id=0'], ['video/VP9']], '1 2');
  check('video', [['video/AV1', 'level-idx=5;profile=1'], ['video/AV1', 'level-idx=5;profile=0;tier=0']], '1');
  check(
    'video',
    [
      ['video/H264', 'packetization-mode=0;profile-level-id=42e01f'],
      ['video/H264', 'packetization-mode=1;profile-level-id=42e01f'],
      ['video/H264', 'packetization-mode=1;profile-level-id=64001f'],
      ['video/H265', 'packetization-mode=1'],
    ],
    '1',
  );
});
