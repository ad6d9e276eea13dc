//! Every limit of the media plane, each with its reason.

use std::time::Duration;

use share::Rule;

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

/// Sizes in which one picture is sent. Browsers send no more than three of a camera, each of a quarter of the next one's pixels.
pub const SPATIAL_LAYERS: usize = 3;

/// Temporal layers of one size that are told apart; VP8 has two bits for them.
pub const TEMPORAL_LAYERS: usize = 4;

/// A layer has stopped when others of its source go on without it for this long: four pictures of a camera in the dark, and two of
/// the longest gaps that jitter makes in a meeting worth having.
pub const LAYER_SILENCE: Duration = Duration::from_millis(400);

/// A layer that was asked for and does not come within this is not to be had: a browser that has the bits starts one in half a second.
pub const LAYER_STARTING: Duration = Duration::from_secs(2);

/// How often a source may make the lines of its viewers be thought over: its layers come and go by ones when its way up changes. Each
/// time costs as much as there are viewers, whatever a publisher makes up.
pub const LAYER_CHANGES: Pace = Pace {
    per_second: 5,
    burst: 12,
};

/// Packets that were left out of a line and are remembered, so that one that comes late finds its number: five seconds of the upper
/// temporal layers of a large picture.
pub const LEFT_OUT: usize = 512;

/// A step in the numbers of a stream that is larger than this is another beginning of it (RFC 3550, appendix A.1).
pub const DROPOUT: u64 = 3_000;

/// Sessions of all rooms of this process.
pub const SESSIONS: usize = 2_000;

/// Media threads. More than this many cannot help: all that comes in is read by one of them, at about a microsecond for each packet, and one
/// that goes to twenty people takes some eighty to send (`docs/decisions/0064-a-lean-way-out.md`).
pub const MEDIA_THREADS_MAX: usize = 64;

/// In steps of so many thousandths of its time it is compared how busy media threads are: what is nearer than that is chance.
pub const BUSY_STEP_PERMILLE: u64 = 100;

/// Batches of letters that are under way from one media thread to another. A turn makes one, and takes milliseconds at most.
pub(crate) const BATCHES_POSTED: usize = 16;

/// Bytes of datagrams in one of them: four turns of the longest frames, which is what comes while another thread has one long turn.
pub(crate) const BATCH_POSTED_BYTES: usize = 4 * DATAGRAMS_PER_TURN * 1_500;

/// Words in a batch from a room to transports on another media thread: it goes at once when there are so many, so that the other
/// begins while this one goes on, and with [`BATCHES_POSTED`] of them under way more is lost. That is 65,000 packets for lines: a
/// keyframe of a hundred packets for each of the largest room, and as much again.
pub(crate) const WORDS_POSTED: usize = 4_096;

/// Sessions from which on a room may have people on other media threads. Fifty with sixteen pictures each of forty packets in a second are 32,000
/// packets, at 4 µs an eighth of a thread (`docs/decisions/0064-a-lean-way-out.md`): below that there is nothing to be had.
pub const SPREADS_FROM_SESSIONS: usize = 50;

/// Packets of media from an address that is nobody's which are shown to all media threads, between two sweeps: whoever is lent another port in
/// mid-meeting sends some dozens in that time, and a stranger can make the others look no more often.
pub(crate) const WANDERERS_PER_SWEEP: usize = 256;

/// Sessions of one room. A newcomer is told of everybody in one message per channel, which this keeps bounded.
pub const SESSIONS_PER_ROOM: usize = 500;

/// Entrances that wait for the shard's next turn. The largest room may come at one stroke; each who waits holds a DTLS
/// endpoint, and a shard that is further behind cannot serve them anyway.
pub const ENTRANCES_WAITING: usize = SESSIONS_PER_ROOM;

/// Over how long it is taken how much the media thread works. A room of hundreds that comes at one stroke is a burst of a second or two.
pub const LOAD_WINDOW: Duration = Duration::from_secs(5);

/// From here on, in thousandths of its time, the media thread has none left: what comes while it works waits for the rest of a turn, and
/// queues grow faster than they are emptied.
pub const FULL_PERMILLE: u64 = 950;

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

/// A session that has not connected after this long is lost. It is before the control plane forgets who is on the way, so that it is
/// told why they did not come.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(14);

/// How long a removed session's transport may take to say goodbye.
pub const GOODBYE: Duration = Duration::from_millis(500);

/// A keyframe is asked of one source at most this often: it is ten times the size of other frames.
pub const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// For how long a viewer that misses what will not come again is not helped by another keyframe: at first, and where none has helped.
/// Browsers ask for one by themselves after three seconds.
pub const KEYFRAME_PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

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

/// Checks of the network at one time, of all clients. Each is an association of DTLS; together they send back no more than eight
/// megabits in a second: 128 times 50 messages of 160 bytes.
pub const CHECKS: usize = 128;

/// How long a check lasts, with the time that its transport takes to come up: a handshake over a bad network, and some seconds of
/// measuring.
pub const CHECK_TIME: Duration = Duration::from_secs(20);

/// The longest message that a check sends back: a packet of voice, and room.
pub const ECHO_BYTES: usize = 256;

/// And how many of them: as many as a voice has packets, with a tenth more for clocks that are no better, and a second of those that
/// the network held back.
pub const ECHOES: Pace = Pace {
    per_second: 55,
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

/// Packets that wait for the holder of a wired session: a second of all lines. It takes them fifty times a second.
pub const WIRED_HEARD_WAITING: usize = AUDIO_LINES * 50;

/// Packets of a wired session that wait for the shard: a second. It takes them whenever it turns.
pub const WIRED_SAID_WAITING: usize = 50;

/// Requests of a wired session that wait for the shard: more than one asks for at once, as [`MESSAGES`] refuses more.
pub const WIRED_REQUESTS_WAITING: usize = 64;

/// Texts that wait for the holder of a wired session. What finds no room waits in the outbox, as a client's does whose transport takes no
/// more: this much is what a transport would take.
pub const WIRED_TEXTS_WAITING: usize = 64;

/// Addresses that one session may be reached at: a laptop with two networks in two families, from each of which it comes by UDP, by TCP
/// to two ports, and by the relay to two (20); and room. The oldest one goes if there is another, and may be the one in use.
pub const ADDRESSES_PER_SESSION: usize = 24;

/// Retransmission cache of a video line: a second of the liveliest screen share. Memory is spent here more than anywhere.
pub const RESEND_PACKETS: usize = 512;
/// See [`RESEND_PACKETS`].
pub const RESEND_AGE: Duration = Duration::from_millis(1_500);
/// Retransmissions, as a share of all that is sent on a line: beyond this the network is full and resending is fuel to it.
pub const RESEND_RATIO: f32 = 0.5;

/// When the last packet of a picture is sent again unasked where packets are lost: before the next picture of a lively camera, by which it
/// would be missed.
pub const END_IS_REPEATED_AFTER: Duration = Duration::from_millis(15);

/// Packets of a voice between which a late one still finds its place: more than half a second.
pub const LATE_SOUND_PACKETS: usize = 32;

/// What is believed of the way to a viewer before anything is known: what nearly every network carries. The first probe is of twice as
/// much, and nothing is held back meanwhile.
pub const ESTIMATE_BEGINS_BPS: u64 = 500_000;

/// An estimate that has not risen for so many seconds begins anew from where it is, as long as something is held back: it probes then,
/// and in one of seven simulated runs it did not any more for half a minute.
pub const ESTIMATE_STANDS_STILL: u32 = 6;

/// Older packets in a packet of sound. Browsers put in one, and three where much is lost; a header of each is four bytes, of which a hostile
/// datagram could have five hundred.
pub const REDUNDANT_BLOCKS: usize = 8;

/// Sound goes with redundancy for so long after the way to a client has lost something.
pub const REDUNDANCY_LASTS: Duration = Duration::from_secs(20);

/// If it has lost so much of what was sent in a second: with less, a listener hears nothing of it.
pub const REDUNDANCY_FROM_LOSS: f32 = 0.01;

/// Where nobody knows what the way carries, redundancy pauses for a trial after so long, and after each that speaks for it twice as late:
/// who listens by a bad radio does without for ten seconds each time.
pub const REDUNDANCY_SPELL: Duration = Duration::from_secs(20);

/// But no later than this.
pub const REDUNDANCY_SPELL_LONGEST: Duration = Duration::from_secs(320);

/// A trial speaks for it if at least so much is lost without of what was lost with it. Of a way that carries the voices and no more, it makes half
/// of what is sent be lost.
pub const REDUNDANCY_DOES_NOT_HARM: (f32, f32) = (1.0, 2.0);

/// What is told so soon after a change is of the time before as well. Browsers report on sound every five seconds, and at times after
/// seven and a half; a trial takes twice as long at the most, and one report more.
pub const REDUNDANCY_SETTLES: Duration = Duration::from_secs(8);

/// It stays away for so long after a trial that speaks against it, and after each further one twice as long.
pub const REDUNDANCY_WAIT: Duration = Duration::from_secs(20);

/// But no longer than this.
pub const REDUNDANCY_WAIT_LONGEST: Duration = Duration::from_secs(320);

/// And if it is not known to carry less than this. Redundancy takes as much as the voices do, [`VOICE_BPS`] for each of [`AUDIO_LINES`]: on a
/// network that is narrow it would lose more than it repairs.
pub const REDUNDANCY_FROM_BPS: u64 = 1_000_000;

/// So much of what was sent in a second is lost where a queue is full: two packets of a hundred, which voices and one small picture are. Less
/// than that is a radio, and not a queue.
pub const LOSS_OF_A_FULL_QUEUE: f32 = 0.02;

/// A queue stands where a packet and its answer take so much longer than they did. Voices that come later than that are talked over; and an
/// answer waits for a tenth of a second at the client itself.
pub const QUEUE_STANDS: Duration = Duration::from_millis(150);

/// And do so at so many readings in a row.
pub const QUEUE_STANDS_READINGS: u32 = 3;

/// A queue is full, and does not grow because of that, where what waits least in a second waits for so long: half of what a home router has.
pub const QUEUE_IS_FULL: Duration = Duration::from_millis(100);

/// The shortest round trip is that of so many readings, and of as many before: whoever goes on by another network is measured by that
/// within a minute.
pub const SHORTEST_READINGS: u32 = 30;

/// What a viewer wants is a multiple of this, as far as probing is concerned: each time that more is wanted there are other probes.
pub const WANTED_BPS_STEP: u64 = 1_000_000;

/// Packets of a pacer that are due within this leave together: a timer for each would cost more than the smoothness is worth.
pub const PACING_GRAIN: Duration = Duration::from_millis(1);

/// How many times as fast as a narrow way carries a picture leaves: a keyframe is not to wait for long, and not to fill the queue at once.
pub const PACING_RATIO: (u64, u64) = (3, 2);

/// Packets that a client has not spoken of yet: two seconds of ten megabits. One that it speaks of later is nobody's.
pub const UNANSWERED_PACKETS: usize = 2_048;

/// And one that it has not spoken of for so long it never will: the fullest queue is shorter, with the answer that waits in another.
pub const UNANSWERED_FOR: Duration = Duration::from_secs(10);

/// A packet that was called lost so long ago will not come: ways are not that different.
pub const LOST_FOR_GOOD: Duration = Duration::from_secs(1);

/// Samples whose slope says whether a queue grows (draft-ietf-rmcat-gcc-02; browsers have as many).
pub const TREND_SAMPLES: usize = 20;

/// No way is believed to carry less than this: a voice.
pub const ESTIMATE_LEAST_BPS: u64 = 40_000;

/// How long a fall waits for the one before, so that it is seen what came of that: a round trip within these.
pub const FALL_PATIENCE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(300));

/// A rise is for no longer than this, whenever the client spoke last.
pub const RISE_PAUSE: Duration = Duration::from_secs(1);

/// How long a probe is, at the rate that it tries.
pub const PROBE_LASTS: Duration = Duration::from_millis(15);

/// And how many packets: fewer show nothing, and more are a burst that a small queue loses.
pub const PROBE_PACKETS: (usize, usize) = (5, 64);

/// Of so many bytes each, with their headers. One byte says how much of a packet is padding.
pub const PROBE_PACKET_BYTES: (usize, usize) = (90, 260);

/// How long probes wait for each other, after one that showed more and at the longest.
pub const PROBE_PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(1_500));

/// And after one that was carried whole: nothing is known yet of what is beyond.
pub const PROBE_GOES_ON: Duration = Duration::from_millis(250);

/// Nothing is heard of a probe any more.
pub const PROBE_ANSWERS: Duration = Duration::from_secs(2);

/// A client whose clock goes so far in one step has another one.
pub const CLOCK_LEAPS_US: u64 = 60_000_000;

/// Losses of fewer packets in a second are chance.
pub const LOSSES_OF_PACKETS: u32 = 40;

/// So much more is lost in a second than before where a way without a queue is too narrow (draft-ietf-rmcat-gcc-02 §6).
pub const LOSS_OF_A_NARROW_WAY: f32 = 0.1;

/// A voice that was heard within this is counted among those that are.
pub const LINE_LIVES: Duration = Duration::from_secs(2);

/// What a voice takes: Opus at 40 kbit/s, and its headers.
pub const VOICE_BPS: u64 = 50_000;

/// What a picture takes of which nothing is known yet: the smallest layer of a camera.
pub const UNKNOWN_PICTURE_BPS: u64 = 150_000;

/// What a pixel of a camera usually takes, over all layers of 180, 360 and 720 lines at 150, 500 and 1,500 kbit/s: between 1.6 and 2.6.
pub const USUAL_BPS_PER_PIXEL: u64 = 2;

/// The headers of a packet are a part of so many of its payload: 40 of 1,100 bytes, and more where packets are small.
pub const HEADERS_SHARE: u64 = 20;

/// More is shown where the budget is so many times what it takes, as a fraction. Above 1.1 / 0.9: an estimate that trembles by a
/// tenth either way must not take away again what it gave.
pub const RISE_MARGIN: (u64, u64) = (5, 4);

/// And if that is so for this long; twice as long if the last rise did not last. With a second between two looks, what is shown on a
/// network that stays as it is has settled within five.
pub const RISE_PATIENCE: Duration = Duration::from_secs(2);

/// A rise that was taken back within this long did not last.
pub const RISE_LASTS: Duration = Duration::from_secs(10);

/// At first whatever fits is shown at once: the probes of the beginning find out within a second or two what there is.
pub const ALLOCATION_BEGINS: Duration = Duration::from_secs(3);

/// How often the shard looks for sessions that went silent: fine enough for every deadline above.
pub const SWEEP_INTERVAL: Duration = Duration::from_millis(250);

/// Socket buffers. A keyframe to three hundred viewers is fifteen megabytes in one burst; the system may grant less.
pub const SOCKET_BUFFER_BYTES: usize = 16 * 1024 * 1024;

/// The longest datagram that anybody sends us on purpose is an Ethernet frame.
pub const DATAGRAM_BYTES: usize = 2_048;

/// Connections of all sessions and of strangers. A client opens one for each of our addresses until it knows which way is good,
/// and keeps one, if datagrams do not get through: twice as many as sessions are the case in which half are new.
pub const CONNECTIONS: usize = 2 * SESSIONS;

/// Connections of whom nobody has vouched for yet, of all and of one client's address. That takes one round trip, so a school of a
/// thousand that comes within a minute has a few dozen at once.
pub(crate) const STRANGERS: Rule = Rule {
    total: 512,
    kept_for_accounts: 0,
    kept_for_close: 0,
    per_client: 64,
    per_account: 0,
};

/// How long a stranger's connection may take to its first request: one round trip, of which the first two may be lost.
pub(crate) const STRANGER_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that came to another port and wait for the shard's next turn.
pub(crate) const HANDED_WAITING: usize = 128;

/// What the system tells of in one turn: a connection that is not told of is in the next.
pub(crate) const EVENTS_PER_TURN: usize = 256;

/// Connections that are let in before datagrams have their turn.
pub(crate) const ACCEPTED_PER_TURN: usize = 64;

/// What the system may hold of one connection that is not acknowledged: 10 Mbit/s over a network of 100 ms. What is more than the
/// network takes waits there and is late, so it is no more.
pub(crate) const CONNECTION_BUFFER_BYTES: usize = 128 * 1024;

/// What waits for one connection, from which on media gives way: the largest keyframe, with what is sent beside it.
pub(crate) const CONNECTION_MEDIA_BYTES: usize = 256 * 1024;

/// And what may wait for it at all: for texts and handshakes there is room that media cannot take.
pub(crate) const CONNECTION_WAITING_BYTES: usize = 2 * CONNECTION_MEDIA_BYTES;

/// A connection for which nothing waits keeps no more memory than this: its usual burst.
pub(crate) const CONNECTION_RESTING_BYTES: usize = 32 * 1024;

/// Datagrams read before timers and commands have their turn.
pub const DATAGRAMS_PER_TURN: usize = 512;

/// How long a part of a picture waits for the rest of it.
pub const BURST_WAITS: Duration = Duration::from_millis(1);

/// For so many people it is worth that; fewer have it before the rest has come.
pub const BURST_WAITS_FROM: usize = 16;

/// Rounds in which sessions are settled in one turn. A packet becomes another's packet and a keyframe request, and rarely
/// more.
pub const SETTLINGS_PER_TURN: usize = 4;

const _: () =
    assert!(NOBODY_HEARD.as_secs() < SILENCE.as_secs() && ABSENCE.as_millis() > 4 * SWEEP_INTERVAL.as_millis());

const _: () = assert!(
    SILENCE.as_secs() + 5 < 15,
    "a silent session must be in the register within fifteen seconds"
);

/// Where a stream's clock stands is judged by the least delay of the last ten seconds, in pieces of two.
pub const LEAST_PIECE_US: i64 = 2_000_000;
/// See [`LEAST_PIECE_US`].
pub const LEAST_PIECES: usize = 5;

/// How far a sender's report may be from the arrivals: pictures are compressed for a tenth of a second, and no more than half a one.
pub const REPORT_TRUSTED_US: u64 = 500_000;

/// A clock that is off by less is left alone: a quarter of the time between two pictures is seen by nobody.
pub const STEP_US_MIN: i64 = 5_000;

/// A clock is set right ten times a second at most. Of its steps so many are kept as what is sent again may be late: most of a second.
pub const STEP_APART_US: i64 = 100_000;
/// See [`STEP_APART_US`].
pub const STEPS_KEPT: usize = 8;

/// A stream that was silent for this long may have stopped its clock. No network that one can talk over holds packets for longer.
pub const CLOCK_KEPT_US: i64 = 1_000_000;

/// A packet that is later than this is not late: its stream counts from another beginning.
pub const ANEW_US: i64 = 5_000_000;

/// SSRCs remembered and measured per session: three sources, and some that were started again.
pub const STREAMS_PER_SESSION: usize = 16;

/// Sources by which a client reports, of which it is remembered what has come: browsers take one for sound, one for pictures and one for
/// arrivals, or the same.
pub const REPORTING_SOURCES: usize = 16;

/// What waits for whoever has tapped a room. Three people with cameras send some 600 packets a second, so a reader may stand still for
/// 27 s; the liveliest room that is worth recording, with twenty cameras, sends 4,000, for 4 s. Of whole packets it is 20 MB.
pub const TAPPED_WAITING: usize = 16_384;

/// Who came, went and switched something on, for a tap that has no place for it: each of a full room does so some times. Whoever has not
/// read that is not there any more.
pub const TAPPED_NEWS_WAITING: usize = 8 * SESSIONS_PER_ROOM;

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
