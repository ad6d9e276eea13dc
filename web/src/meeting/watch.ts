// Looks at the counters of a connection, and asks the server over HTTP when they stand still.

import { isHealthy } from '../api/meetings.ts';
import { HEALTH_TIMEOUT_MS, PULSE_INTERVAL_MS } from './limits.ts';
import { feel, type Pulse, verdictOf } from './pulse.ts';

/** Calls `dead` once, when nothing arrives any more. Returns what stops the watch. */
export function watchPulse(connection: RTCPeerConnection, dead: () => void): () => void {
  let pulse: Pulse | null = null;
  let asking = false;
  let stopped = false;
  const stop = () => {
    stopped = true;
    clearInterval(timer);
  };
  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    pulse = feel(pulse, await receivedBy(connection), performance.now());
    const verdict = verdictOf(pulse, performance.now());
    const gone = verdict === 'dead' || (verdict === 'suspect' && !(await isHealthy(HEALTH_TIMEOUT_MS)));
    asking = false;
    if (!gone || stopped) return;
    stop();
    dead();
  }, PULSE_INTERVAL_MS);
  return stop;
}

async function receivedBy(connection: RTCPeerConnection): Promise<number> {
  let received = 0;
  for (const report of (await connection.getStats()).values()) {
    if (report.type !== 'candidate-pair') continue;
    received += (report.packetsReceived ?? report.bytesReceived ?? 0) + (report.responsesReceived ?? 0);
  }
  return received;
}
