//! The limits of an attendee, each with its reason.

use std::time::Duration;

/// No datagram of a media plane is longer.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 2_000;

/// Orders that wait for an attendee: whoever gives them waits for each.
pub(crate) const ORDERS_MAX: usize = 16;

/// A server that says nothing for this long while it is asked to connect is not there.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The same for one that was there.
pub(crate) const SERVER_SILENCE: Duration = Duration::from_secs(10);

/// How long a goodbye may take to leave.
pub(crate) const GOODBYE: Duration = Duration::from_millis(200);

/// Lines of the program that wait to be written: some for each attendee of a test.
pub const LINES_MAX: usize = 256;
