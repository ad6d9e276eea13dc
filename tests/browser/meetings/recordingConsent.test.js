// People are asked before they are recorded: of one who agrees there is a track, of the other there is none, and the sound of all is without
// them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { scratch } from '../world/files.js';
import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { pause, until } from '../world/until.js';

describe('being asked', { timeout: 480_000 }, () => {
  let server, token, space, record, ada, bo, caro;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    token = server.token('ada@example.org');
    space = await server.openSpace(token);
    const administrator = server.token('administrator@localhost');
    const body = { asksToRecord: true };
    const changed = await server.call('PATCH', '/sederunt/v1/meetingPolicy', { token: administrator, body });
    assert.equal(changed.status, 200);
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { speaks: true }),
      Person.arrive(server, 'Bo', 'green', { speaks: true }),
      Person.arrive(server, 'Caro', 'blue', { speaks: true }),
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

  const question = (person) => person.page.getByRole('region', { name: 'Do you agree to be recorded?' });

  test('whoever is inside is asked when a recording begins', async () => {
    await ada.press('Record');
    await ada.press('Start recording');
    await question(ada).waitFor();
    await question(bo).waitFor();
    assert.deepEqual(await barriers(bo.page), []);
    await ada.press('I agree');
    await bo.press('Do not record me');
    await ada.button('Stop recording me').waitFor();
    await bo.button('You are not recorded: record me too').waitFor();
    await until('the questions to be gone', async () => (await question(ada).count()) + (await question(bo).count()) === 0);
    assert.deepEqual(await barriers(ada.page), []);
  });

  test('a phone has room for all that is said of it', async () => {
    const size = bo.page.viewportSize();
    await bo.page.setViewportSize({ width: 320, height: 640 });
    const fits = () => bo.page.evaluate(() => {
      const { clientWidth, scrollWidth } = document.documentElement;
      return scrollWidth <= clientWidth && document.querySelector('.meeting-header').getBoundingClientRect().height < 160;
    });
    // Tiles are laid out anew with the next frame.
    await until('all to have room', fits);
    assert.deepEqual(await barriers(bo.page), []);
    await bo.page.setViewportSize(size);
  });

  test('whoever comes can agree before they join', async () => {
    await caro.page.goto(`${server.url}/${space.meetingCode}`);
    const box = caro.page.getByRole('checkbox', { name: 'I agree to be recorded' });
    await box.check();
    await caro.page.locator('.preview-off').waitFor({ state: 'detached' });
    assert.deepEqual(await barriers(caro.page), []);
    await caro.page.getByLabel('Your name').fill('Caro');
    await caro.page.getByRole('button', { name: /^Join/ }).click();
    await caro.button('Stop recording me').waitFor();
    assert.equal(await question(caro).count(), 0, 'they have answered');
    await pause(3_000);
    await caro.press('Stop recording me');
    await caro.button('You are not recorded: record me too').waitFor();
    await pause(2_000);
    await caro.leave();
  });

  test('there is a track of each who agreed, and of nobody else', async () => {
    await ada.press('Recording');
    await ada.press('Stop recording');
    await Promise.all([bo.leave(), ada.leave()]);
    let recording;
    await until('its files', async () => {
      const { body: page } = await server.call('GET', `/sederunt/v1/${record}/recordings`, { token });
      const { body } = await server.call('GET', `/sederunt/v1/${page.recordings[0].name}`, { token });
      recording = body;
      return body.state === 'FILE_GENERATED';
    });
    const { body } = await server.call('GET', `/v2/${record}/participants`, { token });
    const nameOf = Object.fromEntries(body.participants.map((one) => [one.name, (one.signedinUser ?? one.anonymousUser).displayName]));
    const said = recording.answers.map(({ participant, agrees = false }) => `${nameOf[participant]} ${agrees}`);
    assert.deepEqual(said.sort(), ['Ada true', 'Bo false', 'Caro false', 'Caro true']);
    const log = await (await fetch(recording.files.find(({ fileName }) => fileName === 'events.jsonl').uri)).text();
    const lines = log.trim().split('\n').map((line) => JSON.parse(line));
    const sessionOf = Object.fromEntries(lines.filter(({ event }) => event === 'joined').map(({ name, session }) => [name, session]));
    const sources = (session) => recording.files.filter((file) => file.session === session).map(({ source }) => source).sort();
    assert.deepEqual(sources(sessionOf.Ada), ['CAMERA', 'MICROPHONE']);
    assert.deepEqual(sources(sessionOf.Bo), [], 'nothing of Bo');
    assert.ok(!lines.some(({ event, session }) => event === 'loudest' && session === sessionOf.Bo));
    const at_s = (event) => lines.find((line) => line.event === event && line.session === sessionOf.Caro).at_us / 1e6;
    const theirs = recording.files.filter((file) => file.session === sessionOf.Caro);
    assert.ok(theirs.some(({ source }) => source === 'MICROPHONE'));
    for (const { startTime, duration } of theirs) {
      const start_s = (Date.parse(startTime) - Date.parse(recording.startTime)) / 1_000;
      // What the register calls the beginning is told before the recorder begins.
      assert.ok(start_s > at_s('agreed') - 0.5, `${start_s}`);
      assert.ok(Number.parseFloat(duration) < at_s('withdrawn') - at_s('agreed') + 0.5, 'until she took it back');
    }
    assert.ok(at_s('withdrawn') < at_s('left'), 'and not until she left');
  });

  test('the page of the recording says who agreed', async () => {
    await ada.page.goto(`${server.url}/meetings/${record.split('/')[1]}`);
    await ada.page.getByRole('link', { name: /^Recording of/ }).click();
    await ada.page.getByRole('heading', { name: 'Who agreed to be recorded' }).waitFor();
    await ada.sees('Ada agreed');
    await ada.sees('Bo does not agree, or no longer');
    assert.deepEqual(await barriers(ada.page), []);
  });

  test('its owner has one video made of it', async () => {
    await ada.press('Make one video');
    const link = ada.page.getByRole('link', { name: /^All in one video, as MP4/ });
    // It gives way to everything else on the machine.
    await link.waitFor({ timeout: 300_000 });
    assert.equal(await ada.button('Make one video').count(), 0, 'it is there');
    const video = new Uint8Array(await (await fetch(new URL(await link.getAttribute('href'), server.url))).arrayBuffer());
    const file = join(scratch(), 'meeting.mp4');
    writeFileSync(file, video);
    const probe = ['-v', 'error', '-show_entries', 'stream=codec_name,width', '-of', 'csv=p=0', file];
    const streams = execFileSync('ffprobe', probe, { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(streams, ['h264,1280', 'aac']);
  });
});
