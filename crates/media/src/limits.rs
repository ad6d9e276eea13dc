//! Every limit of the media plane, each with its reason.

use std::time::Duration;

/// Bytes of an SDP offer. Chromium writes one kilobyte for a line of sound and five for a line of video, so an offer of all
/// twenty-two lines, as our web client makes it, is about 90 kB.
pub const OFFER_BYTES: usize = 256 * 1024;

/// Receiving audio lines: the Media API knows three or none.
pub const AUDIO_LINES: usize = 3;

/// Receiving video lines of one session. A grid of more faces than this is read by nobody, and each line costs a
/// retransmission cache.
pub const VIDEO_LINES: usize = 16;

/// Sending video lines of one session: camera and screen.
pub const SENDING_VIDEO_LINES: usize = 2;

/// Sessions of all rooms of this process.
pub const SESSIONS: usize = 2_000;

/// Sessions of one room. A newcomer is told of everybody in one message per channel, which this keeps bounded.
pub const SESSIONS_PER_ROOM: usize = 500;

/// Entrances that wait for the shard's next turn. The largest room may come at one stroke; each who waits holds a DTLS
/// endpoint, and a shard that is further behind cannot serve them anyway.
pub const ENTRANCES_WAITING: usize = SESSIONS_PER_ROOM;

/// Signs of life are gathered for this long. They must be in the register at least every five seconds.
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(2);

/// What is measured is gathered for this long: a window of a stream. A window is some 500 bytes, and a session has a stream for each
/// receiving line and [`STREAMS_PER_SESSION`] of its own at most: 18 kB in one that goes while the control plane stalls.
pub const WINDOW: Duration = Duration::from_secs(5);

/// Jitter, pictures and what the WebRTC stack knows are sampled so often.
pub const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);

/// What a session's client has uploaded is told at most so often: as it uploads if it does as it is told, and no more of the disk is
/// written for one that uploads with every message. What it says last is told when it goes.
pub const REPORT_INTERVAL: Duration = Duration::from_secs(4);

/// A session that sends nothing for this long is lost. Chromium checks consent every two and a half seconds and sends
/// feedback far more often, and the whole chain to the register must end within fifteen seconds.
pub const SILENCE: Duration = Duration::from_secs(8);

/// The loop turns at least every [`SWEEP_INTERVAL`]. If it did not for this long, its thread stood still, and no client was silent: a
/// process that was paused, a machine that slept or had no time.
pub const ABSENCE: Duration = Duration::from_secs(2);

/// If nobody at all was heard for this long, something is wrong at this end: two checks of consent were lost of everybody.
pub const NOBODY_HEARD: Duration = Duration::from_secs(5);

/// A session that has not connected after this long is lost.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(15);

/// How long a removed session's transport may take to say goodbye.
pub const GOODBYE: Duration = Duration::from_millis(500);

/// A keyframe is asked of one source at most this often: it is ten times the size of other frames.
pub const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// How many of something may come: steadily, and at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// In the long run.
    pub per_second: u32,
    /// After a pause.
    pub burst: u32,
}

/// Data channel messages of one session. A client that drags a window asks for a layout some times a second.
pub const MESSAGES: Pace = Pace {
    per_second: 20,
    burst: 60,
};

/// Chat messages of one session: a quick typist sends a line every few seconds, and sometimes several that were pasted.
pub const CHAT: Pace = Pace {
    per_second: 1,
    burst: 10,
};

/// Chat messages of one room. Each goes to everybody in it, and nobody reads more.
pub const ROOM_CHAT: Pace = Pace {
    per_second: 20,
    burst: 60,
};

/// Bytes of the id that a client gives a message: a UUID as text, and as much again.
pub const MESSAGE_ID_BYTES: usize = 72;

/// Messages of a room whose ids are kept, so that one that is sent again is not said again. Whoever comes back within half a minute
/// finds theirs, even if the room has written as fast as [`ROOM_CHAT`] lets it all the while: 60 + 30 × 20. With the names of
/// their authors that is a hundred kilobytes.
pub const SAID_KEPT: usize = 660;

/// Reactions, and hands raised and lowered, of one session: some clicks in a row.
pub const REACTIONS: Pace = Pace {
    per_second: 2,
    burst: 10,
};

/// Reactions of one room. Five hundred people who applaud at once would be a quarter of a million messages, and no more
/// than some dozens can be shown.
pub const ROOM_REACTIONS: Pace = Pace {
    per_second: 30,
    burst: 60,
};

/// Requests of a session that are kept until it is decided whether it waits: a layout, a hand, and some more. Each has
/// [`MESSAGE_BYTES`] at most.
pub const EARLY_MESSAGES: usize = 8;

/// Characters of a chat message: a page of text.
pub const CHAT_CHARACTERS: usize = 2_000;

/// Bytes of one data channel message from a client. Statistics are the longest, at some ten kilobytes.
pub const MESSAGE_BYTES: u32 = 64 * 1024;

/// Bytes of the label of a layout, which is kept and sent back.
pub const LABEL_BYTES: usize = 256;

/// Resources in one message. Some ten kilobytes, well below what any browser accepts.
pub const RESOURCES_PER_MESSAGE: usize = 32;

/// Bytes of answers that wait for one session's data channels. A session that asks for so much and reads nothing of it has
/// failed. What others cause does not count: it is bounded by its kind, at one telling of the room (500 sessions with
/// [`RESOURCES_PER_MESSAGE`] resources in ten kilobytes: 500 kB), one snapshot and [`SAYINGS_WAITING`] messages of chat.
pub const OUTBOX_BYTES: usize = 4 * 1024 * 1024;

/// Messages of chat, and reactions, that wait for one session each: the longest burst of a room, [`ROOM_CHAT`]. Of text that
/// is 60 times 8 kB at the most.
pub const SAYINGS_WAITING: usize = ROOM_CHAT.burst as usize;

/// A room tells what is new at most so often: nobody sees the difference.
pub const TELLING_INTERVAL: Duration = Duration::from_millis(200);

/// And for each session in it so much more rarely. A message costs the media thread a tenth of a millisecond at both ends of
/// its way, so a room of any size spends at most a twentieth of the thread on each channel, whatever its members do: from a
/// hundred sessions on it tells them less often, and five hundred once in a second.
pub const TELLING_TIME: Duration = Duration::from_millis(2);

/// Addresses that one session may be reached at: a laptop with two networks in two families, and room.
pub const ADDRESSES_PER_SESSION: usize = 8;

/// Retransmission cache of a video line: a second of the liveliest screen share. Memory is spent here more than anywhere.
pub const RESEND_PACKETS: usize = 512;
/// See [`RESEND_PACKETS`].
pub const RESEND_AGE: Duration = Duration::from_millis(1_500);
/// Retransmissions, as a share of all that is sent on a line: beyond this the network is full and resending is fuel to it.
pub const RESEND_RATIO: f32 = 0.5;

/// How often the shard looks for sessions that went silent: fine enough for every deadline above.
pub const SWEEP_INTERVAL: Duration = Duration::from_millis(250);

/// Socket buffers. A keyframe to three hundred viewers is fifteen megabytes in one burst; the system may grant less.
pub const SOCKET_BUFFER_BYTES: usize = 16 * 1024 * 1024;

/// Datagrams read before timers and commands have their turn.
pub const DATAGRAMS_PER_TURN: usize = 512;

/// Rounds in which sessions are settled in one turn. A packet becomes another's packet and a keyframe request, and rarely
/// more.
pub const SETTLINGS_PER_TURN: usize = 4;

const _: () =
    assert!(NOBODY_HEARD.as_secs() < SILENCE.as_secs() && ABSENCE.as_millis() > 4 * SWEEP_INTERVAL.as_millis());

const _: () = assert!(
    SILENCE.as_secs() + 5 < 15,
    "a silent session must be in the register within fifteen seconds"
);

/// SSRCs remembered and measured per session: three sources, and some that were started again.
pub const STREAMS_PER_SESSION: usize = 16;

/// How often clients upload what they have counted, as they are told: the interval at which the register keeps quality.
pub const UPLOAD_INTERVAL_SECONDS: u32 = 5;

const _: () = assert!(REPORT_INTERVAL.as_secs() < UPLOAD_INTERVAL_SECONDS as u64);

/// Sections of one upload. A browser with all lines has 19 that receive, and for each of three that send three more; ten
/// addresses at each end make a hundred pairs at the most.
pub const UPLOADED_SECTIONS: usize = 256;

const _: () = assert!(quality::limits::REPORTED_STREAMS > AUDIO_LINES + VIDEO_LINES);

/// The largest figure that a client may report, in the unit that it is kept in: the whole numbers that a browser can write.
/// In microseconds that is 285 years, or ten days of the delays of all samples of a sound that waits for 200 ms.
pub const REPORTED_FIGURE_MAX: f64 = 9_007_199_254_740_992.0;

/// Bytes of a text that a client says of itself. What browsers call themselves has some 120 bytes, and up to 300 where an
/// application has added its own.
pub const REPORTED_TEXT_BYTES: usize = 512;
