// One try to get in, or back in: our offer, the server's answer, and the time that the media may take to come up. It can be
// given up wherever it stands. A question that is under way may be answered all the same; then we leave again at once, or
// the others would see somebody who is not there.

import type { Admission } from '../api/meetings.ts';
import { ApiError } from '../api/request.ts';
import { FAREWELL_MS, OPENING_TIMEOUT_MS } from './limits.ts';
import type { Message } from './messages.ts';
import type { Peer } from './peer.ts';
import { describe, openReport } from './report.ts';
import { isProven, watchPulse } from './watch.ts';

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
  /** Our browser has nothing to ask the server with. */
  unable(): void;
  /** Our browser cannot read the answer, or nothing came of it in time, or nothing comes any more. */
  broken(): void;
}

export interface Attempt {
  peer: Peer;
  /** The connection is there: from now on its silence counts, and no longer its age. */
  settle(): void;
  /** The network may be another: a connection that stands must show that it still does. */
  prove(): void;
  /** What the server says of the statistics that it wants. */
  asked(message: Message): void;
  close(): void;
  /** Says goodbye on the channel, which gets a moment to be sent. */
  leave(): void;
}

export function openAttempt(peer: Peer, steps: AttemptSteps): Attempt {
  const cancel = new AbortController();
  const report = openReport(peer.request, () => describe(navigator));
  let opening: ReturnType<typeof setTimeout> | undefined;
  let stopWatching = () => {};
  let asked = false;
  let settled = false;

  async function run(): Promise<void> {
    try {
      const offer = await peer.offer();
      asked = true;
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
      if (!(error instanceof ApiError)) return asked ? steps.broken() : steps.unable();
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
      settled = true;
      clearTimeout(opening);
      stopWatching();
      stopWatching = watchPulse(peer.connection, {
        dead: steps.broken,
        looked: (stats, now_ms) => report.looked(stats.values(), now_ms),
      });
    },
    async prove() {
      if (!settled || (await isProven(peer)) || cancel.signal.aborted) return;
      steps.broken();
    },
    asked: report.heard,
    close() {
      giveUp();
      peer.close();
    },
    leave() {
      giveUp();
      report.last();
      peer.request('session-control', { leave: {} });
      setTimeout(() => peer.close(), FAREWELL_MS);
    },
  };
}
