// Call records, read with Microsoft's own Python client.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { checkout, python } from './files.js';

/** The call record of a conference record, with its sessions, segments and participants; it is there within seconds of the end. */
export async function callRecord(server, token, conferenceRecord) {
  const script = `${checkout}/tests/browser/world/graph.py`;
  const { stdout } = await promisify(execFile)(python, [script, server.url, token, uuid(conferenceRecord)], { timeout: 60_000 });
  return JSON.parse(stdout);
}

/** The id in Graph of what Google's contract calls by this name: the same number, written otherwise. */
export function uuid(name) {
  const hex = Buffer.from(name.split('/').at(-1), 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** All streams of a session, with the label of the line that each is on. */
export function streamsOf(session) {
  const media = session.segments.flatMap((segment) => segment.media ?? []);
  return media.flatMap(({ label, streams }) => streams.map((stream) => ({ label, ...stream })));
}

/** The milliseconds of a duration, as Python writes it. */
export function duration_ms(text) {
  const [hours, minutes, seconds] = String(text).split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
