// Looks at the counters of a connection, and asks the server over HTTP when they stand still. Where there is a hint that the
// network has changed, it asks over the connection itself, which answers sooner than silence tells.

import { isHealthy } from '../api/meetings.ts';
import { HEALTH_TIMEOUT_MS, PROOF_SETTLES_MS, PROOF_TIMEOUT_MS, PULSE_INTERVAL_MS } from './limits.ts';
import type { Peer } from './peer.ts';
import { feel, type Pulse, verdictOf } from './pulse.ts';

export interface PulseListeners {
  /** Called once, when nothing arrives any more. */
  dead(): void;
  /** What the connection has counted, each time that it is looked at. */
  looked(stats: RTCStatsReport, now_ms: number): void;
}

/** Returns what stops the watch. */
export function watchPulse(connection: RTCPeerConnection, { dead, looked }: PulseListeners): () => void {
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
    const stats = await connection.getStats();
    if (!stopped) looked(stats, performance.now());
    pulse = feel(pulse, receivedIn(stats), performance.now());
    const verdict = verdictOf(pulse, performance.now());
    const gone = verdict === 'dead' || (verdict === 'suspect' && !(await isHealthy(HEALTH_TIMEOUT_MS)));
    asking = false;
    if (!gone || stopped) return;
    stop();
    dead();
  }, PULSE_INTERVAL_MS);
  return stop;
}

/** Whether anything comes back over the connection now. */
export async function isProven({ connection, request }: Pick<Peer, 'connection' | 'request'>): Promise<boolean> {
  await pause(PROOF_SETTLES_MS);
  const before = receivedIn(await connection.getStats());
  request('media-stats', { uploadMediaStats: { sections: [] } });
  await pause(PROOF_TIMEOUT_MS);
  return receivedIn(await connection.getStats()) !== before;
}

const pause = (pause_ms: number) => new Promise((over) => setTimeout(over, pause_ms));

function receivedIn(stats: RTCStatsReport): number {
  let received = 0;
  for (const report of stats.values()) {
    if (report.type !== 'candidate-pair') continue;
    received += (report.packetsReceived ?? report.bytesReceived ?? 0) + (report.responsesReceived ?? 0);
  }
  return received;
}
