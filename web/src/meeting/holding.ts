// Looks at what the lines play, again and again, and holds back what leads. The rule is in `together.ts`. A browser that cannot hold
// lines back plays them as they come.

import type { ReadonlySignal } from '@preact/signals';
import { LOOK_INTERVAL_MS, STEER_LOOKS } from './limits.ts';
import type { Peer } from './peer.ts';
import type { MediaEntry, Roster } from './roster.ts';
import { LOUDEST } from './speaker.ts';
import { type Held, lead_ms, NOT_HELD, type Played, steer } from './together.ts';

/** A line that can be held back. */
export type HeldLine = Pick<RTCRtpReceiver, 'getContributingSources'> & { jitterBufferTarget?: number | null };

/** What is known of a media entry. */
interface Known {
  /** Nothing before it was steered once. */
  held: Held | null;
  /** Since it was steered last. */
  leads_ms: readonly number[];
}

/** Who is on a line, and what of them was played last. */
interface Occupied {
  line: HeldLine;
  entry: MediaEntry;
  played: Played;
}

/** `peer` is the connection that stands now, if one does. Returns what ends it. */
export function openHolding(peer: () => Pick<Peer, 'audio' | 'video'> | null, roster: ReadonlySignal<Roster>): () => void {
  const known = new Map<number, Known>();
  /** Of each line the last packet that was looked at. */
  const looked = new WeakMap<HeldLine, number>();

  const occupied = (lines: readonly HeldLine[], sourcesOf: (entry: MediaEntry) => readonly number[]): Occupied[] =>
    lines.flatMap((line) => {
      const [newest] = line
        .getContributingSources()
        .filter(({ source }) => source !== LOUDEST)
        .sort((one, other) => other.timestamp - one.timestamp);
      const entry = newest && [...roster.peek().entries.values()].find((each) => sourcesOf(each).includes(newest.source));
      return entry ? [{ line, entry, played: newest }] : [];
    });

  const isFresh = ({ line, played }: Occupied) => {
    const before = looked.get(line);
    looked.set(line, played.timestamp);
    return before !== undefined && before !== played.timestamp;
  };

  function look(): void {
    const lines = peer();
    if (!lines) return known.clear();
    const voices = occupied(lines.audio, ({ audioCsrc }) => [audioCsrc]);
    const pictures = occupied(lines.video, ({ videoCsrcs }) => videoCsrcs);
    const [freshVoices, freshPictures] = [voices, pictures].map((all) => all.filter(isFresh)) as [Occupied[], Occupied[]];
    for (const voice of freshVoices) {
      const picture = freshPictures.find(({ entry }) => entry.id === voice.entry.id);
      if (picture) note(voice.entry.id, lead_ms(voice.played, picture.played));
    }
    for (const { line, entry } of voices) hold(line, known.get(entry.id)?.held?.voice_ms ?? 0);
    // Of whom nothing is known yet is most likely like the others: the network to us is the same.
    const others = [...known.values()].flatMap(({ held }) => held?.picture_ms ?? []);
    const usual_ms = others.length > 0 ? Math.min(...others) : 0;
    for (const { line, entry } of pictures) hold(line, known.get(entry.id)?.held?.picture_ms ?? usual_ms);
    for (const id of known.keys()) if (!roster.peek().entries.has(id)) known.delete(id);
  }

  function note(id: number, lead: number): void {
    const { held, leads_ms } = known.get(id) ?? { held: null, leads_ms: [] };
    const all = [...leads_ms, lead];
    known.set(id, all.length < STEER_LOOKS ? { held, leads_ms: all } : { held: steer(held ?? NOT_HELD, all), leads_ms: [] });
  }

  const looking = setInterval(look, LOOK_INTERVAL_MS);
  return () => clearInterval(looking);
}

function hold(line: HeldLine, held_ms: number): void {
  const target = Math.round(held_ms);
  if ('jitterBufferTarget' in line && (line.jitterBufferTarget ?? 0) !== target) line.jitterBufferTarget = target;
}
