// The sizes in which a camera is sent, each a stream of its own, so that the server can give everybody the one that fits
// their tile. The server says which of them somebody looks at; what nobody looks at is not even encoded.
//
// The smallest comes first: the server takes it so, and Chromium gives bits to the first ones first. A small camera is sent
// in fewer sizes. Chromium then leaves out the last ones, whatever their scale, so the scales follow the camera: the last
// size that is sent is always the whole picture.

import { CAMERA_LAYERS } from './limits.ts';

/** What of an encoding the types do not know yet. */
interface Encoding extends RTCRtpEncodingParameters {
  scalabilityMode: string;
}

export interface Layers {
  /** Sends these and no others, as far as the camera has them. */
  want(places: readonly number[]): void;
  /** Another camera, or none. */
  of(track: MediaStreamTrack | null): void;
}

/** Three frame rates in each: the server can leave out the upper ones. It also makes streams of VP9 and AV1, which Chromium would nest. */
const THREE_TEMPORAL_LAYERS = 'L1T3';

/** How many sizes a camera is sent in. */
export function countOf(track: MediaStreamTrack | null): number {
  const { width, height } = track?.getSettings() ?? {};
  // A browser that does not say has the camera that it was asked for.
  if (!width || !height) return CAMERA_LAYERS.length;
  return CAMERA_LAYERS.filter(({ pixels_min }) => width * height >= pixels_min).length;
}

/** Of so many sizes, each has half the width of the next one. */
const scaleOf = (place: number, count: number) => 2 ** Math.max(count - 1 - place, 0);

/** What to begin with. */
export function encodingsFor(track: MediaStreamTrack | null): RTCRtpEncodingParameters[] {
  const count = countOf(track);
  return CAMERA_LAYERS.map(
    ({ name, bitrate_bps }, place): Encoding => ({
      rid: name,
      active: place < count,
      scaleResolutionDownBy: scaleOf(place, count),
      maxBitrate: bitrate_bps,
      scalabilityMode: THREE_TEMPORAL_LAYERS,
    }),
  );
}

/** Of a sender that has begun with this track. A browser takes one change at a time; of those that come meanwhile the last counts. */
export function openLayers(sender: RTCRtpSender, track: MediaStreamTrack | null): Layers {
  let count = countOf(track);
  let wanted: readonly number[] = CAMERA_LAYERS.map((_, place) => place);
  let due = false;
  let busy = false;

  async function carryOut(): Promise<void> {
    due = true;
    if (busy) return;
    busy = true;
    while (due) {
      due = false;
      const parameters = sender.getParameters();
      parameters.encodings.forEach((encoding, place) => {
        encoding.active = place < count && wanted.includes(place);
        encoding.scaleResolutionDownBy = scaleOf(place, count);
      });
      // Rejected once the connection is closed, and then it does not matter.
      await sender.setParameters(parameters).catch(() => undefined);
    }
    busy = false;
  }

  return {
    want(places) {
      wanted = places;
      void carryOut();
    },
    of(next) {
      // What is off says nothing of what will be on.
      if (!next || countOf(next) === count) return;
      count = countOf(next);
      void carryOut();
    },
  };
}
