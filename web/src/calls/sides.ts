// The sides of a recording, each as loud as it shall be, in both ears. Made when something is first heard: browsers give no
// sound to a page before somebody has pressed something.

export class Sides {
  readonly #context = new AudioContext();
  readonly #gains: readonly GainNode[];

  constructor(element: HTMLMediaElement, channels: number) {
    const splitter = this.#context.createChannelSplitter(channels);
    this.#context.createMediaElementSource(element).connect(splitter);
    this.#gains = Array.from({ length: channels }, (_, channel) => {
      const gain = this.#context.createGain();
      // One channel goes to all loudspeakers.
      splitter.connect(gain, channel).connect(this.#context.destination);
      return gain;
    });
  }

  async resume(): Promise<void> {
    await this.#context.resume();
  }

  silence(channel: number, silent: boolean): void {
    const gain = this.#gains[channel];
    if (gain) gain.gain.value = silent ? 0 : 1;
  }

  close(): void {
    void this.#context.close();
  }
}
