// The administration, once around: somebody is added, becomes an administrator and is removed; an app, a service account with
// a key and a grant, a domain. What is shown once is what the server takes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Desks } from '../world/desks.js';
import { screenshots } from '../world/files.js';
import { focused } from '../world/keyboard.js';
import { until } from '../world/until.js';

describe('the administration', { timeout: 120_000 }, () => {
  let desks, server, token, ada, bo, page, clientId;

  before(async () => {
    desks = await Desks.open({ administrator: true });
    ({ server, token, ada, bo, page } = desks);
  });

  after(() => desks?.close());

  const read = async (path) => (await server.call('GET', `/sederunt/v1/${path}`, { token })).body;
  const office = (name) => page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name }).click();
  /** Presses a button, and the same word again in the dialog that it opens. */
  const remove = async (name, word) => {
    await ada.press(name);
    await page.getByRole('dialog').getByRole('button', { name: word, exact: true }).click();
  };

  test('the keyboard is enough to get there', async () => {
    await ada.button('Account of Ada').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Administration' }).focus();
    await page.keyboard.press('Enter');
    await until('the focus to be on the heading', async () => (await focused(page)) === 'People');
    await page.getByRole('list', { name: 'People' }).getByText('ada@example.org').waitFor();
  });

  test('somebody is added, and gets in by the link that is shown', async () => {
    await page.getByLabel('E-mail address').fill('not an address');
    await ada.press('Add');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('E-mail address').fill('bo@example.org');
    await page.getByRole('textbox', { name: 'Name' }).fill('Bo');
    await page.keyboard.press('Enter');
    const shown = page.getByRole('region', { name: 'A sign-in link for Bo' });
    const link = await shown.getByRole('textbox', { name: 'Sign-in link' }).inputValue();
    await page.screenshot({ path: join(screenshots, 'administration.png'), fullPage: true });
    await bo.signIn(link.slice(link.indexOf('/sign-in')));
    await bo.sees('Hello, Bo');
    await ada.press('I have it');
    await until('the link to be gone', async () => (await shown.count()) === 0);

    await bo.page.goto(`${server.url}/administration`);
    await bo.sees('This page is for administrators of this server.');
  });

  test('an administrator makes another, and takes it back', async () => {
    await ada.press('Make administrator: Bo');
    await ada.button('No longer administrator: Bo').waitFor();
    await bo.page.reload();
    await bo.page.getByRole('list', { name: 'People' }).getByText('ada@example.org').waitFor();
    await ada.press('No longer administrator: Bo');
    await ada.button('Make administrator: Bo').waitFor();
    assert.equal(await ada.button('No longer administrator: Ada').count(), 0, 'nobody locks themselves out');
  });

  test('whoever is removed is out', async () => {
    await ada.press('Remove Bo');
    await page.getByRole('dialog', { name: 'Remove Bo?' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await ada.button('Remove Bo').count(), 1, 'Escape removes nobody');
    await remove('Remove Bo', 'Remove');
    await until('Bo to be gone', async () => !(await read('users')).users.some(({ email }) => email === 'bo@example.org'));
    await until('Bo to be out of the list', async () => (await ada.button('Remove Bo').count()) === 0);
    await bo.page.goto(server.url);
    await bo.sees('To start a meeting, sign in');
  });

  test('an app is registered, and its secret shown once', async () => {
    await office('Apps');
    await ada.sees('No app is registered.');
    await page.getByRole('textbox', { name: 'Name' }).fill('Roll Call');
    await page.getByLabel('Redirect addresses').fill('nonsense');
    await ada.press('Register');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Redirect addresses').fill('https://app.example.org/callback');
    await ada.press('Register');
    const shown = page.getByRole('region', { name: 'Roll Call is registered' });
    const id = await shown.getByRole('textbox', { name: 'Client ID' }).inputValue();
    const secret = await shown.getByRole('textbox', { name: 'Client secret' }).inputValue();
    const [file] = await Promise.all([page.waitForEvent('download'), ada.press('Download client_secret.json')]);
    const { web } = JSON.parse(readFileSync(await file.path(), 'utf8'));
    assert.deepEqual([web.client_id, web.client_secret], [id, secret]);
    // Client and secret are known: only the code is wrong.
    const form = new URLSearchParams({ grant_type: 'authorization_code', code: 'x', client_id: id, client_secret: secret,
      redirect_uri: 'https://app.example.org/callback', code_verifier: 'x'.repeat(43) });
    const answer = await fetch(`${server.url}/oauth2/token`, { method: 'POST', body: form });
    assert.equal((await answer.json()).error, 'invalid_grant');
    await ada.press('I have it');
    await remove('Remove Roll Call', 'Remove');
    await ada.sees('No app is registered.');
  });

  test('a service account gets a key file', async () => {
    await office('Service accounts');
    await ada.sees('There is no service account.');
    await page.getByLabel('Account ID').fill('Roll Call');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('Account ID').getAttribute('aria-invalid'), 'true', 'it is said at its field');
    await page.getByLabel('Account ID').fill('roll-call');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Create key for roll-call@/ }).waitFor();
    await ada.sees('No key yet.');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Create key for roll-call@/ }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'key.json');
    const key = JSON.parse(readFileSync(await file.path(), 'utf8'));
    assert.equal(key.type, 'service_account');
    assert.equal(key.token_uri, `${server.url}/oauth2/token`);
    clientId = key.client_id;
    await ada.sees('key.json was downloaded');
    await ada.button(`Delete key ${key.private_key_id}`).waitFor();
    await page.screenshot({ path: join(screenshots, 'service-accounts.png'), fullPage: true });
  });

  test('a grant is given and taken back', async () => {
    await office('Grants');
    await ada.sees('No service account may act as somebody else.');
    await page.getByLabel('Client ID').fill(clientId);
    await ada.press('Grant');
    await page.getByRole('alert').getByText('Choose at least one').waitFor();
    await page.getByRole('checkbox', { name: 'See your meetings and who took part in them' }).check();
    await ada.press('Grant');
    await page.getByRole('list', { name: 'Grants' }).getByText(clientId).waitFor();
    const { grants } = await read('grants');
    assert.deepEqual(grants[0].scopes, ['https://www.googleapis.com/auth/meetings.space.readonly']);
    await remove(`Take back the grant of ${clientId}`, 'Take back');
    await ada.sees('No service account may act as somebody else.');
  });

  test('a program gets roles, and something to sign in with', async () => {
    await office('Programs with roles');
    await ada.sees('No program has roles.');
    const form = page.getByRole('form', { name: 'Add a program with roles' });
    await form.getByLabel('Name').fill('Reports');
    await form.getByRole('checkbox', { name: /call records/ }).check();
    await form.getByRole('button', { name: 'Add' }).click();
    const roles = page.getByRole('group', { name: 'What Reports may do' });
    await roles.getByRole('checkbox', { name: /attendance/ }).check();
    await page.getByRole('status').getByText('The roles are saved').waitFor();
    const { daemons, tenant } = await read('daemons');
    assert.deepEqual(daemons[0].roles, ['CallRecords.Read.All', 'OnlineMeetingArtifact.Read.All']);
    const making = ada.press('Create secret for Reports');
    const [file] = await Promise.all([page.waitForEvent('download'), making]);
    const environment = readFileSync(await file.path(), 'utf8');
    assert.match(environment, /^AZURE_CLIENT_SECRET=[\w-]{43}$/m);
    assert.ok(environment.includes(`AZURE_TENANT_ID=${tenant}\n`), environment);
    const credentials = page.getByRole('list', { name: 'Secrets and certificates of Reports' });
    await credentials.getByText('Secret', { exact: true }).waitFor();
    await page.screenshot({ path: join(screenshots, 'daemons.png'), fullPage: true });
    await remove('Remove Reports', 'Remove');
    await ada.sees('No program has roles.');
  });

  test('keys and service accounts go', async () => {
    await office('Service accounts');
    await page.getByRole('button', { name: /^Delete key/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await ada.sees('No key yet.');
    await page.getByRole('button', { name: /^Remove roll-call@/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await ada.sees('There is no service account.');
  });

  test('the audit log shows who did what, and is a file', async () => {
    await office('Audit log');
    const log = page.getByRole('list', { name: 'Audit log' });
    await log.getByText('service_account.delete').first().waitFor();
    await page.getByLabel('What was done').fill('user.invite');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await until('only invitations are shown', async () => !(await log.getByText('service_account.').count()));
    await log.getByText('user.invite').first().waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), ada.press('Download as CSV')]);
    const lines = readFileSync(await file.path(), 'utf8').trim().split('\r\n');
    assert.ok(lines[0].includes('actor_email') && lines[1].includes('user.invite'), lines.join('\n'));
    assert.equal((await read('auditEvents?action=audit.export')).auditEvents[0].actorEmail, 'ada@example.org');
    await page.screenshot({ path: join(screenshots, 'audit.png'), fullPage: true });
  });

  test('domains of an organisation come and go', async () => {
    await office('Domains');
    await ada.sees('No domain is set');
    await page.getByLabel('Domain of e-mail addresses').fill('example.org');
    await page.getByLabel('Organisation').fill('Example');
    await page.keyboard.press('Enter');
    await ada.sees('Organisation Example');
    assert.equal((await read('domains')).domains[0].name, 'domains/example.org');
    const sharing = page.getByRole('switch', { name: 'Share e-mail addresses of Example' });
    await sharing.check();
    await page.getByRole('status').getByText('Saved').waitFor();
    assert.equal((await read('domains')).domains[0].sharesEmail, true);
    await page.getByRole('switch', { name: 'Ask people in meetings of Example before they are recorded' }).check();
    await until('people are asked', async () => (await read('domains')).domains[0].asksToRecord);
    assert.equal((await read('meetingPolicy')).asksToRecord ?? false, false, 'the others are told');
    await page.screenshot({ path: join(screenshots, 'domains.png'), fullPage: true });
    await sharing.uncheck();
    await until('addresses are private again', async () => !(await read('domains')).domains[0].sharesEmail);
    await page.getByLabel('Domain of e-mail addresses').fill('example.org');
    await ada.press('Add');
    await page.getByRole('alert').waitFor();
    await remove('Remove example.org', 'Remove');
    await ada.sees('No domain is set');
  });
});
