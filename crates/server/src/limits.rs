//! Every limit of the server, with its reason.
//!
//! A limit is here when crossing it is the caller's doing; sizes of our own making (ids, secrets) live with their makers.

use std::num::NonZeroU32;
use std::time::Duration;

use share::{Pace, Rule};

/// Bytes of a request's message, as JSON or as gRPC. The largest honest one is a join: an offer of twenty-two media lines is
/// about 90 kB.
pub(crate) const REQUEST_BODY_BYTES_MAX: usize = transcode::limits::BODY_BYTES_MAX;

/// The same with gRPC's prefix before it.
pub(crate) const MESSAGE_BYTES_MAX: usize = REQUEST_BODY_BYTES_MAX + 5;

/// Bytes that are made at once of a body that came compressed: whoever reads it stops no later than that after their limit.
pub(crate) const INFLATED_PIECE_BYTES: usize = 16 * 1024;

/// Bytes of an answer for which compressing is worth its time: fewer are one packet either way.
pub(crate) const COMPRESSED_BYTES_MIN: u64 = 1_400;

/// Bytes of a body that one of our own pages sends to sign in, or to answer an app: a password, or an app's request of some
/// kilobytes.
pub(crate) const SIGN_IN_BODY_BYTES_MAX: usize = 32 * 1024;

/// People who sign in by a password at the same moment. Two are checked at once and take some hundredths of a second, so the
/// last of those in line waits for a second. A part is kept for browsers in which somebody signed in before.
pub(crate) const SIGN_INS: Rule = Rule {
    total: 64,
    kept_for_accounts: 16,
    kept_for_close: 0,
    per_client: 16,
    per_account: 4,
};

/// Wrong passwords of one client, whatever the address: a school behind one address has 300 people, of whom a third mistype once.
/// Browsers in which somebody signed in before do not count.
pub(crate) const WRONG_PASSWORDS_PER_CLIENT: Pace = Pace {
    times: NonZeroU32::new(100).expect("not zero"),
    within: Duration::from_mins(15),
};

/// Wrong passwords for one address, of all clients together, before browsers in which nobody signed in before are refused: three
/// clients' worth of `identity`'s own limit, and some thousand a day against passwords of ten characters at least.
pub(crate) const WRONG_PASSWORDS_PER_ADDRESS: Pace = Pace {
    times: NonZeroU32::new(30).expect("not zero"),
    within: Duration::from_mins(15),
};

/// Grants of one client that the token endpoint refuses. Nobody guesses 256 bits; but each costs reads and a line of the log. A
/// program with a thousand people who took their consent back finds that out in some minutes.
pub(crate) const WRONG_GRANTS_PER_CLIENT: Pace = Pace::per_minute(NonZeroU32::new(300).expect("not zero"));

/// How long a browser is known in which somebody signed in: as long as browsers keep a cookie.
pub(crate) const KNOWN_BROWSER_TTL: Duration = Duration::from_hours(400 * 24);

/// Bytes of a form of OAuth: an assertion by an RSA key with every scope is below 4 kB.
pub(crate) const OAUTH_BODY_BYTES_MAX: usize = 16 * 1024;

/// How long somebody may take at another provider's sign-in page.
pub(crate) const SIGN_IN_ATTEMPT_TTL: Duration = Duration::from_mins(15);

/// How long a provider may take to answer: the person is waiting.
pub(crate) const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);

/// For how long an answer about readiness holds: an orchestrator asks every few seconds.
pub(crate) const READINESS_LASTS: Duration = Duration::from_secs(1);

/// How long `doctor` waits for an answer on the way that people come: they would not wait longer for a page.
pub(crate) const WAY_IN_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of such an answer: ours have some hundreds, and a proxy's page of its own is cut.
pub(crate) const WAY_IN_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Relays that `doctor network` tries, by each of their ways: some seconds each, and `/check` tries all at once.
pub(crate) const RELAYS_TRIED_MAX: usize = 6;

/// A round trip within which people do not talk over each other: 150 ms each way (ITU-T G.114). `/check` says the same.
pub(crate) const ROUND_TRIP_GOOD: Duration = Duration::from_millis(300);

/// Loss that nobody notices, of a hundred.
pub(crate) const LOST_PERCENT_GOOD: usize = 3;

/// How often a name is looked up again whose addresses are announced: somebody who comes back is in again soon after a change, and
/// servers of names answer such questions from memory.
pub(crate) const RESOLVE_INTERVAL: Duration = Duration::from_mins(1);

/// Bytes of a provider's answer: metadata and keys are some kilobytes.
pub(crate) const PROVIDER_ANSWER_BYTES_MAX: usize = 256 * 1024;

/// How long what a provider says of itself is believed: it moves its endpoints rarely, and a key that it withdraws should not
/// be good for long.
pub(crate) const PROVIDER_METADATA_TTL: Duration = Duration::from_hours(1);

/// People at once about whom a provider is asked; it may take its time about each. A school behind one address signs in some dozens
/// a second.
pub(crate) const PROVIDER_QUESTIONS: Rule = Rule {
    total: 256,
    kept_for_accounts: 0,
    kept_for_close: 0,
    per_client: 128,
    per_account: 0,
};

/// How long it is believed that a provider cannot be asked, from the question on: a little longer than it may take to answer,
/// so that those who waited are told, and a provider that is back is asked again.
pub(crate) const PROVIDER_FAILURE_TTL: Duration = Duration::from_secs(15);

/// How often a provider's keys are read at most, however many tokens name new ones.
pub(crate) const PROVIDER_KEYS_INTERVAL: Duration = Duration::from_mins(1);

/// Requests under way whose message is there; each may hold a database connection. Most take a millisecond, a join some. A
/// school whose 300 pupils join at once from one address fits into the share of one, and six such addresses are needed to fill what
/// strangers may have; a program's two channels of 256 streams fit into the share of an account. What is over is told to
/// try again.
pub(crate) const REQUESTS: Rule = Rule {
    total: 4_096,
    kept_for_accounts: 1_024,
    kept_for_close: 0,
    per_client: 512,
    per_account: 512,
};

/// Lists under way. A few walk at a time and the others wait (`db`); the longest walk takes a tenth of a second, so whoever
/// asks for as many as one account may makes others wait for their lists for 1.6 s on two threads, and for nothing else.
pub(crate) const LISTS: Rule = Rule {
    total: 256,
    kept_for_accounts: 224,
    kept_for_close: 0,
    per_client: 16,
    per_account: 32,
};

/// Requests under way whose messages go on, which programs with telephone calls have: each holds half a megabyte at most, and lasts as
/// long as a call. A project may have 200; nobody but accounts has any, and strangers are refused at once.
pub(crate) const GOING_ON: Rule = Rule {
    total: 512,
    kept_for_accounts: 448,
    kept_for_close: 0,
    per_client: 8,
    per_account: 256,
};

/// Bytes of one message of such a request: a minute of sound, as the contract for calls has it.
pub(crate) const GOING_ON_MESSAGE_BYTES_MAX: usize = calls::limits::STREAM_MESSAGE_BYTES_MAX;

/// Streams of gRPC's own services: whoever watches whether the server is well, and tools that ask what it has. A load balancer
/// has one or two; a tool's is over in a second.
pub(crate) const PROBES: Rule = Rule {
    total: 256,
    kept_for_accounts: 0,
    kept_for_close: 0,
    per_client: 32,
    per_account: 0,
};

/// Bytes of a message to those: the name of a service, a file or a type.
pub(crate) const PROBE_BYTES_MAX: usize = 4 * 1024;

/// How often it is looked, for whoever watches, whether the server is still well: an answer to anybody else is as old at most.
pub(crate) const HEALTH_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// When whoever found no place may try again: the requests before it are answered by then.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(1);

/// When a refusal that may pass, and says nothing of a time, is worth another try.
pub(crate) const RETRY_WAIT: Duration = Duration::from_secs(5);

/// Connections for which a machine should have room: a meeting of a few hundred, whose browsers open some each.
pub(crate) const CONNECTIONS_MIN: usize = 1_000;

/// How long one request may take: Google's clients give up after 60 s, so the answer should come before.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a resume secret that is presented: ours have 43.
pub(crate) const RESUME_SECRET_BYTES_MAX: usize = 128;

/// Days for which a space may keep its records unless for ever: a century.
pub(crate) const RETENTION_DAYS_MAX: u16 = 36_500;

/// When it is worth asking again at a meeting or a lobby that is full: somebody leaves, or is let in, every so often.
pub(crate) const FULL_WAIT: Duration = Duration::from_secs(30);

/// Devices on the way into all meetings, from their offer until their transport is up, at most 15 s later: each holds a
/// DTLS endpoint of some hundred kilobytes. Three classes behind three addresses may come at once, and those whom a space knows
/// still get in.
pub(crate) const ARRIVALS: Rule = Rule {
    total: 1_000,
    kept_for_accounts: 200,
    kept_for_close: 100,
    per_client: 300,
    per_account: 32,
};

/// Checks of the network at one time: as many as `media` holds. Each lasts 20 s, and a page that looks by UDP and by TCP has two:
/// a class behind one address may look before its lesson.
pub(crate) const NETWORK_CHECKS: Rule = Rule {
    total: media::limits::CHECKS as u64,
    kept_for_accounts: 32,
    kept_for_close: 0,
    per_client: 64,
    per_account: 32,
};

/// How often the audit log is told what was only counted: counts are of a minute.
pub(crate) const AUDIT_INTERVAL: Duration = Duration::from_mins(1);

/// Lines of the log about those who are turned away in one place, in ten seconds: enough to see who has forgotten a password, and
/// a flood of guesses writes no more than a megabyte in an hour.
pub(crate) const TURNED_AWAY_LINES_MAX: u32 = 10;

/// How often it is looked which call records are due: each is published within five seconds of the end of its conference, three of
/// which are for what is measured last.
pub(crate) const PUBLISH_INTERVAL: Duration = Duration::from_secs(1);

/// How often expired records are deleted. Reads hide them from the second they expire: this only frees the space.
pub(crate) const EXPIRY_INTERVAL: Duration = Duration::from_mins(10);

/// How often it is looked for recordings that are as old as they may be, and for files that nothing names: what was forgotten is to
/// be gone soon.
pub(crate) const RECORDINGS_INTERVAL: Duration = Duration::from_secs(20);

// A request must end before the client's own deadline and before anybody else's patience.
const _: () = assert!(REQUEST_TIMEOUT.as_secs() < 60);

/// How often full buckets of quotas are forgotten: each is some dozens of bytes.
pub(crate) const QUOTA_TIDY_INTERVAL: Duration = Duration::from_mins(10);

/// Rows on a page of the administrator's lists: as many as Google's lists give at most.
pub(crate) const ADMINISTRATION_PAGE_SIZE_MAX: usize = 250;

/// Days of the longest range of telephone calls that may be asked for: the contract's number.
pub(crate) const PSTN_RANGE_DAYS_MAX: i64 = 90;

/// Participants on a page of Graph's, and in a record that has them inlined, if nobody says how many: the contract's number. Other
/// contracts have other pages.
pub(crate) const GRAPH_PARTICIPANTS_PER_PAGE: i32 = 130;

/// Participants that a call record names in the property that `participants_v2` has taken the place of: the contract's number.
pub(crate) const WITHDRAWN_PARTICIPANTS_MAX: i32 = 130;

/// Requests in one batch of Graph's: what its documentation names.
pub(crate) const GRAPH_BATCH_MAX: usize = 20;

/// Attendance reports in one list, the newest: the number of Graph's contract.
pub(crate) const ATTENDANCE_REPORTS_MAX: i32 = 50;

/// Members that one batch changes: the contract's number.
pub(crate) const MEMBERS_PER_BATCH_MAX: usize = 500;

/// How often new random ids are drawn before giving up: one collision in 26^10 codes is rare, two in a row are a fault.
pub(crate) const ID_DRAWS_MAX: u32 = 8;

/// How long a synced write may take: a slower disk makes people wait at the door.
pub(crate) const SYNC_TIME_MAX: Duration = Duration::from_secs(1);

/// Bytes of an address at which somebody wants to be told something: what browsers and servers take.
pub(crate) const RECEIVER_ADDRESS_BYTES_MAX: usize = 2_048;

/// How long a receiver may take to answer, its name's look-up and the handshakes included: the contract's number.
pub(crate) const RECEIVER_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of the head of a receiver's answer.
pub(crate) const RECEIVER_HEAD_BYTES_MAX: usize = 16 * 1024;

/// Look-ups of receivers' names at once: each holds a thread for as long as the name's own servers please, and they are a stranger's.
pub(crate) const RECEIVER_LOOKUPS_MAX: usize = 32;

/// What one receiver is told at once. With an answer in a tenth of a second it hears of some forty things a second.
pub(crate) const DELIVERIES_PER_RECEIVER_MAX: u32 = 4;

/// What is told at once in all, each a connection: more than one owner's subscriptions can take, at as many receivers that do not
/// answer.
pub(crate) const DELIVERIES_AT_ONCE_MAX: usize = 256;

const _: () = assert!(
    outbox::limits::SUBSCRIPTIONS_PER_OWNER_MAX as usize * (DELIVERIES_PER_RECEIVER_MAX as usize)
        < DELIVERIES_AT_ONCE_MAX
);

/// How often it is looked whether something is to be told.
pub(crate) const OUTBOX_INTERVAL: Duration = Duration::from_millis(500);

/// The same while something is being told: places become free.
pub(crate) const OUTBOX_INTERVAL_BUSY: Duration = Duration::from_millis(50);

/// How often the outbox is tidied, and what waits in it is counted.
pub(crate) const OUTBOX_TIDY_INTERVAL: Duration = Duration::from_secs(30);

/// Bytes of what an address answers that is asked whether it wants to be told: what it was asked has some hundred.
pub(crate) const HANDSHAKE_ANSWER_BYTES_MAX: usize = 1_024;

/// Addresses that are asked so at once: each is waited for, and each is a stranger's.
pub(crate) const HANDSHAKES: Rule = Rule {
    total: 32,
    kept_for_accounts: 0,
    kept_for_close: 0,
    per_client: 0,
    per_account: 8,
};

/// How far ahead a subscription to call records may expire, and how far at least: the contract's numbers.
pub(crate) const SUBSCRIPTION_MINUTES_MAX: i64 = 4_230;
pub(crate) const SUBSCRIPTION_MINUTES_MIN: i64 = 45;

/// Characters that a subscriber may have sent along with everything they are told: the contract's number.
pub(crate) const CLIENT_STATE_CHARS_MAX: usize = 128;

/// Characters of what a subscription is told back and nothing here reads: an id of an application has 36, and what somebody asks for with
/// what they are told some more.
pub(crate) const ECHOED_CHARS_MAX: usize = 256;

/// Redirects that a handler of calls may answer with, one after the other.
pub(crate) const HANDLER_REDIRECTS_MAX: usize = 5;

/// What is read of a recording's file at once, for whoever fetches it: a minute of one channel.
pub(crate) const RECORDING_PART_BYTES_MAX: u64 = 1024 * 1024;

/// How often it is tried to write that a telephone left a meeting, and how long it is waited between: half a minute, as long as somebody
/// who was cut off is waited for.
pub(crate) const TELEPHONE_LEAVE_ATTEMPTS_MAX: u32 = 30;
/// See [`TELEPHONE_LEAVE_ATTEMPTS_MAX`].
pub(crate) const TELEPHONE_LEAVES_AGAIN: Duration = Duration::from_secs(1);

/// Recordings of meetings whose files are made at the same time: mixing decodes every voice, and a meeting that goes on needs the
/// other cores.
pub(crate) const RECORDINGS_FINISHED_AT_ONCE: usize = 2;

/// Recordings that are composed at once: each keeps two threads busy that meetings could have.
pub(crate) const RECORDINGS_COMPOSED_AT_ONCE: usize = 1;

/// The first pause before files of a recording are made once more, or written down; it is doubled each time.
pub(crate) const RECORDING_PAUSE_MIN: Duration = Duration::from_secs(1);

/// The longest such pause: a store that was away for an hour is back for a minute at most before the files are there.
pub(crate) const RECORDING_PAUSE_MAX: Duration = Duration::from_mins(1);

/// How long the credentials of a relay may be used to begin with it: whoever looks at a meeting in the morning comes back by them in
/// the evening. They open a way to this server's media and to nothing else.
pub(crate) const RELAY_CREDENTIALS_S: i64 = 12 * 3_600;
