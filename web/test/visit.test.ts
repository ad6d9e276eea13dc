// A whole visit, with a browser and a server that are played: what one does, what the server says, and what comes of it.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { signal } from '@preact/signals';
import type { Device } from '../src/api/generated/messages.ts';
import { type Capture, NO_CAPTURE } from '../src/meeting/capture.ts';
import type { ChannelName } from '../src/meeting/channels.ts';
import type { Devices } from '../src/meeting/devices.ts';
import { ARRIVAL_QUIET_MS } from '../src/meeting/limits.ts';
import type { Message, SessionStatus } from '../src/meeting/messages.ts';
import { openVisit, type Visit } from '../src/meeting/visit.ts';
import { FakeConnection } from './fakeConnection.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

interface Answer {
  status?: number;
  waiting?: boolean;
}

/** One page: what it asks over HTTP is in `asked`, what it says on channels in `said`. */
class Page {
  readonly asked: string[] = [];
  /** With what it wanted to be there, each time. */
  readonly devices: string[] = [];
  readonly news: string[] = [];
  readonly microphone = signal<Capture>(NO_CAPTURE);
  now_ms = 0;
  /** What the server answers next. */
  answer: Answer = {};
  readonly visit: Visit;
  #sessions = 0;

  constructor(context: TestContext, device: Device) {
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    context.mock.method(performance, 'now', () => this.now_ms);
    const audio = () => ({ play: async () => undefined, remove: () => undefined });
    Object.assign(globalThis, {
      window: new EventTarget(),
      devicePixelRatio: 1,
      MediaStream: class {},
      document: Object.assign(new EventTarget(), {
        visibilityState: 'visible',
        createElement: audio,
        body: { append: () => undefined },
      }),
      fetch: (path: string, { body }: { body?: string } = {}) => this.#fetch(path, body),
    });
    Object.defineProperty(globalThis, 'navigator', {
      configurable: true,
      value: { sendBeacon: (path: string) => this.asked.push(`beacon ${path.split(':')[1]}`) },
    });
    const devices = {
      microphone: this.microphone,
      camera: signal(NO_CAPTURE),
      screen: signal(null),
      screenSound: signal(null),
      heard: signal(null),
      stopScreenSound: () => undefined,
      chosen: signal({ microphone: '', camera: '', speaker: '' }),
      setMicrophone: async (on: boolean) => {
        this.microphone.value = { ...this.microphone.value, on };
      },
    } as Partial<Devices> as Devices;
    const onNews = ({ kind }: { kind: string }) => this.news.push(kind);
    this.visit = openVisit({ code: 'abc-mnop-xyz', displayName: 'Ada', iceServers: [], device, devices, onNews });
  }

  async #fetch(path: string, body = '{}'): Promise<Response> {
    this.devices.push(JSON.parse(body).device);
    this.asked.push(path.split(':')[1] ?? path);
    const { status = 200, waiting = false } = this.answer;
    if (status !== 200) return Response.json({ error: { status: 'PERMISSION_DENIED', message: 'no' } }, { status });
    this.#sessions += 1;
    const conferenceRecord = 'conferenceRecords/c';
    const participantSession = `${conferenceRecord}/participants/p/participantSessions/s${this.#sessions}`;
    return Response.json({ answer: '', conferenceRecord, participantSession, resumeSecret: 'r', waiting });
  }

  get phase() {
    return this.visit.connection.value.phase;
  }
  get end() {
    const connection = this.visit.connection.value;
    return connection.phase === 'over' ? connection.end : null;
  }
  get connection() {
    return FakeConnection.last;
  }
  hear(channel: ChannelName, message: Message) {
    this.connection.channels.get(channel)?.hear(JSON.stringify(message));
  }
  told(sessionStatus: SessionStatus) {
    this.hear('session-control', { resources: [{ sessionStatus }] });
  }
  said(channel: ChannelName): string[] {
    return this.connection.channels.get(channel)?.sent ?? [];
  }
  /** The server has answered, and the channels are open. */
  async answered() {
    await nextTurn();
    for (const channel of this.connection.channels.values()) channel.open();
  }
  async joins() {
    await this.answered();
    this.told({ connectionState: 'STATE_JOINED' });
  }
}

test('one joins, and leaves by both ways', async (context) => {
  const page = new Page(context, 'FULL');
  assert.equal(page.phase, 'joining');
  await page.answered();
  assert.equal(page.phase, 'connecting');
  page.told({ connectionState: 'STATE_JOINED' });
  assert.equal(page.phase, 'connected');
  assert.equal(page.visit.ownKey.value, 'participants/p');
  assert.match(page.said('media-entries').join(), /"setMediaState":\{"audioMuted":true/);
  page.visit.leave();
  assert.equal(page.end, 'left');
  assert.match(page.said('session-control').join(), /"leave"/);
  assert.deepEqual(page.asked, ['join', 'leave']);
  assert.equal(page.connection.closed, false, 'the goodbye is under way');
  context.mock.timers.tick(1_000);
  assert.equal(page.connection.closed, true);
  page.hear('moderation', { resources: [{ muted: {} }] });
  page.visit.abandon();
  assert.deepEqual([page.news, page.asked], [[], ['join', 'leave']], 'what comes after the end is for nobody');
});

test('one waits at the door, and others decide', async (context) => {
  const check = async (status: SessionStatus, phase: string, end: string | null) => {
    const page = new Page(context, 'FULL');
    page.answer = { waiting: true };
    await page.answered();
    page.told({ connectionState: 'STATE_WAITING' });
    assert.equal(page.phase, 'waiting');
    page.told(status);
    assert.deepEqual([page.phase, page.end], [phase, end]);
    page.visit.leave();
    context.mock.timers.reset();
  };
  const session = 'conferenceRecords/later/participants/q/participantSessions/t';
  await check({ connectionState: 'STATE_JOINED', participantSession: session }, 'connected', null);
  const disconnected = { connectionState: 'STATE_DISCONNECTED', disconnectReason: 'REASON_USER_STOPPED' } as const;
  await check({ ...disconnected, detail: 'DENIED' }, 'over', 'denied');
  await check({ ...disconnected, detail: 'EXPIRED' }, 'over', 'expired');
});

test('a lost connection is replaced, as soon as the network is back', async (context) => {
  const page = new Page(context, 'FULL');
  await page.joins();
  const first = page.connection;
  page.hear('participants', { resources: [{ id: 1, participant: { signedInUser: { displayName: 'Bo' } } }] });
  first.iceBecomes('failed');
  assert.deepEqual([page.phase, first.closed], ['lost', true]);
  assert.equal(page.visit.roster.value.people.size, 1, 'the page keeps the people until it is told others');
  window.dispatchEvent(new Event('online'));
  assert.notEqual(page.connection, first);
  await page.joins();
  assert.deepEqual([page.phase, page.asked], ['connected', ['join', 'resume']]);
  assert.deepEqual(
    [...page.visit.ownSessions.value],
    ['participants/p/participantSessions/s1', 'participants/p/participantSessions/s2'],
  );
  assert.deepEqual(page.news, [], 'who was there before is no news');
  page.visit.abandon();
  assert.equal(page.asked.at(-1), 'beacon leave');
  page.visit.leave();
});

test('a refusal is kept for the page', async (context) => {
  const page = new Page(context, 'FULL');
  page.answer = { status: 403 };
  await nextTurn();
  assert.deepEqual([page.end, page.visit.refusal.value?.status], ['refused', 'PERMISSION_DENIED']);
});

test('a message that did not come back waits, and is sent on return, once', async (context) => {
  const page = new Page(context, 'FULL');
  await page.joins();
  const { exchange } = page.visit;
  const deliveries = () => exchange.conversation.value.messages.map(({ delivery }) => delivery);
  const sent = () => page.said('chat').map((text) => JSON.parse(text).request);
  exchange.write('before', 'participants/p');
  const [before] = sent();
  page.hear('chat', { response: { requestId: before.requestId } });
  exchange.write('lost', 'participants/p');
  const lost = sent()[1];
  assert.deepEqual(deliveries(), ['said', 'waiting']);
  page.connection.iceBecomes('failed');
  exchange.write('without a connection', 'participants/p');
  window.dispatchEvent(new Event('online'));
  await page.joins();
  const again = sent();
  assert.deepEqual(
    again.map(({ send }) => send.text),
    ['lost', 'without a connection'],
  );
  assert.equal(again[0].send.messageId, lost.send.messageId);
  page.hear('chat', { resources: [{ chatMessage: { participantKey: 'participants/p', ...lost.send } }] });
  page.hear('chat', { response: { requestId: again[1].requestId, status: { code: 8 } } });
  assert.deepEqual(deliveries(), ['said', 'said', 'refused']);
  page.visit.leave();
});

test('whoever only watched takes part, as the same participant with lines to send on', async (context) => {
  const page = new Page(context, 'VIEWER');
  await page.joins();
  const lines = () => page.connection.made.filter((line) => line.startsWith('sendonly')).length;
  assert.equal(lines(), 0);
  page.visit.takePart();
  assert.equal(lines(), 3);
  await page.joins();
  assert.deepEqual([page.phase, page.asked], ['connected', ['join', 'resume']]);
  assert.equal(page.devices.at(-1), 'FULL');
  page.visit.leave();
});

test('a browser that makes no connections says so, and asks the server nothing', async (context) => {
  const whole = globalThis.RTCPeerConnection;
  const unusable = {
    missing: undefined,
    'switched off': class {
      constructor() {
        throw new DOMException('no', 'NotAllowedError');
      }
    },
    'without offers': class extends FakeConnection {
      override createOffer = () => Promise.reject(new DOMException('no', 'OperationError'));
    },
  };
  for (const [what, RTCPeerConnection] of Object.entries(unusable)) {
    Object.assign(globalThis, { RTCPeerConnection });
    const page = new Page(context, 'FULL');
    await nextTurn();
    assert.deepEqual([page.end, page.asked], ['unable', []], what);
    context.mock.timers.reset();
  }
  Object.assign(globalThis, { RTCPeerConnection: whole });
});

test('news is what happens while one is there', async (context) => {
  const page = new Page(context, 'FULL');
  await page.joins();
  const bo = { id: 1, participant: { signedInUser: { displayName: 'Bo' } } };
  const hand = (id: number, participantKey: string) => ({ id, hand: { participantKey } });
  page.hear('participants', { resources: [bo] });
  page.hear('reactions', { resources: [hand(1, 'participants/1')] });
  assert.deepEqual(page.news, [], 'it was so before we came');
  page.now_ms += ARRIVAL_QUIET_MS + 1;
  page.hear('participants', { resources: [{ ...bo, id: 2 }] });
  page.hear('reactions', { resources: [hand(2, 'participants/2'), hand(3, 'participants/p')] });
  page.hear('participants', { deletedResources: [{ id: 1 }] });
  assert.deepEqual(page.news, ['joined', 'raisedHand', 'left']);
  page.visit.leave();
});

test('a host’s decision is obeyed, and confirmed', async (context) => {
  const page = new Page(context, 'FULL');
  await page.joins();
  const confirmations = () => page.said('media-entries').length;
  const before = confirmations();
  page.hear('moderation', { resources: [{ muted: {} }] });
  assert.deepEqual([page.news, confirmations()], [[], before + 1], 'what was off is confirmed, and no news');
  page.microphone.value = { ...NO_CAPTURE, on: true };
  page.hear('moderation', { resources: [{ muted: {} }] });
  assert.equal(page.microphone.value.on, false);
  page.microphone.value = { ...NO_CAPTURE, on: true };
  const permissions = { camera: true, screen: true, chat: true, reactions: true };
  page.hear('moderation', { resources: [{ moderation: { role: 'CONTRIBUTOR', permissions } }] });
  assert.equal(page.microphone.value.on, false);
  assert.equal(page.visit.moderation.value.permissions.microphone, false);
  assert.deepEqual(page.news, ['mutedByHost', 'stopped']);
  page.visit.leave();
});

test('pictures are asked for once one is in, and asked again when that was refused', async (context) => {
  const page = new Page(context, 'VIEWER');
  page.visit.want([{ entryId: 5, width: 320, height: 180 }]);
  await page.joins();
  const asked = () => page.said('video-assignment').length;
  assert.equal(asked(), 0);
  context.mock.timers.tick(1);
  assert.equal(asked(), 1);
  page.hear('video-assignment', { response: { requestId: 1, status: { code: 8 } } });
  context.mock.timers.tick(1_000);
  assert.equal(asked(), 2);
  assert.deepEqual(page.said('media-entries'), [], 'a viewer has nothing to tell');
  page.visit.leave();
});
