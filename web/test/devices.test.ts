// Microphone, camera and screen against a browser that says yes, no, or something else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effect } from '@preact/signals';
import { type Capture, problemOf } from '../src/meeting/capture.ts';
import { chosenNow, sortedByKind } from '../src/meeting/deviceList.ts';
import { type Devices, openDevices } from '../src/meeting/devices.ts';
import { atFirst, type Right } from '../src/meeting/moderation.ts';
import { obey, silence } from '../src/meeting/obedience.ts';

class Track extends EventTarget {
  enabled = true;
  contentHint = '';
  stopped = false;
  constructor(readonly kind: 'audio' | 'video') {
    super();
  }
  stop() {
    this.stopped = true;
  }
  get label() {
    return `the ${this.kind} one`;
  }
  getSettings() {
    return { deviceId: this.label };
  }
}

/** Empty where the device is there and allowed; otherwise the name of the browser's error. */
interface World {
  microphone?: string;
  camera?: string;
  screen?: string;
}

/** A browser: each question put to it is written down, and answered when `answers` has passed. */
class Browser extends EventTarget {
  readonly questions: string[] = [];
  readonly tracks: Track[] = [];
  answers: Promise<void> = Promise.resolve();
  /** What is shared has a sound, and the person shares it. */
  sharesSound = false;
  /** Devices that were chosen and are not there any more. */
  gone: string[] = [];
  constructor(public world: World) {
    super();
  }
  async getUserMedia({ audio, video }: MediaStreamConstraints) {
    const asked = [audio && ('microphone' as const), video && ('camera' as const)].filter((kind) => !!kind);
    this.questions.push(asked.join(' '));
    await this.answers;
    const exact = [audio, video].flatMap((wanted) => (wanted as MediaTrackConstraints | undefined)?.deviceId ?? []);
    for (const { exact: id } of exact as { exact: string }[])
      if (this.gone.includes(id)) throw new DOMException('', 'OverconstrainedError');
    for (const kind of asked) if (this.world[kind]) throw new DOMException('', this.world[kind]);
    return this.#stream(...asked.map((kind) => new Track(kind === 'microphone' ? 'audio' : 'video')));
  }
  async getDisplayMedia({ audio }: DisplayMediaStreamOptions) {
    await this.answers;
    if (this.world.screen) throw new DOMException('', this.world.screen);
    return this.#stream(new Track('video'), ...(audio && this.sharesSound ? [new Track('audio')] : []));
  }
  async enumerateDevices() {
    const device = (kind: string, deviceId: string) => ({ kind, deviceId, label: deviceId });
    return [device('audioinput', 'the audio one'), device('videoinput', ''), device('audiooutput', 'loud')];
  }
  #stream(...tracks: Track[]) {
    this.tracks.push(...tracks);
    const only = (kind: string) => tracks.filter((track) => track.kind === kind);
    return { getTracks: () => tracks, getAudioTracks: () => only('audio'), getVideoTracks: () => only('video') };
  }
}

const BOTH = { microphone: true, camera: true };
const open = (browser: Browser, wanted = BOTH) => openDevices(wanted, browser as unknown as MediaDevices);

/** Every promise that waits for nothing outside has come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const wordFor = ({ problem, on, starting, track }: Capture) =>
  problem ?? (starting ? 'starting' : on ? 'on' : track ? 'silent' : 'off');

test('each device starts, or says why not', async () => {
  const check = async (wanted: typeof BOTH, world: World, expected: string, ...questions: string[]) => {
    const browser = new Browser(world);
    const devices = open(browser, wanted);
    await settled();
    assert.equal(`${wordFor(devices.microphone.value)} ${wordFor(devices.camera.value)}`, expected, JSON.stringify(world));
    assert.deepEqual(browser.questions, questions, JSON.stringify(world));
  };
  const three = ['microphone camera', 'microphone', 'camera'];
  await check(BOTH, {}, 'on on', 'microphone camera');
  await check(BOTH, { camera: 'NotFoundError' }, 'on missing', ...three);
  await check(BOTH, { microphone: 'NotReadableError' }, 'busy on', ...three);
  await check(BOTH, { microphone: 'NotAllowedError', camera: 'NotAllowedError' }, 'refused refused', ...three);
  await check({ microphone: true, camera: false }, {}, 'on off', 'microphone');
  await check({ microphone: false, camera: true }, { camera: 'AbortError' }, 'off busy', 'camera');
  await check({ microphone: false, camera: false }, {}, 'off off');
});

test('a page that gets no devices says so', async () => {
  const devices = openDevices(BOTH, null);
  await settled();
  assert.equal(`${wordFor(devices.microphone.value)} ${wordFor(devices.camera.value)}`, 'insecure insecure');
  assert.equal(await devices.shareScreen(false), false);
  devices.close();
});

test('while the browser asks, both are starting', async () => {
  const devices = open(new Browser({}));
  assert.equal(`${wordFor(devices.microphone.value)} ${wordFor(devices.camera.value)}`, 'starting starting');
  await settled();
});

test('a muted microphone is kept, a camera that is off is given back', async () => {
  const browser = new Browser({});
  const devices = open(browser);
  await settled();
  const [audio, video] = browser.tracks;
  await devices.setMicrophone(false);
  await devices.setCamera(false);
  assert.equal(`${wordFor(devices.microphone.value)} ${wordFor(devices.camera.value)}`, 'silent off');
  assert.deepEqual([audio?.enabled, audio?.stopped, video?.stopped], [false, false, true]);
  await devices.setMicrophone(true);
  await devices.setCamera(true);
  assert.equal(`${wordFor(devices.microphone.value)} ${wordFor(devices.camera.value)}`, 'on on');
  assert.deepEqual(browser.questions, ['microphone camera', 'camera'], 'the microphone was there all the time');
});

test('another device takes the place of the one before, muted if that was', async () => {
  const check = async (world: World, prepare: 'mute' | 'leave', expected: string) => {
    const browser = new Browser(world);
    const devices = open(browser);
    await settled();
    browser.world = {};
    if (prepare === 'mute') await devices.setMicrophone(false);
    const before = devices.microphone.value.track as unknown as Track | null;
    await devices.choose('microphone', 'another');
    assert.equal(wordFor(devices.microphone.value), expected);
    assert.notEqual(devices.microphone.value.track, before);
    assert.notEqual(before?.stopped, false, 'the one before is given back');
  };
  await check({}, 'leave', 'on');
  await check({}, 'mute', 'silent');
  await check({ microphone: 'NotReadableError' }, 'leave', 'silent');

  const off = open(new Browser({}), { microphone: false, camera: false });
  await off.choose('camera', 'another');
  assert.equal(wordFor(off.camera.value), 'off', 'choosing switches nothing on');
  assert.equal(off.chosen.value.camera, 'another');
});

test('a device that goes away is replaced by another, or missing', async () => {
  const check = async (world: World, mute: boolean, expected: string, instead: string | null) => {
    const browser = new Browser({});
    const devices = open(browser);
    await settled();
    if (mute) await devices.setMicrophone(false);
    browser.world = world;
    browser.tracks[0]?.dispatchEvent(new Event('ended'));
    await settled();
    assert.equal(`${wordFor(devices.microphone.value)} ${wordFor(devices.camera.value)}`, `${expected} on`);
    assert.equal(devices.microphone.value.instead, instead);
  };
  await check({}, false, 'on', 'the audio one');
  await check({}, true, 'silent', 'the audio one');
  await check({ microphone: 'NotFoundError' }, false, 'missing', null);
});

test('a chosen device that is not there gives way to another', async () => {
  const browser = new Browser({});
  browser.gone = ['unplugged'];
  const devices = open(browser, { microphone: false, camera: false });
  await devices.choose('microphone', 'unplugged');
  await devices.setMicrophone(true);
  assert.equal(wordFor(devices.microphone.value), 'on');
  assert.equal(devices.chosen.value.microphone, 'the audio one', 'the picker shows what is in use');
});

test('whoever is muted is not heard through a new device, not for a moment', async () => {
  const check = async (mute: 'before' | 'while it starts') => {
    const browser = new Browser({});
    const devices = open(browser);
    await settled();
    if (mute === 'before') await devices.setMicrophone(false);
    const seen: boolean[] = [];
    const stop = effect(() => void seen.push(devices.microphone.value.track?.enabled === true && devices.microphone.value.on));
    seen.length = 0;
    const changing = devices.choose('microphone', 'another');
    if (mute === 'while it starts') {
      await devices.setMicrophone(false);
      seen.length = 0;
    }
    await changing;
    stop();
    assert.deepEqual(seen.filter(Boolean), [], mute);
    assert.equal(wordFor(devices.microphone.value), 'silent', mute);
    assert.equal(browser.tracks.at(-1)?.enabled, false, mute);
  };
  await check('before');
  await check('while it starts');
});

test('what is switched is told, so that it stays so in every way back', async () => {
  const told: unknown[] = [];
  const devices = openDevices(BOTH, new Browser({}) as unknown as MediaDevices, (wanted) => told.push(wanted));
  await settled();
  await devices.setCamera(false);
  await devices.setMicrophone(false);
  await devices.setCamera(true);
  devices.close();
  const rows = [
    [true, false],
    [false, false],
    [false, true],
  ];
  assert.deepEqual(told, rows.map(([microphone, camera]) => ({ microphone, camera })));
});

test('a screen is shared until it is stopped, here or by the browser', async () => {
  const browser = new Browser({});
  const devices = open(browser, { microphone: false, camera: false });
  assert.equal(await devices.shareScreen(true), true);
  assert.equal(browser.tracks[0]?.contentHint, 'detail');
  devices.stopScreen();
  assert.deepEqual([devices.screen.value, browser.tracks[0]?.stopped], [null, true]);
  assert.equal(await devices.shareScreen(true), true);
  browser.tracks[1]?.dispatchEvent(new Event('ended'));
  assert.equal(devices.screen.value, null);
  browser.world = { screen: 'NotAllowedError' };
  assert.equal(await devices.shareScreen(true), false);
});

test('what is shared with sound is heard beside the microphone, and without it the microphone alone', async () => {
  const mixed: unknown[] = [];
  class Mixer {
    destination = new Track('audio');
    createMediaStreamDestination = () => ({ stream: { getAudioTracks: () => [this.destination] } });
    createMediaStreamSource = ({ tracks }: { tracks: unknown[] }) => ({ connect: () => mixed.push(...tracks) });
    close = async () => undefined;
  }
  const MediaStream = class {
    constructor(readonly tracks: unknown[]) {}
  };
  Object.assign(globalThis, { AudioContext: Mixer, MediaStream });
  const browser = new Browser({});
  browser.sharesSound = true;
  const devices = open(browser, { microphone: true, camera: false });
  await settled();
  const [microphone] = browser.tracks as unknown[];
  assert.equal(devices.heard.value, microphone);
  await devices.shareScreen(true);
  const [, , sound] = browser.tracks;
  assert.deepEqual([devices.screenSound.value, mixed], [sound, [microphone, sound]]);
  assert.notEqual(devices.heard.value, microphone);
  await devices.setMicrophone(false);
  assert.equal(mixed.length, 2, 'muting makes no other mix');
  devices.stopScreenSound();
  assert.deepEqual([devices.heard.value, sound?.stopped, devices.screen.value !== null], [microphone, true, true]);
  devices.stopScreen();
  await devices.shareScreen(true);
  devices.stopScreen();
  assert.deepEqual([devices.screenSound.value, browser.tracks.at(-1)?.stopped], [null, true]);
  await devices.shareScreen(false);
  assert.equal(devices.screenSound.value, null, 'who has no line for sound asks for none');
});

test('what comes after the end is given back at once', async () => {
  const browser = new Browser({});
  let answer = () => {};
  browser.answers = new Promise((resolve) => {
    answer = resolve;
  });
  const devices = open(browser);
  const sharing = devices.shareScreen(true);
  devices.close();
  answer();
  assert.equal(await sharing, false);
  await settled();
  assert.deepEqual(
    browser.tracks.map(({ stopped }) => stopped),
    [true, true, true],
  );
  assert.equal(devices.screen.value, null);
});

/** A host takes a right. */
function lose(devices: Devices, right: Right): void {
  const before = atFirst('FULL');
  obey(devices, before, { ...before, permissions: { ...before.permissions, [right]: false } });
}

test('what is switched off while it starts stays off, whoever switches it off and whatever starts it', async () => {
  type Act = (devices: Devices, browser: Browser) => unknown;
  const check = async (what: string, wanted: typeof BOTH, begin: Act, end: Act, live: number, late: World = {}) => {
    const browser = new Browser({});
    browser.sharesSound = true;
    let answer = () => {};
    const wait = () => {
      browser.answers = new Promise((resolve) => {
        answer = resolve;
      });
    };
    // What is wanted from the beginning has come, unless that is what starts.
    if (begin === nothing) wait();
    const devices = open(browser, wanted);
    await settled();
    if (begin !== nothing) wait();
    void begin(devices, browser);
    browser.world = late;
    await settled();
    void end(devices, browser);
    const seen: unknown[] = [];
    const stop = effect(() => void seen.push(devices.camera.value.track, devices.screen.value, devices.screenSound.value));
    seen.length = 0;
    answer();
    await settled();
    stop();
    assert.deepEqual(seen.filter(Boolean), [], `${what}: nobody gets it, not for a moment`);
    assert.equal(wordFor(devices.camera.value), 'off', what);
    assert.equal(browser.tracks.filter(({ stopped }) => !stopped).length, live, `${what}: what comes late is given back`);
    devices.close();
  };
  const nothing: Act = () => {};
  const cameraOff: Act = (devices) => devices.setCamera(false);
  const revoked: Act = (devices) => lose(devices, 'camera');
  const another: Act = (devices) => devices.choose('camera', 'another');
  const unplugged: Act = (_, { tracks: [track] }) => {
    track?.stop();
    track?.dispatchEvent(new Event('ended'));
  };
  const camera = { microphone: false, camera: true };
  const neither = { microphone: false, camera: false };
  for (const [who, end] of [['here', cameraOff], ['by a host', revoked]] as const) {
    await check(`at first, ${who}`, camera, nothing, end, 0);
    await check(`at first beside the microphone, ${who}`, BOTH, nothing, end, 1);
    await check(`at first beside a microphone that is missing, ${who}`, BOTH, nothing, end, 0, { microphone: 'NotFoundError' });
    await check(`switched on, ${who}`, neither, (devices) => devices.setCamera(true), end, 0);
    await check(`another is chosen, ${who}`, camera, another, end, 0);
    await check(`one is unplugged, ${who}`, camera, unplugged, end, 0);
    await check(`one is unplugged and no other there, ${who}`, camera, unplugged, end, 0, { camera: 'NotFoundError' });
    await check(`another is chosen and busy, ${who}`, camera, another, end, 0, { camera: 'NotReadableError' });
  }
  const share: Act = (devices) => devices.shareScreen(true);
  await check('a screen, here', neither, share, (devices) => devices.stopScreen(), 0);
  await check('a screen, by a host', neither, share, (devices) => lose(devices, 'screen'), 0);
});

test('of two questions for a camera the answer to the later one counts, in whichever order they come', async () => {
  for (const first of [0, 1]) {
    const browser = new Browser({});
    const devices = open(browser, { microphone: false, camera: false });
    const answers: (() => void)[] = [];
    const ask = async (act: () => Promise<void>) => {
      browser.answers = new Promise((resolve) => answers.push(resolve));
      void act();
      await settled();
    };
    await ask(() => devices.setCamera(true));
    await devices.setCamera(false);
    await ask(() => devices.setCamera(true));
    for (const question of [first, 1 - first]) {
      answers[question]?.();
      await settled();
    }
    assert.equal(wordFor(devices.camera.value), 'on');
    const live = browser.tracks.filter(({ stopped }) => !stopped) as unknown[];
    assert.deepEqual(live, [devices.camera.value.track], `answer ${first} came first`);
  }
});

test('a host who silences somebody silences the sound of what they are about to share', async () => {
  const browser = new Browser({});
  browser.sharesSound = true;
  const devices = open(browser, { microphone: false, camera: false });
  const sharing = devices.shareScreen(true);
  silence(devices, () => {});
  assert.equal(await sharing, true);
  assert.deepEqual(
    browser.tracks.map(({ kind, stopped }) => `${kind} ${stopped}`),
    ['video false', 'audio true'],
  );
  assert.equal(devices.screenSound.value, null);
});

test('only devices with a name are listed, each under its kind', () => {
  const device = (kind: string, deviceId: string) => ({ kind, deviceId }) as MediaDeviceInfo;
  const { microphones, cameras, speakers } = sortedByKind([
    device('audioinput', 'a'),
    device('audiooutput', 'b'),
    device('audiooutput', 'c'),
    device('videoinput', ''),
  ]);
  assert.deepEqual([microphones.length, cameras.length, speakers.length], [1, 0, 2]);
});

test('what is in use is chosen, and a speaker that is gone gives way to the first', () => {
  const before = { microphone: 'm', camera: 'c', speaker: 's' };
  const check = (inUse: { microphone?: string; camera?: string }, speakers: string[], expected: string) => {
    const list = { microphones: [], cameras: [], speakers: speakers.map((deviceId) => ({ deviceId }) as MediaDeviceInfo) };
    const now = chosenNow(before, { microphone: undefined, camera: undefined, ...inUse }, list);
    assert.equal(`${now.microphone} ${now.camera} ${now.speaker}`, expected);
  };
  check({}, ['s'], 'm c s');
  check({ microphone: 'x' }, ['r', 's'], 'x c s');
  check({ camera: 'y' }, ['r'], 'm y r');
  check({}, [], 'm c ');
});

test('each error of a browser has its name', () => {
  const check = (error: unknown, expected: string) => assert.equal(problemOf(error), expected);
  check(new DOMException('', 'NotAllowedError'), 'refused');
  check(new DOMException('', 'SecurityError'), 'insecure');
  check(new DOMException('', 'NotReadableError'), 'busy');
  check(new DOMException('', 'AbortError'), 'busy');
  check(new DOMException('', 'NotFoundError'), 'missing');
  check(new DOMException('', 'OverconstrainedError'), 'missing');
  check('anything else', 'missing');
});
