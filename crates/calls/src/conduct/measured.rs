//! What was measured of calls and is not written yet: the newest of each, once a second.

use std::{collections::BTreeMap, sync::Arc};

use telephony::line::Measured;

use crate::{Calls, clock::now_us};

/// The newest of each call, by its id.
#[derive(Default)]
pub(super) struct Unwritten(BTreeMap<Arc<str>, Measured>);

impl Unwritten {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, call: Arc<str>, streams: Measured) {
        self.0.insert(call, streams);
    }

    /// Writes all of it, and gives back what cannot be written.
    pub(super) async fn write(self, calls: Calls) -> Unwritten {
        let measured = self.0.iter().map(|(call, streams)| (call.as_ref(), streams));
        match calls.keep_measured(measured, now_us()).await {
            Ok(()) => Unwritten::default(),
            Err(error) => {
                tracing::warn!(%error, "what was measured of calls cannot be written now");
                self
            }
        }
    }

    /// What could not be written is in the next write, unless something newer has come by then.
    pub(super) fn put_back(&mut self, unwritten: Unwritten) {
        for (call, streams) in unwritten.0 {
            self.0.entry(call).or_insert(streams);
        }
    }
}

#[cfg(test)]
mod tests {
    use quality::{Direction, Kind, Stream, Totals};

    use super::*;

    fn stream(ssrc: u32) -> Measured {
        let (direction, kind) = (Direction::Uplink, Kind::Audio);
        vec![(Stream { ssrc, direction, kind }, Totals::default())]
    }

    #[test]
    fn what_is_newer_stands() {
        let of = |calls: &[(&str, u32)]| {
            let mut unwritten = Unwritten::default();
            for (call, ssrc) in calls {
                unwritten.take((*call).into(), stream(*ssrc));
            }
            unwritten
        };
        let mut since = of(&[("a", 2)]);
        since.put_back(of(&[("a", 1), ("b", 1)]));
        let found: Vec<_> = since
            .0
            .iter()
            .map(|(call, streams)| (&**call, streams[0].0.ssrc))
            .collect();
        assert_eq!(found, [("a", 2), ("b", 1)]);
    }
}
