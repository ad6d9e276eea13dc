//! What a relay gives, and how much of it.

use std::num::NonZeroU32;
use std::time::Duration;

use share::{Pace, Rule};

/// How long an allocation lasts without being refreshed: what clients ask for, and browsers refresh a minute before it.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// How long a channel lasts without being bound again (RFC 8656 §12).
pub const CHANNEL_LIFETIME: Duration = Duration::from_mins(10);

/// How long a nonce may be used: clients take the next one from its refusal, in one more round trip.
pub const NONCE_LIFETIME_S: u64 = 3_600;

/// Allocations in which nobody lives: of one client, an office behind one address whose twenty people come at once, each with a
/// laptop of two networks and by UDP and TCP (80); and of all, a thousand clients on the way in.
pub const UNPROVEN: Rule = Rule {
    total: 1_024,
    kept_for_accounts: 0,
    kept_for_close: 0,
    per_client: 96,
    per_account: 0,
};

/// All allocations: everybody of a full server (2,000 sessions) by two networks. Each is some 300 bytes, so 1.2 MB.
pub const ALLOCATIONS: usize = 4_000;

/// Allocations by one credential: a page that comes back finds those of before still there. Four networks by UDP and TCP, twice.
pub const ALLOCATIONS_PER_CREDENTIAL: usize = 16;

/// How long nobody has to live in an allocation before it ends: a browser that has one joins within seconds, and what cannot be
/// reached from there is known after fifteen.
pub const UNPROVEN_TIMEOUT: Duration = Duration::from_mins(1);

/// Channels of an allocation: as many as this server may have announced addresses.
pub const CHANNELS: usize = 32;

/// Answers to those who have shown no credential, of one client's address: each is up to four times the question, and nothing shows
/// that the address is theirs. A browser asks three times for each network.
pub const ANSWERS_TO_STRANGERS: Pace = Pace {
    times: NonZeroU32::new(240).expect("more than none"),
    within: Duration::from_mins(1),
};

/// A message: a datagram of the longest that media takes (2,048 bytes), in an indication.
pub const MESSAGE_BYTES: usize = 2_048 + 64;

/// A user name (RFC 8489 allows 508): ours have less than a tenth of it.
pub const USERNAME_BYTES: usize = 128;

/// A user name that a client shows to a relay, which may be another's (RFC 8489 §14.3: fewer than 509 bytes).
pub const SHOWN_USERNAME_BYTES: usize = 508;

/// How often a client shows its credentials anew because a relay asks for it: once as it says for whom, and when a nonce has just ended.
pub const RENEWALS: usize = 4;

/// A realm or a nonce that a client takes from a relay (RFC 8489 §14.9: 127 letters of up to six bytes).
pub const TOLD_BYTES: usize = 763;

/// A relay's words for a refusal, as far as they are shown: those of the protocol have 33 letters at most.
pub const REASON_LETTERS: usize = 64;
