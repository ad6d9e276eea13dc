// A sound for whoever wants to know whether they hear: two notes, quiet at first, from the speaker that they have chosen.

const NOTES_HZ = [523, 784];
const NOTE_SECONDS = 0.45;
const LOUDNESS = 0.25;

/** Fails where the browser may not play. */
export async function playChime(speaker: string | undefined): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const end = NOTES_HZ.length * NOTE_SECONDS;
  try {
    const element = new Audio();
    element.srcObject = out.stream;
    // Not every browser lets a page choose; then it is the one that the computer has chosen.
    if (speaker && 'setSinkId' in element) await element.setSinkId(speaker);
    await Promise.all([context.resume(), element.play()]);
    const begin = context.currentTime + 0.1;
    for (const [index, note_hz] of NOTES_HZ.entries()) addNote(context, out, note_hz, begin + index * NOTE_SECONDS);
    await new Promise((over) => setTimeout(over, (end + 0.2) * 1_000));
    element.pause();
  } finally {
    await context.close();
  }
}

function addNote(context: AudioContext, out: AudioNode, note_hz: number, at: number): void {
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
  gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_SECONDS);
  const oscillator = context.createOscillator();
  oscillator.frequency.value = note_hz;
  oscillator.connect(gain).connect(out);
  oscillator.start(at);
  oscillator.stop(at + NOTE_SECONDS);
}
