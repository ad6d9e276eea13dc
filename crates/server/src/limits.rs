//! Every limit of the server, with its reason.
//!
//! A limit is here when crossing it is the caller's doing; sizes of our own making (ids, secrets) live with their makers.

use std::time::Duration;

/// Bytes of a request body. The largest honest one is a join: an offer of twenty-two media lines is about 90 kB.
pub(crate) const REQUEST_BODY_BYTES_MAX: usize = 256 * 1024;

/// Bytes of a body that one of our own pages sends to sign in, or to answer an app: a password, or an app's request of some
/// kilobytes.
pub(crate) const SIGN_IN_BODY_BYTES_MAX: usize = 32 * 1024;

/// People who sign in at the same moment: a password takes about 20 MB and some hundredths of a second to check.
pub(crate) const SIGN_INS_AT_ONCE_MAX: usize = 64;

/// Bytes of a form of OAuth: an assertion by an RSA key with every scope is below 4 kB.
pub(crate) const OAUTH_BODY_BYTES_MAX: usize = 16 * 1024;

/// How long somebody may take at another provider's sign-in page.
pub(crate) const SIGN_IN_ATTEMPT_TTL: Duration = Duration::from_mins(15);

/// How long a provider may take to answer: the person is waiting.
pub(crate) const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a provider's answer: metadata and keys are some kilobytes.
pub(crate) const PROVIDER_ANSWER_BYTES_MAX: usize = 256 * 1024;

/// How long what a provider says of itself is believed: it moves its endpoints rarely, and a key that it withdraws should not
/// be good for long.
pub(crate) const PROVIDER_METADATA_TTL: Duration = Duration::from_hours(1);

/// How often a provider's keys are read at most, however many tokens name new ones.
pub(crate) const PROVIDER_KEYS_INTERVAL: Duration = Duration::from_mins(1);

/// Requests handled at once; more are told to try again. Each may hold a database connection or a body.
pub(crate) const REQUESTS_MAX: usize = 4_096;

/// Connections for which a machine should have room: a meeting of a few hundred, whose browsers open some each.
pub(crate) const CONNECTIONS_MIN: usize = 1_000;

/// How long one request may take: Google's clients give up after 60 s, so the answer should come before.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a resume secret that is presented: ours have 43.
pub(crate) const RESUME_SECRET_BYTES_MAX: usize = 128;

/// Days for which a space may keep its records unless for ever: a century.
pub(crate) const RETENTION_DAYS_MAX: u16 = 36_500;

/// Offers that may be answered at once: each makes a DTLS endpoint on a thread of the blocking pool.
pub(crate) const OFFERS_AT_ONCE_MAX: usize = 64;

/// How often expired records are deleted. Reads hide them from the second they expire: this only frees the space.
pub(crate) const EXPIRY_INTERVAL: Duration = Duration::from_mins(10);

// A request must end before the client's own deadline and before anybody else's patience.
const _: () = assert!(REQUEST_TIMEOUT.as_secs() < 60);

/// How often full buckets of quotas are forgotten: each is some dozens of bytes.
pub(crate) const QUOTA_TIDY_INTERVAL: Duration = Duration::from_mins(10);

/// Rows on a page of the administrator's lists: as many as Google's lists give at most.
pub(crate) const ADMINISTRATION_PAGE_SIZE_MAX: usize = 250;

/// Members that one batch changes: the contract's number.
pub(crate) const MEMBERS_PER_BATCH_MAX: usize = 500;

/// How often new random ids are drawn before giving up: one collision in 26^10 codes is rare, two in a row are a fault.
pub(crate) const ID_DRAWS_MAX: u32 = 8;

/// How long a synced write may take: a slower disk makes people wait at the door.
pub(crate) const SYNC_TIME_MAX: Duration = Duration::from_secs(1);
