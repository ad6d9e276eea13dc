//! Every limit of the log, in one place, each with its reason.

/// Refusals of one address in a minute that have a line each: somebody who mistypes is told apart from somebody who guesses. The
/// others of that minute are one line with their number.
pub const REFUSALS_PER_CLIENT_MAX: u32 = 5;

/// Refusals of a minute, of all addresses, that have a line each. With those that only count, below, strangers who never stop
/// add at most 42 lines of some 250 bytes in a minute: 15 MB a day.
pub const REFUSALS_MAX: u32 = 20;

/// Addresses of a minute that have a line with their number; the rest are one line without an address.
pub const CLIENTS_COUNTED_MAX: usize = 21;

/// Addresses of a minute that are told apart, each some 100 bytes of memory; the rest are counted together.
pub const CLIENTS_MAX: usize = 1024;

/// A page of the log that does not say how long it is to be.
pub const PAGE_SIZE_DEFAULT: usize = 100;

/// The longest page of the log.
pub const PAGE_SIZE_MAX: usize = 1000;

/// Lines that are deleted in one write, so that no join waits behind it for long.
pub const LINES_DELETED_AT_ONCE: i64 = 1000;

/// How long one line stands for all the tokens that a service account gets alike: as long as such a token is valid. A program that asks
/// for one before each request would otherwise write more than all people together.
pub const SAME_AGAIN_US: i64 = 3_600_000_000;
