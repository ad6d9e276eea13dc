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

    /// Writes all of it; what cannot be written is in the next write, unless something newer has come by then.
    pub(super) async fn write(&mut self, calls: &Calls) {
        let measured = self.0.iter().map(|(call, streams)| (call.as_ref(), streams));
        match calls.keep_measured(measured, now_us()).await {
            Ok(()) => self.0.clear(),
            Err(error) => tracing::warn!(%error, "what was measured of calls cannot be written now"),
        }
    }
}
