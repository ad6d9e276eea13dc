//! What was measured of one stream in some seconds.

use serde::{Deserialize, Serialize};

use crate::figures::Figures;

/// A stretch of a stream, five seconds of it or what there was until its session went.
///
/// Times are microseconds after an origin of the holder's: `media` counts from the end of the window, so that its begin is
/// negative, and whoever knows the time of day [moves](Window::moved) it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When it begins.
    pub begin_us: i64,
    /// How long it is.
    pub length_us: u32,
    /// When the first packet in it came or went; none if all there is are reports of earlier ones.
    pub first_us: Option<i64>,
    /// When the last one did.
    pub last_us: Option<i64>,
    /// What was measured.
    pub figures: Figures,
}

impl Window {
    /// The same on another timeline: all its times are so much later.
    #[must_use]
    pub fn moved(self, by_us: i64) -> Window {
        let later = |time: i64| time.saturating_add(by_us);
        Window {
            begin_us: later(self.begin_us),
            first_us: self.first_us.map(later),
            last_us: self.last_us.map(later),
            ..self
        }
    }

    /// When it ends.
    pub fn end_us(&self) -> i64 {
        self.begin_us.saturating_add(self.length_us.into())
    }
}
