//! A stream that is sent: the downlink.
//!
//! What leaves is counted here; how it arrives is what its receiver says, in the reports of RFC 3550 §6.4. They come every second or
//! every few, so the newest packets are not in them, and what a session's last seconds lost is known by nobody. A report
//! may also take a loss back, when a packet came late: the sum of losses only grows here, so it is wrong by as much as that for a
//! moment and right again with the next ones.
//!
//! What was lost on its way to the server cannot be sent, and leaves a hole in the numbers, which the receiver takes for a loss
//! of its own. So it is remembered which numbers were sent, and holes are no losses of this stream: each direction is charged
//! with what it lost itself.

use crate::{
    filling::{Filling, Transport, is_spoiled},
    numbers::Numbers,
    packet::Content,
    window::Window,
};

/// What is known of a stream that is sent.
#[derive(Debug)]
pub struct Sending {
    filling: Filling,
    /// The numbers that were sent, from `counted` up to before `next`.
    numbers: Numbers,
    counted: u64,
    next: u64,
    /// How many were sent of those after `highest` and before `counted`.
    unreported: u64,
    /// The newest number of which its receiver has told, and what was lost by then.
    highest: u64,
    lost: u64,
    /// How many numbers up to there were never sent.
    holes: u64,
    /// How many packets were sent, and sent again, in all.
    sent: u64,
    resent: u64,
}

/// What a receiver reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The highest sequence number that came, extended by the roll-overs.
    pub highest: u64,
    /// How many numbers did not come, since the first.
    pub lost: u64,
    /// The jitter of RFC 3550 §A.8, in microseconds.
    pub jitter_us: u64,
}

impl Sending {
    /// A stream whose first packet, of this number, is sent now.
    pub fn new(sequence: u64, now_us: i64) -> Sending {
        Sending {
            filling: Filling::new(now_us),
            numbers: Numbers::default(),
            counted: sequence,
            next: sequence,
            unreported: 0,
            highest: sequence.saturating_sub(1),
            lost: 0,
            holes: 0,
            sent: 0,
            resent: 0,
        }
    }

    /// A packet was sent under this number.
    pub fn sent(&mut self, sequence: u64, bytes: usize, content: &Content, now_us: i64) {
        self.sent += 1;
        self.filling.packet(bytes, now_us);
        self.filling.content(content);
        if sequence <= self.highest {
            // Its receiver has told of it as lost already, and will take that back.
            self.holes = self.holes.saturating_sub(1);
            self.filling.figures.expected += 1;
        } else if sequence < self.counted {
            self.unreported += 1;
        } else {
            self.next = self.next.max(sequence.saturating_add(1));
            self.count(self.next.saturating_sub(Numbers::COUNT));
            self.numbers.set(sequence);
        }
    }

    /// Its receiver asked for a picture that needs no other one.
    pub fn keyframe_requested(&mut self) {
        self.filling.figures.keyframe_requests += 1;
    }

    /// Its receiver told how it arrives. What it says while nothing comes says nothing.
    pub fn reported(&mut self, report: &Report) {
        let highest = report.highest.min(self.next.saturating_sub(1));
        if highest <= self.highest {
            return;
        }
        self.count(highest + 1);
        let expected = std::mem::take(&mut self.unreported);
        self.holes += (highest - self.highest).saturating_sub(expected);
        self.highest = highest;
        let lost = report.lost.saturating_sub(self.holes + self.lost).min(expected);
        self.lost += lost;
        let figures = &mut self.filling.figures;
        figures.expected += expected;
        figures.lost += lost;
        figures.jitter_us.take(report.jitter_us);
        figures.spoiled.take(is_spoiled(lost, expected, report.jitter_us));
    }

    /// So many packets have left since the stream began, those that were sent again among them.
    pub fn left_in_all(&mut self, packets: u64) {
        let resent = packets.saturating_sub(self.sent);
        self.filling.figures.resent += resent.saturating_sub(self.resent);
        self.resent = self.resent.max(resent);
    }

    /// A second is over.
    pub fn second(&mut self, now_us: i64) {
        self.filling.second(now_us);
    }

    /// What was measured, and the next window begins; `None` if it was nothing.
    pub fn take(&mut self, now_us: i64, transport: &Transport) -> Option<Window> {
        let mut window = self.filling.take(now_us, transport)?;
        window.figures.estimate_bps = transport.estimate_bps;
        window.figures.narrow = transport.narrow;
        Some(window)
    }

    /// Counts the numbers before this one that were sent. No more are remembered than have a place, however far it is.
    fn count(&mut self, end: u64) {
        for sequence in self.counted..end.min(self.counted + Numbers::COUNT) {
            self.unreported += u64::from(self.numbers.take(sequence));
        }
        self.counted = self.counted.max(end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::Share;

    enum Step {
        /// These numbers are sent, but for each so-manieth, which was lost before.
        Send(std::ops::RangeInclusive<u64>, u64),
        /// The highest that came, and how many did not.
        Report(u64, u64),
    }
    use Step::{Report as Tell, Send};

    fn report(highest: u64, lost: u64) -> Report {
        Report {
            highest,
            lost,
            jitter_us: 5_000,
        }
    }

    #[test]
    fn losses_are_what_the_receiver_reports_but_for_holes() {
        /// Expected and lost in the end, and the reports that tell of much, of how many.
        #[track_caller]
        fn check(steps: Vec<Step>, expected: (u64, u64, u64, u64)) {
            let mut sending = Sending::new(1, 0);
            for step in steps {
                match step {
                    Send(numbers, missing) => numbers
                        .filter(|number| number % missing != 0)
                        .for_each(|number| sending.sent(number, 100, &Content::SOUND, 0)),
                    Tell(highest, lost) => sending.reported(&report(highest, lost)),
                }
            }
            let window = sending.take(1_000_000, &Transport::default());
            let figures = window.map(|window| window.figures).unwrap_or_default();
            let Share { such, samples } = figures.spoiled;
            assert_eq!((figures.expected, figures.lost, such, samples), expected);
        }
        let all = u64::MAX;
        check(vec![Send(1..=900, all)], (0, 0, 0, 0));
        check(
            vec![Send(1..=900, all), Tell(250, 0), Tell(500, 5), Tell(750, 25)],
            (750, 25, 1, 3),
        );
        // A late packet is taken back, and the next loss is counted when there are as many again.
        check(
            vec![Send(1..=900, all), Tell(250, 10), Tell(500, 8), Tell(750, 12)],
            (750, 12, 0, 3),
        );
        // Every tenth was lost on its way to us: it did not come, and that is not this stream's doing.
        check(vec![Send(1..=900, 10), Tell(499, 49), Tell(899, 89)], (810, 0, 0, 2));
        check(vec![Send(1..=900, 10), Tell(499, 51), Tell(899, 98)], (810, 9, 0, 2));
        // A hole that is filled late: before it is told of, and after.
        check(
            vec![Send(1..=19, 10), Send(10..=10, all), Send(20..=25, all), Tell(25, 0)],
            (25, 0, 0, 1),
        );
        check(
            vec![
                Send(1..=19, 10),
                Tell(19, 1),
                Send(10..=10, all),
                Send(20..=40, all),
                Tell(40, 1),
            ],
            (40, 1, 0, 2),
        );
        // A report that comes long after, and a sequence that jumps.
        check(vec![Send(1..=5_000, 10), Tell(4_999, 499)], (4_500, 0, 0, 1));
        check(
            vec![
                Send(1..=10, all),
                Send(1_000_000_000..=1_000_000_009, all),
                Tell(1_000_000_009, 999_999_990),
            ],
            (20, 1, 0, 1),
        );
        // Nonsense: it has what was never sent, it lost more than there was, and what it has is less than before.
        check(
            vec![Send(1..=100, all), Tell(900, 5_000), Tell(50, 0)],
            (100, 100, 1, 1),
        );
    }

    proptest! {
        #[test]
        fn no_more_is_lost_than_was_sent(steps in vec((0..3_000_u64, any::<bool>(), 0..4_000_u64), 0..300)) {
            let mut sending = Sending::new(1, 0);
            for (number, is_report, lost) in &steps {
                if *is_report {
                    sending.reported(&report(*number, *lost));
                } else {
                    sending.sent(number + 1, 1, &Content::SOUND, 0);
                }
            }
            if let Some(window) = sending.take(1, &Transport::default()) {
                prop_assert!(window.figures.lost <= window.figures.expected);
                prop_assert!(window.figures.expected <= window.figures.packets);
            }
        }
    }

    #[test]
    fn what_was_sent_is_counted_here() {
        let mut sending = Sending::new(7, 0);
        for (sequence, at_us) in [(7, 10), (8, 20)] {
            sending.sent(sequence, 100, &Content::SOUND, at_us);
        }
        sending.keyframe_requested();
        sending.left_in_all(5);
        sending.reported(&Report {
            highest: 8,
            lost: 1,
            jitter_us: 2_000,
        });
        let mut transport = Transport::default();
        transport.estimate(900_000);
        transport.estimate(100_000);
        let window = sending.take(1_000_000, &transport).unwrap();
        assert_eq!((window.first_us, window.last_us), (Some(10), Some(20)));
        let figures = window.figures;
        assert_eq!((figures.packets, figures.bytes, figures.resent), (2, 200, 3));
        assert_eq!(
            (figures.expected, figures.loss()),
            (2, Some(0.5)),
            "from its first number on"
        );
        assert_eq!((figures.jitter_us.max(), figures.keyframe_requests), (Some(2_000), 1));
        assert_eq!(
            (figures.estimate_bps.mean(), figures.narrow.ratio()),
            (Some(500_000.0), Some(0.5))
        );
        sending.left_in_all(7);
        let figures = sending.take(2_000_000, &transport).unwrap().figures;
        assert_eq!((figures.packets, figures.resent), (0, 2), "since the window before");
        assert_eq!(sending.take(3_000_000, &transport), None);
    }
}
