// Tracks that play in step: each is an element of the browser's with a clock of its own, and all are steered to one.
//
// The one clock is the page's. It runs while everything that should be heard or seen now can be, and stands while something still
// loads. An element that is far off is set to its place; one that is a little off plays a little faster or slower, which nobody hears.

/** What playing an element needs: the browser's, or a test's. */
export interface Element {
  currentTime: number;
  playbackRate: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly readyState: number;
  /** What is wrong with it, if something is: it plays no more with the link that it has. */
  readonly error: object | null;
  play(): Promise<void>;
  pause(): void;
}

export interface Steered {
  element: Element;
  /** On the axis. */
  start_s: number;
  duration_s: number;
  /** It will never play, and nobody waits for it. */
  isBroken(): boolean;
}

/** What is farther off than this is set to its place. */
const FAR_S = 0.15;
/** What is nearer than this is left alone: finer no clock of a browser is. */
const NEAR_S = 0.01;
/** For some tenths of a second nobody hears that a voice is so much faster or slower: browsers keep its pitch. */
const RATE_OFF_MAX = 0.15;
/** In this time a difference would be caught up with, if it did not get less meanwhile: it is a third of itself after it. */
const CATCH_UP_S = 0.4;
/** `HTMLMediaElement.HAVE_FUTURE_DATA`: it can go on. */
const CAN_GO_ON = 3;
/** So near to its end an element has nothing more to go on with, and is no reason to wait. */
const END_S = 0.3;

/** How an element that is so much ahead (or behind, below 0) is put right. */
export function correction(ahead_s: number): { rate: number } | 'set' {
  if (Math.abs(ahead_s) > FAR_S) return 'set';
  if (Math.abs(ahead_s) < NEAR_S) return { rate: 1 };
  return { rate: 1 - Math.max(-RATE_OFF_MAX, Math.min(RATE_OFF_MAX, ahead_s / CATCH_UP_S)) };
}

export interface Clock {
  /** Where on the axis it is. */
  readonly position_s: number;
  readonly playing: boolean;
}

export class Steering {
  #tracks: readonly Steered[];
  readonly #duration_s: number;
  readonly #now_s: () => number;
  #playing = false;
  /** Where the clock stood, and when that was; `null` while it stands. */
  #position_s = 0;
  #since_s: number | null = null;

  constructor(tracks: readonly Steered[], duration_s: number, now_s: () => number = () => performance.now() / 1_000) {
    this.#tracks = tracks;
    this.#duration_s = duration_s;
    this.#now_s = now_s;
  }

  get position_s(): number {
    const run_s = this.#since_s === null ? 0 : this.#now_s() - this.#since_s;
    return Math.min(this.#duration_s, this.#position_s + run_s);
  }

  get playing(): boolean {
    return this.#playing;
  }

  play(): void {
    if (this.position_s >= this.#duration_s) this.seek(0);
    this.#playing = true;
    this.steer();
  }

  pause(): void {
    this.#stand();
    this.#playing = false;
    this.steer();
  }

  seek(to_s: number): void {
    this.#since_s = null;
    this.#position_s = Math.min(this.#duration_s, Math.max(0, to_s));
    for (const track of this.#tracks) {
      track.element.pause();
      const within_s = this.#within(track);
      if (within_s !== null) track.element.currentTime = within_s;
    }
  }

  /** Called again and again while the page is there, some ten times in a second. */
  steer(): void {
    if (this.#playing && this.position_s >= this.#duration_s) this.pause();
    const ready = this.#tracks.every((track) => this.#isReady(track));
    if (!this.#playing || !ready) this.#stand();
    else this.#since_s ??= this.#now_s();
    for (const track of this.#tracks) this.#steerOne(track);
  }

  /** Whether nobody has to wait for it. */
  #isReady(track: Steered): boolean {
    const { element, duration_s } = track;
    const within_s = this.#within(track);
    if (within_s === null || within_s > duration_s - END_S || track.isBroken()) return true;
    return !element.error && !element.seeking && element.readyState >= CAN_GO_ON;
  }

  #steerOne(track: Steered): void {
    const { element } = track;
    const within_s = element.error ? null : this.#within(track);
    if (within_s === null || this.#since_s === null) {
      if (!element.paused) element.pause();
      // Ready for the moment at which it goes on.
      if (within_s !== null && !element.seeking && Math.abs(element.currentTime - within_s) > NEAR_S) {
        element.currentTime = within_s;
      }
      return;
    }
    if (element.paused) {
      // It is there already, unless it just begins: to set it once more would only hold it up.
      if (Math.abs(element.currentTime - within_s) > NEAR_S) element.currentTime = within_s;
      // Whoever has not touched the page yet hears nothing; pressing play is a touch.
      void element.play().catch(() => undefined);
      return;
    }
    if (element.seeking) return;
    const how = correction(element.currentTime - within_s);
    if (how === 'set') element.currentTime = within_s;
    else element.playbackRate = how.rate;
  }

  #stand(): void {
    this.#position_s = this.position_s;
    this.#since_s = null;
  }

  /** Where in the track the clock is; `null` if it is not in it. */
  #within({ start_s, duration_s }: Steered): number | null {
    const within_s = this.position_s - start_s;
    return within_s < 0 || within_s >= duration_s ? null : within_s;
  }
}
