// The stage: measures itself, arranges the tiles, and tells the visit which pictures it has room for.

import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { arrange } from '../meeting/arrangement.ts';
import type { Devices } from '../meeting/devices.ts';
import type { Box } from '../meeting/layout.ts';
import type { Named } from '../meeting/named.ts';
import { peopleOf, type Tile, tilesOfOthers } from '../meeting/tiles.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/text.ts';
import { useSpeaking } from './levelMeter.tsx';
import { ReactionsSeen } from './reactions.tsx';
import { MoreTile, OwnScreenTile, OwnTile, TileOfOther } from './tile.tsx';

/** Between tiles; on a phone less. */
const GAP = 10;
const GAP_SMALL = 6;

const OWN = 'own';
const OWN_SCREEN = 'own-screen';

export interface StageProps {
  visit: Visit;
  devices: Devices;
  own: Named;
  onMore(): void;
  /** Shown when nobody else is here. */
  alone: preact.ComponentChild;
}

export function Stage({ visit, devices, own, onMore, alone }: StageProps) {
  const element = useRef<HTMLDivElement>(null);
  const box = useMeasured(element);
  const gap = box.value.width < 600 ? GAP_SMALL : GAP;
  const seen = useRef<string[]>([]);
  const speaks = useSpeaking(devices.microphone);

  const arrangement = useComputed(() => {
    // Who can be neither seen nor heard has no tile, here as with the others.
    const ownTiles = [
      ...(visit.moderation.value.device === 'FULL' ? [ownTile(OWN, own)] : []),
      ...(devices.screen.value ? [ownTile(OWN_SCREEN, own)] : []),
    ];
    const others = tilesOfOthers(visit.roster.value, visit.ownSessions.value, visit.ownKey.value);
    // Who speaks matters only when not all fit; reading it always would arrange anew with every word.
    void visit.speaking.value;
    const spokeAt = (tile: Tile) => visit.heardAt_ms(tile.entry?.audioCsrc ?? 0);
    const result = arrange({ others, own: ownTiles, seen: seen.current, spokeAt }, box.value, gap);
    seen.current = result.people.map(({ tile }) => tile.key);
    return result;
  });

  useSignalEffect(() => {
    const { main, people } = arrangement.value;
    visit.want(
      [...(main ? [main] : []), ...people].flatMap(({ tile, box: { width, height } }) =>
        tile.entry && tile.hasVideo && width > 0 ? [{ entryId: tile.entry.id, width, height }] : [],
      ),
    );
  });

  const { main, direction, place: room, people, hidden, hiddenBox } = arrangement.value;
  const all = people.length + hidden + (main ? 1 : 0);
  const isAlone = useComputed(
    () =>
      tilesOfOthers(visit.roster.value, visit.ownSessions.value, visit.ownKey.value).length === 0 &&
      peopleOf(visit.roster.value, visit.ownSessions.value, visit.ownKey.value).length === 0,
  ).value;
  return (
    <div
      ref={element}
      class="stage"
      data-direction={direction}
      style={{ gap: `${gap}px` }}
      role="group"
      aria-label={t('meeting.stage')}
    >
      {main && <TileOfOther key={main.tile.key} tile={main.tile} box={main.box} visit={visit} />}
      <div class="people" style={{ gap: `${gap}px`, width: `${room.width}px`, height: `${room.height}px` }}>
        {people.map(({ tile, box: place }) =>
          tile.key === OWN ? (
            <OwnTile key={OWN} own={own} box={place} devices={devices} visit={visit} speaks={speaks} />
          ) : tile.key === OWN_SCREEN ? (
            <OwnScreenTile key={OWN_SCREEN} box={place} devices={devices} />
          ) : (
            <TileOfOther key={tile.key} tile={tile} box={place} visit={visit} />
          ),
        )}
        {hidden > 0 && <MoreTile count={hidden} box={hiddenBox} onClick={onMore} />}
      </div>
      {isAlone ? alone : all === 0 && <p class="nobody-shows">{t('meeting.nobodyShows')}</p>}
      <ReactionsSeen visit={visit} own={own} />
    </div>
  );
}

function ownTile(key: string, own: Named): Tile {
  return { ...own, key, entry: null, screen: key === OWN_SCREEN, audioMuted: false, hasVideo: true };
}

function useMeasured(element: { current: HTMLElement | null }): ReadonlySignal<Box> {
  const box = useSignal<Box>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width, height } = entry.contentRect;
      box.value = { width: Math.floor(width), height: Math.floor(height) };
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return box;
}
