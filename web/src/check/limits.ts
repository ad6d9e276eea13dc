// Every limit of a check, with its reason.

/** How long a way may take to stand: two handshakes on a bad network. The server gives up after 20 s, with what follows. */
export const OPENING_TIMEOUT_MS = 8_000;

/** A message for each of these: half as many as a voice has packets, so that a poor network is measured and not filled. */
export const MESSAGE_INTERVAL_MS = 40;

/** And as long as a packet of voice. The server sends no longer ones back than 256. */
export const MESSAGE_BYTES = 160;

/** So many messages: five seconds, in which the loss of one in a hundred shows. */
export const MESSAGES = 125;

/** What comes back later than this after the last one is lost to a conversation in any case. */
export const LAST_WAIT_MS = 1_000;

/** Nobody waits longer for an answer in a conversation without talking over it: 150 ms each way (ITU-T G.114). */
export const ROUND_TRIP_GOOD_MS = 300;

/** Loss that nobody notices, and that at which sound begins to break. */
export const LOSS_GOOD = 0.03;
export const LOSS_POOR = 0.15;

/** How much later than the middle one the slowest tenth may be: what receivers wait for without being asked to. */
export const JITTER_GOOD_MS = 50;
