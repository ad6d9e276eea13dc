// Who is in the meeting, as the `participants` and `media-entries` channels tell it. Snapshots replace what was known
// under the same id. A roster is never changed: each message makes a new one, so that a reader can compare two.

import type { Message } from './messages.ts';
import { type Mark, markOf, type Named } from './named.ts';

export interface Person extends Named {
  /** `participants/{participant}`; two devices of one account share it. */
  key: string;
  byPhone: boolean;
}

/** One device's camera and microphone, or one shared screen. */
export interface MediaEntry {
  id: number;
  participantKey: string;
  sessionName: string;
  audioCsrc: number;
  videoCsrcs: readonly number[];
  screen: boolean;
  audioMuted: boolean;
  videoMuted: boolean;
  byProgram: boolean;
}

export interface Roster {
  people: ReadonlyMap<number, Person>;
  entries: ReadonlyMap<number, MediaEntry>;
}

export const NOBODY: Roster = { people: new Map(), entries: new Map() };

export function withParticipants(roster: Roster, message: Message): Roster {
  const people = new Map(roster.people);
  for (const { id } of message.deletedResources ?? []) people.delete(id ?? 0);
  for (const { id = 0, participant } of message.resources ?? []) {
    if (!id || !participant) continue;
    const { participantKey: key = `participants/${id}`, signedInUser, anonymousUser, phoneUser, byProgram } = participant;
    const name = (signedInUser ?? anonymousUser ?? phoneUser)?.displayName ?? '';
    people.set(id, { key, name, mark: markOf(Boolean(signedInUser), byProgram), byPhone: Boolean(phoneUser) });
  }
  return { ...roster, people };
}

export function withEntries(roster: Roster, message: Message): Roster {
  const entries = new Map(roster.entries);
  for (const { id } of message.deletedResources ?? []) entries.delete(id ?? 0);
  for (const { id = 0, mediaEntry } of message.resources ?? []) {
    if (!id || !mediaEntry) continue;
    entries.set(id, {
      id,
      participantKey: mediaEntry.participantKey ?? '',
      sessionName: mediaEntry.sessionName ?? '',
      audioCsrc: mediaEntry.audioCsrc ?? 0,
      videoCsrcs: mediaEntry.videoCsrcs ?? [],
      screen: mediaEntry.screenshare ?? false,
      audioMuted: mediaEntry.audioMuted ?? false,
      videoMuted: mediaEntry.videoMuted ?? false,
      byProgram: mediaEntry.byProgram ?? false,
    });
  }
  return { ...roster, entries };
}

/** How somebody is called, with all their devices or some; without a name if they are not here. */
export function named(roster: Roster, participantKey: string, devices = devicesOf(roster, participantKey)): Named {
  for (const person of roster.people.values())
    if (person.key === participantKey) return { name: person.name, mark: markWith(person, devices) };
  return { name: '', mark: null };
}

function devicesOf(roster: Roster, participantKey: string): MediaEntry[] {
  return [...roster.entries.values()].filter((entry) => entry.participantKey === participantKey);
}

/** A program's, if one of these devices is. While none is known, what was told with the name. */
export function markWith({ mark }: Named, devices: readonly MediaEntry[]): Mark | null {
  if (mark === 'guest' || devices.length === 0) return mark;
  return markOf(
    true,
    devices.some(({ byProgram }) => byProgram),
  );
}

/** The people of `after` who were not in `before`. */
export function newcomers(before: Roster, after: Roster): Person[] {
  const known = new Set([...before.people.values()].map((person) => person.key));
  return [...after.people.values()].filter((person) => !known.has(person.key));
}
