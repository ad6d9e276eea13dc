// Telephone calls on the pages, by real telephones: a project is made, a message is left and a call is recorded from both sides,
// and whoever is in the project hears both. Who may not delete is not offered it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { barriers } from '../world/accessibility.js';
import { screenshots } from '../world/files.js';
import { tabTo } from '../world/keyboard.js';
import { Person } from '../world/person.js';
import { freePort, Server } from '../world/server.js';
import { Handler, Telephone } from '../world/telephone.js';
import { until } from '../world/until.js';

const DOCUMENTS = {
  '/both':
    '<RecordCall/><Say>Good morning. This is the support desk. Please tell us what we can do for you.</Say><Wait DurationSeconds="6"/>',
  '/message': '<Record MaxDurationSeconds="4" TimeoutSeconds="2"/>',
  '/busy': '<Reject Reason="busy" ErrorMessage="all lines are taken"/>',
};

describe('telephone calls', { timeout: 180_000 }, () => {
  let handler, sipPort, server, ada, bo, page, token;
  const telephones = [];

  before(async () => {
    handler = await Handler.start(DOCUMENTS);
    sipPort = await freePort();
    const first = 40_000 + 200 * (sipPort % 100);
    server = await Server.start({
      settings: `notify_origin = ["${handler.origin}"]\n[telephony]\nlisten = "127.0.0.1:${sipPort}"\ndomain = "sip.example.org"\nfirst_port = ${first}\nlast_port = ${first + 100}\n`,
    });
    const link = server.addUser('ada@example.org', 'Ada');
    const other = server.addUser('bo@example.org', 'Bo');
    server.makeAdministrator('ada@example.org');
    const viewport = { width: 1100, height: 900 };
    [ada, bo] = await Promise.all([
      Person.arrive(server, 'Ada', 'red', { viewport }),
      Person.arrive(server, 'Bo', 'green', { viewport: { width: 400, height: 800 } }),
    ]);
    page = ada.page;
    await Promise.all([ada.signIn(link), bo.signIn(other)]);
  });

  after(async () => {
    assert.deepEqual([...(ada?.errors ?? []), ...(bo?.errors ?? [])], []);
    await Promise.all(telephones.map((telephone) => telephone.off()));
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
    await handler?.stop();
  });

  const picture = (name, of = page) => of.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });

  /** Somebody calls a domain whose calls the handler conducts by this document. */
  const call = async (who, path, words = {}) => {
    const body = {
      callTerminationMode: 'PROGRAMMABLE',
      callTerminationHandlerUris: [handler.origin + path],
      cidrBlocks: [{ displayName: 'here', cidrBlock: '127.0.0.0/8' }],
    };
    const id = path.slice(1);
    const made = await server.call('POST', `/v1beta1/projects/support/sipDomains?sipDomainId=${id}`, { token, body });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const telephone = await Telephone.of(who, { sipPort, ...words });
    telephones.push(telephone);
    telephone.dial(`sip:help@${id}.sip.example.org`);
    return telephone;
  };

  test('who is in no project is told what to do', async () => {
    await ada.press('Account of Ada');
    await page.getByRole('link', { name: 'Calls' }).click();
    await page.getByRole('heading', { name: 'You are in no project' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('link', { name: 'Go to the projects' }).click();
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    await bo.page.goto(`${server.url}/calls`);
    await bo.sees('Ask an administrator of this server to add you to one.');
  });

  test('an administrator makes a project, and says who is in it', async () => {
    await ada.sees('There is no project yet');
    await page.getByLabel('Id').fill('Not an id');
    await ada.press('Make');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Id').fill('support');
    await page.getByRole('textbox', { name: 'Name' }).fill('Support desk');
    await ada.press('Make');
    const form = page.getByRole('form', { name: 'Add a member to Support desk' });
    const add = async (email, role) => {
      await form.getByLabel('E-mail address').fill(email);
      await form.getByLabel('Role').selectOption(role);
      await form.getByRole('button', { name: 'Add' }).click();
      await ada.sees(`${email} was added`);
    };
    await form.getByLabel('E-mail address').fill('nobody@example.org');
    await form.getByRole('button', { name: 'Add' }).click();
    await ada.sees('nobody here has this address');
    await add('ada@example.org', 'Admin');
    await add('bo@example.org', 'Editor');
    await page.getByLabel('Role of bo@example.org').selectOption('Viewer');
    await ada.sees('bo@example.org is now: Viewer');

    await ada.press('Signing key of Support desk');
    const key = page.getByRole('textbox', { name: 'Key, in base64' });
    assert.equal(await key.inputValue(), server.signingKey('support'));
    await picture('projects');
    assert.deepEqual(await barriers(page), []);
    const before = await key.inputValue();
    await ada.press('New key for Support desk');
    await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
    await until('another key', async () => (await key.inputValue()) !== before);
    assert.equal(await key.inputValue(), server.signingKey('support'));
    await ada.press('I have it');

    await ada.press('Recordings of Support desk');
    const keeping = page.getByRole('form', { name: 'How recordings of Support desk are kept' });
    await keeping.getByLabel('Days').fill('40000');
    await keeping.getByRole('button', { name: 'Save' }).click();
    await keeping.getByRole('alert').first().waitFor();
    await keeping.getByLabel('Days').fill('90');
    await keeping.getByRole('button', { name: 'Save' }).click();
    await ada.sees('Saved for Support desk');
    assert.deepEqual(await barriers(page), []);
    await picture('projects-keeping');

    await bo.page.goto(`${server.url}/administration/projects`);
    await bo.sees('This page is for administrators of this server.');
  });

  test('a project without calls says how there will be some', async () => {
    token = server.token('ada@example.org', 'voice');
    await page.goto(`${server.url}/calls`);
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await picture('calls-none');
  });

  test('a call is there while it goes on, and its recording appears by itself', async () => {
    await call('carol', '/both', { says: 'Hello. My screen stays dark, and I have tried it twice.', after_s: 5 });
    const row = page.getByRole('link', { name: 'carol@example.org called help@both.sip.example.org' });
    await until('the call to be listed', async () => {
      await ada.press('Refresh');
      return row.isVisible();
    });
    await row.click();
    await page.getByRole('heading', { name: 'Call', exact: true }).waitFor();
    await ada.sees('It is being recorded.');
    await page.getByRole('button', { name: 'Pause recording' }).click();
    await ada.sees('nothing that is said is kept');
    await picture('call-paused');
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Resume recording' }).click();
    await ada.sees('The whole call is being recorded.');
    await page.getByRole('group', { name: /^Player: The whole call/ }).waitFor();
    await ada.sees('Answered');
  });

  /** What the player of the recorded call plays. */
  const heard = (of) => of.locator('audio').evaluate(({ currentTime, paused, error }) => ({ currentTime, paused, error }));

  test('both sides are drawn, and are heard from any place', async () => {
    const rows = page.locator('.player-row');
    assert.equal(await rows.count(), 2);
    await page.getByText('Caller: carol@example.org').waitFor();
    await page.getByText('Other side').waitFor();
    /** Where each side is loud: the mean place of its strokes, weighed by their heights. */
    const middles = await rows.locator('.waveform-all').evaluateAll((paths) =>
      paths.map((path) => {
        const strokes = [...path.getAttribute('d').matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)/g)].map(([, ...numbers]) => numbers.map(Number));
        const loud = strokes.map(([place, top, bottom]) => [place, Math.max(0, bottom - top - 10)]);
        const all = loud.reduce((sum, [, height]) => sum + height, 0);
        return loud.reduce((sum, [place, height]) => sum + place * height, 0) / all;
      }),
    );
    assert.ok(middles[1] < middles[0], `the desk speaks first: ${middles}`);

    await ada.press('Play');
    await until('the sound to go on', async () => (await heard(page)).currentTime > 0.3);
    await ada.press('Pause');
    assert.equal((await heard(page)).paused, true);

    const { width, height } = await rows.first().locator('.waveform').boundingBox();
    await rows.first().locator('.waveform').click({ position: { x: width / 2, y: height / 2 } });
    const position = page.getByRole('slider', { name: 'Position' });
    const duration_s = Number(await position.getAttribute('max'));
    await until('the middle', async () => Math.abs((await heard(page)).currentTime - duration_s / 2) < duration_s / 20);
    await picture('call');
    assert.deepEqual(await barriers(page), []);

    await tabTo(page, position);
    await page.keyboard.press('Home');
    await until('the begin', async () => (await heard(page)).currentTime === 0);
    await page.keyboard.press('ArrowRight');
    await until('two seconds on', async () => (await heard(page)).currentTime === 2);
    assert.match(await position.getAttribute('aria-valuetext'), /^0:02 of 0:\d\d$/);

    const silence = page.getByRole('button', { name: 'Silence this side: Other side' });
    await silence.click();
    assert.equal(await silence.getAttribute('aria-pressed'), 'true');
    await ada.press('Play');
    await until('the sound to go on', async () => (await heard(page)).currentTime > 2.3);
    await ada.press('Pause');
  });

  test('it is taken along in both forms', async () => {
    for (const [form, begin] of [['WAV', 'RIFF'], ['MP3', '\xff']]) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: new RegExp(`^Download ${form}`) }).click(),
      ]);
      assert.match(download.suggestedFilename(), new RegExp(`^call-[\\d-]+-carol\\.${form.toLowerCase()}$`));
      const file = readFileSync(await download.path());
      assert.ok(file.length > 10_000 && file.toString('latin1').startsWith(begin), `${form}: ${file.length} bytes`);
    }
  });

  test('a viewer hears, and is not offered to delete', async () => {
    await bo.page.goto(page.url());
    await bo.page.getByRole('group', { name: /^Player/ }).waitFor();
    await bo.press('Play');
    await until('the sound to go on', async () => (await heard(bo.page)).currentTime > 0.3);
    assert.equal(await bo.page.getByRole('button', { name: /^Delete/ }).count(), 0);
    assert.deepEqual(await barriers(bo.page), []);
    await picture('call-narrow', bo.page);
  });

  test('what became of other calls is said in words, and found by them', async () => {
    await call('dave', '/busy');
    await call('erin', '/message');
    await page.goto(`${server.url}/calls`);
    const list = page.getByRole('list', { name: 'Calls' });
    await until('all three calls to be over', async () => {
      await ada.press('Refresh');
      const texts = await list.getByRole('listitem').allTextContents();
      return texts.length === 3 && texts.filter((text) => /Answered$/.test(text)).length === 2;
    });
    await list.getByText('Turned away').waitFor();
    await picture('calls');
    assert.deepEqual(await barriers(page), []);

    await page.getByLabel('Outcome').selectOption('Not answered');
    await until('the busy one alone', async () => (await list.getByRole('listitem').count()) === 1);
    await page.getByRole('link', { name: /^dave/ }).click();
    await ada.sees('all lines are taken');
    await page.goBack();
    await list.getByText('dave@example.org').waitFor();
    assert.equal(await list.getByRole('listitem').count(), 1, 'Back leads to what was chosen');
    assert.equal(await page.getByLabel('Outcome').locator('option:checked').textContent(), 'Not answered');
    await page.getByLabel('Outcome').selectOption('All calls');
    await page.getByLabel('Number or address').fill('erin');
    await page.keyboard.press('Enter');
    await list.getByText('erin@example.org').waitFor();
    await until('one call alone', async () => (await list.getByRole('listitem').count()) === 1);
    await page.getByLabel('Number or address').fill('nobody');
    await page.keyboard.press('Enter');
    await ada.sees('No call is like that.');

    await page.goBack();
    await page.goto(`${server.url}/calls`);
    await page.getByRole('link', { name: /^erin/ }).click();
    await ada.sees('Nobody said anything');
    assert.deepEqual(await barriers(page), []);
    await page.goto(`${server.url}/calls`);
    await page.getByRole('link', { name: /^dave/ }).click();
    await ada.sees('all lines are taken');
    await ada.sees('Nothing of this call was recorded.');
  });

  test('whoever is in two projects picks one, and comes back to it', async () => {
    server.makeProject('archive', 'ada@example.org');
    await page.goto(`${server.url}/calls`);
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
    const picker = page.getByLabel('Project');
    await picker.selectOption('Support desk');
    await page.getByRole('link', { name: /^carol/ }).click();
    await page.getByRole('group', { name: /^Player/ }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Calls' }).click();
    await page.getByRole('link', { name: /^carol/ }).waitFor();
    assert.equal(await picker.locator('option:checked').textContent(), 'Support desk');
    assert.deepEqual(await barriers(page), []);
    await page.goto(`${server.url}/calls/nothing`);
    await ada.sees('There is no such project, or you are not in it.');
    await page.goto(`${server.url}/calls/support/nothing`);
    await ada.sees('There is no such call, or you are not in its project.');
    await bo.page.goto(`${server.url}/calls/archive`);
    await bo.sees('There is no such project, or you are not in it.');
  });

  test('a server without telephones says so', async () => {
    const quiet = await Server.start();
    try {
      const link = quiet.addUser('bo@example.org', 'Bo');
      quiet.makeProject('support', 'bo@example.org');
      await bo.page.goto(quiet.url + link);
      await bo.sees('Hello, Bo');
      await bo.page.goto(`${quiet.url}/calls`);
      await bo.sees('This server answers no telephones yet');
    } finally {
      await quiet.stop();
    }
  });

  test('whoever may deletes a recording, after being asked once more', async () => {
    await page.goto(`${server.url}/calls/support`);
    await page.getByRole('link', { name: /^carol/ }).click();
    await page.getByRole('button', { name: /^Hold: The whole call/ }).click();
    await ada.sees('It is under a legal hold, and cannot be deleted.');
    assert.equal(await page.getByRole('button', { name: /^Delete/ }).count(), 0);
    await page.getByRole('button', { name: /^Lift the hold: The whole call/ }).click();
    await page.getByRole('button', { name: /^Delete: The whole call/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This cannot be undone.').waitFor();
    assert.deepEqual(await barriers(page), []);
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await ada.sees('Nothing of this call was recorded.');
    await page.reload();
    await ada.sees('Nothing of this call was recorded.');
  });
});
