// The life of one visit to a meeting: a pure state machine. `step` takes an event and gives the new state and what to do;
// `session.ts` does it. Whatever goes wrong leads to `lost`, and `lost` tries again for as long as the page is open: the
// only ways out are the person, the end of the conference, and an answer that no further try could change.

import { FIRST_CONNECTION_TRIES, PAUSE_MS_MAX, PAUSE_MS_MIN } from './limits.ts';

/** Why a visit is over. */
export type End =
  /** The person left, here or on another channel. */
  | 'left'
  /** The conference was ended for all, or was over when we came back. */
  | 'ended'
  /** No connection, and no hope of one. */
  | 'failed'
  /** The server did not let us in. */
  | 'refused';

export type Connection =
  /** The first request is under way. */
  | { phase: 'joining' }
  /** We are let in; the media is not there yet. `tries` counts those that never reached the server. */
  | { phase: 'connecting'; tries: number }
  /** In the lobby. */
  | { phase: 'waiting' }
  | { phase: 'connected' }
  /** We were in, or almost. `tries` counts since the connection was lost; `everConnected` says which. */
  | { phase: 'lost'; stage: 'pausing' | 'asking' | 'opening'; tries: number; everConnected: boolean }
  | { phase: 'over'; end: End };

export type Event =
  /** The server answered a join or a resume. */
  | { kind: 'answered' }
  /** It refused: the conference is over, for good, or perhaps not next time. */
  | { kind: 'refused'; refusal: 'conferenceOver' | 'final' | 'again' }
  /** `session-control` said so. */
  | { kind: 'joined' }
  | { kind: 'waiting' }
  | { kind: 'disconnected'; reason: string | undefined }
  /** ICE failed, the channels closed, nothing arrives any more, or the media did not come up in time. */
  | {
      kind: 'broken';
      /** Datagrams had come through: the network is not what keeps us out. */
      reached: boolean;
    }
  | { kind: 'pauseOver' }
  | { kind: 'leave' };

export type Effect =
  | { kind: 'join' }
  | { kind: 'resume' }
  /** Give up the peer connection. */
  | { kind: 'close' }
  | { kind: 'pause'; pause_ms: number }
  /** Tell the server that we leave. */
  | { kind: 'farewell' };

export type Step = [Connection, Effect[]];

export const START: Step = [{ phase: 'joining' }, [{ kind: 'join' }]];

/** Half a second, doubled with each try. */
export function pauseAfter(tries: number): number {
  return Math.min(PAUSE_MS_MIN * 2 ** tries, PAUSE_MS_MAX);
}

export function step(state: Connection, event: Event): Step {
  if (state.phase === 'over') return [state, []];
  switch (event.kind) {
    case 'leave':
      return [{ phase: 'over', end: 'left' }, [{ kind: 'farewell' }]];
    case 'disconnected':
      return disconnected(state, event.reason);
    case 'joined':
      return [{ phase: 'connected' }, []];
    case 'waiting':
      return [{ phase: 'waiting' }, []];
    case 'broken':
      return broken(state, event.reached);
    case 'answered':
      if (state.phase === 'joining') return [{ phase: 'connecting', tries: 0 }, []];
      return state.phase === 'lost' ? [{ ...state, stage: 'opening' }, []] : [state, []];
    case 'refused':
      return refused(state, event.refusal);
    case 'pauseOver':
      if (state.phase !== 'lost' || state.stage !== 'pausing') return [state, []];
      return [{ ...state, stage: 'asking' }, [{ kind: 'resume' }]];
  }
}

function disconnected(state: Connection, reason: string | undefined): Step {
  switch (reason) {
    case 'REASON_CLIENT_LEFT':
      return [{ phase: 'over', end: 'left' }, [{ kind: 'close' }]];
    case 'REASON_CONFERENCE_ENDED':
    case 'REASON_USER_STOPPED':
      return [{ phase: 'over', end: 'ended' }, [{ kind: 'close' }]];
    // The server finds the connection unhealthy, or is stopping: both may be better in a moment.
    default:
      return broken(state, true);
  }
}

function broken(state: Connection, reached: boolean): Step {
  // A busy computer is patient with itself: only tries that never reached the server count against the first connection.
  switch (state.phase) {
    case 'connected':
    case 'waiting':
      return lost(0, true);
    case 'connecting':
      return lost(reached ? state.tries : state.tries + 1, false);
    case 'lost':
      if (state.stage === 'pausing') return [state, []];
      return lost(reached && !state.everConnected ? state.tries : state.tries + 1, state.everConnected);
    default:
      return [state, []];
  }
}

function lost(tries: number, everConnected: boolean): Step {
  if (!everConnected && tries >= FIRST_CONNECTION_TRIES)
    return [{ phase: 'over', end: 'failed' }, [{ kind: 'farewell' }]];
  return [
    { phase: 'lost', stage: 'pausing', tries, everConnected },
    [{ kind: 'close' }, { kind: 'pause', pause_ms: pauseAfter(tries) }],
  ];
}

function refused(state: Connection, refusal: 'conferenceOver' | 'final' | 'again'): Step {
  if (state.phase === 'joining') return [{ phase: 'over', end: 'refused' }, []];
  if (state.phase !== 'lost') return [state, []];
  switch (refusal) {
    case 'conferenceOver':
      return [{ phase: 'over', end: 'ended' }, []];
    case 'final':
      return [{ phase: 'over', end: 'failed' }, []];
    case 'again': {
      // The server is away, which says nothing about our network: this try does not count against the first connection.
      const next = { ...state, stage: 'pausing' as const, tries: state.tries + (state.everConnected ? 1 : 0) };
      return [next, [{ kind: 'pause', pause_ms: pauseAfter(Math.max(next.tries, 1)) }]];
    }
  }
}
