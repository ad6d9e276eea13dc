// A browser in which the owner is signed in and agrees to whatever an app asks.

export class Person {
  #cookie;

  static async signedIn(server) {
    const person = new Person();
    person.url = server.url;
    const secret = server.command('user', 'link', 'owner@example.org').split('#').at(-1);
    const answer = await person.#ask('POST', '/sederunt/v1/webSession', { secret });
    person.#cookie = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
    return person;
  }

  /** Goes where an app sends people, agrees, and gives the code with which the browser comes back. */
  async codeFor(url) {
    const sent = await fetch(url, { headers: { cookie: this.#cookie }, redirect: 'manual' });
    const page = new URL(sent.headers.get('location'), this.url);
    const answer = await this.#ask('POST', '/oauth2/consent', { request: page.searchParams.get('request'), approve: true });
    return new URL((await answer.json()).redirect).searchParams.get('code');
  }

  async #ask(method, path, body) {
    const headers = { 'content-type': 'application/json', origin: this.url, ...(this.#cookie && { cookie: this.#cookie }) };
    const answer = await fetch(this.url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return answer;
  }
}
