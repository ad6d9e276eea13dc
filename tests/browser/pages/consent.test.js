// An installed app asks for permission, as OAuth's rules for such apps have it: PKCE, and a port of the loopback address to
// come back to. The app is a small server in this test.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { screenshots } from '../world/files.js';
import { Person } from '../world/person.js';
import { Server } from '../world/server.js';

const SCOPE = 'https://www.googleapis.com/auth/';
const PARTICIPATE = 'urn:sederunt:scope:meetings.participate';
const password = 'four unrelated words';

describe('consent', { timeout: 120_000 }, () => {
  let server, administrator, ada, page, app, clientId;

  before(async () => {
    server = await Server.start();
    const link = server.addUser('ada@example.org', 'Ada');
    server.makeAdministrator('ada@example.org');
    administrator = server.token('ada@example.org');
    const made = await server.call('POST', '/sederunt/v1/apps', {
      token: administrator,
      body: { displayName: 'Roll Call', kind: 'INSTALLED' },
    });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    clientId = made.body.app.name.split('/')[1];
    app = await App.start(server, clientId, made.body.clientSecret);

    ada = await Person.arrive(server, 'Ada', 'red', { viewport: { width: 900, height: 800 } });
    page = ada.page;
    await ada.signIn(link);
    const set = await page.evaluate(async (password) => {
      const answer = await fetch('/sederunt/v1/password', { method: 'PUT', body: JSON.stringify({ password }) });
      return answer.status;
    }, password);
    assert.equal(set, 200);
    // A password ends what was given out before it.
    administrator = server.token('ada@example.org');
    await ada.press('Account of Ada');
    await ada.press('Sign out');
    await ada.sees('To start a meeting, sign in');
  });

  after(async () => {
    assert.deepEqual(ada?.errors, []);
    await ada?.go();
    app?.stop();
    await server?.stop();
  });

  test('whoever is not signed in signs in first, and comes back', async () => {
    await page.goto(app.ask([`${SCOPE}meetings.space.created`, `${SCOPE}meetings.space.readonly`]));
    await ada.sees('Sign in to see this page.');
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail address').fill('ada@example.org');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/consent\?request=/);
  });

  test('the page says who asks, for what, and as whom', async () => {
    await page.getByRole('heading', { name: 'Roll Call wants to use your account' }).waitFor();
    await ada.sees('You are signed in as Ada (ada@example.org).');
    await ada.sees('Create meetings, and see and change the meetings that it created');
    await ada.sees('See your meetings and who took part in them');
    await page.screenshot({ path: join(screenshots, 'consent.png') });
  });

  test('refused, the app hears of it and gets nothing', async () => {
    const answer = await app.answer(page, () => ada.press('Cancel'));
    assert.equal(answer.get('error'), 'access_denied');
    assert.equal(answer.get('code'), null);
  });

  test('allowed, the code is worth a token once, for whoever asked', async () => {
    await page.goto(app.ask([`${SCOPE}meetings.space.created`, `${SCOPE}meetings.space.readonly`]));
    const answer = await app.answer(page, () => ada.press('Allow'));
    assert.equal(answer.get('state'), app.state);
    const stolen = await app.exchange(answer.get('code'), 'y'.repeat(43));
    assert.equal(stolen.body.error, 'invalid_grant', 'without the verifier it is worth nothing');

    await page.goto(app.ask([`${SCOPE}meetings.space.created`, `${SCOPE}meetings.space.readonly`]));
    const again = await app.answer(page, () => ada.press('Allow'));
    const first = await app.exchange(again.get('code'));
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const twice = await app.exchange(again.get('code'));
    assert.equal(twice.body.error, 'invalid_grant');
  });

  test('an installed app is asked about each time: any program can say that it is this one', async () => {
    await page.goto(app.ask([`${SCOPE}meetings.space.readonly`]));
    await page.getByRole('heading', { name: 'Roll Call wants to use your account' }).waitFor();
  });

  test('a web app is asked about once', async () => {
    const body = { displayName: 'Minutes', kind: 'WEB', redirectUris: [app.redirect] };
    const made = await server.call('POST', '/sederunt/v1/apps', { token: administrator, body });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const client_id = made.body.app.name.split('/')[1];
    const ask = () => page.goto(app.ask([`${SCOPE}meetings.space.readonly`], { client_id }));
    await ask();
    await page.getByRole('heading', { name: 'Minutes wants to use your account' }).waitFor();
    assert.ok((await app.answer(page, () => ada.press('Allow'))).get('code'));
    assert.ok((await app.answer(page, ask)).get('code'), 'now without a question');
  });

  test('the app does what it was allowed, and no more', async () => {
    await page.goto(app.ask([`${SCOPE}meetings.space.created`]));
    const answer = await app.answer(page, () => ada.press('Allow'));
    const { status, body } = await app.exchange(answer.get('code'));
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.token_type, 'Bearer');
    const token = body.access_token;
    const space = await server.call('POST', '/v2/spaces', { token, body: {} });
    assert.equal(space.status, 200, JSON.stringify(space.body));
    assert.equal((await server.call('GET', `/v2/${space.body.name}`, { token })).status, 200);
    const users = await server.call('GET', '/sederunt/v1/users', { token });
    assert.equal(users.status, 403, 'no app administers');
  });

  test('an app that wants to be in meetings says so, and no other is', async () => {
    const space = await server.openSpace(server.token('ada@example.org'));
    for (const [scope, words, entry, muted] of [
      [`${SCOPE}meetings.space.readonly`, 'See your meetings and who took part in them', 'REFUSED', 403],
      [PARTICIPATE, 'Take part in meetings as you: hear, see, speak and write, and run those that you host', 'WALK_IN', 200],
    ]) {
      await page.goto(app.ask([scope]));
      await ada.sees(words);
      const answer = await app.answer(page, () => ada.press('Allow'));
      const { status, body } = await app.exchange(answer.get('code'));
      assert.deepEqual([status, body.scope], [200, scope]);
      const token = body.access_token;
      const preview = await server.call('GET', `/sederunt/v1/${space.name}:preview`, { token });
      assert.equal(preview.body.entry, entry);
      const mute = await server.call('POST', `/sederunt/v1/${space.name}:mute`, { token, body: {} });
      assert.equal(mute.status, muted, JSON.stringify(mute.body));
    }
  });

  test('an app that nobody knows leads nowhere', async () => {
    const unknown = new URL(app.ask([`${SCOPE}meetings.space.readonly`]));
    unknown.searchParams.set('client_id', '123456789012345678901');
    const answer = await page.goto(unknown.href);
    assert.equal(answer.status(), 400);
    assert.equal(new URL(page.url()).host, new URL(server.url).host);
    await page.goto(`${server.url}/consent?request=nonsense`);
    await ada.sees('The app asked in a way that cannot be answered.');
  });
});

/** An installed app: it opens the browser, waits on the loopback address, and exchanges the code. */
class App {
  state = randomBytes(16).toString('base64url');
  #verifier = randomBytes(32).toString('base64url');
  #waiting = [];

  static async start(server, clientId, secret) {
    const app = new App();
    Object.assign(app, { server, clientId, secret });
    app.http = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url, 'http://app');
      response.end('You can close this window.');
      if (pathname === '/callback') app.#waiting.shift()?.(searchParams);
    }).listen(0, '127.0.0.1');
    await once(app.http, 'listening');
    app.redirect = `http://127.0.0.1:${app.http.address().port}/callback`;
    return app;
  }

  /** The address that the app opens in the browser. */
  ask(scopes, more = {}) {
    const query = new URLSearchParams({
      client_id: this.clientId,
      redirect_uri: this.redirect,
      response_type: 'code',
      scope: scopes.join(' '),
      state: this.state,
      code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    });
    return `${this.server.url}/oauth2/auth?${query}`;
  }

  /** What the browser brings, once something was done in it. */
  async answer(page, act) {
    const arrived = new Promise((resolve) => this.#waiting.push(resolve));
    await Promise.all([page.waitForURL(`${this.redirect}?**`), act()]);
    return arrived;
  }

  async exchange(code, code_verifier = this.#verifier) {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier,
      client_id: this.clientId,
      ...(this.secret && { client_secret: this.secret }),
      redirect_uri: this.redirect,
    });
    const answer = await fetch(`${this.server.url}/oauth2/token`, { method: 'POST', body });
    return { status: answer.status, body: await answer.json() };
  }

  stop() {
    this.http.closeAllConnections();
    this.http.close();
  }
}
