//! Every limit of a meeting, named and argued in one place. Times are microseconds.

/// Places that are kept: the last ones for members, the next for people who are signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// For the owner, co-hosts and members.
    pub for_members: usize,
    /// For them and everybody else with an account.
    pub for_accounts: usize,
}

/// A reservation without transport is forgotten then. ICE and DTLS take a second on a bad network; fifteen leave room for a
/// device that asks its user for permission to use the microphone.
pub const CONNECT_WITHIN_US: i64 = 15_000_000;

/// How long a conference stays open for those who were cut off: by silence, by a crash, by an announced restart. A cable that is
/// put back, a restart and a client's slowest retry fit into it.
pub const RETURN_WITHIN_US: i64 = 30_000_000;

/// Signs of life are written at least this often: the error of an end time after a crash is at most this.
pub const SIGN_OF_LIFE_EVERY_US: i64 = 5_000_000;

/// Live sessions in one conference. As many as tests put into one room; what each is told of all grows with every one of
/// them, on however many threads the room is carried.
pub const LIVE_SESSIONS_MAX: usize = 500;

/// Of these, strangers get 430: a meeting that they have filled still has room for those who run it and for a class of those
/// who are signed in.
pub const LIVE_SESSIONS_KEPT: Kept = Kept {
    for_members: 20,
    for_accounts: 50,
};

/// People who are on the way into one space. The largest conference may come at one stroke; each holds a DTLS endpoint in the
/// media plane, for [`CONNECT_WITHIN_US`] at most.
pub const RESERVATIONS_MAX: usize = LIVE_SESSIONS_MAX;

/// Of these, strangers get 350.
pub const RESERVATIONS_KEPT: Kept = Kept {
    for_members: 50,
    for_accounts: 100,
};

/// People of one client who are on the way into one space. A transport is up within a second, so a class of three hundred behind
/// one address is in after some seconds; and four clients are needed to take what strangers may have.
pub const RESERVATIONS_OF_CLIENT_MAX: usize = 100;

/// Devices of one account that are on the way into one space: somebody who loads the page again and again.
pub const RESERVATIONS_OF_ACCOUNT_MAX: usize = 10;

/// When it is worth trying again if too many are on the way: most of them have arrived by then.
pub const RESERVATIONS_WAIT_US: i64 = 2_000_000;

/// A knock that nobody answers ends then: a host who is there has seen it long before, and who waits still may knock again.
pub const KNOCK_US: i64 = 10 * 60 * 1_000_000;

/// People who wait at the door of one space. More than a host can look at: who comes later is told so.
pub const KNOCKS_MAX: usize = 100;

/// Of these, strangers get 70.
pub const KNOCKS_KEPT: Kept = Kept {
    for_members: 10,
    for_accounts: 20,
};

/// People of one client who wait at the door of one space, and who may have knocked there in a row: half of the door.
pub const KNOCKS_OF_CLIENT_MAX: usize = 50;

/// The same for the devices of one account.
pub const KNOCKS_OF_ACCOUNT_MAX: usize = 5;

/// After that, one more knock in this time. Whoever is let in does not count, so a class of three hundred behind one address is
/// in as fast as a host admits them; a client that knocks and goes away all the time shows a host one name a second.
pub const KNOCK_EVERY_US: i64 = 1_000_000;

/// Whoever was sent away waits for so long, with everybody of the same client, because a guest is no more than where they come
/// from: a host who says no every time does so six times a minute, and a class with one joker in it is held up for a moment.
pub const DENIED_WAIT_US: i64 = 10_000_000;

/// Nothing of a visitor's knocks counts for longer: [`KNOCKS_OF_CLIENT_MAX`] times [`KNOCK_EVERY_US`] and [`DENIED_WAIT_US`] are
/// 60 s.
pub const VISITOR_REMEMBERED_US: i64 = 60_000_000;

/// Visitors whose knocks are counted. If more knock, those are forgotten first who would be soonest. About 50 bytes each.
pub const VISITORS_MAX: usize = 1_000;

/// Recordings of one conference, those that begin by themselves among them. One that is begun anew for each quarter of an hour makes 96 in a
/// day. Each is a row, and files of its own that have to be made: whoever presses the button each second is through with it after a minute or
/// two, and has made a hundred jobs of a second each.
pub const RECORDINGS_PER_CONFERENCE_MAX: usize = 100;

/// Characters of a display name: the longest names of people fit, a paragraph does not.
pub const DISPLAY_NAME_CHARACTERS_MAX: usize = 100;

/// Marks without width on one letter of a display name. A Hebrew letter with its dot, vowel and accent has three, a Thai one
/// two, a Tibetan stack four; what is piled higher runs into the lines above.
pub const DISPLAY_NAME_MARKS_IN_A_ROW_MAX: usize = 4;

/// Digits of a space's PIN: the number that the Meet contract has in an address of SIP.
pub const PIN_DIGITS: usize = 13;

/// Of these, what somebody keys in at a telephone. On a server of 100,000 spaces one number of 100,000 opens some meeting; whoever calls
/// by one trunk may be wrong 300 times an hour (`calls` counts them), 7,200 times a day, and so finds a meeting in two weeks, which they
/// did not choose, and in which they are seen, or wait at its door. A digit less would be a day and a half; two more are mistyped.
pub const PIN_KEYED_DIGITS: usize = 10;

const _: () = assert!(PIN_KEYED_DIGITS < PIN_DIGITS);
const _: () = assert!(SIGN_OF_LIFE_EVERY_US < CONNECT_WITHIN_US && CONNECT_WITHIN_US < RETURN_WITHIN_US);
const _: () = assert!(LIVE_SESSIONS_KEPT.for_members + LIVE_SESSIONS_KEPT.for_accounts < LIVE_SESSIONS_MAX);
const _: () = assert!(
    RESERVATIONS_OF_CLIENT_MAX + RESERVATIONS_KEPT.for_members + RESERVATIONS_KEPT.for_accounts < RESERVATIONS_MAX
);
const _: () = assert!(KNOCKS_OF_CLIENT_MAX + KNOCKS_KEPT.for_members + KNOCKS_KEPT.for_accounts < KNOCKS_MAX);
