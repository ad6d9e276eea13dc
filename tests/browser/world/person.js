// A person: a browser of their own, with a camera of one colour and a voice or silence. What they do goes through the
// labels that a screen reader would read; what they see and hear is measured in the page.

import { readFileSync, readdirSync, rmSync } from 'node:fs';

import { chromium } from 'playwright-core';

import { scratch, tool } from './files.js';
import { camera, livelyCamera, nearestColour, silence, tone, voice } from './material.js';
import { observe } from './observer.js';
import { byRelayAlone } from './relayed.js';
import { pause, until } from './until.js';

/** Sound energy in a second: speech is far above, silence after a codec far below. */
export const AUDIBLE_ENERGY = 1e-4;

export class Person {
  /**
   * Opens a browser; nobody has joined anything yet. With so many devices of each kind, they are the browser's own and show no
   * colour. Somebody with a tone speaks in it. A lively one's camera is worth more bits. Of somebody who is not observed, nothing is kept that their page lets go. Who shares a tab chooses the one with that
   * title, as it is; the others get what the browser makes up.
   * `byRelay` lets them out by a relay alone, the one at its `url` or else the one that they are told of.
   */
  static async arrive(server, name, colour, how = {}) {
    const { speaks = false, tone_hz = null, devices = 1, observed = true, sharesTab = null, byRelay = null, lively = false, viewport = { width: 640, height: 480 } } = how;
    const person = new Person();
    const microphone = tone_hz ? tone(tone_hz) : speaks ? voice() : silence();
    Object.assign(person, { server, name, colour, profile: scratch() });
    person.context = await chromium.launchPersistentContext(person.profile, {
      executablePath: tool('chromium'),
      headless: true,
      viewport,
      colorScheme: 'light',
      // A tab that is mute has no sound to share.
      ignoreDefaultArgs: sharesTab ? ['--mute-audio'] : [],
      ...(sharesTab && { permissions: ['camera', 'microphone'] }),
      args: [
        '--no-sandbox',
        // Certificates of tests are of nobody's making.
        ...(server.secured ? ['--ignore-certificate-errors'] : []),
        // Elsewhere than on this machine, a page without HTTPS has no camera.
        ...(server.network ? [`--unsafely-treat-insecure-origin-as-secure=${server.url}`] : []),
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
        '--no-first-run',
        '--autoplay-policy=no-user-gesture-required',
        '--allow-loopback-in-peer-connection',
        sharesTab ? `--auto-select-tab-capture-source-by-title=${sharesTab}` : '--use-fake-ui-for-media-stream',
        ...(devices > 1
          ? [`--use-fake-device-for-media-stream=device-count=${devices}`]
          : [
              '--use-fake-device-for-media-stream',
              `--use-file-for-fake-video-capture=${(lively ? livelyCamera : camera)(colour)}`,
              `--use-file-for-fake-audio-capture=${microphone}`,
            ]),
      ],
    });
    if (byRelay) await person.context.addInitScript(byRelayAlone, byRelay.url);
    if (observed) await person.context.addInitScript(observe);
    person.page = person.context.pages()[0] ?? (await person.context.newPage());
    person.errors = [];
    person.page.on('pageerror', (error) => person.errors.push(String(error)));
    return person;
  }

  /** Signs in with a one-time link. */
  async signIn(linkPath) {
    await this.page.goto(this.server.url + linkPath);
    await this.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  }

  /**
   * Opens the meeting's page and joins; the answer of the server.
   * @param {{ as?: 'With camera and microphone' | 'Use companion mode' | 'Only watch' }} how
   */
  async join(meetingCode, how) {
    const button = await this.#prepare(meetingCode, 'Join', how);
    return this.#enter(() => button.click());
  }

  /** Opens the meeting's page and asks to be let in; the answer of the server. */
  async knock(meetingCode, how) {
    const button = await this.#prepare(meetingCode, 'Ask to join', how);
    return this.#wait(() => button.click());
  }

  /** From the page that one sees after leaving. */
  async rejoin() {
    return this.#enter(() => this.button('Rejoin').click());
  }

  /** From the page that one sees after having been sent away. */
  async askAgain() {
    return this.#wait(() => this.button('Ask again').click());
  }

  /** In the meeting, by whatever way. */
  async isIn() {
    await this.button('Leave').waitFor();
    await this.page.locator('[data-connection-state="connected"]').waitFor();
  }

  async #prepare(meetingCode, label, { as = 'With camera and microphone' } = {}) {
    await this.page.goto(`${this.server.url}/${meetingCode}`);
    const name = this.page.getByRole('textbox', { name: 'Your name' });
    // What the button says depends on it.
    await this.page.getByRole('radio', { name: as }).check();
    if (await name.isVisible()) await name.fill(this.name);
    const button = this.button(label);
    await button.waitFor();
    return button;
  }

  async #enter(act) {
    await this.#ask(act);
    await this.button('Leave').waitFor();
    return this.seat;
  }

  async #wait(act) {
    await this.#ask(act);
    await this.sees('Asking to be let in…');
    return this.seat;
  }

  async #ask(act) {
    const [response] = await Promise.all([this.page.waitForResponse(/:(join|resume)$/), act()]);
    if (!response.ok()) throw new Error(`${this.name} could not join: ${await response.text()}`);
    this.seat = await response.json();
  }

  /** Presses Leave, and waits for the page that one sees then. */
  async leave() {
    await this.press('Leave');
    await this.sees('You left the meeting');
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  async press(name) {
    await this.button(name).click();
  }

  async sees(text) {
    await this.page.getByText(text).first().waitFor();
  }

  /** Opens a panel beside the stage, or closes it. */
  async toggle(panel) {
    await this.page.getByRole('button', { name: new RegExp(`^${panel}`) }).click();
  }

  /** The panel that is open. */
  panel(title) {
    return this.page.getByRole('complementary', { name: new RegExp(`^${title}`) });
  }

  /** Whether a button says that it may not be used, and why. */
  async whyNot(name) {
    const button = this.button(name);
    return (await button.getAttribute('aria-disabled')) === 'true' ? button.getAttribute('title') : null;
  }

  /** The labels of all tiles, without the marks of guests. */
  async tiles() {
    return this.page.getByRole('figure').evaluateAll((figures) =>
      figures.map((figure) => (figure.getAttribute('aria-label') ?? '').replace(' (Guest)', '')),
    );
  }

  /** Somebody's tile, whether they are signed in or not. */
  tile(name) {
    return this.page.getByRole('figure', { name: new RegExp(`^${name}( \\(Guest\\))?$`) });
  }

  /** The colour that a tile shows now, by its decoded pixels; null while it shows no picture. */
  async colourIn(name) {
    const seen = await this.tile(name).first().evaluate((figure) => {
      const video = figure.querySelector('video');
      if (!video || video.readyState < 2 || !video.videoWidth) return null;
      const canvas = new OffscreenCanvas(8, 8);
      const context = canvas.getContext('2d');
      // The middle: names and rings lie at the edges.
      const { videoWidth: width, videoHeight: height } = video;
      context.drawImage(video, width / 4, height / 4, width / 2, height / 2, 0, 0, 8, 8);
      const { data } = context.getImageData(0, 0, 8, 8);
      const mean = [0, 0, 0];
      data.forEach((value, index) => index % 4 < 3 && (mean[index % 4] += value / 64));
      return mean;
    }, null, { timeout: 2_000 }).catch(() => null);
    return seen && nearestColour(seen);
  }

  /** Waits until every one of these people is in a tile that shows their own colour. */
  async seesEach(people, options) {
    for (const other of people.filter((other) => other !== this)) {
      let seen;
      const isRight = async () => (seen = await this.colourIn(other.label ?? other.name)) === other.colour;
      await until(`${this.name} to see ${other.name} in ${other.colour}`, isRight, options).catch((error) => {
        throw new Error(`${error.message}; it is ${seen}`);
      });
    }
  }

  /** Sound that arrived on each audio line since the connection began. */
  async hears() {
    return this.page.evaluate(async () => {
      const connection = globalThis.observed.connections.at(-1);
      const lines = [];
      for (const receiver of connection.getReceivers().filter(({ track }) => track.kind === 'audio')) {
        const stats = [...(await receiver.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
        const sources = receiver.getContributingSources();
        lines.push({
          energy: stats?.totalAudioEnergy ?? 0,
          packets: stats?.packetsReceived ?? 0,
          sources: sources.map(({ source, timestamp }) => ({ source, age_ms: performance.timeOrigin + performance.now() - timestamp })),
        });
      }
      return lines;
    });
  }

  /** How loud each of these tones arrives in the next seconds: its middle level on all lines together, in decibels below the loudest. */
  async hearsTones(tones_hz, for_s) {
    return this.page.evaluate(async ({ tones_hz, for_s }) => {
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 8_192, smoothingTimeConstant: 0 });
      const receivers = globalThis.observed.connections.at(-1).getReceivers();
      for (const { track } of receivers.filter(({ track }) => track.kind === 'audio')) {
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      }
      const bins = new Float32Array(analyser.frequencyBinCount);
      const levels = tones_hz.map(() => []);
      for (const end = performance.now() + for_s * 1_000; performance.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        analyser.getFloatFrequencyData(bins);
        const bin = (hz) => Math.round((hz * analyser.fftSize) / context.sampleRate);
        tones_hz.forEach((hz, index) => levels[index].push(Math.max(...bins.slice(bin(hz) - 1, bin(hz) + 2))));
      }
      await context.close();
      return levels.map((level) => level.sort((one, other) => one - other)[Math.floor(level.length / 2)]);
    }, { tones_hz, for_s });
  }

  /** Whether any voice arrives within the next second. */
  async hearsAnybody() {
    const before = await this.hears();
    await pause(1_000);
    const after = await this.hears();
    return after.some((line, index) => line.energy - before[index].energy >= AUDIBLE_ENERGY);
  }

  /** What the server told on a data channel, by id. */
  async told(channel) {
    return this.page.evaluate((label) => Object.values(globalThis.observed.resources[label] ?? {}), channel);
  }

  /** The media entries of a person, as this person's page was told them. */
  async entriesOf(other) {
    const participants = await this.told('participants');
    const mine = participants.filter(({ participant: { signedInUser, anonymousUser } }) =>
      (signedInUser ?? anonymousUser)?.displayName === other.name);
    const keys = mine.map(({ participant }) => participant.participantKey);
    const entries = await this.told('media-entries');
    return entries.map(({ mediaEntry }) => mediaEntry).filter(({ participantKey }) => keys.includes(participantKey));
  }

  /** Frames decoded on all video lines of the present connection. */
  async framesDecoded() {
    return this.page.evaluate(async () => {
      const stats = [...(await globalThis.observed.connections.at(-1).getStats()).values()];
      const video = stats.filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      return video.reduce((sum, { framesDecoded }) => sum + (framesDecoded ?? 0), 0);
    });
  }

  /** Closes the tab as a click on its cross does: the page may still say goodbye. */
  async closeTab() {
    await this.page.close({ runBeforeUnload: false });
  }

  /** The browser's processes die at once. */
  async die() {
    const ended = new Promise((resolve) => this.context.once('close', resolve));
    for (const pid of processesWith(this.profile)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went with its parent.
      }
    }
    await ended;
    this.#forget();
  }

  /** Ends the browser. */
  async go() {
    await this.context.close().catch(() => {});
    this.#forget();
  }

  #forget() {
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
/** Processes that were started with this profile: the browser that we launched, and its children. */
function processesWith(profile) {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.filter((number) => {
    try {
      return readFileSync(`/proc/${number}/cmdline`, 'utf8').includes(`--user-data-dir=${profile}`);
    } catch {
      return false;
    }
  }).map(Number);
}
