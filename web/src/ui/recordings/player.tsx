// Plays a recording: all voices, the pictures of those who had one at that time, who speaks, and on the same axis who was there when.

import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getMeetingRecording } from '../../api/recordings.ts';
import { type Links, openLinks } from '../../recordings/links.ts';
import { type Log, nameOf, type Recording, speakerAt, type Track } from '../../recordings/recording.ts';
import { type Element, Steering } from '../../recordings/steering.ts';
import { type Attendee, barsOf, presenceOf } from '../../register/attendance.ts';
import { t } from '../../text/recordings.ts';
import { Pause, Play } from '../icons.tsx';
import { pointing, Slider } from '../timeline.tsx';
import { durationText, positionText } from '../times.ts';

/** How often tracks are steered. */
const STEER_EVERY_MS = 100;

export interface PlayerProps {
  recording: Recording;
  people: readonly Attendee[];
  log: Log;
}

interface Deck {
  tracks: readonly Track[];
  links: Links;
  position_s: Signal<number>;
  playing: Signal<boolean>;
  /** Keeps the element of a track. */
  place(track: Track): (element: HTMLMediaElement | null) => void;
  toggle(): void;
  seek(to_s: number): void;
}

/**
 * The elements of all tracks, and the clock that they are steered to; over when the component goes. They stay what they were when it
 * came, however often the recording is looked at meanwhile.
 */
function useDeck({ name, tracks: told, duration_s }: Recording): Deck {
  const [{ tracks, links }] = useState(() => ({
    tracks: told,
    links: openLinks(told, async () => (await getMeetingRecording(name)).tracks),
  }));
  const elements = useRef(new Map<string, Element>());
  const steering = useRef<Steering | null>(null);
  const position_s = useSignal(0);
  const playing = useSignal(false);
  const show = () => {
    position_s.value = steering.current?.position_s ?? 0;
    playing.value = steering.current?.playing ?? false;
  };
  useEffect(() => {
    const steered = tracks.flatMap(({ name, start_s, duration_s }) => {
      const element = elements.current.get(name);
      return element ? [{ element, start_s, duration_s, isBroken: () => links.broken.peek().has(name) }] : [];
    });
    steering.current = new Steering(steered, duration_s);
    const timer = setInterval(() => {
      steering.current?.steer();
      show();
    }, STEER_EVERY_MS);
    return () => {
      clearInterval(timer);
      steering.current?.pause();
    };
  }, []);
  return {
    tracks,
    links,
    position_s,
    playing,
    place: ({ name }) => (element) => {
      if (element) elements.current.set(name, element);
    },
    toggle() {
      if (steering.current?.playing) steering.current.pause();
      else steering.current?.play();
      show();
    },
    seek(to_s) {
      steering.current?.seek(to_s);
      show();
    },
  };
}

export function Player({ recording, people, log }: PlayerProps) {
  const { duration_s } = recording;
  const { tracks, links, position_s, playing, place, toggle, seek } = useDeck(recording);
  const at_s = position_s.value;
  const named = (session: string) => nameOf(session, people, log) || t('meeting.nameless');
  const speaker = speakerAt(log, at_s);
  const shown = tracks.filter(({ source }) => source !== 'MICROPHONE');
  const seen = (track: Track) => track.start_s <= at_s && at_s < track.start_s + track.duration_s;
  const media = (track: Track) => ({
    ref: place(track),
    src: links.paths.value.get(track.name) ?? track.path,
    preload: 'auto' as const,
    'data-track': track.name,
    onError: () => void links.failed(track.name),
  });
  return (
    <section class="card player recording-player" role="group" aria-label={t('recordings.player')}>
      <div class="recording-pictures" role="group" aria-label={t('recordings.pictures')}>
        {shown.map((track) => (
          <figure
            key={track.name}
            hidden={!seen(track)}
            data-source={track.source}
            data-speaking={track.session === speaker && track.source === 'CAMERA'}
          >
            <video {...media(track)} muted playsInline />
            <figcaption>
              {track.source === 'SCREEN'
                ? t('recordings.screenOf', { name: named(track.session) })
                : named(track.session)}
            </figcaption>
          </figure>
        ))}
        {!shown.some(seen) && <p class="hint">{t('recordings.noPicture')}</p>}
      </div>
      {tracks
        .filter(({ source }) => source === 'MICROPHONE')
        .map((track) => (
          <audio key={track.name} {...media(track)} />
        ))}
      <p class="recording-speaker">
        {speaker === null ? t('recordings.nobodySpeaks') : t('recordings.speaking', { name: named(speaker) })}
      </p>
      <div class="player-bar">
        <button type="button" class="button primary player-button" onClick={toggle}>
          {playing.value ? <Pause /> : <Play />}
          {playing.value ? t('player.pause') : t('player.play')}
        </button>
        <Slider position_s={at_s} duration_s={duration_s} onSeek={seek} />
        <span class="player-time" aria-hidden="true">
          {positionText(at_s)} / {positionText(duration_s)}
        </span>
      </div>
      {links.broken.value.size > 0 && (
        <div class="failed" role="alert">
          <p>{t('player.failed')}</p>
          <button type="button" class="button" onClick={() => void links.renew()}>
            {t('app.again')}
          </button>
        </div>
      )}
      <Presence recording={recording} people={people} log={log} played={at_s / (duration_s || 1)} onSeek={seek} />
    </section>
  );
}

interface PresenceProps extends PlayerProps {
  /** From 0 to 1. */
  played: number;
  onSeek(to_s: number): void;
}

/** Who was there when, and who spoke when. */
function Presence({ recording, people, log, played, onSeek }: PresenceProps) {
  const { start_ms, duration_s } = recording;
  const whole = { start_ms, end_ms: start_ms + duration_s * 1_000 };
  const there = people.flatMap((person) => {
    const sessions = person.sessions
      .map((session) => ({
        ...session,
        start_ms: Math.max(session.start_ms, whole.start_ms),
        end_ms: Math.min(session.end_ms ?? whole.end_ms, whole.end_ms),
      }))
      .filter(({ start_ms, end_ms }) => start_ms < end_ms);
    const own = new Set(person.sessions.map(({ id }) => id));
    const speeches = log.speeches.filter(({ session }) => own.has(session));
    return sessions.length > 0 ? [{ person, sessions, speeches }] : [];
  });
  return (
    <section class="recording-part" aria-labelledby="presence">
      <h2 id="presence">{t('recordings.who')}</h2>
      <ul class="recording-presence">
        {there.map(({ person, sessions, speeches }) => {
          const name = person.displayName || t('meeting.nameless');
          const spoken_s = speeches.reduce((sum, { from_s, to_s }) => sum + to_s - from_s, 0);
          const present_ms = presenceOf(sessions, whole.end_ms)?.present_ms ?? 0;
          return (
            <li key={person.name}>
              <p>
                {t('recordings.who.text', {
                  name,
                  duration: durationText(present_ms),
                  spoken: durationText(spoken_s * 1_000),
                })}
              </p>
              {/* For those who see; everybody else has the slider and the line above. */}
              <svg class="timeline" aria-hidden="true" {...pointing((part) => onSeek(part * duration_s))}>
                {barsOf(sessions, whole, whole.end_ms).map((bar, index) => (
                  <rect
                    key={index}
                    data-device={bar.device}
                    x={`${bar.left_percent}%`}
                    width={`${bar.width_percent}%`}
                    y={0}
                    height="100%"
                    rx="3"
                  />
                ))}
                {speeches.map(({ from_s, to_s }, index) => (
                  <rect
                    key={`speech-${index}`}
                    class="speech"
                    x={`${(from_s / duration_s) * 100}%`}
                    width={`${((to_s - from_s) / duration_s) * 100}%`}
                    y="30%"
                    height="40%"
                  />
                ))}
                <rect class="now" x={`${Math.min(99.8, played * 100)}%`} width="2" y={0} height="100%" />
              </svg>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
