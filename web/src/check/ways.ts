// The ways that an answer offers, and an answer that offers one of them alone: so a browser is made to try that and nothing else.

export type Way = 'udp' | 'tcp';

const CANDIDATE = /^a=candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) /;

/** The answer without the other ways. */
export function onlyBy(way: Way, answer: string): string {
  const isOther = (line: string) => {
    const by = CANDIDATE.exec(line)?.[1];
    return by !== undefined && by.toLowerCase() !== way;
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
