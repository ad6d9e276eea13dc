// A picture. It is muted: sound comes by the audio lines. `srcObject` is no attribute, so it is set by hand.

import { useLayoutEffect, useRef } from 'preact/hooks';

export interface VideoProps {
  track: MediaStreamTrack;
  /** Oneself, as in a mirror. */
  mirrored?: boolean;
  /** Show all of it, with bars, instead of cropping. */
  whole?: boolean;
}

export function Video({ track, mirrored = false, whole = false }: VideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  useLayoutEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = new MediaStream([track]);
    // Autoplay is refused in places even to silent pictures; the next touch of the page starts them.
    video.play().catch(() => undefined);
    return () => {
      video.srcObject = null;
    };
  }, [track]);
  return <video ref={element} class="picture" data-mirrored={mirrored} data-whole={whole} muted autoplay playsinline />;
}
