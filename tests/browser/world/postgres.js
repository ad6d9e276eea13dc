// A PostgreSQL of a test's own: on a Unix socket in its folder, and gone with the test, however that ends.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { until } from './until.js';

/** Ends it and removes its folder (`$1`) when nobody holds the other end of standard input any more. */
const WATCH = `folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$folder"`;

export class Postgres {
  #watch;

  static async start() {
    const postgres = new Postgres();
    const programs = folderOfPrograms();
    const folder = execFileSync(...asServerUser('mktemp', '-d', '-p', tmpdir(), 'sederunt-postgres-XXXXXXXX'), options).trim();
    const data = join(folder, 'data');
    execFileSync(...asServerUser(join(programs, 'initdb'), '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', data), options);
    const server = [join(programs, 'postgres'), '-D', data, '-k', folder, '-clisten_addresses='];
    postgres.#watch = spawn(...asServerUser('sh', '-c', WATCH, 'sh', folder, ...server), { ...options, stdio: ['pipe', 'ignore', 'inherit'] });
    await until('PostgreSQL to listen', () => existsSync(join(folder, '.s.PGSQL.5432')));
    /** What a server is told with `--database`. */
    postgres.database = `postgres://postgres@/postgres?host=${encodeURIComponent(folder)}`;
    return postgres;
  }

  async stop() {
    const ended = once(this.#watch, 'exit');
    this.#watch.stdin.end();
    await ended;
  }
}

/** The test's own folder may be closed to that user. */
const options = { cwd: '/', encoding: 'utf8' };

/** PostgreSQL refuses root. */
function asServerUser(program, ...words) {
  if (process.getuid() !== 0) return [program, words];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--', program, ...words]];
}

/** Debian keeps its programs out of the path, in one folder for each version. */
function folderOfPrograms() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort().reverse() : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...process.env.PATH.split(delimiter)];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  if (!found) throw new Error('initdb is missing\nhint: cargo xtask test --only tools');
  return found;
}
