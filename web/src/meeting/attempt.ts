// One try to get in, or back in: our offer, the server's answer, and the time that the media may take to come up. It can be
// given up wherever it stands. A question that is under way may be answered all the same; then we leave again at once, or
// the others would see somebody who is not there.

import type { Admission } from '../api/meetings.ts';
import { ApiError } from '../api/request.ts';
import { FAREWELL_MS, OPENING_TIMEOUT_MS } from './limits.ts';
import type { Peer } from './peer.ts';
import { watchPulse } from './watch.ts';

export interface AttemptSteps {
  /** Asks the server. */
  enter(offer: string, cancelled: AbortSignal): Promise<Admission>;
  /** We are somebody, and may still have to wait. Told even of an answer that came too late. */
  admitted(admission: Admission): void;
  /** Takes back an admission that came too late. */
  withdraw(admission: Admission): void;
  answered(waiting: boolean): void;
  /** The lines stand, and what comes on them can be played. */
  described(): void;
  refused(error: ApiError): void;
  /** Our browser cannot read the answer, or nothing came of it in time, or nothing comes any more. */
  broken(): void;
}

export interface Attempt {
  peer: Peer;
  /** The connection is there: from now on its silence counts, and no longer its age. */
  settle(): void;
  close(): void;
  /** Says goodbye on the channel, which gets a moment to be sent. */
  leave(): void;
}

export function openAttempt(peer: Peer, steps: AttemptSteps): Attempt {
  const cancel = new AbortController();
  let opening: ReturnType<typeof setTimeout> | undefined;
  let stopWatching = () => {};

  async function run(): Promise<void> {
    try {
      const offer = await peer.offer();
      const admission = await steps.enter(offer, cancel.signal);
      steps.admitted(admission);
      if (cancel.signal.aborted) return steps.withdraw(admission);
      steps.answered(admission.waiting ?? false);
      opening = setTimeout(steps.broken, OPENING_TIMEOUT_MS);
      await peer.answer(admission.answer);
      if (!cancel.signal.aborted) steps.described();
    } catch (error) {
      if (cancel.signal.aborted) return;
      // Not the server's refusal but our browser's.
      if (!(error instanceof ApiError)) return steps.broken();
      peer.close();
      steps.refused(error);
    }
  }

  function giveUp(): void {
    clearTimeout(opening);
    cancel.abort();
    stopWatching();
  }

  void run();
  return {
    peer,
    settle() {
      clearTimeout(opening);
      stopWatching();
      stopWatching = watchPulse(peer.connection, steps.broken);
    },
    close() {
      giveUp();
      peer.close();
    },
    leave() {
      giveUp();
      peer.request('session-control', { leave: {} });
      setTimeout(() => peer.close(), FAREWELL_MS);
    },
  };
}
