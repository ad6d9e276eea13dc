// Who speaks, from the contributing sources of the three audio lines. The server puts the speaker's number on each packet
// and the number 42 beside it on those of the loudest. Time is an argument.

/** Marks the current loudest speaker; no media entry has it. */
export const LOUDEST = 42;

/** One contributing source of one line, as the browser reports it. */
export interface ContributingSource {
  line: number;
  csrc: number;
  /** Of its last packet; only compared with earlier ones of the same line. */
  timestamp: number;
  /** 0 to 1; absent when the line carries no levels. */
  level: number | undefined;
}

export interface Hearing {
  /** The last timestamp per line and source. */
  timestamps: ReadonlyMap<string, number>;
  /** When each source was last heard speaking. */
  heardAt_ms: ReadonlyMap<number, number>;
  loudest: number | null;
}

export const SILENCE: Hearing = { timestamps: new Map(), heardAt_ms: new Map(), loudest: null };

export function listen(before: Hearing, sources: readonly ContributingSource[], now_ms: number, levelMin: number): Hearing {
  const timestamps = new Map(sources.map(({ line, csrc, timestamp }) => [`${line}:${csrc}`, timestamp]));
  const fresh = sources.filter(
    ({ line, csrc, timestamp }) => timestamp > (before.timestamps.get(`${line}:${csrc}`) ?? 0),
  );
  const heardAt_ms = new Map(before.heardAt_ms);
  let loudest = before.loudest;
  for (const { line, csrc, level, timestamp } of fresh) {
    if (csrc === LOUDEST) continue;
    // A line that was just given to somebody else still reports both; the mark belongs to the newest packet.
    const marked = fresh.some((other) => other.line === line && other.csrc === LOUDEST && other.timestamp <= timestamp);
    if (level === undefined ? marked : level >= levelMin) {
      heardAt_ms.set(csrc, now_ms);
      if (marked) loudest = csrc;
    }
  }
  return { timestamps, heardAt_ms, loudest };
}

/** The sources heard within the last `hold_ms`. */
export function speaking(hearing: Hearing, now_ms: number, hold_ms: number): Set<number> {
  return new Set([...hearing.heardAt_ms].filter(([, at]) => now_ms - at <= hold_ms).map(([csrc]) => csrc));
}
