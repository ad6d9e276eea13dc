//! Keyframe requests towards one source, merged: a keyframe is ten times the size of other frames, and thirty viewers that
//! switch at once must cost the publisher one of them, not thirty.
//!
//! A request inside the interval is remembered, not dropped. There is no timer for it: it goes out with the next packet
//! of the source, and a source without packets has nothing to make a keyframe of.

use crate::{core::Time, limits};

/// The state of one source.
#[derive(Debug, Default)]
pub(crate) struct Keyframes {
    sent: Option<Time>,
    wanted: bool,
}

impl Keyframes {
    /// Somebody needs a keyframe. True: ask the publisher now.
    pub(crate) fn want(&mut self, now: Time) -> bool {
        self.wanted = true;
        self.due(now)
    }

    /// A packet of the source passed. True: ask the publisher now.
    pub(crate) fn passed(&mut self, starts_keyframe: bool, now: Time) -> bool {
        if starts_keyframe {
            self.wanted = false;
        }
        self.due(now)
    }

    fn due(&mut self, now: Time) -> bool {
        let early = self.sent.is_some_and(|sent| now < sent + limits::KEYFRAME_INTERVAL);
        if !self.wanted || early {
            return false;
        }
        self.wanted = false;
        self.sent = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Step {
        Want,
        Packet,
        Keyframe,
    }
    use Step::{Keyframe, Packet, Want};

    #[test]
    fn requests_are_merged_and_none_is_forgotten() {
        let check = |name, steps: &[(u64, Step, bool)]| {
            let mut keyframes = Keyframes::default();
            for (at_ms, step, expected) in steps {
                let now = Time::from_millis(*at_ms);
                let asked = match step {
                    Want => keyframes.want(now),
                    Packet => keyframes.passed(false, now),
                    Keyframe => keyframes.passed(true, now),
                };
                assert_eq!(asked, *expected, "{name} at {at_ms} ms");
            }
        };
        check("the first goes at once", &[(0, Want, true)]);
        check(
            "a storm is one",
            &[
                (0, Want, true),
                (1, Want, false),
                (9, Want, false),
                (499, Packet, false),
            ],
        );
        check(
            "a late one waits for the interval",
            &[
                (0, Want, true),
                (100, Want, false),
                (499, Packet, false),
                (501, Packet, true),
            ],
        );
        check(
            "a keyframe satisfies all",
            &[
                (0, Want, true),
                (100, Want, false),
                (150, Keyframe, false),
                (900, Packet, false),
            ],
        );
        check(
            "after the interval at once",
            &[(0, Want, true), (150, Keyframe, false), (600, Want, true)],
        );
        check("nobody asks", &[(0, Packet, false), (1, Keyframe, false)]);
    }
}
