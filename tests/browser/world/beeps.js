// Beeps at times that are known: a microphone of a page that notes when each of its beeps was made, and where beeps are in what was heard.

/** How often one beeps, and how long a beep is. */
export const EVERY_MS = 2_000;
const LENGTH_MS = 100;

/** An envelope is looked at in windows of this length, every half of one. */
const WINDOW_MS = 10;

/**
 * Runs in a page before its own scripts: its microphone beeps in this tone. `globalThis.beeps()` are the times at which its beeps began,
 * in milliseconds of the epoch: a machine that is busy makes them late, and then they were late.
 */
export function installBeeps({ hz, every_ms, length_ms }) {
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (asked) => {
    const stream = await real(asked);
    const [microphone] = stream.getAudioTracks();
    if (!microphone) return stream;
    const audio = new AudioContext();
    const [oscillator, gain, output] = [audio.createOscillator(), audio.createGain(), audio.createMediaStreamDestination()];
    oscillator.frequency.value = hz;
    gain.gain.value = 0;
    oscillator.connect(gain).connect(output);
    oscillator.start();
    const starts_s = Array.from({ length: 200 }, (_, place) => 1 + (place * every_ms) / 1_000);
    for (const start_s of starts_s) {
      gain.gain.setValueAtTime(0.5, start_s);
      gain.gain.setValueAtTime(0, start_s + length_ms / 1_000);
    }
    // What a clock says to this audio's time: the least in some seconds is what did not wait for anything.
    const clocks = [];
    setInterval(() => {
      const now_s = audio.currentTime;
      clocks.push({ now_s, ahead_ms: performance.timeOrigin + performance.now() - now_s * 1_000 });
    }, 50);
    globalThis.beeps = () =>
      starts_s
        .filter((start_s) => start_s < audio.currentTime - 2)
        .map((start_s) => {
          const near = clocks.filter(({ now_s }) => Math.abs(now_s - start_s) < 1).map(({ ahead_ms }) => ahead_ms);
          return start_s * 1_000 + Math.min(...near);
        });
    microphone.stop();
    stream.removeTrack(microphone);
    stream.addTrack(output.stream.getAudioTracks()[0]);
    return stream;
  };
}

/** What {@link installBeeps} is given. */
export function beepsOf(hz) {
  return { hz, every_ms: EVERY_MS, length_ms: LENGTH_MS };
}

/** The samples of somebody who beeps so. */
export function beepSamples(hz, length_s, rate_hz) {
  const every = (EVERY_MS * rate_hz) / 1_000;
  const length = (LENGTH_MS * rate_hz) / 1_000;
  return Int16Array.from({ length: length_s * rate_hz }, (_, place) =>
    place % every < length ? Math.round(Math.sin((2 * Math.PI * hz * place) / rate_hz) * 8_000) : 0,
  );
}

/** When beeps of a tone begin in what was heard, in milliseconds from its beginning. */
export function beepsIn(samples, hz, rate_hz) {
  const window = (WINDOW_MS * rate_hz) / 1_000;
  const step = window / 2;
  const levels = Array.from({ length: Math.floor((samples.length - window) / step) }, (_, place) =>
    amplitude(samples.subarray(place * step, place * step + window), hz, rate_hz),
  );
  const loud = levels.toSorted((one, other) => other - one)[Math.floor((levels.length * LENGTH_MS) / EVERY_MS / 2)] / 2;
  const found = [];
  levels.forEach((level, place) => {
    const at_ms = ((place * step + step) * 1_000) / rate_hz;
    const isNew = found.length === 0 || at_ms - found.at(-1) > EVERY_MS / 2;
    if (level > loud && isNew) found.push(at_ms);
  });
  return found;
}

/** How loud a tone is in this (Goertzel). */
function amplitude(samples, hz, rate_hz) {
  let [real, imaginary] = [0, 0];
  for (let place = 0; place < samples.length; place++) {
    const angle = (2 * Math.PI * hz * place) / rate_hz;
    real += samples[place] * Math.cos(angle);
    imaginary += samples[place] * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}
