// One's own: spaces and their settings by the keyboard alone, and who was in a past meeting; what the pages say is compared
// with what Google's contract says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Desks } from '../world/desks.js';
import { screenshots } from '../world/files.js';
import { focused, tabTo } from '../world/keyboard.js';
import { until } from '../world/until.js';

describe('my spaces and my meetings', { timeout: 180_000 }, () => {
  let desks, server, token, ada, bo, page, code, space;

  before(async () => {
    desks = await Desks.open();
    ({ server, token, ada, bo, page } = desks);
  });

  after(() => desks?.close());

  const read = async (path) => {
    const { status, body } = await server.call('GET', path, { token });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const config = async () => (await read(`/v2/${space}`)).config;
  const part = (name) => page.getByRole('region', { name });
  const saved = (name) => part(name).getByRole('status').getByText('Saved').waitFor();

  test('nothing yet is said to be nothing', async () => {
    await ada.sees('You have no meeting place yet');
    await ada.sees('No meeting is in the register yet');
  });

  test('a new meeting is in the list, with its link and its settings', async () => {
    await ada.press('New meeting');
    await page.waitForURL(/\/[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
    code = new URL(page.url()).pathname.slice(1);
    await page.goto(server.url);
    const list = page.getByRole('list', { name: 'My spaces' });
    await list.getByRole('link', { name: code, exact: true }).waitFor();
    await list.getByText('not used yet').waitFor();
    await list.getByRole('button', { name: `Copy link of ${code}` }).click();
    await list.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
    await page.screenshot({ path: join(screenshots, 'my-spaces.png') });
    await tabTo(page, list.getByRole('link', { name: `Settings of ${code}` }));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/spaces\/[\w-]+$/);
    space = new URL(page.url()).pathname.slice(1);
    await until('the focus to be on the heading', async () => (await focused(page)) === 'Settings of a space');
  });

  test('who may come in is chosen with the arrow keys, and saved at once', async () => {
    assert.equal((await config()).accessType, 'TRUSTED');
    await page.getByRole('radio', { name: 'My organisation', checked: true }).waitFor();
    await tabTo(page, page.getByRole('radio', { name: 'My organisation' }));
    await page.keyboard.press('ArrowDown');
    await saved('Who may come in');
    assert.equal((await config()).accessType, 'RESTRICTED');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await until('the last choice to hold', async () => (await config()).accessType === 'OPEN');
    await page.getByRole('radio', { name: 'Everybody with the link', checked: true }).waitFor();
  });

  test('whether people come in through this page', async () => {
    const entryPoint = async () => (await config()).entryPointAccess;
    await page.getByRole('radio', { name: 'Only the app that made this space' }).check();
    await until('it to be saved', async () => (await entryPoint()) === 'CREATOR_APP_ONLY');
    await page.getByRole('radio', { name: 'This page, and every app' }).check();
    await until('it to be saved', async () => (await entryPoint()) === 'ALL');
  });

  test('restrictions hold while hosts decide, and end with that', async () => {
    const chat = page.getByRole('checkbox', { name: 'Only hosts write in the chat' });
    assert.equal(await chat.isDisabled(), true);
    await tabTo(page, page.getByRole('switch', { name: 'Hosts decide what the others may do' }));
    await page.keyboard.press('Space');
    await saved('Moderation');
    await tabTo(page, chat);
    await page.keyboard.press('Space');
    await tabTo(page, page.getByRole('checkbox', { name: 'Whoever is not a member' }));
    await page.keyboard.press('Space');
    await until('both restrictions to be kept', async () => {
      const { moderation, moderationRestrictions } = await config();
      return moderation === 'ON' && moderationRestrictions.chatRestriction === 'HOSTS_ONLY' &&
        moderationRestrictions.defaultJoinAsViewerType === 'ON';
    });
    await page.getByRole('switch', { name: 'Hosts decide what the others may do' }).press('Space');
    await until('the restrictions to end', async () => {
      const { moderation, moderationRestrictions } = await config();
      return moderation === 'OFF' && moderationRestrictions.chatRestriction === 'NO_RESTRICTION' &&
        moderationRestrictions.defaultJoinAsViewerType === 'OFF';
    });
    // The page shows what the server answered.
    await until('the page to show it', async () => (await chat.isDisabled()) && !(await chat.isChecked()));
  });

  test('members come, become co-hosts, and go', async () => {
    const members = async () => (await read(`/v2beta/${space}/members`)).members ?? [];
    const email = page.getByRole('textbox', { name: 'E-mail address' });
    await ada.sees('Nobody but you belongs to this space.');
    await tabTo(page, email);
    await page.keyboard.type('no address');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('such as bo@example.org').waitFor();
    await email.fill('bo@example.org');
    await page.keyboard.press('Enter');
    await ada.sees('bo@example.org was added');
    assert.equal((await members())[0].email, 'bo@example.org');
    await email.fill('bo@example.org');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('in the list already').waitFor();

    await page.getByRole('combobox', { name: 'Role of bo@example.org' }).selectOption('Co-host');
    await ada.sees('bo@example.org is now: Co-host');
    assert.equal((await members())[0].role, 'COHOST');
    await page.screenshot({ path: join(screenshots, 'space.png'), fullPage: true });
    await tabTo(page, ada.button('Remove bo@example.org'));
    await page.keyboard.press('Enter');
    await ada.sees('bo@example.org was removed');
    assert.deepEqual(await members(), []);
    assert.equal(await focused(page), 'Members and co-hosts');
  });

  test('how long records are kept', async () => {
    const retention = () => read(`/sederunt/v1/${space}/retention`);
    assert.equal((await retention()).policy, 'INSTALLATION');
    await page.getByRole('radio', { name: 'A number of days' }).check();
    const days = page.getByRole('textbox', { name: 'Days' });
    await days.fill('0');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('from 1 to 36500').waitFor();
    assert.equal((await retention()).policy, 'INSTALLATION', 'nothing is kept of a wrong number');
    await days.fill('7');
    await page.keyboard.press('Enter');
    await saved('How long records are kept');
    assert.deepEqual((({ policy, days }) => ({ policy, days }))(await retention()), { policy: 'DAYS', days: 7 });
    await page.getByRole('radio', { name: 'For ever' }).check();
    await until('it to be kept for ever', async () => (await retention()).policy === 'NEVER');
  });

  test('a past meeting tells who was there, and so does its file', async () => {
    await ada.join(code);
    await bo.join(code);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    await bo.leave();
    await ada.leave();

    await page.goto(`${server.url}/meetings`);
    const list = page.getByRole('list', { name: 'Past meetings' });
    await list.getByText('2 people').waitFor();
    await list.getByRole('link').first().click();
    await page.waitForURL(/\/meetings\/[\w-]+$/);
    const people = page.getByRole('list', { name: 'Who was there' });
    await people.getByRole('heading', { name: 'Ada' }).waitFor();
    await people.getByRole('heading', { name: 'Bo' }).waitFor();
    await people.getByText('Host', { exact: true }).waitFor();
    await people.getByText('Guest', { exact: true }).waitFor();
    assert.equal(await people.locator('svg rect').count(), 2, 'a bar for each session');
    await ada.sees('Kept for ever');
    await page.screenshot({ path: join(screenshots, 'attendance.png'), fullPage: true });

    const [download] = await Promise.all([page.waitForEvent('download'), ada.press('Download as CSV')]);
    assert.match(download.suggestedFilename(), new RegExp(`^attendance-${code}-\\d{4}-\\d\\d-\\d\\d\\.csv$`));
    const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
    assert.equal(lines.length, 3);
    assert.match(lines[1], /^Ada,yes,HOST,FULL,.+Z,.+Z,\d+,no,no,no$/);
    assert.match(lines[2], /^Bo,no,CONTRIBUTOR,FULL,.+Z,.+Z,\d+,no,no,no$/);
  });

  test('what is somebody else’s stays so', async () => {
    await bo.page.goto(`${server.url}/${space}`);
    await bo.sees('Sign in to see this page.');
    await bo.signIn(server.addUser('bo@example.org', 'Bo'));
    await bo.page.goto(`${server.url}/${space}`);
    await bo.sees('There is no such space, or it is not yours.');
    await bo.page.goto(page.url());
    await bo.sees('There is no such meeting');
  });

  test('narrow and dark, nothing leaves the window', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const [path, heading] of [['/', 'Hello, Ada'], [`/${space}`, 'Settings of a space'], [new URL(page.url()).pathname, 'Attendance']]) {
      await page.goto(server.url + path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await until('the content', async () => (await page.getByRole('main').getByText('One moment…').count()) === 0);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(beyond, 0, path);
    }
  });

  test('who comes back to a long list is where they were in it', async () => {
    for (let more = 0; more < 60; more += 1) await server.openSpace(token);
    await page.setViewportSize({ width: 1_280, height: 720 });
    await page.goto(`${server.url}/spaces`);
    const rows = page.getByRole('list', { name: 'My spaces' }).getByRole('listitem');
    await rows.first().waitFor();
    const first = await rows.count();
    await ada.press('Show more');
    await until('more rows', async () => (await rows.count()) > first);
    const shown = await rows.count();
    await rows.last().getByRole('link', { name: /^Settings of/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Settings of a space' }).waitFor();
    await page.goBack();
    await until('as many rows as there were', async () => (await rows.count()) === shown);
    await until('the last one to be in sight', async () => {
      const { y } = await rows.last().boundingBox();
      return y > 0 && y < 720;
    });

    await page.goto(server.url);
    await page.goto(`${server.url}/spaces`);
    await rows.first().waitFor();
    assert.equal(await rows.count(), first, 'who opens it anew begins at its beginning');
  });
});
