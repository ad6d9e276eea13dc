//! Every limit of calls, named and argued in one place.

use std::{num::NonZeroU32, ops::RangeInclusive, time::Duration};

use share::Pace;

/// A document: what the contract's longest text and thirty prompts need, several times over.
pub const DOCUMENT_BYTES_MAX: usize = 65_536;

/// How deep elements of a document are in each other: an answer, an action, a prompt, and one more than there is.
pub(crate) const DOCUMENT_DEPTH_MAX: usize = 4;

/// Actions of a document.
pub(crate) const ACTIONS_MAX: usize = 100;

/// What is said at once: the contract's limit.
pub(crate) const TEXT_CHARACTERS_MAX: usize = 5_000;

/// Prompts of one question: the contract's limit.
pub(crate) const PROMPTS_MAX: usize = 30;

/// Labels of a call, and bytes of their keys and values together: the contract's limits.
pub(crate) const LABELS_MAX: usize = 50;
pub(crate) const LABEL_BYTES_MAX: usize = 10_240;

/// Documents of one call. A caller hangs up after some dozens; a circle of handlers does not.
pub(crate) const DOCUMENTS_MAX: u32 = 1_000;

/// Documents that a call goes through without hearing or asking anything: a circle, and no menu.
pub(crate) const DOCUMENTS_IN_A_ROW_MAX: u32 = 20;

/// How often a change of a row is made anew because somebody else changed it meanwhile: each time one of them got through, so it takes so many
/// at once.
pub(crate) const CHANGE_TRIES_MAX: u32 = 16;

/// How long two may be connected by a document: the contract's limit, four hours.
pub(crate) const CONNECTION_S_MAX: i64 = 4 * 3_600;

/// How long a call may be, of which the contract says nothing: a day, after which nobody is there any more who would hang up.
pub(crate) const CALL_US_MAX: i64 = 24 * 3_600 * 1_000_000;

/// Keys that a document presses at once, pauses among them: eight minutes of pauses, as somebody needs who finds their way through menus.
pub(crate) const PRESSED_KEYS_MAX: usize = 1_000;

/// Digits that are asked for at once: the contract's limit.
pub(crate) const DIGITS_MAX: i64 = 128;

/// Who is called out of one call, at once or one after the other: the contract's number for its other list of endpoints.
pub(crate) const ENDPOINTS_MAX: usize = 10;

/// How long somebody may ring, and does where a program does not say: the contract's numbers.
pub(crate) const RINGING_S_MAX: i64 = 600;
pub(crate) const RINGING_S: i64 = 30;

/// How long whoever is to press a key before they are connected has to do so.
pub(crate) const SCREENING_US_MAX: i64 = 10_000_000;

/// Calls that programs and documents make, at once and of one project in a minute, unless an operator says otherwise: what an office
/// does on a busy day, and what a stolen key costs in a night is some calls and no fortune.
pub const OUTGOING_AT_ONCE: usize = 50;
/// See [`OUTGOING_AT_ONCE`].
pub const OUTGOING_PER_MINUTE: u32 = 60;

/// Calls that programs want and that have not begun.
pub(crate) const ORDERS_MAX: usize = 64;

/// Digits without a `+` are a whole number if they are so many: the shortest with their countries, as in Niue.
pub(crate) const NUMBER_DIGITS_MIN: usize = 7;

/// Phone numbers of one project: the desks of a large house.
pub(crate) const NUMBERS_MAX: i64 = 10_000;

/// The labels of a phone number: the contract's limits.
pub(crate) const NUMBER_LABEL_KEY_CHARACTERS_MAX: usize = 100;
pub(crate) const NUMBER_LABEL_CHARACTERS_MAX: usize = 1_000;

/// An address of a telephone.
pub(crate) const ADDRESS_BYTES_MAX: usize = 255;

/// Handlers of a domain, and blocks of addresses that may call it: the contract's limits.
pub(crate) const HANDLERS_MAX: usize = 5;
pub(crate) const CIDR_BLOCKS_MAX: usize = 100;

/// Users of a domain: the telephones of a large house, several times over.
pub(crate) const USERS_MAX: i64 = 10_000;

/// A password: at least the contract's 12 characters, and no more than somebody types or a telephone's page takes.
pub(crate) const PASSWORD_CHARACTERS: RangeInclusive<usize> = 12..=128;

/// A display name: the contract's limit.
pub(crate) const DISPLAY_NAME_CHARACTERS_MAX: usize = 100;

/// Cookies of one call, and bytes of each: sessions of some servers, with what web frameworks add, and what browsers take of one.
pub(crate) const COOKIES_MAX: usize = 32;
pub(crate) const COOKIE_BYTES_MAX: usize = 4_096;

/// An address of a handler.
pub(crate) const URI_BYTES_MAX: usize = 2_048;

/// Signs of life of calls that go on are written so often.
pub(crate) const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// How long it is waited until the end of a call, or a sign of life, is written again that could not be: a database that is away comes back some time.
pub(crate) const WRITTEN_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long an engine may take to say a text.
pub(crate) const SPEECH_WITHIN: Duration = Duration::from_secs(30);

/// How often it is looked whether somebody who is recorded still says something.
pub(crate) const QUIET_EVERY: Duration = Duration::from_millis(200);

/// What waits for one call.
pub(crate) const INPUTS_MAX: usize = 256;

/// What the agent and the lines tell, until it is heard.
pub const EVENTS_MAX: usize = 4_096;

/// How many items a page has if the caller does not say, and at most: the contract's figures.
pub const PAGE_SIZE: (usize, usize) = (10, 100);

/// Calls whose recordings are counted at once: a page of them.
pub const CALLS_COUNTED_MAX: usize = 100;

/// What is wrong with a call, for people: its begin says it.
pub(crate) const ERROR_CHARACTERS_MAX: usize = 500;

/// How long calls may take to end when the server stops.
pub(crate) const STOPPED_WITHIN: Duration = Duration::from_secs(5);

/// Recordings are given up so long after the end of their call: what the contract says.
pub(crate) const PENDING_MAX: Duration = Duration::from_mins(10);

/// How long a store that is away is tried again: what is left of that when files have been made.
pub(crate) const STORED_WITHIN: Duration = Duration::from_mins(9);

/// How long it may take to look up a host that is called.
pub(crate) const LOOKED_UP_WITHIN: Duration = Duration::from_secs(5);

/// Aliases of one domain: a name for each desk of a large house.
pub(crate) const ALIASES_MAX: i64 = 1_000;

/// How long what was said by SIP about a call is kept after its end: the contract's thirty days.
pub(crate) const SIGNALLING_KEPT: Duration = Duration::from_hours(30 * 24);

/// What a packet of a capture may have, as its head says: all that IP can.
pub(crate) const CAPTURED_PACKET_BYTES_MAX: u32 = 65_535;

/// And of what is said in it: without the heads of IP and UDP, by either version.
pub(crate) const CAPTURED_BYTES_MAX: usize = 65_535 - 40 - 8;

/// How long it is waited for the last words about a call: an answer to its end comes in a round trip, or is asked for once more.
pub(crate) const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// How often it is tried to write what was said about a call, a second apart: a database that is away for longer than some seconds has lost
/// more than that.
pub(crate) const SIGNALLING_TRIES_MAX: u32 = 5;

/// After so long, what was said about a call is written, or never will be.
pub(crate) const SIGNALLING_WITHIN: Duration = Duration::from_secs(30);

/// What was measured of calls is written so often: it is told by each line every five seconds, and once more when it is gone.
pub(crate) const MEASURED_EVERY: Duration = Duration::from_secs(1);

/// Statements of what was measured in one write: some milliseconds, for which a call may wait.
pub(crate) const MEASURED_AT_ONCE: usize = 500;

/// A call record is published so long after the end of its call: by then what its last packets told is measured and written.
pub(crate) const PUBLISHED_AFTER_US: i64 = 3_000_000;

/// How long it is waited for what lines tell when they are gone, at the end of the server: some beats.
pub(crate) const GONE_WITHIN: Duration = Duration::from_millis(100);

/// Calls that are told of as one: somebody who was called, and who was called for them, several times over.
pub(crate) const LEGS_MAX: usize = 250;

/// For how many days a project may keep recordings: a hundred years, beyond which it says that it keeps them for ever.
pub(crate) const RETENTION_DAYS_MAX: i64 = 36_500;

/// What is announced before a call is recorded: half a minute of speech, and whoever calls has to hear it out.
pub(crate) const ANNOUNCEMENT_CHARACTERS_MAX: usize = 500;

/// How often a beep may be heard while a call is recorded: often enough to be noticed, and not so often that nobody can speak.
pub(crate) const BEEP_EVERY_S: RangeInclusive<i64> = 2..=300;

/// Recordings that are deleted, or swept, before it is looked anew who else wants something.
pub(crate) const DELETED_AT_ONCE: usize = 100;

/// For how long files of a recording that failed are left alone: a request to a store that was given up may arrive later.
pub(crate) const LEFT_ALONE: Duration = Duration::from_mins(1);

/// Calls that are looked at in one go when somebody is forgotten.
pub(crate) const CALLS_LOOKED_AT: usize = 500;

/// Recordings of one call: as many as it has documents.
pub(crate) const RECORDINGS_OF_CALL_MAX: usize = 1_000;

/// What programs ask of one call's recording, until it is heard.
pub(crate) const WISHES_MAX: usize = 16;

/// The id of a stream: the contract's limit, which is that of a UUID.
pub(crate) const STREAM_ID_CHARACTERS_MAX: usize = 36;

/// How long a stream waits for its call: the contract's number.
pub(crate) const STREAM_WAITS: Duration = Duration::from_secs(30);

/// Streams of one project at once, those that wait and those that speak. Each may hold a minute of sound and some seconds of events, half a
/// megabyte: 100 MB for a project that has all it may.
pub(crate) const STREAMS_MAX: usize = 200;

/// Sound in one message of a program: the contract's limit.
pub(crate) const STREAM_AUDIO_BYTES_MAX: usize = 960_000;

/// A message of a program: that, and parameters, with what protobuf puts around them.
pub const STREAM_MESSAGE_BYTES_MAX: usize = STREAM_AUDIO_BYTES_MAX + STREAM_PARAMETERS_BYTES_MAX + 16_384;

/// What a program says and a call has not heard yet: the contract's minute, of 8,000 bytes a second.
pub(crate) const STREAM_BUFFER_BYTES_MAX: usize = 60 * 8_000;

/// What a call says is told in pieces of so many bytes. The contract has about 1,000 to 2,000; the fewer, the sooner they are heard: seven
/// frames are 140 ms.
pub(crate) const STREAM_CHUNK_BYTES: usize = 7 * 160;

/// What waits for a program to read it: ten seconds of what a call says, and as many empty buffers. What the network holds comes on top.
pub(crate) const STREAM_EVENTS_MAX: usize = 2 * 72;

/// Parameters that a program gives the next handler: the contract's limit.
pub(crate) const STREAM_PARAMETERS_BYTES_MAX: usize = 50 * 1_024;

/// The name of a meeting in a document: several times those that there are.
pub(crate) const MEETING_NAME_BYTES_MAX: usize = 64;

/// Digits of a meeting's PIN, whole: the Meet contract's number. What is keyed in of it is known to whoever holds meetings.
pub(crate) const MEETING_PIN_DIGITS: usize = 13;

/// Of these, as many are keyed in at least, and more only where somebody types the whole; after the last of which it is waited a moment.
pub(crate) const KEYED_DIGITS_MIN: usize = 10;

/// How long whoever is asked for a PIN may take for the first key, and between two.
pub(crate) const KEYING_US_MAX: i64 = 12_000_000;

/// And how long it is waited for another key when there are enough.
pub(crate) const KEYED_US: i64 = 3_000_000;

/// How often somebody may be wrong in one call.
pub(crate) const WRONG_PINS_MAX: u32 = 3;

/// How often somebody who calls may be wrong, before they are not listened to for a time: three calls of people with cold fingers, and one
/// more in six minutes.
pub(crate) const GUESSES_OF_CALLER: Pace = per_hour(10);

/// The same for all who call from one address, since numbers that call are easily others: a trunk of a large house, where every twentieth
/// of 6,000 calls in an hour is wrong. How far a guesser gets with that, the limits of `meeting` reckon for its PINs.
pub(crate) const GUESSES_OF_SOURCE: Pace = per_hour(300);

/// Calls from one address to the host of meetings in a minute, of which anybody may make some.
pub(crate) const GATEWAY_CALLS_OF_SOURCE: Pace = Pace::per_minute(match NonZeroU32::new(20) {
    Some(calls) => calls,
    None => unreachable!(),
});

/// And such calls at once: a fifth of all lines, so that strangers leave most of them to those who are known.
pub(crate) const GATEWAY_CALLS_MAX: usize = 100;

/// Somebody who waits to be let in hears so often that they still do.
pub(crate) const WAITING_TOLD_EVERY_US: i64 = 20_000_000;

/// What a meeting tells a call, and a call a meeting, until it is heard.
pub const MEETING_MESSAGES_MAX: usize = 32;

const fn per_hour(times: u32) -> Pace {
    match NonZeroU32::new(times) {
        Some(times) => Pace {
            times,
            within: Duration::from_hours(1),
        },
        None => unreachable!(),
    }
}
