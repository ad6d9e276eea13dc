//! What the media plane counts for `/metrics`.
//!
//! Relaxed atomics written by the shard and read by whoever scrapes: each number is right by itself, no two are of the
//! same instant.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A reading of all counters.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Counters { $($(#[doc = $doc])+ pub $name: u64,)+ }

        /// The counters themselves.
        #[derive(Debug, Default)]
        pub(crate) struct Counting { $(pub(crate) $name: AtomicU64,)+ }

        impl Counting {
            pub(crate) fn read(&self) -> Counters {
                Counters { $($name: self.$name.load(Relaxed),)+ }
            }
        }

        impl Counters {
            /// Each counter with its name and what it counts, for a metrics page.
            pub fn table(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), concat!($($doc),+).trim_ascii(), self.$name)),+]
            }
        }
    };
}

counters! {
    /// Sessions in a room now (a gauge).
    sessions,
    /// Rooms with at least one session now (a gauge).
    rooms,
    /// Datagrams received.
    datagrams_in,
    /// Datagrams sent.
    datagrams_out,
    /// Datagrams that belonged to nobody, or came from an address that ICE has not validated.
    datagrams_refused,
    /// Datagrams that the system would not send.
    datagrams_unsent,
    /// Media packets received from publishers.
    packets_in,
    /// Media packets that went nowhere: of somebody in the lobby, muted, or without the permission.
    packets_refused,
    /// Media packets written to subscribers.
    packets_forwarded,
    /// Keyframe requests from subscribers and from switches.
    keyframe_requests,
    /// Keyframe requests that were passed on to publishers, at most one per source and 500 ms.
    keyframe_requests_sent,
    /// Data channel messages that were refused.
    messages_refused,
    /// Sessions that ended because of an error in their own transport.
    peer_errors,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
