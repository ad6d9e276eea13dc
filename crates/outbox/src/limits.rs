//! Every limit of the outbox, in one place, each with its reason.

/// Subscriptions of one owner. A program needs one or two; each more makes as many deliveries of every event, so somebody who
/// makes them in a loop would multiply what the server has to send.
pub const SUBSCRIPTIONS_PER_OWNER_MAX: u32 = 50;

/// Subscriptions in all, expired ones apart: with something due for each, looking for it takes some milliseconds a second.
pub const SUBSCRIPTIONS_MAX: i64 = 1_000;

/// Events that become deliveries in one write: with every subscription there may be, 100,000 rows, a second's work for which others
/// wait; with the few that there are, none.
pub(crate) const EVENTS_SPREAD_AT_ONCE: i64 = 100;

/// How long it is tried to tell somebody something: what the contracts promise.
pub(crate) const TRIED_US: i64 = 4 * HOUR_US;

/// How long something may wait that was not even tried since, because no server ran or the receiver is slower than what happens.
pub(crate) const KEPT_US: i64 = 24 * HOUR_US;

/// How long after the first failure it is tried again, at most: what passes by itself has mostly passed by then.
pub(crate) const RETRY_FIRST_US: i64 = 2_000_000;

/// The longest wait between two tries, which is how late somebody may hear who was away for hours. With it there are
/// at most some sixty tries of one delivery.
pub(crate) const RETRY_MAX_US: i64 = 10 * 60_000_000;

/// The longest wait is reached after so many doublings, so no more are counted.
pub(crate) const RETRY_DOUBLINGS_MAX: u32 = 9;

/// How long after each failure a notice is tried again, and after the last no more: the contract's numbers, three and a half hours
/// in all.
pub(crate) const NOTICE_WAITS_US: [i64; 8] = [
    SECOND_US,
    2 * SECOND_US,
    4 * SECOND_US,
    8 * SECOND_US,
    60 * SECOND_US,
    1_800 * SECOND_US,
    3_600 * SECOND_US,
    7_200 * SECOND_US,
];

/// Tries of a notice for which later ones of the same subject wait: those between which there are seconds. With a receiver that
/// takes ten seconds for each, the next one is a minute late.
pub(crate) const NOTICE_QUICK_TRIES: i64 = 5;

const SECOND_US: i64 = 1_000_000;

const HOUR_US: i64 = 3_600 * SECOND_US;

// Whoever is tried at all is tried to the end before what is owed to them is forgotten.
const _: () = assert!(TRIED_US < KEPT_US);
const _: () = assert!(RETRY_FIRST_US << RETRY_DOUBLINGS_MAX >= RETRY_MAX_US);
