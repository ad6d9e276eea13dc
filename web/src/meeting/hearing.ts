// Listens to the lines of a connection, again and again, and keeps who speaks. The rule is in `speaker.ts`; the signal
// changes only when somebody begins or stops, because every tile on the stage reads it.

import { type ReadonlySignal, signal } from '@preact/signals';
import { LOOK_INTERVAL_MS, SPEAKING_HOLD_MS, SPEAKING_LEVEL } from './limits.ts';
import { type ContributingSource, type Hearing, listen, SILENCE, speaking } from './speaker.ts';

/** A line that can be listened to. */
export type AudioLine = Pick<RTCRtpReceiver, 'getContributingSources'>;

export interface Hearings {
  /** The audio sources that are heard now. */
  speaking: ReadonlySignal<ReadonlySet<number>>;
  /** When an audio source was last heard. */
  heardAt_ms(csrc: number): number;
  /** Another connection, whose sources count their own time. */
  restart(): void;
  close(): void;
}

/** `lines` are those of the connection that stands now. */
export function openHearing(lines: () => readonly AudioLine[]): Hearings {
  const heardNow = signal<ReadonlySet<number>>(new Set());
  let hearing: Hearing = SILENCE;

  const listening = setInterval(() => {
    const now_ms = performance.now();
    hearing = listen(hearing, contributingSources(lines()), now_ms, SPEAKING_LEVEL);
    const next = speaking(hearing, now_ms, SPEAKING_HOLD_MS);
    const before = heardNow.peek();
    if (next.size !== before.size || [...next].some((csrc) => !before.has(csrc))) heardNow.value = next;
  }, LOOK_INTERVAL_MS);

  return {
    speaking: heardNow,
    heardAt_ms: (csrc) => hearing.heardAt_ms.get(csrc) ?? 0,
    restart() {
      hearing = SILENCE;
      heardNow.value = new Set();
    },
    close: () => clearInterval(listening),
  };
}

/** What the browser reports of each line. */
function contributingSources(lines: readonly AudioLine[]): ContributingSource[] {
  return lines.flatMap((receiver, line) =>
    receiver
      .getContributingSources()
      .map(({ source, timestamp, audioLevel }) => ({ line, csrc: source, timestamp, level: audioLevel })),
  );
}
