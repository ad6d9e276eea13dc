// Flashes and beeps that happen together, and when somebody sees and hears them: how far voice and picture are apart.
//
// These functions run in pages. The camera is a canvas that is white for a moment once a second, and the microphone a tone that
// sounds in that moment. Pictures are judged as they are shown, by the brightness of the video element; sound as it leaves the
// decoder, sample by sample. Both are told on the clock of `performance.now()`.

/** Instead of real devices: a camera that flashes, and a microphone that beeps with it. */
export function flash() {
  const FLASH_EVERY_MS = 1_000;
  const FLASH_MS = 150;

  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const paper = canvas.getContext('2d');
  const context = new AudioContext({ sampleRate: 48_000, latencyHint: 0 });
  const tone = new OscillatorNode(context, { frequency: 1_000 });
  const loudness = new GainNode(context, { gain: 0 });
  const microphone = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  tone.connect(loudness).connect(microphone);
  tone.start();

  let frame = 0;
  let flashedAt_ms = performance.now();
  setInterval(() => {
    const now_ms = performance.now();
    if (now_ms - flashedAt_ms >= FLASH_EVERY_MS) {
      flashedAt_ms = now_ms;
      const from_s = context.currentTime;
      loudness.gain.setValueAtTime(0.5, from_s);
      loudness.gain.setValueAtTime(0, from_s + FLASH_MS / 1_000);
    }
    // A still picture is sent seldom, so something moves always.
    paper.fillStyle = now_ms - flashedAt_ms < FLASH_MS ? 'white' : 'black';
    paper.fillRect(0, 0, 320, 180);
    paper.fillStyle = `hsl(${frame++ * 7} 80% 50%)`;
    paper.fillRect(0, 0, 20, 20);
  }, 1_000 / 30);

  const picture = canvas.captureStream(30).getVideoTracks()[0];
  const sound = microphone.stream.getAudioTracks()[0];
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    await context.resume();
    return new MediaStream([...(video ? [picture.clone()] : []), ...(audio ? [sound.clone()] : [])]);
  };
}

const LISTENER = `registerProcessor('beeps', class extends AudioWorkletProcessor {
  heard_s = 0;
  process([[samples]]) {
    samples?.forEach((sample, index) => {
      if (Math.abs(sample) < 0.05) return;
      const at_s = currentTime + index / sampleRate;
      if (at_s - this.heard_s > 0.3) this.port.postMessage(at_s);
      this.heard_s = at_s;
    });
    return true;
  }
})`;

/** Makes `watchFlashes` there in somebody's page. */
export async function prepareToWatch({ context, page }) {
  // A page may run only what comes from its own server, and this does not.
  await (await context.newCDPSession(page)).send('Page.setBypassCSP', { enabled: true });
  await context.addInitScript(installWatching, LISTENER);
}

function installWatching(listener) {
  /** Watches a video element and listens to tracks; the function that it returns says when a flash was seen and a beep was heard so far. */
  globalThis.watchFlashes = async (video, tracks) => {
    const flashes = [];
    const beeps = [];
    const paper = new OffscreenCanvas(4, 4).getContext('2d', { willReadFrequently: true });
    let wasBright = true;
    const look = (_, { presentationTime }) => {
      paper.drawImage(video, 0, 0, 4, 4);
      const { data } = paper.getImageData(0, 0, 4, 4);
      // The lower right corner: nothing moves there.
      const isBright = data[4 * 15] > 128;
      if (isBright && !wasBright) flashes.push(presentationTime);
      wasBright = isBright;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);

    const context = new AudioContext({ sampleRate: 48_000, latencyHint: 0 });
    await context.resume();
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([listener], { type: 'text/javascript' })));
    for (const track of tracks) {
      const beeping = new AudioWorkletNode(context, 'beeps', { numberOfOutputs: 0 });
      beeping.port.onmessage = ({ data: at_s }) => {
        const { contextTime, performanceTime } = context.getOutputTimestamp();
        beeps.push(performanceTime + (at_s - contextTime) * 1_000);
      };
      context.createMediaStreamSource(new MediaStream([track])).connect(beeping);
    }
    return () => ({ flashes, beeps });
  };
}

/** By how much the picture leads the voice in each flash, in milliseconds and in order. */
export function leads_ms({ flashes, beeps }) {
  const leads = flashes.map((flash) => beeps.map((beep) => beep - flash).sort((one, other) => Math.abs(one) - Math.abs(other))[0]);
  return leads.filter((lead) => Math.abs(lead) < 500);
}
