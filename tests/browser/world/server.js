// The real release program as a child process.

import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request as secured } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';

import { binary, scratch } from './files.js';

/** The ports of servers. */
const FIRST_PORT = 12_000;
const PORTS = 20_000;

export class Server {
  #process;

  /**
   * Starts on free ports with a new data folder. `settings` are those of a configuration file. On loopback, unless it shall be
   * reached at every address of this machine. `network`: in one of its own. `database`: in PostgreSQL. `front`: people come by this one.
   * `secured`: by HTTPS, with a certificate for development. `disk`: a small one for what is recorded of meetings.
   */
  static async start(how) {
    const server = await Server.#set(how);
    await server.#serve();
    return server;
  }

  static async #set({ settings, host = '127.0.0.1', network = null, database = null, front = null, secured = false, disk = null } = {}) {
    const server = new Server();
    Object.assign(server, { settings, host: network ? '0.0.0.0' : host, network, database, front, secured, disk });
    server.data = scratch();
    if (settings) writeFileSync((server.configuration = join(server.data, 'sederunt.toml')), settings);
    server.port = await freePort();
    server.mediaPort = await freePort();
    front?.add(server);
    return server;
  }

  /** Another one on the same database and behind the same front, which waits for the end of this one: it serves when `serving` says so. */
  async successor() {
    const { settings, database, front } = this;
    const next = await Server.#set({ settings, database, front });
    next.serving = next.#serve();
    return next;
  }

  get url() {
    // What names an address of IPv6 alone is reached by it; the name may be one of IPv4 too.
    const host = this.network?.host ?? (this.host.startsWith('[') ? this.host : 'localhost');
    return `${this.secured ? 'https' : 'http'}://${host}:${this.front?.port ?? this.port}`;
  }

  /** The number of its process. */
  get pid() {
    return this.#process.pid;
  }

  /** As a power cut would end it: no signal handler runs. */
  async kill() {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** As an update ends it. */
  async terminate() {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }

  /** The process stands still, and goes on. */
  pause() {
    this.#process.kill('SIGSTOP');
  }

  goOn() {
    this.#process.kill('SIGCONT');
  }

  /** Starts again with the same data on the same ports. */
  async restart() {
    await this.#serve();
  }

  /** Ends it properly and removes its data. */
  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.terminate();
    await this.network?.remove();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Makes a user, or finds them; the path of a one-time link for signing in. */
  addUser(email, name) {
    const link = this.#command('user', 'add', email, '--name', name);
    const path = link.match(/\/sign-in#\S+/);
    if (!path) throw new Error(`no sign-in link in: ${link}`);
    return path[0];
  }

  makeAdministrator(email) {
    this.#command('user', 'administrator', email);
  }

  /** A token of theirs: with all scopes of the Meet API, or with this one. */
  token(email, scope) {
    return this.#command('token', email, ...(scope ? ['--scope', scope] : []));
  }

  /** A token of a program that reads everybody's call records, with the addresses in them. */
  async tokenOfReader() {
    const told = this.#command('app', 'add', 'Reports', '--kind', 'daemon', '--role', 'CallRecords.Read.All');
    const variable = (name) => told.match(new RegExp(`^${name}=(.*)$`, 'm'))[1];
    const form = {
      grant_type: 'client_credentials',
      client_id: variable('AZURE_CLIENT_ID'),
      client_secret: variable('AZURE_CLIENT_SECRET'),
      scope: `${this.url}/.default`,
    };
    const path = `/${variable('AZURE_TENANT_ID')}/oauth2/v2.0/token`;
    const answer = await fetch(this.url + path, { method: 'POST', body: new URLSearchParams(form) });
    return (await answer.json()).access_token;
  }

  /** A project with one member, who may do everything there. */
  makeProject(id, email) {
    this.#command('project', 'create', id);
    this.#command('project', 'add', id, email, '--role', 'admin');
  }

  /** The key by which a project signs, as its administrators read it on the command line. */
  signingKey(project) {
    return this.#command('project', 'key', project);
  }

  /** A plain request with a bearer token. */
  async call(method, path, { token, body } = {}) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const how = { method, headers, rejectUnauthorized: false };
    const asked = (this.secured ? secured : plain)(this.url + path, how);
    asked.end(body && JSON.stringify(body));
    const [answer] = await once(asked, 'response');
    return { status: answer.statusCode, body: await json(answer) };
  }

  /** A space into which everybody walks. */
  async openSpace(token) {
    const { status, body } = await this.call('POST', '/v2/spaces', { token, body: { config: { accessType: 'OPEN' } } });
    if (status !== 200) throw new Error(`no space: ${JSON.stringify(body)}`);
    return body;
  }

  #command(...words) {
    return execFileSync(binary, [...words, ...this.#store], { encoding: 'utf8' }).trim();
  }

  get #store() {
    return ['--data', this.data, ...(this.database ? ['--database', this.database] : [])];
  }

  async #serve() {
    const flags = ['serve', '--listen', `${this.host}:${this.port}`, '--public-url', this.url, '--media-port', `${this.mediaPort}`, ...this.#store];
    if (this.secured) flags.push('--tls', 'dev');
    if (this.configuration) flags.push('--config', this.configuration);
    const [program, ...words] = [...(this.network?.before ?? []), ...(this.disk?.before(this.data) ?? []), binary, ...flags];
    this.#process = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout });
    const first = await Promise.race([once(lines, 'line'), once(this.#process, 'exit')]);
    if (!String(first[0]).includes(`is ready at ${this.url}`)) throw new Error(`the server did not start: ${first}`);
  }
}

/** Whether a socket gets what it asks for; false if somebody has it. */
const isBound = (socket) =>
  once(socket, 'listening').then(() => true, ({ code }) => {
    if (code !== 'EADDRINUSE') throw new Error(`a port: ${code}`);
    return false;
  });

/**
 * A port that is free for TCP and UDP at every address now. It lies below those that the system lends to whoever asks for any, as browsers do
 * all the time: a server must get its ports, and get them again.
 */
export async function freePort() {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS);
    const tcp = createServer().listen(port, '0.0.0.0');
    if (!(await isBound(tcp))) continue;
    const udp = createSocket('udp4').bind(port, '0.0.0.0');
    const isFree = await isBound(udp);
    udp.close();
    tcp.close();
    await once(tcp, 'close');
    if (isFree) return port;
  }
}
