// The ways that an answer offers, and an answer that offers one of them alone: so a browser is made to try that and nothing else.

import type { IceServer } from '../api/generated/messages.ts';

export type Way = 'udp' | 'tcp' | 'relay';

/** By what a way comes to the server in the end: a relay sends datagrams. */
const PROTOCOL: Readonly<Record<Way, string>> = { udp: 'udp', tcp: 'tcp', relay: 'udp' };

const CANDIDATE = /^a=candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) /;

/** The answer without the other ways. */
export function onlyBy(way: Way, answer: string): string {
  const isOther = (line: string) => {
    const by = CANDIDATE.exec(line)?.[1];
    return by !== undefined && by.toLowerCase() !== PROTOCOL[way];
  };
  return answer
    .split('\r\n')
    .filter((line) => !isOther(line))
    .join('\r\n');
}

/** Where an answer leads, as people write it: `192.0.2.1:10000`. */
export function endsIn(answer: string): string[] {
  const ends = answer.split('\r\n').flatMap((line) => {
    const [, , address, port] = CANDIDATE.exec(line) ?? [];
    if (address === undefined) return [];
    return [address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`];
  });
  return [...new Set(ends)];
}

/** Where relays are, as people write it: `meet.example.org:443`. */
export function endsOf(relays: readonly IceServer[]): string[] {
  const ends = relays.flatMap(({ urls }) => urls.map((url) => url.replace(/^turns?:/, '').replace(/\?.*$/, '')));
  return [...new Set(ends)];
}
