//! Every limit of a meeting, named and argued in one place. Times are microseconds.

/// A session whose media is not connected by then ends at its start. ICE and DTLS take a second on a bad network; fifteen
/// leave room for a device that asks its user for permission to use the microphone.
pub const CONNECT_WITHIN_US: i64 = 15_000_000;

/// How long a conference stays open after a crash for its clients to come back: a restart and a client's slowest retry.
pub const RETURN_WITHIN_US: i64 = 30_000_000;

/// Signs of life are written at least this often: the error of an end time after a crash is at most this.
pub const SIGN_OF_LIFE_EVERY_US: i64 = 5_000_000;

/// Live sessions in one conference. The media plane of one room is a single thread: more would not be heard well.
pub const LIVE_SESSIONS_MAX: usize = 500;

/// A knock that nobody answers ends then: a host who is there has seen it long before, and who waits still may knock again.
pub const KNOCK_US: i64 = 10 * 60 * 1_000_000;

/// People who wait at the door of one space. More than a host can look at: who comes later is told so.
pub const KNOCKS_MAX: usize = 100;

/// Characters of a display name: the longest names of people fit, a paragraph does not.
pub const DISPLAY_NAME_CHARACTERS_MAX: usize = 100;

/// Marks without width on one letter of a display name. A Hebrew letter with its dot, vowel and accent has three, a Thai one
/// two, a Tibetan stack four; what is piled higher runs into the lines above.
pub const DISPLAY_NAME_MARKS_IN_A_ROW_MAX: usize = 4;

const _: () = assert!(SIGN_OF_LIFE_EVERY_US < CONNECT_WITHIN_US && CONNECT_WITHIN_US < RETURN_WITHIN_US);
