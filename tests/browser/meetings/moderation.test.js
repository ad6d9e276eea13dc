// What hosts do to a meeting: silence, lock, end. What is decided is obeyed in the buttons of the others, and by the server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Register, time_ms } from '../world/register.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

describe('moderation', { timeout: 240_000 }, () => {
  let server, token, register, space, record;
  /** Ada owns the space. Bo speaks without a pause. */
  let ada, bo, caro;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    token = server.token('ada@example.org');
    register = new Register(server, token);
    space = await server.openSpace(token);
    [ada, bo, caro] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { viewport: { width: 1280, height: 800 } }),
      Person.arrive(server, 'Bo', 'green', { speaks: true }),
      Person.arrive(server, 'Caro', 'blue'),
    ]);
    await ada.signIn(link);
    for (const person of [ada, bo, caro]) await person.join(space.meetingCode);
    record = ada.seat.conferenceRecord;
    await Promise.all([ada.seesEach([bo, caro]), bo.seesEach([ada]), caro.seesEach([bo])]);
  });

  after(async () => {
    register?.close();
    await Promise.all([ada, bo, caro].map((person) => person?.go()));
    await server?.stop();
  });

  const turn = async (name) => {
    const lock = ada.panel('Host controls').getByRole('switch', { name });
    const wanted = (await lock.getAttribute('aria-checked')) !== 'true';
    await lock.click();
    await until(`"${name}" to be ${wanted}`, async () => (await lock.getAttribute('aria-checked')) === String(wanted));
  };

  test('only hosts have the controls', async () => {
    await ada.button('Host controls').waitFor();
    for (const person of [bo, caro]) assert.equal(await person.button('Host controls').count(), 0, person.name);
    const { status, body } = await server.call('POST', `/sederunt/v1/${space.name}:mute`, { body: {} });
    assert.ok([401, 403].includes(status), `${status} ${JSON.stringify(body)}`);
  });

  test('whoever a host mutes is silent, is told so, and may speak again', async () => {
    await until('Ada to hear Bo', () => ada.hearsAnybody());
    await ada.toggle('People');
    await ada.press('What to do about Bo (Guest)');
    await ada.press('Mute Bo (Guest)');
    await bo.sees('A host muted you');
    await bo.button('Unmute').waitFor();
    await until('Ada to hear nothing', async () => !(await ada.hearsAnybody()));
    await ada.tile('Bo').getByRole('img', { name: 'Muted' }).waitFor();
    await bo.press('Unmute');
    await until('Ada to hear Bo again', () => ada.hearsAnybody());
  });

  test('everybody but the host is muted at once', async () => {
    await ada.press('Mute everybody');
    await Promise.all([bo.button('Unmute').waitFor(), caro.button('Unmute').waitFor()]);
    await until('Ada to hear nothing', async () => !(await ada.hearsAnybody()));
    await ada.button('Mute').waitFor();
    await bo.press('Unmute');
    await until('Ada to hear Bo again', () => ada.hearsAnybody());
  });

  test('while nothing is moderated, nothing can be locked', async () => {
    await ada.press('Host controls');
    const screens = ada.panel('Host controls').getByRole('switch', { name: 'Share a screen' });
    assert.equal(await screens.getAttribute('aria-disabled'), 'true');
    assert.equal(await screens.getAttribute('aria-checked'), 'true');
  });

  test('a lock stops what is under way, and says why', async () => {
    await caro.press('Share screen');
    await ada.tile('Screen of Caro').waitFor();
    await turn('Moderation');
    await turn('Share a screen');
    await ada.tile('Screen of Caro').waitFor({ state: 'detached' });
    await caro.sees('Only hosts can share a screen now');
    assert.equal(await caro.whyNot('Share screen'), 'Only hosts can share a screen now');
    assert.equal(await ada.whyNot('Share screen'), null, 'hosts may always');
  });

  test('chat and reactions are locked one by one', async () => {
    await turn('Write in the chat');
    await bo.toggle('Chat');
    await bo.panel('Chat').getByText('Only hosts can write now').waitFor();
    assert.equal(await bo.panel('Chat').getByRole('textbox').count(), 0);
    assert.equal(await bo.whyNot('React'), null);
    await turn('Send reactions');
    await until('Bo to be told', async () => (await bo.whyNot('React')) === 'Only hosts can react now');
    assert.equal(await bo.whyNot('Raise hand'), 'Only hosts can react now');
    // It may be reached, and says why it does nothing.
    await bo.button('React').focus();
    await bo.page.keyboard.press('Enter');
    await bo.sees('Only hosts can react now');
    assert.equal(await bo.page.getByRole('group', { name: 'Choose a reaction' }).isVisible(), false);
  });

  test('the server refuses what the buttons would not send', async () => {
    const answer = await bo.page.evaluate(() => new Promise((resolve) => {
      const channel = globalThis.observed.channels.get('chat');
      channel.addEventListener('message', ({ data }) => resolve(JSON.parse(data).response), { once: true });
      channel.send(JSON.stringify({ request: { requestId: 9_000, send: { text: 'All the same' } } }));
    }));
    assert.equal(answer.status.code, 7, JSON.stringify(answer));
  });

  test('what is unlocked works again', async () => {
    await turn('Moderation');
    await until('Caro to be told', async () => (await caro.whyNot('Share screen')) === null);
    await caro.press('Share screen');
    await ada.tile('Screen of Caro').waitFor();
    await caro.press('Stop sharing');
    await bo.panel('Chat').getByRole('textbox', { name: 'Write to everybody' }).waitFor();
    const { body } = await server.call('GET', `/v2/${space.name}`, { token });
    assert.equal(body.config.moderation, 'OFF');
    assert.equal(body.config.moderationRestrictions.presentRestriction, 'NO_RESTRICTION', 'the locks ended with it');
    const screens = ada.panel('Host controls').getByRole('switch', { name: 'Share a screen' });
    assert.equal(await screens.getAttribute('aria-checked'), 'true', 'and everybody may');
  });

  test('newcomers only watch, if the host says so', async () => {
    await turn('Moderation');
    await turn('Newcomers only watch');
    const dan = await Person.arrive(server, 'Dan', 'yellow');
    await dan.page.goto(`${server.url}/${space.meetingCode}`);
    await dan.sees('In this meeting, newcomers only watch and listen.');
    await dan.join(space.meetingCode);
    await dan.seesEach([ada]);
    await dan.sees('Watching only');
    for (const name of ['Mute', 'Stop camera', 'Share screen']) assert.equal(await dan.button(name).count(), 0, name);
    assert.equal(await ada.tile('Dan').count(), 0);
    await ada.toggle('People');
    await ada.panel('People').getByText('Dan').waitFor();
    await dan.leave();
    await dan.go();
    await ada.press('Host controls');
    await turn('Moderation');
  });

  test('whoever watches and becomes a co-host speaks without leaving', async () => {
    const dan = await Person.arrive(server, 'Dan', 'yellow');
    await dan.signIn(server.addUser('dan@example.org', 'Dan'));
    await dan.join(space.meetingCode, { as: 'Only watch' });
    await dan.sees('Watching only');
    assert.equal(await dan.button('Speak and be seen').count(), 0);
    const body = { email: 'dan@example.org', role: 'COHOST' };
    const { status } = await server.call('POST', `/v2/${space.name}/members`, { token, body });
    assert.equal(status, 200);
    const { participant } = dan.seat;
    const [answer] = await Promise.all([
      dan.page.waitForResponse((answer) => /:resume$/.test(answer.url()) && answer.ok()),
      dan.press('Speak and be seen'),
    ]);
    assert.equal((await answer.json()).participant, participant, 'the same participant');
    await dan.button('Unmute').waitFor();
    await dan.press('Start camera');
    await ada.seesEach([dan]);
    await dan.leave();
    assert.deepEqual(dan.errors, []);
    await dan.go();
  });

  test('a host ends it for everybody', async () => {
    await ada.press('End for everybody');
    const question = ada.page.getByRole('dialog', { name: 'End the meeting for everybody?' });
    await question.getByRole('button', { name: 'End for everybody' }).click();
    await Promise.all([ada, bo, caro].map((person) => person.sees('The meeting has ended')));
    const ended = await register.call('grpc', 'records', 'get_conference_record', { name: record });
    assert.ok(time_ms(ended.end_time) > 0);
    for (const person of await register.participants(record)) assert.ok(time_ms(person.latest_end_time) <= time_ms(ended.end_time));
  });

  test('no page made a mistake', () => {
    for (const person of [ada, bo, caro]) assert.deepEqual(person.errors, [], person.name);
  });
});
