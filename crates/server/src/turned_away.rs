//! What the log hears of strangers who are turned away: the reasons of some, and how many more there were.

use std::error::Error;

use register::chain;
use share::Lines;

use crate::{clock, limits};

/// Those who are turned away in one place.
pub(crate) struct TurnedAway {
    what: &'static str,
    lines: Lines,
}

impl TurnedAway {
    /// `what` is the line that the log has of each.
    pub(crate) const fn new(what: &'static str) -> TurnedAway {
        TurnedAway {
            what,
            lines: Lines::new(limits::TURNED_AWAY_LINES_MAX),
        }
    }

    /// Somebody is, with this reason.
    pub(crate) fn tell(&self, error: &(dyn Error + 'static)) {
        if let Some(left_out) = self.lines.another(clock::instant()) {
            tracing::info!(error = %chain(error), left_out, "{}", self.what);
        }
    }
}
