// Hears a recording: a row for each side, whose loudness is drawn, a place in time that is moved by pointer or by keys, and
// sides that can be silenced. A file of usual length is fetched once, drawn and played from here; a long one is heard as it
// comes. Both ears hear both sides: with one side in each, whoever has one earphone would hear half of a talk.

import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { fetchFile } from '../../api/request.ts';
import type { Recording } from '../../calls/call.ts';
import { type Loudness, loudnessOf, WAV_BYTES_MAX } from '../../calls/wav.ts';
import { HEIGHT, loudestOf, waveformPath } from '../../calls/waveform.ts';
import { t } from '../../text/calls.ts';
import { Pause, Play, Speaker, SpeakerOff } from '../icons.tsx';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { ProblemNote } from '../problem.tsx';
import { pointing, Slider } from '../timeline.tsx';
import { positionText } from '../times.ts';
import { usePlayback } from './playback.ts';

/** Strokes of a row: as many as are told apart on a wide screen. */
const PLACES = 300;

interface Heard {
  /** For the audio element. */
  address: string;
  /** `null` if it is not drawn. */
  loudness: Loudness | null;
}

export interface PlayerProps {
  recording: Recording;
  name: string;
  /** Who is on each channel. */
  sides: readonly string[];
}

export function Player({ recording, name, sides }: PlayerProps) {
  // Links change with each look at the call; what is heard goes on.
  const { state, again } = useLoaded(recording.name, () => fetchOnce(recording));
  useEffect(() => {
    if (state.phase !== 'ready') return;
    const { address } = state.value;
    return () => URL.revokeObjectURL(address);
  }, [state]);
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      return <Failed error={state.error} onAgain={again} />;
    case 'ready':
      return <Deck heard={state.value} name={name} sides={sides} duration_ms={recording.duration_ms} />;
  }
}

async function fetchOnce({ wav, mp3 }: Recording): Promise<Heard> {
  if (!wav || wav.size_bytes > WAV_BYTES_MAX) return { address: (mp3 ?? wav)?.path ?? '', loudness: null };
  const file = await fetchFile(wav.path);
  if (!file) throw new Error(t('player.failed'));
  const address = URL.createObjectURL(new Blob([file], { type: 'audio/wav' }));
  return { address, loudness: loudnessOf(file, PLACES) };
}

interface DeckProps {
  heard: Heard;
  name: string;
  sides: readonly string[];
  duration_ms: number;
}

function Deck({ heard: { address, loudness }, name, sides, duration_ms }: DeckProps) {
  const duration_s = loudness?.duration_s ?? duration_ms / 1_000;
  const { audio, playing, failed, position_s, toggle, seek, silence } = usePlayback(duration_s, sides.length);
  const set = (what: Signal<boolean>, to: boolean) => () => {
    what.value = to;
  };
  return (
    <div class="player" role="group" aria-label={t('player.label', { name })}>
      <audio
        ref={audio}
        src={address}
        preload="metadata"
        onPlay={set(playing, true)}
        onPause={set(playing, false)}
        onError={set(failed, true)}
      />
      {loudness ? (
        <Rows
          loudness={loudness}
          sides={sides}
          played={position_s.value / duration_s}
          onSeek={(part) => seek(part * duration_s)}
          onSilence={silence}
        />
      ) : (
        <p class="hint">{t('player.tooLong')}</p>
      )}
      <div class="player-bar">
        <button type="button" class="button primary player-button" onClick={toggle}>
          {playing.value ? <Pause /> : <Play />}
          {playing.value ? t('player.pause') : t('player.play')}
        </button>
        <Slider position_s={position_s.value} duration_s={duration_s} onSeek={seek} />
        <span class="player-time" aria-hidden="true">
          {positionText(position_s.value)} / {positionText(duration_s)}
        </span>
      </div>
      <ProblemNote text={failed.value && t('player.failed')} />
    </div>
  );
}

interface RowsProps {
  loudness: Loudness;
  sides: readonly string[];
  /** From 0 to 1. */
  played: number;
  onSeek(part: number): void;
  onSilence(side: number, silent: boolean): void;
}

function Rows({ loudness: { channels }, sides, played, onSeek, onSilence }: RowsProps) {
  const loudest = loudestOf(channels);
  return (
    <div class="player-rows">
      {channels.map((levels, channel) => (
        <Row
          key={channel}
          channel={channel}
          side={sides[channel] ?? ''}
          path={waveformPath(levels, loudest)}
          played={played}
          onSeek={onSeek}
          onSilence={channels.length > 1 ? (silent) => onSilence(channel, silent) : undefined}
        />
      ))}
    </div>
  );
}

interface RowProps {
  channel: number;
  side: string;
  path: string;
  played: number;
  onSeek(part: number): void;
  onSilence: ((silent: boolean) => void) | undefined;
}

function Row({ channel, side, path, played, onSeek, onSilence }: RowProps) {
  const silent = useSignal(false);
  const id = useId();
  const toggle = () => {
    silent.value = !silent.value;
    onSilence?.(silent.value);
  };
  return (
    <div class="player-row" data-channel={channel} data-silent={silent.value}>
      <div class="player-side">
        <span>{side}</span>
        {onSilence && (
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={t('player.mute', { side })}
            aria-pressed={silent.value}
            onClick={toggle}
          >
            {silent.value ? <SpeakerOff /> : <Speaker />}
          </button>
        )}
      </div>
      {/* For those who see; everybody else has the slider. */}
      <svg
        class="waveform"
        viewBox={`0 0 ${PLACES} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        {...pointing(onSeek)}
      >
        <clipPath id={id}>
          <rect width={played * PLACES} height={HEIGHT} />
        </clipPath>
        <path class="waveform-all" d={path} />
        <path class="waveform-played" d={path} clip-path={`url(#${id})`} />
      </svg>
    </div>
  );
}
