// How loud one's own microphone is. Bars for the eye, a meter element's role for everybody else.

import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Capture } from '../meeting/capture.ts';
import { OWN_SPEAKING_LEVEL, SPEAKING_HOLD_MS } from '../meeting/limits.ts';
import { type Meter, meterShare, openMeter } from '../meeting/meter.ts';
import { t } from '../text/text.ts';

const BARS = 5;

/** The loudness of a microphone that may come, go and be muted. */
export function useLevel(microphone: ReadonlySignal<Capture>): ReadonlySignal<number> {
  const level = useSignal(0);
  useSignalEffect(() => {
    const { track, on } = microphone.value;
    if (!track || !on) {
      level.value = 0;
      return;
    }
    const meter: Meter = openMeter(track);
    const stop = meter.level.subscribe((value) => {
      level.value = value;
    });
    return () => {
      stop();
      meter.close();
    };
  });
  return level;
}

/** Whether one's own voice is heard; it holds between words, as the rings of the others do. */
export function useSpeaking(microphone: ReadonlySignal<Capture>): ReadonlySignal<boolean> {
  const level = useLevel(microphone);
  const speaks = useSignal(false);
  const heardAt_ms = useRef(0);
  useSignalEffect(() => {
    const now_ms = performance.now();
    if (level.value >= OWN_SPEAKING_LEVEL) heardAt_ms.current = now_ms;
    speaks.value = level.value > 0 && now_ms - heardAt_ms.current < SPEAKING_HOLD_MS;
  });
  return speaks;
}

export function LevelMeter({ microphone }: { microphone: ReadonlySignal<Capture> }) {
  const share = meterShare(useLevel(microphone).value);
  const { on } = microphone.value;
  const label = on ? t('preJoin.level') : t('preJoin.level.muted');
  return (
    <div
      class="level"
      role="meter"
      aria-label={label}
      title={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      {Array.from({ length: BARS }, (_, bar) => (
        <i key={bar} data-lit={share > bar / BARS} />
      ))}
    </div>
  );
}
