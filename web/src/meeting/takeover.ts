// One person, one device that speaks. Whoever joins with another is in with that one, and this one leaves: their voice would
// come from both, and the others would see them twice. A device that comes back by itself after a loss has been asked by nobody:
// it gives way instead, and gets a moment for it. A companion, a screen and a program that acts for somebody stand beside a device.

import { computed, effect, type ReadonlySignal } from '@preact/signals';
import type { Connection } from './connection.ts';
import { GIVING_WAY_MS, TAKEOVER_MS } from './limits.ts';
import type { MediaEntry, Roster } from './roster.ts';

/** What we know of ourselves. */
export interface Own {
  /** `participants/{p}` */
  key: string;
  /** Every session that this page has had. */
  sessions: ReadonlySet<string>;
}

/** Our other device that speaks: whether it came after us. `null` if there is none, or we do not speak ourselves. */
export function otherDevice(roster: Roster, own: Own): 'older' | 'newer' | null {
  const speaks = (entry: MediaEntry) => entry.participantKey === own.key && entry.audioCsrc !== 0 && !entry.byProgram;
  const speaking = [...roster.entries.values()].filter(speaks);
  const idsOf = (ours: boolean) =>
    speaking.filter(({ sessionName }) => own.sessions.has(sessionName) === ours).map(({ id }) => id);
  const [here, there] = [idsOf(true), idsOf(false)];
  if (here.length === 0 || there.length === 0) return null;
  return Math.max(...there) > Math.max(...here) ? 'newer' : 'older';
}

export interface Present {
  roster: ReadonlySignal<Roster>;
  connection: ReadonlySignal<Connection>;
  ownKey: ReadonlySignal<string>;
  ownSessions: ReadonlySignal<ReadonlySet<string>>;
}

export interface Takeover {
  /** The person means this device: it comes anew, and not back by itself. */
  mean(): void;
  close(): void;
}

/** Calls `gone` when another device has taken over. */
export function openTakeover({ roster, connection, ownKey, ownSessions }: Present, gone: () => void): Takeover {
  const isIn = computed(() => connection.value.phase === 'connected');
  let wasIn = false;
  let comings = 0;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const stay = () => {
    clearTimeout(leaving);
    leaving = undefined;
  };
  const stopLooking = effect(() => {
    if (isIn.value && !wasIn) comings += 1;
    wasIn = isIn.value;
    const other = wasIn ? otherDevice(roster.value, { key: ownKey.value, sessions: ownSessions.value }) : null;
    const cameBack = comings > 1;
    if (other === null || (other === 'older' && !cameBack)) stay();
    else leaving ??= setTimeout(gone, cameBack ? GIVING_WAY_MS : TAKEOVER_MS);
  });
  return {
    mean() {
      comings = 0;
    },
    close() {
      stopLooking();
      stay();
    },
  };
}
