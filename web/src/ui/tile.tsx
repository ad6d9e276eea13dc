// One person, or one shared screen, on the stage.

import { type ReadonlySignal, useComputed } from '@preact/signals';
import type { Devices } from '../meeting/devices.ts';
import type { Box } from '../meeting/layout.ts';
import type { Named } from '../meeting/named.ts';
import { queue } from '../meeting/reactions.ts';
import { hueOf, initialsOf, type Tile } from '../meeting/tiles.ts';
import type { Visit } from '../meeting/visit.ts';
import { pathOf } from '../route.ts';
import { t } from '../text/room.ts';
import * as icons from './icons.tsx';
import { Name, nameText, you } from './name.tsx';
import { Video } from './video.tsx';

/** Colours for people without a picture; as many as the style sheet has. */
const HUES = 6;

const pixels = ({ width, height }: Box) => ({ width: `${width}px`, height: `${height}px` });

export function TileOfOther({ tile, box, visit }: { tile: Tile; box: Box; visit: Visit }) {
  const entryId = tile.entry?.id ?? 0;
  const csrc = tile.entry?.audioCsrc ?? 0;
  const picture = useComputed(() => visit.pictures.value.get(entryId) ?? null).value;
  const isHeldBack = useComputed(() => visit.heldBack.value.has(entryId)).value && tile.hasVideo && !picture;
  const speaks =
    useComputed(() => csrc !== 0 && visit.speaking.value.has(csrc)).value && !tile.audioMuted && !tile.screen;
  const person = tile.name || t('meeting.nameless');
  const shown = { name: tile.screen ? t('meeting.screenOf', { name: person }) : person, mark: tile.mark };
  return (
    <figure
      class="tile"
      aria-label={nameText(shown)}
      style={pixels(box)}
      data-kind={tile.screen ? 'screen' : 'person'}
      data-media-entry={entryId}
      data-line={picture?.line}
      data-speaking={speaks}
    >
      {picture ? <Video track={picture.track} whole={tile.screen} /> : <Initials name={person} screen={tile.screen} />}
      {isHeldBack && (
        <p class="held-back">
          {t('meeting.heldBack')}{' '}
          {/* The meeting goes on in this tab. */}
          <a href={pathOf({ page: 'check' })} target="_blank">
            {t('meeting.heldBack.check')}
          </a>
        </p>
      )}
      {!tile.screen && <Gestures visit={visit} participantKey={tile.entry?.participantKey ?? ''} />}
      <Caption shown={shown} muted={tile.audioMuted && !tile.screen} speaking={speaks} />
    </figure>
  );
}

export interface OwnTileProps {
  own: Named;
  box: Box;
  devices: Devices;
  visit: Visit;
  speaks: ReadonlySignal<boolean>;
}

export function OwnTile({ own, box, devices, visit, speaks }: OwnTileProps) {
  const { track } = devices.camera.value;
  const { on } = devices.microphone.value;
  return (
    <figure
      class="tile"
      aria-label={nameText(own)}
      style={pixels(box)}
      data-kind="person"
      data-self="true"
      data-speaking={speaks.value}
    >
      {track ? <Video track={track} mirrored /> : <Initials name={own.name} screen={false} />}
      <Gestures visit={visit} participantKey={visit.ownKey.value} />
      <Caption shown={you(own)} muted={!on} speaking={speaks.value} />
    </figure>
  );
}

export function OwnScreenTile({ box, devices }: { box: Box; devices: Devices }) {
  const track = devices.screen.value;
  return (
    <figure class="tile" aria-label={t('meeting.ownScreen')} style={pixels(box)} data-kind="screen" data-self="true">
      {track && <Video track={track} whole />}
      <Caption shown={{ name: t('meeting.ownScreen.text'), mark: null }} muted={false} speaking={false} />
    </figure>
  );
}

export function MoreTile({ count, box, onClick }: { count: number; box: Box; onClick(): void }) {
  return (
    <button type="button" class="tile more" style={pixels(box)} onClick={onClick}>
      {t('meeting.more', { count })}
    </button>
  );
}

/** A raised hand, with its place in the queue, and the reaction that was sent last. */
function Gestures({ visit, participantKey }: { visit: Visit; participantKey: string }) {
  const place = useComputed(() => queue(visit.exchange.hands.value).indexOf(participantKey) + 1).value;
  const reaction = useComputed(() =>
    visit.exchange.reactions.value.findLast((one) => one.participantKey === participantKey),
  ).value;
  return (
    <span class="gestures">
      {reaction && (
        <span key={reaction.id} class="tile-reaction" aria-hidden="true">
          {reaction.emoji}
        </span>
      )}
      {place > 0 && (
        <span class="tile-hand" role="img" aria-label={t('hands.place', { place })}>
          <icons.Hand />
          {place}
        </span>
      )}
    </span>
  );
}

function Initials({ name, screen }: { name: string; screen: boolean }) {
  return (
    <div class="initials" data-hue={hueOf(name, HUES)} aria-hidden="true">
      <span>{screen ? <icons.Screen /> : initialsOf(name)}</span>
    </div>
  );
}

function Caption({ shown, muted, speaking }: { shown: Named; muted: boolean; speaking: boolean }) {
  return (
    <figcaption>
      {muted && (
        <span class="caption-mark" role="img" aria-label={t('meeting.muted')}>
          <icons.MicrophoneOff />
        </span>
      )}
      {speaking && (
        <span class="voice" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      <Name of={shown} />
    </figcaption>
  );
}
