//! The outbox: what happened, until everybody who asked has been told.
//!
//! A program that is told of a call record must find it, and one that waits for a call record must be told: so an event is a
//! [`db::Statement`] and no call, as a line of the audit log is. Whoever writes a fact puts [`Event::happened`] into the
//! same write, and one is durable if and only if the other is. All that follows starts from what is in the database, so
//! a server that is killed at any moment goes on where it stopped: [`Outbox::spread`] turns events into deliveries,
//! [`Outbox::due`] says which of them are to be tried, [`Tries::after`] decides what follows from a try, and
//! [`Outbox::settle`] writes that. Somebody may be told twice, and is never not told.
//!
//! It is one outbox for all contracts: an event names its topic and the id of what it happened to, and nothing else. What a
//! contract tells of that, in whose words, is its own, and so is who may ask. Sending is its caller's.
//!
//! Some facts say themselves who is to be told, and nobody subscribes to them. They need no spreading: their writer puts
//! [`Notice::posted`] into the same write, and it is tried and settled as deliveries are.

mod deliveries;
mod event;
pub mod limits;
mod notice;
mod owed;
mod retry;
mod spread;
mod subscription;

pub use deliveries::{Backlog, Delivery};
pub use event::{Event, Topic};
pub use notice::{Notice, untold};
pub use owed::Kind;
pub use retry::{Next, Outcome, Tries};
pub use subscription::{SubscribeError, Subscription, SubscriptionId, forgetting};

use db::Db;

/// The outbox in one database; clones share it.
#[derive(Clone, Debug)]
pub struct Outbox {
    db: Db,
}

impl Outbox {
    /// The outbox of this database.
    pub fn new(db: Db) -> Outbox {
        Outbox { db }
    }
}
