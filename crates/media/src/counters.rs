//! What the media plane counts for `/metrics`.
//!
//! Relaxed atomics written by the shard and read by whoever scrapes: each number is right by itself, no two are of the
//! same instant.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How a counter behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterKind {
    /// It only grows.
    Counter,
    /// It is how many there are now.
    Gauge,
}

/// One counter, for a metrics page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// How it behaves.
    pub kind: CounterKind,
    /// What it is at the moment.
    pub value: u64,
}

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:ident,)+) => {
        /// A reading of all counters.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Counters { $($(#[doc = $doc])+ pub $name: u64,)+ }

        /// The counters themselves.
        #[derive(Debug, Default)]
        pub(crate) struct Counting { $(pub(crate) $name: AtomicU64,)+ }

        impl Counting {
            /// A reading of all shards together: the sum, but how busy the busiest is.
            pub(crate) fn snapshot<'a>(shards: impl Iterator<Item = &'a Counting>) -> Counters {
                let mut sum = Counters::default();
                let mut busiest = 0;
                for counting in shards {
                    $(sum.$name += counting.$name.load(Relaxed);)+
                    busiest = busiest.max(counting.busy_permille.load(Relaxed));
                }
                sum.busy_permille = busiest;
                sum
            }
        }

        impl Counters {
            /// Each of them.
            pub fn table(&self) -> Vec<Reading> {
                vec![$(Reading {
                    name: stringify!($name),
                    help: concat!($($doc),+).trim_ascii(),
                    kind: CounterKind::$kind,
                    value: self.$name,
                }),+]
            }
        }
    };
}

counters! {
    /// Sessions now, those included that wait to be let in.
    Gauge sessions,
    /// Rooms with at least one session now.
    Gauge rooms,
    /// Connections that carry datagrams now, those of strangers included.
    Gauge connections,
    /// Clients of the relay now: allocations of TURN.
    Gauge relayed,
    /// Thousandths of its time that the busiest media thread worked, over the last five seconds.
    Gauge busy_permille,
    /// Media threads that have no time left, so that nobody more is let in there.
    Gauge full,
    /// Sessions that were refused because of that.
    Counter sessions_refused,
    /// Datagrams received.
    Counter datagrams_in,
    /// Datagrams sent.
    Counter datagrams_out,
    /// Datagrams that belonged to nobody, or came from an address that ICE has not validated.
    Counter datagrams_refused,
    /// Datagrams that another media thread did not take in time, and packets that it should have sent.
    Counter datagrams_unread,
    /// Datagrams that the system would not send.
    Counter datagrams_unsent,
    /// Media packets received from publishers.
    Counter packets_in,
    /// Media packets that went nowhere: of somebody in the lobby, muted, or without the right.
    Counter packets_refused,
    /// Media packets written to subscribers.
    Counter packets_forwarded,
    /// Keyframe requests from subscribers and from switches.
    Counter keyframe_requests,
    /// Keyframe requests that were passed on to publishers, at most one per source and 500 ms.
    Counter keyframe_requests_sent,
    /// Uploads of what clients have counted that were taken.
    Counter uploads,
    /// Data channel messages that were refused.
    Counter messages_refused,
    /// Times that a session was given the time: its timers ran, and what was written to it became packets.
    Counter settlings,
    /// Sessions that ended because of an error in their own transport.
    Counter peer_errors,
}

/// Adds one to a counter of this thread's shard, to which nobody else adds: an addition that others might share in would wait for all that
/// was written to memory before it.
pub(crate) fn count(counter: &AtomicU64) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}
