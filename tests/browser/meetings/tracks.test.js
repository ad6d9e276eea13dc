// Each codec of the contract is recorded as it was sent, in a file that plays: in a browser by itself, and its pictures one after the other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { installRaw } from '../world/raw.js';
import { Server } from '../world/server.js';
import { pause, until } from '../world/until.js';

/** For how long a camera is recorded, and the pictures that are there at least: a busy machine makes a few in a second. */
const FOR_MS = 4_000;
const PICTURES = 10;

/** Each codec with how the name of its file ends. */
const CODECS = { 'video/VP8': 'webm', 'video/VP9': 'webm', 'video/AV1': 'webm', 'video/H264': 'mkv' };

describe('tracks of every codec', { timeout: 120_000 }, () => {
  let server, token, browser;
  /** The names of the recordings, by their codec. */
  const recordings = {};

  before(async () => {
    server = await Server.start();
    server.addUser('owner@example.org', 'Owner');
    token = server.token('owner@example.org');
    browser = await Person.arrive(server, 'Raw', 'red');
    await browser.page.goto(`${server.url}/healthz`);
    await browser.page.evaluate(installRaw);
    const spaces = await Promise.all(Object.keys(CODECS).map((codec) => recorded(codec)));
    await pause(FOR_MS);
    for (const space of spaces) await ask(space, 'stop');
    await browser.page.evaluate(() => Object.values(globalThis.raw.made).forEach(({ connection }) => connection.close()));
  });

  after(async () => {
    await browser?.go();
    await server?.stop();
  });

  const ask = async (space, verb) => {
    const { status, body } = await server.call('POST', `/sederunt/v1/${space}:${verb}Recording`, { token, body: {} });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  /** The space of a meeting that is recorded, in which somebody sends this codec. */
  const recorded = async (codec) => {
    const { page } = browser;
    const { name } = await server.openSpace(token);
    await page.evaluate(async ([name, codec]) => {
      globalThis.raw.made[codec] = await globalThis.raw.send(name, codec, 'Sender');
    }, [name, codec]);
    // Nothing is held in the space before.
    const state = () => page.evaluate((codec) => globalThis.raw.made[codec].connection.connectionState, codec);
    await until('it to be connected', async () => (await state()) === 'connected');
    recordings[codec] = (await ask(name, 'start')).name;
    return name;
  };

  for (const [codec, ending] of Object.entries(CODECS)) {
    test(`${codec} plays from its ${ending}`, async (t) => {
      let told;
      await until('its files to be made', async () => {
        told = (await server.call('GET', `/sederunt/v1/${recordings[codec]}`, { token })).body;
        return told.state === 'FILE_GENERATED';
      });
      const file = told.files.find(({ source }) => source === 'CAMERA') ?? assert.fail(JSON.stringify(told));
      assert.match(file.fileName, new RegExp(`camera\\.${ending}$`));
      const played = await browser.page.evaluate(playThrough, file.uri);
      t.diagnostic(`${file.mediaType}: ${JSON.stringify(played)}`);
      assert.equal(played.problem, '');
      assert.ok(played.pictures >= PICTURES && played.width > 0, JSON.stringify(played));
    });
  }
});

/** Plays a file to its end, in a page: what is wrong with it, and what was seen of it. */
async function playThrough(uri) {
  const { pathname, search } = new URL(uri);
  const file = await (await fetch(pathname + search)).blob();
  const video = Object.assign(document.createElement('video'), { muted: true, src: URL.createObjectURL(file) });
  document.body.append(video);
  const over = new Promise((resolve) => {
    video.onended = () => resolve('');
    video.onerror = () => resolve(video.error.message);
  });
  // What cannot be played is told as an error too.
  await video.play().catch(() => undefined);
  const problem = await over;
  const { totalVideoFrames: pictures } = video.getVideoPlaybackQuality();
  return { problem, pictures, width: video.videoWidth, length_s: video.currentTime };
}
