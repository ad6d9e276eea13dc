//! A network between clients and the media port of a server, in user space and on loopback: as bad as a test needs it, by a seed, and
//! with a log of what it did to each packet, so that what was measured can be held against what happened.
//!
//! It is blocking threads and one lock: a thread for each socket, which decides about what comes, and one that sends what is due. A
//! wait on a condition is exact to some dozens of microseconds, where a timer of an event loop is not to a millisecond. With five times
//! more work than cores, of 600 packets in a second one in a hundred was 4 ms late; through Node.js, 10 ms. Browsers are told of the
//! relay by the server (`--public-address`), and find nothing else to talk to.

mod limits;
mod link;
mod log;
mod sockets;

pub use link::Conditions;
pub use log::{Direction, Truth};
pub use sockets::Relay;
