// A real telephone: baresip, whose microphone is a file, told by a socket what to do; and the server of somebody's own that says by
// documents what happens to calls.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

import { scratch, tool } from './files.js';
import { wav } from './material.js';
import { freePort } from './server.js';
import { until } from './until.js';

const RATE_HZ = 8_000;

export class Telephone {
  #process;
  #control;

  /**
   * Somebody's, which says these words or samples after so many seconds, and calls whoever is at that SIP port. Without them it is
   * silent.
   */
  static async of(who, { sipPort, says = '', after_s = 0 }) {
    const proxy = `sip:127.0.0.1:${sipPort};transport=udp`;
    return Telephone.#start(says, after_s, () => `<sip:${who}@example.org;transport=udp>;regint=0;outbound="${proxy}"`);
  }

  /** One of the telephone network with a number, which answers by itself; and the gateway by which numbers are called. */
  static async numbered(number, { says = '' }) {
    return Telephone.#start(says, 0, (port) => `<sip:${number}@127.0.0.1:${port};transport=udp>;regint=0;answermode=auto`);
  }

  static async #start(says, after_s, account) {
    const telephone = new Telephone();
    telephone.folder = scratch();
    const port = await freePort();
    const control = await freePort();
    writeFileSync(join(telephone.folder, 'voice.wav'), voice(says, after_s));
    writeFileSync(join(telephone.folder, 'config'), configuration(telephone.folder, port, control));
    writeFileSync(join(telephone.folder, 'accounts'), `${account(port)};audio_codecs=PCMU/8000/1\n`);
    telephone.gateway = `127.0.0.1:${port}`;
    writeFileSync(join(telephone.folder, 'contacts'), '');
    telephone.#process = spawn(tool('baresip'), ['-f', telephone.folder], { stdio: 'ignore' });
    telephone.#control = await until('baresip to listen', () => opened(control));
    return telephone;
  }

  dial(whom) {
    this.#say('dial', whom);
  }

  hangUp() {
    this.#say('hangup', '');
  }

  /** Presses keys. */
  press(keys) {
    this.#say('sndcode', keys);
  }

  /** The samples that it heard. It is off after that, since only then its file is whole. */
  async heard() {
    const ended = once(this.#process, 'exit');
    this.#say('quit', '');
    await ended;
    const folder = join(this.folder, 'heard');
    const file = readFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith('-dec.wav'))));
    const begin = file.indexOf('data') + 8;
    return Int16Array.from({ length: Math.floor((file.length - begin) / 2) }, (_, place) => file.readInt16LE(begin + 2 * place));
  }

  async off() {
    if (this.#process.exitCode !== null) return rmSync(this.folder, { recursive: true, force: true });
    const ended = once(this.#process, 'exit');
    this.#control.destroy();
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** As a netstring of JSON. */
  #say(command, params) {
    const text = JSON.stringify({ command, params });
    this.#control.write(`${text.length}:${text},`);
  }
}

/** What each path is answered with, as the content of a document. */
export class Handler {
  #http;

  static async start(documents) {
    const handler = new Handler();
    handler.#http = createServer((request, response) => {
      const content = documents[request.url];
      request.resume();
      response.writeHead(content === undefined ? 404 : 200, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Response>${content ?? ''}</Response>`);
    }).listen(0, '127.0.0.1');
    await once(handler.#http, 'listening');
    handler.origin = `http://127.0.0.1:${handler.#http.address().port}`;
    return handler;
  }

  async stop() {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }
}

async function opened(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    // What it tells of its calls is nobody's business here.
    socket.resume();
    return socket;
  } catch {
    return null;
  }
}

/** A WAV file of telephone quality: silence, a voice, and silence for as long as anybody listens. */
function voice(says, after_s) {
  const words = () => atTelephoneRate(execFileSync(tool('espeak-ng'), ['-v', 'en', '--stdout', says]));
  const spoken = typeof says === 'string' ? (says === '' ? [] : words()) : says;
  const samples = new Int16Array((after_s + 60) * RATE_HZ + spoken.length);
  samples.set(spoken, after_s * RATE_HZ);
  return wav(samples, RATE_HZ);
}

/** The nearest samples: nobody minds the noise of that. */
function atTelephoneRate(wav) {
  const rate_hz = wav.readUInt32LE(24);
  const begin = wav.indexOf('data') + 8;
  const samples = Math.floor((wav.length - begin) / 2);
  const length = Math.floor((samples * RATE_HZ) / rate_hz);
  return Int16Array.from({ length }, (_, place) => wav.readInt16LE(begin + 2 * Math.floor((place * rate_hz) / RATE_HZ)));
}

function configuration(folder, port, control) {
  mkdirSync(join(folder, 'heard'));
  return [
    'poll_method epoll',
    `sip_listen 127.0.0.1:${port}`,
    `audio_source aufile,${join(folder, 'voice.wav')}`,
    'audio_player aubridge,nil',
    'audio_alert aubridge,nil',
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'ausrc_channels 1',
    'auplay_channels 1',
    'rtp_ports 30000-39998',
    'net_interface 127.0.0.1',
    'module_path /usr/lib/baresip/modules',
    'module g711.so',
    'module aufile.so',
    'module aubridge.so',
    'module sndfile.so',
    'module_tmp uuid.so',
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    `snd_path ${join(folder, 'heard')}`,
    '',
  ].join('\n');
}
