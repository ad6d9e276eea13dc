//! How much may be sent again: a share of all that is sent, and of what a narrow way carries.
//!
//! A client asks for what it misses as often as it likes; without a limit, one that asks for everything would be sent everything twice, and
//! one whose way is full would fill it with what it has missed before.

use std::time::Instant;

use crate::limits;

/// How many bytes may be sent again: a share of all that are.
#[derive(Debug)]
pub(super) struct Resending {
    sent_bytes: f32,
    resent_bytes: f32,
    /// What a narrow way carries in a second.
    narrow_bytes: Option<f32>,
    since: Instant,
}

impl Resending {
    pub(super) fn new(now: Instant) -> Resending {
        Resending {
            sent_bytes: 0.0,
            resent_bytes: 0.0,
            narrow_bytes: None,
            since: now,
        }
    }

    /// Half of what was counted is forgotten each second.
    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    pub(super) fn pass(&mut self, narrow_bps: Option<u64>, now: Instant) {
        self.narrow_bytes = narrow_bps.map(|bps| bps as f32 / 8.0);
        if now.saturating_duration_since(self.since).as_secs() > 0 {
            self.since = now;
            self.sent_bytes /= 2.0;
            self.resent_bytes /= 2.0;
        }
    }

    /// So much was sent.
    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent_bytes += bytes as f32;
    }

    /// Whether so much may be sent again, which it then is.
    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    pub(super) fn take(&mut self, bytes: u64) -> bool {
        let resent = self.resent_bytes + bytes as f32;
        // On a narrow way what was sent before it was known to be narrow allows too much: it would be lost once more, with what is new.
        let fits = self
            .narrow_bytes
            .is_none_or(|bytes| resent <= limits::RESEND_RATIO * bytes);
        let may = fits && resent <= limits::RESEND_RATIO * (resent + self.sent_bytes);
        if may {
            self.resent_bytes = resent;
        }
        may
    }
}
