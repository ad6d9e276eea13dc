// What is on the stage. One tile per media entry of the others, one for oneself; shared screens stand apart because they
// get the large place. When there are more people than places, those who spoke last are seen and the rest are counted.

import type { Named } from './named.ts';
import type { MediaEntry, Person, Roster } from './roster.ts';
import { markWith, named } from './roster.ts';

export interface Tile extends Named {
  /** Stable for as long as the tile stands for the same thing. */
  key: string;
  entry: MediaEntry | null;
  screen: boolean;
  audioMuted: boolean;
  hasVideo: boolean;
}

/**
 * Media entries of others: everything but what the sessions of this page brought, our own face on another device, and who can be
 * neither seen nor heard. A companion is its person's second device, and a viewer the audience: both are people of the list, and
 * no faces.
 */
export function tilesOfOthers(roster: Roster, ownSessions: ReadonlySet<string>, ownKey: string): Tile[] {
  const isOwnFace = ({ participantKey, screen, byProgram }: MediaEntry) =>
    participantKey === ownKey && !screen && !byProgram;
  return [...roster.entries.values()]
    .filter((entry) => !ownSessions.has(entry.sessionName) && !isOwnFace(entry))
    .filter((entry) => entry.audioCsrc !== 0 || !entry.videoMuted)
    .sort((one, other) => one.id - other.id)
    .map((entry) => ({
      key: `entry-${entry.id}`,
      ...named(roster, entry.participantKey, [entry]),
      entry,
      screen: entry.screen,
      audioMuted: entry.audioMuted,
      hasVideo: !entry.videoMuted,
    }));
}

/**
 * Which tiles are seen when only `places` fit. Those already seen keep their place, because a grid that shuffles cannot be
 * read; a newcomer who speaks takes the place of whoever has been quiet for longest. `spokeAt` gives the time at which an
 * entry was last heard.
 */
export function visibleTiles(
  tiles: readonly Tile[],
  places: number,
  seen: readonly string[],
  spokeAt: (tile: Tile) => number,
): Tile[] {
  if (tiles.length <= places) return [...tiles];
  const rank = (tile: Tile): [number, number] => [spokeAt(tile), seen.includes(tile.key) ? 1 : 0];
  const chosen = new Set(
    [...tiles]
      .sort((one, other) => {
        const [oneSpoke, oneSeen] = rank(one);
        const [otherSpoke, otherSeen] = rank(other);
        return otherSpoke - oneSpoke || otherSeen - oneSeen;
      })
      .slice(0, Math.max(places, 0))
      .map((tile) => tile.key),
  );
  return tiles.filter((tile) => chosen.has(tile.key));
}

/** One or two letters for a tile without a picture. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}

/** One of a few hues for that tile: the same for the same name, so that people keep their colour. */
export function hueOf(name: string, hues: number): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return hash % hues;
}

export interface PersonHere extends Person {
  audioMuted: boolean;
  videoMuted: boolean;
  sharing: boolean;
}

/** The others by name. Somebody with two devices is muted when both are. */
export function peopleOf(roster: Roster, ownSessions: ReadonlySet<string>, ownKey: string): PersonHere[] {
  const entries = [...roster.entries.values()].filter((entry) => !ownSessions.has(entry.sessionName));
  return [...roster.people.values()]
    .filter((person) => person.key !== ownKey)
    .map((person) => {
      const brought = entries.filter((entry) => entry.participantKey === person.key);
      const devices = brought.filter((entry) => !entry.screen);
      return {
        ...person,
        mark: markWith(person, brought),
        audioMuted: devices.every((entry) => entry.audioMuted),
        videoMuted: devices.every((entry) => entry.videoMuted),
        sharing: brought.some((entry) => entry.screen),
      };
    })
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** Raised hands first, in the order in which they were raised; the others as they stood. */
export function inOrder(people: readonly PersonHere[], hands: readonly string[]): PersonHere[] {
  const place = ({ key }: PersonHere) => (hands.includes(key) ? hands.indexOf(key) : hands.length);
  return [...people].sort((one, other) => place(one) - place(other));
}
