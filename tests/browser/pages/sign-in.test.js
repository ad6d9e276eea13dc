// The way in: a one-time link, a password, another provider, a new meeting, a code, a name; by the labels that a screen reader reads.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { join } from 'node:path';

import { screenshots } from '../world/files.js';
import { focused } from '../world/keyboard.js';
import { Person } from '../world/person.js';
import { Provider } from '../world/provider.js';
import { Server } from '../world/server.js';
import { until } from '../world/until.js';

const password = 'four unrelated words';

describe('the way in', { timeout: 120_000 }, () => {
  let server, link, ada, bo, code;

  before(async () => {
    server = await Server.start();
    link = server.addUser('ada@example.org', 'Ada');
    [ada, bo] = await Promise.all([Person.arrive(server, 'Ada', 'red'), Person.arrive(server, 'Bo', 'green')]);
  });

  after(async () => {
    await Promise.all([ada, bo].map((person) => person?.go()));
    await server?.stop();
  });

  test('a link signs in once', async () => {
    await ada.signIn(link);
    await ada.sees('Hello, Ada');
    assert.ok(!ada.page.url().includes(link.split('#')[1]), 'the secret does not stay in the address bar');
    await bo.page.goto(server.url + link);
    await bo.sees('This link does not work');
  });

  test('a link for somebody else asks before it changes who one is', async () => {
    const linkOf = (name) => server.addUser(`${name.toLowerCase()}@example.org`, name);
    // In the same tab, where the address before may differ behind the `#` alone.
    const open = (person, path) => person.page.goto(server.url + path);
    await open(ada, linkOf('Carl'));
    await ada.sees('Ada (ada@example.org) is signed in in this browser, and the link is for Carl (carl@example.org)');
    await ada.page.getByRole('link', { name: 'Stay signed in as Ada' }).click();
    await ada.button('Account of Ada').waitFor();

    // However long a name is, a phone has room for the button.
    const before = ada.page.viewportSize();
    await ada.page.setViewportSize({ width: 360, height: 740 });
    await open(ada, server.addUser('long@example.org', 'Wolkenschieber'.repeat(6)));
    await ada.sees('This link is for Wolkenschieber');
    const [shown, wide] = await ada.page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
    assert.ok(wide <= shown, `${wide} of ${shown}`);
    await ada.page.setViewportSize(before);

    const unused = linkOf('Carl');
    await open(ada, unused);
    await ada.sees('This link is for Carl');
    await open(bo, unused);
    await bo.sees('Hello, Carl');
    await bo.press('Account of Carl');
    await bo.press('Sign out');
    await bo.sees('To start a meeting, sign in');

    await open(ada, linkOf('Carl'));
    await ada.press('Continue as Carl');
    await ada.button('Account of Carl').waitFor();
    await open(ada, linkOf('Carl'));
    await ada.sees('Hello, Carl');
    await open(ada, linkOf('Ada'));
    await ada.press('Continue as Ada');
    await ada.button('Account of Ada').waitFor();
  });

  test('a name is cut at its end, whichever way it is written', async () => {
    const name = 'نور الدين';
    await bo.signIn(server.addUser('nour@example.org', name));
    const directionOf = (element) => getComputedStyle(element).direction;
    // Kept apart from the words before it.
    const account = bo.button(`Account of \u2068${name}\u2069`);
    assert.equal(await account.getByText(name).evaluate(directionOf), 'rtl');
    await account.click();
    await bo.press('Sign out');
    await bo.sees('To start a meeting, sign in');
  });

  test('a password is set, and signs in', async () => {
    const { page } = ada;
    await ada.press('Account of Ada');
    await ada.sees('Signed in as Ada');
    await page.getByRole('link', { name: 'Set password' }).click();
    await until('the focus to be on the new heading', async () => (await focused(page)) === 'Set password');
    await page.getByLabel('New password', { exact: true }).fill('short');
    await ada.press('Set password');
    await page.getByRole('alert').getByText('at least 10 characters').waitFor();
    await page.getByLabel('New password', { exact: true }).fill(password);
    await page.getByLabel('New password again').fill(password);
    await page.keyboard.press('Enter');
    await ada.sees('Your password is set');

    await ada.press('Account of Ada');
    await ada.press('Sign out');
    await ada.sees('Sign in to see this page.');
    await page.screenshot({ path: join(screenshots, 'sign-in.png') });
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail address').fill('ada@example.org');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('do not match').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('name')), 'password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    // Back to where one was asked to sign in.
    await page.waitForURL('**/password');
    await page.getByRole('link', { name: 'Sederunt, home page' }).click();
    await until('the focus to be on the heading', async () => (await focused(page)) === 'Hello, Ada');
  });

  test('somebody signed in makes a meeting', async () => {
    await ada.page.screenshot({ path: join(screenshots, 'home.png') });
    await ada.press('New meeting');
    await ada.page.waitForURL(/\/[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
    code = new URL(ada.page.url()).pathname.slice(1);
    await ada.sees('Joining as Ada');
    await ada.page.screenshot({ path: join(screenshots, 'pre-join.png') });
    // Strangers come in below; the lobby has tests of its own.
    const token = server.token('ada@example.org');
    const { body: space } = await server.call('GET', `/v2/spaces/${code}`, { token });
    const opened = await server.call('PATCH', `/v2/${space.name}`, { token, body: { config: { accessType: 'OPEN' } } });
    assert.equal(opened.status, 200, JSON.stringify(opened.body));
  });

  test('somebody with the code finds it, in any case', async () => {
    await bo.page.goto(server.url);
    await bo.page.getByRole('textbox', { name: 'Enter a code' }).fill(code.toUpperCase());
    await bo.press('Go');
    await bo.page.getByRole('textbox', { name: 'Your name' }).waitFor();
  });

  test('a name is needed, and said so', async () => {
    await bo.page.getByRole('textbox', { name: 'Your name' }).fill('   ');
    await bo.press('Join');
    await bo.page.getByRole('alert').getByText('Please enter your name').waitFor();
  });

  test('both are in, and every control has a name', async () => {
    await ada.join(code);
    await bo.join(code);
    await Promise.all([ada.seesEach([bo]), bo.seesEach([ada])]);
    for (const name of ['Mute', 'Stop camera', 'Share screen', 'Leave']) await bo.button(name).waitFor();
    const nameless = await bo.page.getByRole('button', { name: /^$/ }).count();
    assert.equal(nameless, 0, 'every button has a name');
    assert.equal(await bo.page.evaluate(() => document.documentElement.lang), 'en');
    assert.equal((await bo.page.getByRole('main').count()) >= 1, true, 'a landmark for the content');
  });

  test('the list of people takes its room from the pictures, and nothing leaves the window', async () => {
    await bo.page.setViewportSize({ width: 1280, height: 800 });
    await bo.page.getByRole('button', { name: /People/ }).click();
    await until('everything to be inside of the window', () =>
      bo.page.evaluate(() => {
        const shown = [...document.querySelectorAll('figure, aside, button')].map((element) => element.getBoundingClientRect());
        return document.querySelector('aside') !== null && shown.every((box) => box.left >= 0 && box.right <= innerWidth);
      }));
    await bo.page.getByRole('button', { name: /People/ }).click();
  });

  test('the keyboard is enough to leave', async () => {
    await bo.button('Leave').focus();
    await bo.page.keyboard.press('Enter');
    await bo.sees('You left the meeting');
    await until('the focus to be on the way back', () =>
      bo.page.evaluate(() => document.activeElement?.textContent?.trim() === 'Rejoin'));
    await ada.leave();
  });

  test('an unknown code is said to be unknown', async () => {
    await bo.page.goto(`${server.url}/zzz-zzzz-zzz`);
    await bo.sees('There is no such meeting');
  });

  test('in the dark it is dark', async () => {
    await bo.page.emulateMedia({ colorScheme: 'dark' });
    await bo.page.goto(server.url);
    const background = await bo.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red, green, blue] = background.match(/[\d.]+/g).map(Number);
    assert.ok(red + green + blue < 200, background);
  });
});

describe('the way in past a proxy of which the server does not know', { timeout: 60_000 }, () => {
  let server, proxy, ada;

  before(async () => {
    server = await Server.start();
    // As nginx does where nobody says otherwise.
    const pass = ({ method, url, headers }, { port }) =>
      request({ host: '127.0.0.1', port, method, path: url, headers: { ...headers, host: `127.0.0.1:${port}` } });
    proxy = createServer((asked, answer) => {
      const passed = pass(asked, server);
      passed.on('response', (answered) => answered.pipe(answer.writeHead(answered.statusCode, answered.headers)));
      asked.pipe(passed);
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    ada = await Person.arrive(server, 'Ada', 'red');
  });

  after(async () => {
    await ada?.go();
    await server?.stop();
    proxy?.closeAllConnections();
    proxy?.close();
  });

  test('the page says what is wrong, and the link stays unused', async () => {
    const link = server.addUser('ada@example.org', 'Ada');
    const outside = `http://localhost:${proxy.address().port}`;
    await ada.page.goto(outside + link);
    await ada.sees('This server does not know its own address');
    await ada.sees(`You opened ${outside}, but the server takes ${server.url} for the address of its pages`);
    await ada.page.goto(`${outside}/sign-in`);
    await ada.page.getByLabel('E-mail address').fill('ada@example.org');
    await ada.page.getByLabel('Password', { exact: true }).fill(password);
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('alert').getByText(`“--public-url ${outside}”`).waitFor();
    await ada.signIn(link);
    await ada.sees('Hello, Ada');
  });
});

describe('the way in by another provider', { timeout: 60_000 }, () => {
  let provider, server, ada;

  before(async () => {
    provider = await Provider.start();
    server = await Server.start({ settings: provider.settings });
    await provider.serve(server);
    server.addUser('ada@example.org', 'Ada');
    ada = await Person.arrive(server, 'Ada', 'red');
  });

  after(async () => {
    await ada?.go();
    await server?.stop();
    await provider?.stop();
  });

  /** At the provider's own page: any password will do. */
  const signInAs = async (name) => {
    const { page } = ada;
    await page.getByRole('link', { name: 'Sign in with Example ID' }).click();
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill('anything');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).click();
  };

  test('whom nobody here knows is told so', async () => {
    await ada.page.goto(`${server.url}/sign-in`);
    await signInAs('stranger');
    await ada.page.getByRole('alert').getByText('Nobody here has that address.').waitFor();
    await ada.page.context().clearCookies();
  });

  test('one comes back to where one was asked to sign in', async () => {
    await ada.page.goto(`${server.url}/spaces`);
    await ada.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await signInAs('ada');
    await ada.page.waitForURL('**/spaces');
    await ada.button('Account of Ada').waitFor();
  });
});
