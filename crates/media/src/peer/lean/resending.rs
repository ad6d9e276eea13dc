//! What is sent again of what is missed, and what is given up.
//!
//! A picture refers to those before it. What is missed of one and will not come, because the way carries no more or because it is forgotten,
//! is missing in all that follow: they arrive, and nothing is shown. A browser finds that out by waiting, for three seconds, and asks for a
//! keyframe then. It is known here when a packet is not sent again; so the keyframe is asked for in that moment, once, and from
//! it on nothing is sent again that left before it.

use std::time::{Duration, Instant};

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
    /// Before anything is sent.
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

/// What is given up of one line.
#[derive(Debug, Default)]
pub(super) struct GivingUp {
    /// The number of the newest keyframe.
    keyframe: u64,
    asked: Option<Asked>,
}

/// A keyframe was asked for.
#[derive(Debug)]
struct Asked {
    at: Instant,
    /// For how long no other one is.
    patience: Duration,
}

impl GivingUp {
    /// A keyframe begins.
    pub(super) fn keyframe(&mut self, sequence: u64) {
        self.keyframe = self.keyframe.max(sequence);
    }

    /// Whether a packet is of no use any more, because a keyframe follows it.
    pub(super) fn is_over(&self, sequence: u64) -> bool {
        sequence < self.keyframe
    }

    /// A packet that is missed will not come. True: a keyframe is to be asked for now. It may be lost as well, and the more of them a way
    /// has had in vain the less it needs another: so they wait for longer each time.
    pub(super) fn give_up(&mut self, now: Instant) -> bool {
        let (least, most) = limits::KEYFRAME_PATIENCE;
        let patience = match &self.asked {
            Some(asked) if now < asked.at + asked.patience => return false,
            Some(asked) if now < asked.at + 2 * asked.patience => (2 * asked.patience).min(most),
            _ => least,
        };
        self.asked = Some(Asked { at: now, patience });
        true
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
mod tests {
    use super::*;

    #[test]
    fn a_keyframe_is_asked_for_once_and_more_rarely_the_less_it_helps() {
        let check = |name, given_up: &[(u64, bool)]| {
            let start = Instant::now();
            let mut giving_up = GivingUp::default();
            for (at_ms, expected) in given_up {
                let is_asked = giving_up.give_up(start + Duration::from_millis(*at_ms));
                assert_eq!(is_asked, *expected, "{name} at {at_ms} ms");
            }
        };
        check("many at once", &[(0, true), (0, false), (1, false), (999, false)]);
        check(
            "in vain, again and again",
            &[
                (0, true),
                (999, false),
                (1_000, true),
                (2_999, false),
                (3_000, true),
                (6_999, false),
                (7_000, true),
                (14_999, false),
                (15_000, true),
                (22_999, false),
                (23_000, true),
            ],
        );
        check(
            "after some good time it is as it was",
            &[(0, true), (1_000, true), (5_000, true), (5_999, false), (6_000, true)],
        );
    }

    #[test]
    fn what_was_before_a_keyframe_is_over() {
        let mut giving_up = GivingUp::default();
        assert!(!giving_up.is_over(1));
        giving_up.keyframe(10);
        giving_up.keyframe(4);
        assert_eq!([9, 10].map(|sequence| giving_up.is_over(sequence)), [true, false]);
    }
}
