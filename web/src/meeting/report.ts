// What the browser counts of the meeting's quality, told to the server: invented sound, frozen pictures and a busy processor
// are seen here alone. The server says which entries of `getStats` it reads and how often it wants them, so this client and
// Google's upload the same. Totals are sent as they stand: an upload that is lost costs nothing.
//
// Nobody is asked for the numbers: the connection is looked at anyway (`watch.ts`), and its newest look is what is sent. So
// there is no timer here, the last upload needs no waiting, and nothing is sent once nobody looks.

import type { Channels } from './channels.ts';
import type { AllowedStatistics, Message } from './messages.ts';

/** An entry of `getStats`, or what the browser says of itself. */
export interface Entry {
  id: string;
  type: string;
  [key: string]: unknown;
}

/** An entry under its type, with the keys that the server reads. */
export type Section = { id: string } & Record<string, unknown>;

export interface Report {
  /** The server's word on what it wants. */
  heard(message: Message): void;
  /** What the connection has counted by now. */
  looked(stats: Iterable<Entry>, now_ms: number): void;
  /** Sends what was counted last: the connection is about to go. */
  last(): void;
}

export function openReport(request: Channels['request'], ourselves: () => Entry): Report {
  let wanted: AllowedStatistics | null = null;
  let interval_ms = 0;
  let due_ms = 0;
  let newest: Iterable<Entry> | null = null;
  let said: ReadonlyMap<string, string> = new Map();

  function send(): void {
    if (!wanted || !newest) return;
    const upload = uploadOf([...newest, ourselves()], { ...wanted, client: CLIENT }, said);
    said = upload.said;
    newest = null;
    request('media-stats', { uploadMediaStats: { sections: upload.sections } });
  }

  return {
    heard({ resources = [] }) {
      const configuration = resources[0]?.configuration;
      if (!configuration) return;
      interval_ms = (configuration.uploadIntervalSeconds ?? 0) * 1000;
      // An interval of nothing means: never.
      wanted = interval_ms > 0 ? (configuration.allowlist ?? {}) : null;
    },
    looked(stats, now_ms) {
      newest = stats;
      if (!wanted || now_ms < due_ms) return;
      due_ms = now_ms + interval_ms;
      send();
    },
    last: send,
  };
}

/** What of ourselves the server reads. Names of devices are personal: they stay here. */
const CLIENT = { keys: ['userAgent', 'hardwareConcurrency', 'connectionType'] };

/** What this browser says of itself. */
export function describe({ userAgent, hardwareConcurrency, connection }: Navigator & { connection?: { type?: string } }): Entry {
  return { id: 'client', type: 'client', userAgent, hardwareConcurrency, connectionType: connection?.type };
}

/**
 * The sections of one upload, and what has been said with it. A stream that has not moved since is left out, as most of the
 * lines have nobody on them. The path is said whole each time, because its entries name each other.
 */
export function uploadOf(
  entries: Iterable<Entry>,
  allowed: AllowedStatistics,
  said: ReadonlyMap<string, string>,
): { sections: Section[]; said: Map<string, string> } {
  const sections: Section[] = [];
  const saidNow = new Map(said);
  for (const entry of entries) {
    const { id, type } = entry;
    // Padding that only probes the network is of no source. A browser counts it as a stream all the same.
    if (entry['ssrc'] === 0) continue;
    const keys = allowed[type]?.keys?.filter((key) => entry[key] !== undefined && entry[key] !== null);
    if (!keys) continue;
    const figures = Object.fromEntries(keys.map((key) => [key, entry[key]]));
    const text = JSON.stringify(figures);
    const standsAlone = type.endsWith('-rtp') || type === 'client';
    if (standsAlone && said.get(id) === text) continue;
    saidNow.set(id, text);
    sections.push({ id, [type]: figures } as Section);
  }
  return { sections, said: saidNow };
}
