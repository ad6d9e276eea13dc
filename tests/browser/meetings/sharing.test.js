// A shared tab with its sound: what plays in it is heard by the others, whether its person is muted or not.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Person } from '../world/person.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

/** A page that plays a tone for as long as it is open. */
const PLAYER = `<title>Tone</title><script>
  const context = new AudioContext();
  const tone = context.createOscillator();
  tone.connect(context.destination);
  tone.start();
</script>`;

describe('a shared tab', { timeout: 120_000 }, () => {
  let server, space, ada, bo;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('bo@example.org', 'Bo');
    space = await server.openSpace(server.token('bo@example.org'));
    [ada, bo] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { sharesTab: 'Tone' }),
      Person.arrive(server, 'Bo', 'green'),
    ]);
    await bo.signIn(link);
    const player = await ada.context.newPage();
    await player.route('**/tone', (route) => route.fulfill({ contentType: 'text/html', body: PLAYER }));
    await player.goto(`${server.url}/tone`);
    await ada.page.bringToFront();
    for (const person of [ada, bo]) await person.join(space.meetingCode);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
  });

  after(async () => {
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  const boHears = () => bo.hearsAnybody();
  const boHearsNothing = async () => !(await bo.hearsAnybody());

  test('its sound is heard while its person is muted', async () => {
    await ada.press('Mute');
    await until('silence', boHearsNothing);
    await ada.press('Share screen');
    await bo.tile('Screen of Ada').waitFor();
    await until('the tone', boHears);
  });

  test('a host who mutes somebody mutes that, too, and the picture stays', async () => {
    await bo.toggle('People');
    await bo.press('What to do about Ada (Guest)');
    await bo.press('Mute Ada (Guest)');
    await until('silence', boHearsNothing);
    assert.equal(await bo.tile('Screen of Ada').count(), 1);
  });

  test('it ends with the sharing, and comes again with it', async () => {
    await ada.press('Stop sharing');
    await bo.tile('Screen of Ada').waitFor({ state: 'detached' });
    await ada.press('Share screen');
    await until('the tone', boHears);
    await ada.press('Stop sharing');
    await until('silence', boHearsNothing);
    assert.deepEqual(ada.errors, []);
  });
});
