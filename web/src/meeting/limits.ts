// Every limit of a meeting in the browser, with its reason.

/** Receiving audio lines: the three loudest. The server knows three or none. */
export const AUDIO_LINES = 3;

/** Receiving video lines. A grid of more faces than this is read by nobody. */
export const VIDEO_LINES = 16;

/**
 * The sizes in which a camera is sent, smallest first, and what each may send: of a 720p camera 320×180 for a tile among
 * sixteen, 640×360 for one among four, and 720p for the one that is large. Each has four times the pixels of the one before. A
 * camera with fewer pixels than a size is there for is sent without it; they are Chromium's own bounds (480×270, 960×540).
 */
export const CAMERA_LAYERS = [
  { name: 'q', bitrate_bps: 150_000, pixels_min: 0 },
  { name: 'h', bitrate_bps: 500_000, pixels_min: 480 * 270 },
  { name: 'f', bitrate_bps: 1_500_000, pixels_min: 960 * 540 },
] as const;

/** What a shared screen may send: text stays sharp, and a still screen uses almost none of it. */
export const SCREEN_BITRATE_BPS = 2_500_000;

/** What a microphone may send: Opus speech is transparent well below this. */
export const MICROPHONE_BITRATE_BPS = 40_000;

/** The camera's picture and pace. */
export const CAMERA_WIDTH = 1280;
export const CAMERA_HEIGHT = 720;
export const CAMERA_FRAMES_PER_SECOND = 30;

/** A shared screen shows text, not motion. */
export const SCREEN_FRAMES_PER_SECOND = 15;

/**
 * From the answer to STATE_JOINED. A healthy server and an idle computer take well under a second; the
 * server itself gives up at 15 s.
 */
export const OPENING_TIMEOUT_MS = 12_000;

/** The pause before the first try to come back, doubled up to the longest. */
export const PAUSE_MS_MIN = 500;
export const PAUSE_MS_MAX = 5_000;

/** Tries before a connection that never once came up is called impossible: a network that passes no UDP stays that way. */
export const FIRST_CONNECTION_TRIES = 3;

/** How often the connection is looked at. */
export const PULSE_INTERVAL_MS = 500;

/**
 * Nothing arrived for this long: ask the server over HTTP whether it lives. Above the two and a half seconds at which
 * Chromium checks an idle connection.
 */
export const SILENCE_SUSPECT_MS = 2_800;

/** Nothing arrived for this long: two checks went unanswered, so the path is dead whatever HTTP says. */
export const SILENCE_DEAD_MS = 6_000;

/** How long the answer to "do you live?" may take. */
export const HEALTH_TIMEOUT_MS = 1_000;

/** After a hint that the network has changed: what was still under way arrives, and says nothing about the path. */
export const PROOF_SETTLES_MS = 250;

/** Then a question over the connection is answered within this, or the path is dead: no path on which one can talk is slower. */
export const PROOF_TIMEOUT_MS = 1_000;

/** How often speakers and pictures are looked at: fast enough for the eye, too slow to cost anything. */
export const LOOK_INTERVAL_MS = 200;

/** Voice and picture are compared so many times before one of them is held back: a median of three is no accident. */
export const STEER_LOOKS = 3;

/** What is held back changes by no more than this at once: browsers follow with a tenth of a second in a second. */
export const HELD_STEP_MS_MAX = 60;

/** A picture waits no longer for its voice: so late nobody takes it for an answer any more. */
export const HELD_MS_MAX = 600;

/** A voice waits no longer for its picture. People talk over each other where voices are late; where lips are, they look away. */
export const VOICE_HELD_MS_MAX = 200;

/** A voice louder than this lights the ring: about -45 dBov, above the noise of a quiet room. */
export const SPEAKING_LEVEL = 0.0056;

/** The same for one's own voice, which is measured here and not by the server: a little higher, as a microphone hears its own room best. */
export const OWN_SPEAKING_LEVEL = 0.011;

/** The ring stays for this long after the last sound, so that it does not flicker between words. */
export const SPEAKING_HOLD_MS = 700;

/** A resize settles for this long before new picture sizes are asked for. */
export const ASSIGNMENT_PAUSE_MS = 200;

/** A refused assignment (too many in a row, or somebody just left) is asked for again after this. */
export const ASSIGNMENT_RETRY_MS = 1_000;

/** How often the loudness of our own microphone is measured: a meter that moves with the voice. */
export const METER_INTERVAL_MS = 80;

/** People who are there when one arrives are no news: joins are announced only after this. */
export const ARRIVAL_QUIET_MS = 1_500;

/** After a leave, the channel and the request get this long to be sent before the connection is closed. */
export const FAREWELL_MS = 300;

/** Where we came back by ourselves, and another device of ours is still there when the new connection has told who is: we leave. */
export const GIVING_WAY_MS = 500;

/** Another device that came after us is still there after this: it was meant to come, and did not give way. Three times as long. */
export const TAKEOVER_MS = 1_500;

/** Messages shown at once; older ones give way. */
export const NOTICES_MAX = 3;

/** How long a message stays. */
export const NOTICE_MS = 5_000;

/** What becomes of a call that brings somebody in is looked at so often and so many times: it rings for a minute at most. */
export const CALL_LOOKED_AFTER_MS = 1_000;
export const CALL_LOOKS_MAX = 90;

/** Characters of a name; the server's own limit. */
export const NAME_CHARACTERS_MAX = 100;

/** Characters of a chat message; the server's own limit. */
export const CHAT_CHARACTERS_MAX = 2_000;

/** Messages that a page keeps. Nobody scrolls back further, and a day-long meeting must not fill the memory of a tab. */
export const CHAT_MESSAGES_MAX = 500;

/** Characters of a message that are shown in passing, to somebody who has the conversation closed. */
export const CHAT_PREVIEW_CHARACTERS = 80;

/** How long a reaction is seen: as long as a nod. */
export const REACTION_MS = 4_000;

/** Reactions seen at once. */
export const REACTIONS_MAX = 40;

/** Reactions are read out together, no more often than this: one voice cannot read applause clap by clap. */
export const REACTIONS_READ_MS = 2_000;
