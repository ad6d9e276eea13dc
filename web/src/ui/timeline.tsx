// A place in time on the axis of a recording, which is moved by pointer or by keys.

import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { t } from '../text/calls.ts';
import { positionText } from './times.ts';

/** How far one press of a key goes. */
const STEPS_S: Readonly<Record<string, number>> = {
  ArrowLeft: -2,
  ArrowDown: -2,
  ArrowRight: 2,
  ArrowUp: 2,
  PageDown: -10,
  PageUp: 10,
};

export interface SliderProps {
  position_s: number;
  duration_s: number;
  onSeek(to_s: number): void;
}

/** For everybody. */
export function Slider({ position_s, duration_s, onSeek }: SliderProps) {
  const step = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const by_s = STEPS_S[event.key];
    if (by_s === undefined) return;
    event.preventDefault();
    onSeek(position_s + by_s);
  };
  return (
    <input
      type="range"
      min={0}
      max={duration_s}
      step={0.01}
      value={position_s}
      aria-label={t('player.position')}
      aria-valuetext={t('player.time', { position: positionText(position_s), duration: positionText(duration_s) })}
      onInput={(event) => onSeek(Number(event.currentTarget.value))}
      onKeyDown={step}
    />
  );
}

/** What a drawing of the whole axis listens to: held down on it, the place follows the pointer. From 0 to 1. */
export function pointing(onPoint: (part: number) => void) {
  const point = (event: TargetedPointerEvent<SVGSVGElement>) => {
    if ((event.buttons & 1) === 0) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    if (width > 0) onPoint((event.clientX - left) / width);
  };
  return { onPointerDown: point, onPointerMove: point };
}
