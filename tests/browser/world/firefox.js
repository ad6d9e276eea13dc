// A person with Firefox, whose camera and microphone are the browser's own fakes: a picture that changes its colour, and a tone.
// What they do goes through labels, as with the others.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { scratch, tool } from './files.js';
import { Marionette } from './marionette.js';
import { AUDIBLE_ENERGY } from './person.js';
import { pause, until } from './until.js';

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // Any port; it is written into the profile.
  'marionette.port': 0,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.disabledForTesting': true,
};

/** Runs in the page before it connects: its connections are in `window.connections`. */
function observe() {
  const { RTCPeerConnection } = window;
  window.connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...how) {
      super(...how);
      window.connections.push(this);
    }
  };
}

export class Firefox {
  #process;
  #marionette;

  /** Opens a browser; nobody has joined anything yet. `byRelay` lets them out by a relay alone. */
  static async arrive(server, name, { byRelay = false } = {}) {
    const person = new Firefox();
    Object.assign(person, { server, name, profile: scratch() });
    const preferences = { ...PREFERENCES, 'media.peerconnection.ice.relay_only': byRelay };
    const lines = Object.entries(preferences).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${value});`);
    writeFileSync(join(person.profile, 'user.js'), lines.join('\n'));
    const flags = ['--headless', '--marionette', '--no-remote', '--profile', person.profile];
    person.#process = spawn(tool('firefox-esr'), flags, { stdio: 'ignore' });
    const portFile = join(person.profile, 'MarionetteActivePort');
    const port = await until('Firefox to listen', () => existsSync(portFile) && Number(readFileSync(portFile, 'utf8')));
    person.#marionette = await Marionette.connect(port);
    return person;
  }

  async open(path) {
    await this.#marionette.send('WebDriver:Navigate', { url: this.server.url + path });
  }

  /** What a function gives in the page. */
  async run(act, ...args) {
    return this.#marionette.send('WebDriver:ExecuteScript', { script: `return (${act})(...arguments)`, args });
  }

  async sees(text) {
    await until(`${this.name} to see "${text}"`, () => this.run((text) => document.body.innerText.includes(text), text));
  }

  /** Opens the meeting's page and joins. */
  async join(meetingCode) {
    await this.open(`/${meetingCode}`);
    await this.sees('Your name');
    await this.run(observe);
    await this.run((name) => {
      const field = document.getElementById('name');
      field.value = name;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, this.name);
    await this.press('Join');
  }

  async press(label) {
    const click = (label) => {
      const named = (button) => (button.getAttribute('aria-label') ?? button.textContent.trim()) === label;
      const button = [...document.querySelectorAll('button')].find(named);
      button?.click();
      return button !== undefined;
    };
    await until(`${this.name} to press "${label}"`, () => this.run(click, label));
  }

  /** Whether somebody's tile shows a picture that moves on. */
  async seesMoving(name) {
    const time = (name) => {
      const tile = [...document.querySelectorAll('figure')].find((figure) => figure.ariaLabel.startsWith(name));
      const video = tile?.querySelector('video');
      return video?.videoWidth ? video.currentTime : null;
    };
    const first = await until(`${this.name} to see ${name}`, () => this.run(time, name));
    await until(`${name} to move`, async () => (await this.run(time, name)) > first);
  }

  /** Whether any voice arrives within the next second, and is decoded. */
  async hearsAnybody() {
    const energies = () =>
      this.run(async () => {
        const stats = [...(await window.connections.at(-1).getStats()).values()];
        const lines = stats.filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
        return lines.sort((one, other) => one.ssrc - other.ssrc).map(({ totalAudioEnergy }) => totalAudioEnergy ?? 0);
      });
    const before = await energies();
    await pause(1_000);
    const after = await energies();
    return after.some((energy, line) => energy - (before[line] ?? 0) >= AUDIBLE_ENERGY);
  }

  /** Opens another tab before this one. */
  async lookAway() {
    this.tab ??= await this.#marionette.send('WebDriver:GetWindowHandle');
    await this.#marionette.send('WebDriver:NewWindow', { type: 'tab', focus: true });
    await until('the tab to be in the background', () => this.run(() => document.visibilityState === 'hidden'));
  }

  /** Comes back to it. */
  async lookAgain() {
    await this.#marionette.send('WebDriver:SwitchToWindow', { handle: this.tab, focus: true });
    await until('the tab to be seen', () => this.run(() => document.visibilityState === 'visible'));
  }

  /** Ends the browser. */
  async go() {
    this.#marionette?.close();
    if (this.#process && this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill();
      await ended;
    }
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
