//! Whether packets that were written wait for the rest of their picture.
//!
//! Browsers send the packets of a picture in a burst, and the first of them wakes this thread. What it has for each of many people then is one packet,
//! and the others a moment later are another call of the system for each. So a picture for many waits for its end, for
//! [`limits::BURST_WAITS`] at most. Sound ends all waiting, and so does the end of any picture: they are there to be heard and seen.

use std::time::Instant;

use crate::{egress::Shared, limits};

/// What is waited for, if anything is.
#[derive(Debug, Default)]
pub(super) struct Burst {
    until: Option<Instant>,
}

impl Burst {
    /// A packet was written for somebody.
    pub(super) fn wrote(&mut self, packet: &Shared, now: Instant) {
        if packet.is_sound || packet.marker {
            self.until = None;
        } else {
            self.until.get_or_insert(now + limits::BURST_WAITS);
        }
    }

    /// Whether what so many people have waits; if not, all of it leaves now.
    pub(super) fn waits(&mut self, people: usize, now: Instant) -> bool {
        let waits = people >= limits::BURST_WAITS_FROM && self.until.is_some_and(|until| now < until);
        if !waits {
            self.until = None;
        }
        waits
    }

    /// Until when it waits.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
mod tests {
    use std::{sync::Arc, time::Duration};

    use quality::Content;

    use super::*;
    use crate::{
        core::codec::Codec,
        egress::{Extensions, Format},
    };

    const PART: (bool, bool) = (false, false);
    const END: (bool, bool) = (false, true);
    const SOUND: (bool, bool) = (true, false);

    const CONTENT: Content = Content {
        codec: Codec::Vp8,
        ends_picture: false,
        starts_keyframe: false,
        picture: None,
        is_redundant: false,
        level: None,
    };

    /// Whether what is written at these times, in milliseconds and for so many people, waits afterwards.
    #[track_caller]
    fn check(written: &[(u64, (bool, bool))], people: usize, expected: &[bool]) {
        let began = Instant::now();
        let mut burst = Burst::default();
        let waits = written.iter().map(|(at_ms, (is_sound, marker))| {
            let format = Format {
                codec: Codec::Vp8,
                profile: None,
                packetization: None,
            };
            let now = began + Duration::from_millis(*at_ms);
            let packet = Shared {
                format,
                is_sound: *is_sound,
                marker: *marker,
                payload: Arc::default(),
                redundant: None,
                captured: now,
                extensions: Extensions::default(),
                content: CONTENT,
            };
            burst.wrote(&packet, now);
            burst.waits(people, now)
        });
        let waits: Vec<bool> = waits.collect();
        assert_eq!(waits, expected, "{written:?}");
    }

    #[test]
    fn a_part_of_a_picture_for_many_waits_for_its_end_and_not_for_long() {
        let many = limits::BURST_WAITS_FROM;
        check(&[(0, PART), (0, PART), (0, END)], many, &[true, true, false]);
        check(&[(0, PART), (1, PART), (1, PART)], many, &[true, false, true]);
        check(&[(0, PART), (0, SOUND), (0, PART)], many, &[true, false, true]);
        check(&[(0, END), (0, SOUND)], many, &[false, false]);
        check(&[(0, PART), (0, PART), (0, END)], many - 1, &[false, false, false]);
    }

    #[test]
    fn nothing_is_waited_for_once_it_has_left() {
        let now = Instant::now();
        let mut burst = Burst {
            until: Some(now + limits::BURST_WAITS),
        };
        assert!(!burst.waits(1, now), "for few");
        assert_eq!(burst.deadline(), None);
    }
}
