// The life of one visit to a meeting: a pure state machine. `step` takes an event and gives the new state and what to do;
// `entrance.ts` does it. Whatever goes wrong leads to `lost`, and `lost` tries again for as long as the page is open: the
// only ways out are the person, the end of the conference, a host's no, and an answer that no further try could change.
//
// An answer is a promise: nobody is in before `session-control` says so, and whether we walk in or wait is decided then. Whoever
// was never in cannot come back, and asks again instead; so does whoever waits at the door.

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
  | 'refused'
  /** This browser makes no connections. */
  | 'unable'
  /** At the door: a host said no, nobody answered, or we went away ourselves. */
  | 'denied'
  | 'expired'
  | 'withdrawn'
  /** There was no place left when our connection stood. */
  | 'full'
  /** A host put us out. */
  | 'removed'
  /** The person is in with another device. */
  | 'moved';

export type Connection =
  /** The first request is under way. */
  | { phase: 'joining' }
  /** We are answered; the media is not there yet. `tries` counts those that never reached the server. */
  | { phase: 'connecting'; tries: number; knocking: boolean }
  /** In the lobby. */
  | { phase: 'waiting' }
  | { phase: 'connected' }
  /** We were in, or almost, or at the door. */
  | ({ phase: 'lost'; stage: 'pausing' | 'asking' | 'opening' } & Loss)
  | { phase: 'over'; end: End };

interface Loss {
  /** Since the connection was lost. */
  tries: number;
  everConnected: boolean;
  knocking: boolean;
  /** The server said that it restarts: nothing is wrong with our network. */
  restarting: boolean;
}

/** The conference is over, a host put us out of it, it will never let us in, or perhaps next time. */
export type Refusal = 'conferenceOver' | 'removed' | 'final' | 'again';

export type Event =
  /** The server answered a join or a resume: as things stand we shall be in, or wait. */
  | { kind: 'answered'; waiting: boolean }
  /** It refused. */
  | { kind: 'refused'; refusal: Refusal }
  /** `session-control` said so. */
  | { kind: 'joined' }
  | { kind: 'waiting' }
  | { kind: 'disconnected'; reason: string | undefined; detail?: string | undefined }
  /** ICE failed, the channels closed, nothing arrives any more, or the media did not come up in time. */
  | {
      kind: 'broken';
      /** Datagrams had come through: the network is not what keeps us out. */
      reached: boolean;
    }
  /** Our browser makes no connection, or nothing to ask the server with. */
  | { kind: 'unable' }
  | { kind: 'pauseOver' }
  | { kind: 'takenOver' }
  /** We want to be here with another device than we came with. */
  | { kind: 'renew' }
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

/** Whether we are at the door, or were when the connection was lost. */
export function isKnocking(state: Connection): boolean {
  return state.phase === 'waiting' || ('knocking' in state && state.knocking);
}

export function step(state: Connection, event: Event): Step {
  if (state.phase === 'over') return [state, []];
  switch (event.kind) {
    case 'leave':
      return [{ phase: 'over', end: isKnocking(state) ? 'withdrawn' : 'left' }, [{ kind: 'farewell' }]];
    case 'renew':
      if (state.phase !== 'connected') return [state, []];
      return [
        { phase: 'lost', stage: 'asking', tries: 0, everConnected: true, knocking: false, restarting: false },
        [{ kind: 'resume' }],
      ];
    case 'takenOver':
      return [{ phase: 'over', end: 'moved' }, [{ kind: 'farewell' }]];
    case 'disconnected':
      return disconnected(state, event.reason, event.detail);
    case 'joined':
      return [{ phase: 'connected' }, []];
    case 'waiting':
      return [{ phase: 'waiting' }, []];
    case 'broken':
      return broken(state, event.reached);
    case 'unable':
      // What has worked once may work again, when the browser has cleared away what came before.
      return state.phase === 'joining' ? [{ phase: 'over', end: 'unable' }, [{ kind: 'close' }]] : broken(state, false);
    case 'answered':
      if (state.phase === 'joining') return [{ phase: 'connecting', tries: 0, knocking: event.waiting }, []];
      return state.phase === 'lost' ? [{ ...state, stage: 'opening', knocking: event.waiting }, []] : [state, []];
    case 'refused':
      return refused(state, event.refusal);
    case 'pauseOver':
      if (state.phase !== 'lost' || state.stage !== 'pausing') return [state, []];
      return [{ ...state, stage: 'asking' }, [{ kind: wasIn(state) ? 'resume' : 'join' }]];
  }
}

/** Whether there is something to come back to. */
function wasIn(state: { everConnected: boolean; knocking: boolean }): boolean {
  return state.everConnected && !state.knocking;
}

const STOPPED: Record<string, End> = { REMOVED: 'removed', DENIED: 'denied', EXPIRED: 'expired', FULL: 'full' };

function disconnected(state: Connection, reason: string | undefined, detail = ''): Step {
  switch (reason) {
    case 'REASON_CLIENT_LEFT':
      return [{ phase: 'over', end: 'left' }, [{ kind: 'close' }]];
    case 'REASON_CONFERENCE_ENDED':
    case 'REASON_USER_STOPPED':
      return [{ phase: 'over', end: STOPPED[detail] ?? 'ended' }, [{ kind: 'close' }]];
    // The server finds the connection unhealthy, or is stopping: both may be better in a moment.
    default:
      return broken(state, true, detail === 'RESTARTING');
  }
}

function broken(state: Connection, reached: boolean, restarting = false): Step {
  // A busy computer is patient with itself: only tries that never reached the server count against the first connection.
  switch (state.phase) {
    case 'connected':
      return lost({ tries: 0, everConnected: true, knocking: false, restarting });
    case 'waiting':
      return lost({ tries: 0, everConnected: true, knocking: true, restarting });
    case 'connecting': {
      const tries = reached ? state.tries : state.tries + 1;
      return lost({ tries, everConnected: false, knocking: state.knocking, restarting });
    }
    case 'lost': {
      if (state.stage === 'pausing') return [state, []];
      const { everConnected, knocking } = state;
      const tries = reached && !everConnected ? state.tries : state.tries + 1;
      return lost({ tries, everConnected, knocking, restarting: restarting || state.restarting });
    }
    default:
      return [state, []];
  }
}

function lost(loss: Loss): Step {
  const { tries, everConnected } = loss;
  if (!everConnected && tries >= FIRST_CONNECTION_TRIES)
    return [{ phase: 'over', end: 'failed' }, [{ kind: 'farewell' }]];
  return [
    { phase: 'lost', stage: 'pausing', ...loss },
    [{ kind: 'close' }, { kind: 'pause', pause_ms: pauseAfter(tries) }],
  ];
}

function refused(state: Connection, refusal: Refusal): Step {
  if (state.phase === 'joining') return [{ phase: 'over', end: 'refused' }, []];
  if (state.phase !== 'lost') return [state, []];
  switch (refusal) {
    case 'conferenceOver':
      return [{ phase: 'over', end: 'ended' }, []];
    case 'removed':
      return [{ phase: 'over', end: 'removed' }, []];
    case 'final':
      // A second join is like the first, and its refusal has the same words.
      return [{ phase: 'over', end: wasIn(state) ? 'failed' : 'refused' }, []];
    case 'again': {
      // The server is away, which says nothing about our network: this try does not count against the first connection.
      const next = { ...state, stage: 'pausing' as const, tries: state.tries + (state.everConnected ? 1 : 0) };
      return [next, [{ kind: 'pause', pause_ms: pauseAfter(Math.max(next.tries, 1)) }]];
    }
  }
}
