// Waiting for something to become so. Nothing here sleeps for a fixed time and hopes.

const POLL_MS = 25;
/** How often what is measured in time is looked at. */
export const LOOKS = 3;

/**
 * Polls until `probe` returns something truthy, and returns that.
 * @param {string} what completes the sentence "timed out waiting for …"
 */
export async function until(what, probe, { withinMs = 20_000 } = {}) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`timed out after ${withinMs} ms waiting for ${what}`);
    await pause(POLL_MS);
  }
}

/**
 * Polls for a while that must not change anything, and fails at the first probe that is not truthy. Proving that
 * something does *not* happen is the one thing that takes a fixed time.
 */
export async function throughout(what, forMs, probe) {
  const deadline = Date.now() + forMs;
  while (Date.now() < deadline) {
    if (!(await probe())) throw new Error(`it did not stay so: ${what}`);
    await pause(POLL_MS * 4);
  }
}

/**
 * Looks at what is measured in time until it is as it should be, `LOOKS` times at most: a machine that stands still for half a second
 * is late and freezes pictures as a fault would, but not again and again.
 * @param {() => Promise<void>} look throws if it is not so
 */
export async function isSoonSo(t, look) {
  for (let left = LOOKS - 1; ; left -= 1) {
    try {
      return await look();
    } catch (error) {
      if (left === 0) throw error;
      t.diagnostic(`once more, because of ${error.message}`);
    }
  }
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
