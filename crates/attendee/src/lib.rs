//! Somebody in a meeting without a browser: what tests and benchmarks are attended by.
//!
//! The register says that somebody was there only if their transport was up, so whoever fills it must have one. [`Browser`] is
//! a browser's end of a session, without sockets and without a clock: the simulated world gives it both. [`Attendee`] gives it
//! a real socket and real time. The program `attend` is the same for tests in other languages.
//!
//! And whoever only looks how a network fares: [`Check`], by which `sederunt doctor network` finds out what a client would meet.

mod attendee;
mod browser;
mod check;
mod checker;
pub mod limits;
mod lines;
mod relay;
mod relayed;

pub use attendee::{Attendee, Hearing, Offered, State};
pub use browser::{Browser, Heard, Line, Spoken, Told, as_a_page_offers};
pub use check::{Check, Found, Way};
pub use checker::Unreadable;
pub use relay::{Carrier, Relay};
pub use relayed::Unrelayed;
