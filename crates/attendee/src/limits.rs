//! The limits of an attendee, each with its reason.

use std::time::Duration;

/// No datagram of a media plane is longer.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 2_000;

/// Orders that wait for an attendee: whoever gives them waits for each.
pub(crate) const ORDERS_MAX: usize = 16;

/// A server that says nothing for this long while it is asked to connect is not there, or its machine is very busy.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The same for one that was there.
pub(crate) const SERVER_SILENCE: Duration = Duration::from_secs(10);

/// How long a goodbye may take to leave.
pub(crate) const GOODBYE: Duration = Duration::from_millis(200);

/// Lines of the program that wait to be written: some for each attendee of a test.
pub const LINES_MAX: usize = 256;

/// How long a way may take to stand, of the 20 s that a server gives to a check.
pub(crate) const CHECK_OPENS_WITHIN: Duration = Duration::from_secs(5);

/// A check lasts no longer, whatever hinders it: a server gives it so long, and somebody in between may take what is sent and say nothing.
pub(crate) const CHECK_WITHIN: Duration = Duration::from_secs(20);

/// Messages of a check go out so often, half as often as packets of a voice,
pub(crate) const CHECK_MESSAGE_INTERVAL: Duration = Duration::from_millis(40);

/// so many of them, in which the loss of one in a hundred shows,
pub(crate) const CHECK_MESSAGES: usize = 100;

/// and as long as such a packet.
pub(crate) const CHECK_MESSAGE_BYTES: usize = 160;

/// What comes back later than this after the last one is lost to a conversation.
pub(crate) const CHECK_LAST_WAIT: Duration = Duration::from_secs(1);

/// How long a check waits at most before it looks whether it is over.
pub(crate) const CHECK_LOOK: Duration = Duration::from_millis(20);

/// Datagrams that wait to be looked at: more than are ever under way.
pub(crate) const CHECK_DATAGRAMS_MAX: usize = 64;

/// Ends of a server that are tried: a machine has few addresses, and another's answer may name any number.
pub(crate) const CHECK_ENDS_MAX: usize = 8;

/// How long one address of a relay may take to let through, and its name to be found: less than a check may take to stand, which comes after it.
pub(crate) const RELAY_OPENS_WITHIN: Duration = Duration::from_secs(3);

/// How long a relay is waited for before it is asked once more (RFC 8489 §6.2.1).
pub(crate) const RELAY_ASKED_AGAIN: Duration = Duration::from_millis(500);

/// Addresses of a relay that are tried: one of each family, and one more.
pub(crate) const RELAY_ADDRESSES_MAX: usize = 3;

/// What is written around a datagram on its way to a relay, with what pads it.
pub(crate) const RELAY_HEADER_BYTES: usize = 4 + 3;
