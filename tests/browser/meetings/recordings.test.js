// A meeting is recorded from the page, everybody is told, also whoever comes later; and what was recorded plays in step.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { python, scratch, screenshots } from '../world/files.js';
import { tabTo } from '../world/keyboard.js';
import { Person } from '../world/person.js';
import { hold, letGo, startedBy } from '../world/processes.js';
import { Server } from '../world/server.js';
import { SmallDisk } from '../world/smallDisk.js';
import { pause, until } from '../world/until.js';

/** How far tracks may be apart. */
const STEP_S_MAX = 0.05;
/** How often that is looked at in each place. */
const LOOKS = 5;

describe('recordings', { timeout: 240_000 }, () => {
  let server, token, space, record, name;
  /** Ada owns the space. Both speak without a pause. Caro comes later. */
  let ada, bo, caro;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    token = server.token('ada@example.org');
    space = await server.openSpace(token);
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true, viewport: { width: 1280, height: 900 } }),
      Person.arrive(server, 'Bo', 'green', { speaks: true, viewport: { width: 900, height: 700 } }),
      Person.arrive(server, 'Caro', 'blue'),
    ]);
    await ada.signIn(link);
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    record = ada.seat.conferenceRecord;
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    assert.deepEqual([...(ada?.errors ?? []), ...(bo?.errors ?? [])], []);
    await Promise.all([ada, bo, caro].map((person) => person?.go()));
    await server?.stop();
  });

  const banner = (person, text) => person.page.locator('.recording-banner', { hasText: text });

  test('a host is told what will be kept, and everybody that it is', async () => {
    assert.equal(await bo.button('Record').count(), 0, 'only hosts may');
    await ada.press('Record');
    await ada.sees('Kept are the voice of everybody here');
    assert.deepEqual(await barriers(ada.page), []);
    await ada.press('Start recording');
    for (const person of [ada, bo]) await banner(person, 'This meeting is being recorded').waitFor();
    assert.deepEqual(await barriers(bo.page), []);
    await ada.page.screenshot({ path: join(screenshots, 'recording.png') });
  });

  test('whoever comes knows it before they join, and in the meeting', async () => {
    await caro.page.goto(`${server.url}/${space.meetingCode}`);
    await caro.sees('This meeting is being recorded. If you join');
    await caro.page.locator('.preview-off').waitFor({ state: 'detached' });
    assert.deepEqual(await barriers(caro.page), []);
    await caro.join(space.meetingCode);
    await banner(caro, 'This meeting is being recorded').waitFor();
    await pause(3_000);
    await caro.leave();
  });

  test('a pause is seen by all', async () => {
    await ada.press('Recording');
    await ada.press('Pause');
    await banner(bo, 'The recording is paused').waitFor();
    await pause(1_000);
    await ada.press('Paused');
    await ada.press('Go on recording');
    await banner(bo, 'This meeting is being recorded').waitFor();
    await pause(6_000);
  });

  test('it ends, and everybody is told', async () => {
    await ada.press('Recording');
    await ada.press('Stop recording');
    await bo.sees('The recording has ended');
    await until('the banner to be gone', async () => (await banner(bo, 'recorded').count()) === 0);
    await Promise.all([bo.leave(), ada.leave()]);
  });

  test('the recording is on the page of the meeting, and is prepared', async () => {
    await ada.page.goto(`${server.url}/meetings/${record.split('/')[1]}`);
    await ada.page.getByRole('link', { name: /^Recording of/ }).click();
    await ada.page.getByRole('heading', { name: 'Recording', exact: true }).waitFor();
    await ada.page.getByRole('group', { name: 'Player' }).waitFor({ timeout: 60_000 });
    const { body } = await server.call('GET', `/v2/${record}/recordings`, { token });
    const [recording] = body.recordings;
    assert.equal(recording.state, 'FILE_GENERATED');
    assert.equal(recording.driveDestination.exportUri, ada.page.url());
    name = recording.name;
    assert.deepEqual(await barriers(ada.page), []);
  });

  /** Where the elements that play are, each from the beginning of the recording. */
  const places = async () => {
    const { body } = await server.call('GET', `/sederunt/v1/${name}`, { token });
    const start = Date.parse(body.startTime);
    const begin = Object.fromEntries(body.files.map((file) => [file.fileName, (Date.parse(file.startTime) - start) / 1_000]));
    const playing = await ada.page.evaluate(() =>
      [...document.querySelectorAll('[data-track]')]
        .filter((element) => !element.paused)
        .map((element) => ({ track: element.dataset.track, at: element.currentTime })),
    );
    return playing.map(({ track, at }) => ({ track, at: at + begin[track] }));
  };

  test('its tracks play in step, also after five seeks', async () => {
    await ada.press('Play');
    const slider = ada.page.getByRole('slider');
    for (const to of [2, 8, 4, 9, 6]) {
      await slider.evaluate((element, value) => {
        element.value = String(value);
        element.dispatchEvent(new Event('input', { bubbles: true }));
      }, to);
      const settled = new Set();
      await until('tracks to play', async () => {
        for (const { track } of await places()) settled.add(track);
        return settled.size >= 4;
      });
      await pause(1_200);
      // What begins in between, as the voice of who joined then, is caught up with while it is looked at; and so is what a busy
      // computer held up for a moment, which is why the middle of some looks counts.
      const looks = [];
      for (let look = 0; look < LOOKS; look += 1) {
        const all = (await places()).filter(({ track }) => settled.has(track));
        assert.ok(all.length >= 2, JSON.stringify(all));
        const times = all.map(({ at }) => at);
        looks.push({ off_s: Math.max(...times) - Math.min(...times), all });
        await pause(100);
      }
      looks.sort((one, other) => one.off_s - other.off_s);
      const middle = looks[(LOOKS - 1) / 2];
      assert.ok(middle.off_s < STEP_S_MAX, JSON.stringify(middle));
    }
    await ada.page.getByText(/^Speaking: (Ada|Bo)/).waitFor();
    assert.deepEqual(await ada.page.locator('.recording-presence p').allInnerTexts().then((texts) => texts.map((text) => text.split(':')[0])), ['Ada', 'Bo', 'Caro']);
    await ada.page.screenshot({ path: join(screenshots, 'recording-player.png'), fullPage: true });
    await ada.press('Pause');
  });

  test('keys play it and move through it', async () => {
    await tabTo(ada.page, ada.button('Play'));
    await ada.page.keyboard.press('Enter');
    await ada.button('Pause').waitFor();
    await ada.page.keyboard.press('Enter');
    await ada.button('Play').waitFor();
    const slider = ada.page.getByRole('slider');
    await tabTo(ada.page, slider);
    const before = Number(await slider.inputValue());
    await ada.page.keyboard.press('ArrowLeft');
    await until('it to go back', async () => Number(await slider.inputValue()) < before - 1);
  });

  test('links that have ended are renewed once, and it plays', async () => {
    const looks = [];
    ada.page.on('request', (request) => {
      if (new URL(request.url()).pathname === `/sederunt/v1/${name}`) looks.push(request.url());
    });
    const answer = (route) => (looks.length < 2 ? route.fulfill({ status: 404 }) : route.continue());
    await ada.page.route('**/sederunt/meeting-recordings/**', answer);
    await ada.page.reload();
    await ada.press('Play');
    await until('all that begins to play', async () => (await places()).length >= 4);
    assert.equal(looks.length, 2);
    await ada.page.unroute('**/sederunt/meeting-recordings/**');
    await ada.press('Pause');
  });

  test('one video of all is given up in the middle, and made when it is wanted again', async () => {
    const links = () => ada.page.locator('[data-track]').evaluateAll((elements) => elements.map(({ src }) => src));
    const before = await links();
    const told = async () => (await server.call('GET', `/sederunt/v1/${name}`, { token })).body;
    const files = async () => (await told()).files.map(({ fileName }) => fileName);
    await ada.press('Make one video');
    let held = await hold(server.pid, 'ffmpeg');
    await until('some of it to be made', async () => {
      letGo(held);
      await pause(100);
      held = await hold(server.pid, 'ffmpeg');
      return (await told()).composedPercent;
    });
    await ada.sees(/It is being made: [1-9]\d* %/);
    assert.deepEqual(await barriers(ada.page), []);
    await ada.press('Stop making it');
    await ada.button('Make one video').waitFor();
    await until('ffmpeg to be gone', () => startedBy(server.pid, 'ffmpeg').length === 0);
    assert.ok(!(await files()).includes('meeting.mp4'));

    await ada.press('Make one video');
    await ada.page.getByRole('link', { name: /^All in one video, as MP4/ }).waitFor({ timeout: 60_000 });
    await ada.button('Make one video').waitFor({ state: 'detached' });
    assert.ok((await files()).includes('meeting.mp4'));
    assert.deepEqual(await links(), before, 'what plays is not loaded anew');
  });

  test('each file can be fetched, and all in one', async () => {
    const { body } = await server.call('GET', `/sederunt/v1/${name}`, { token });
    const [download] = await Promise.all([
      ada.page.waitForEvent('download'),
      ada.page.getByRole('link', { name: 'All files in one (ZIP)' }).click(),
    ]);
    const path = join(scratch(), 'recording.zip');
    await download.saveAs(path);
    const listed = execFileSync(python, ['-c', 'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint("\\n".join(f"{i.filename} {i.file_size}" for i in z.infolist()))', path], { encoding: 'utf8' });
    assert.deepEqual(listed.trim().split('\n').sort(), body.files.map((file) => `${file.fileName} ${file.sizeBytes}`).sort());
    const [file] = await Promise.all([
      ada.page.waitForEvent('download'),
      ada.page.getByRole('link', { name: /^What happened/ }).click(),
    ]);
    assert.match(readFileSync(await file.path(), 'utf8'), /"event":"began"/);
  });

  test('its owner deletes it', async () => {
    await ada.press('Delete');
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await ada.page.waitForURL(/\/meetings\/[^/]+$/);
    const { body } = await server.call('GET', `/v2/${record}/recordings`, { token });
    assert.deepEqual(body, {});
  });
});

describe('a recording and a server that is killed', { timeout: 120_000 }, () => {
  test('what was recorded until then is kept, and the rest of the meeting is recorded too', async () => {
    const server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    const token = server.token('ada@example.org');
    const space = await server.openSpace(token);
    const ada = await Person.arrive(server, 'Ada', 'red', { speaks: true });
    try {
      await ada.signIn(link);
      await ada.join(space.meetingCode);
      await ada.press('Record');
      await ada.press('Start recording');
      await ada.page.locator('.recording-banner p').waitFor();
      // Signs of life are written every five seconds.
      await pause(8_000);
      await server.kill();
      await server.restart();
      await ada.sees('You are back in the meeting');
      await ada.page.locator('.recording-banner', { hasText: 'This meeting is being recorded' }).waitFor();
      await pause(2_000);
      await ada.leave();
      const list = `/v2/${ada.seat.conferenceRecord}/recordings`;
      const all = async () => (await server.call('GET', list, { token })).body.recordings ?? [];
      await until('both to have their files', async () => (await all()).map(({ state }) => state).join() === 'FILE_GENERATED,FILE_GENERATED');
      const [before, after] = await all();
      assert.ok(Date.parse(before.endTime) <= Date.parse(after.startTime));
      for (const { name } of [before, after]) {
        const { body } = await server.call('GET', `/sederunt/v1/${name}`, { token });
        assert.ok(body.files.some(({ source }) => source === 'MICROPHONE'), JSON.stringify(body));
        if (name === before.name) assert.equal(body.endReason, 'SERVER_STOPPED');
      }
    } finally {
      await ada.go();
      await server.stop();
    }
  });
});

describe('a recording and a disk that fills up', { timeout: 120_000 }, () => {
  const disk = new SmallDisk();
  let server, token, space, ada, bo;

  before(async () => {
    server = await Server.start({ disk });
    const link = server.addUser('ada@example.org', 'Ada');
    token = server.token('ada@example.org');
    space = await server.openSpace(token);
    [ada, bo] = await Promise.all([Person.arrive(server, 'Ada', 'red', { speaks: true }), Person.arrive(server, 'Bo', 'green')]);
    await ada.signIn(link);
    for (const person of [ada, bo]) await person.join(space.meetingCode);
  });

  after(async () => {
    assert.deepEqual([...(ada?.errors ?? []), ...(bo?.errors ?? [])], []);
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  const banners = async () => (await Promise.all([ada, bo].map(({ page }) => page.locator('.recording-banner p').count()))).reduce((sum, count) => sum + count);
  const record = async () => {
    await ada.press('Record');
    await ada.press('Start recording');
  };
  const words = ({ page }) => page.getByText('The recording has ended: the server has no room for more. What was recorded is kept.');
  const everybodyIsTold = () => Promise.all([ada, bo].map((person) => words(person).first().waitFor()));

  test('everybody is told, and the meeting and its register go on', async () => {
    await record();
    await until('everybody to be recorded', async () => (await banners()) === 2);
    await pause(3_000);
    disk.fill();
    await everybodyIsTold();
    await until('the banners to be gone', async () => (await banners()) === 0);
    // It takes whoever comes, and no recording.
    await bo.leave();
    await bo.rejoin();
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    await until('the words to be gone', async () => (await words(ada).count()) + (await words(bo).count()) === 0);
    await record();
    await everybodyIsTold();
    const { body } = await server.call('GET', `/v2/${ada.seat.conferenceRecord}/participants`, { token });
    assert.equal(body.participants.length, 2);
  });

  test('what was recorded until then plays once there is room, and its page says why it is no more', async () => {
    disk.makeRoom();
    await Promise.all([ada.leave(), bo.leave()]);
    await ada.page.goto(`${server.url}/meetings/${ada.seat.conferenceRecord.split('/')[1]}`);
    await ada.page.getByRole('link', { name: /^Recording of/ }).first().click();
    await ada.sees('It ended early: the server had no room for more.');
    await ada.page.getByRole('group', { name: 'Player' }).waitFor({ timeout: 60_000 });
    assert.deepEqual(await barriers(ada.page), []);
  });
});
