//! One clock for all that is recorded: when a packet's sound or picture was, on the recording's axis.
//!
//! A stream counts time by its own clock, which begins anywhere and runs a little fast or slow; packets come late, each by another delay.
//! What never happens is that one comes early. So the packet with the least delay of the last seconds says where the two clocks stand
//! ([`Least`]); as the window moves on, it follows a clock that drifts: at 200 millionths it is 2 ms behind after the ten seconds of
//! the window.
//!
//! The delay between a camera and the network is longer than a microphone's, since pictures are compressed for longer. That is what sender
//! reports are for (RFC 3550 §6.4.1): they say what time each stream has by the one clock of its sender. Then all packets of a session
//! together say where that clock stands, and voice and lips are in step. A report is believed as far as it agrees with the arrivals
//! within [`limits::REPORT_TRUSTED_US`], since it is only what a client says.
//!
//! What is placed moves to a better knowledge little by little, so that nobody hears it: by a twentieth of the time that passes.

use media::{Least, SenderReport};

use crate::limits;

/// How much of the time a placement may move by.
const SLEW: i64 = 20;

/// The clock of a stream.
#[derive(Debug)]
pub(crate) struct Clock {
    rate_hz: i64,
    /// The last time stamp, and what it counts from the stream's first on.
    last: Option<(u32, i64)>,
    /// What to add to the stream's time, by the arrivals.
    least: Least,
    /// What the sender reported last: its time, and the stream's.
    report: Option<(i64, i64)>,
    /// What was added last, and to which of the stream's times.
    placed: Option<(i64, i64)>,
}

impl Clock {
    pub(crate) fn new(rate_hz: u32) -> Clock {
        Clock {
            rate_hz: i64::from(rate_hz),
            last: None,
            least: Least::default(),
            report: None,
            placed: None,
        }
    }

    /// A time stamp in ticks from the stream's first on.
    fn extended(&self, timestamp: u32) -> i64 {
        let Some((last, ticks)) = self.last else { return 0 };
        // The nearer way round.
        let distance = timestamp.wrapping_sub(last).cast_signed();
        ticks.saturating_add(i64::from(distance))
    }

    fn microseconds(&self, ticks: i64) -> i64 {
        // Ticks of a client that means well are some hours. What becomes of another's is its own affair.
        ticks.saturating_mul(1_000) / (self.rate_hz / 1_000)
    }

    /// A packet came; answers its time in ticks. `sender` is what is known of its session's clock.
    pub(crate) fn arrived(
        &mut self,
        timestamp: u32,
        report: Option<SenderReport>,
        sender: &mut Least,
        arrived_us: i64,
    ) -> i64 {
        let ticks = self.extended(timestamp);
        if self.last.is_none_or(|(_, last)| ticks > last) {
            self.last = Some((timestamp, ticks));
        }
        let stream_us = self.microseconds(ticks);
        let begins_anew = |least: i64| arrived_us > stream_us.saturating_add(least).saturating_add(limits::ANEW_US);
        if self.least.get().is_some_and(begins_anew) {
            // No packet is so late: its time stamps have gone back.
            (self.least, self.report, self.placed) = (Least::default(), None, None);
        }
        self.least.note(arrived_us, arrived_us.saturating_sub(stream_us));
        if let Some(SenderReport { clock_us, timestamp }) = report {
            self.report = Some((clock_us, self.extended(timestamp)));
        }
        if let Some(sender_us) = self.sender_us(ticks) {
            sender.note(arrived_us, arrived_us.saturating_sub(sender_us));
        }
        ticks
    }

    /// What time its sender had.
    fn sender_us(&self, ticks: i64) -> Option<i64> {
        let (clock_us, reported) = self.report?;
        clock_us.checked_add(self.microseconds(ticks.saturating_sub(reported)))
    }

    /// Where on the axis a time of the stream is, as is known by now.
    fn target(&self, ticks: i64, sender: &Least) -> Option<i64> {
        let by_arrival = self.microseconds(ticks).saturating_add(self.least.get()?);
        let by_report = self
            .sender_us(ticks)
            .zip(sender.get())
            .map(|(sender_us, least)| sender_us.saturating_add(least));
        let trusted = |by_report: &i64| by_report.abs_diff(by_arrival) <= limits::REPORT_TRUSTED_US;
        Some(by_report.filter(trusted).unwrap_or(by_arrival))
    }

    /// Where on the axis a time of the stream is. It is asked in the order of the stream.
    pub(crate) fn place(&mut self, ticks: i64, sender: &Least) -> i64 {
        let stream_us = self.microseconds(ticks);
        let Some(target) = self.target(ticks, sender) else {
            return stream_us;
        };
        let wanted = target.saturating_sub(stream_us);
        let added = match self.placed {
            Some((added, before_us)) if wanted.abs_diff(added) < limits::JUMP_US => {
                let most = stream_us.saturating_sub(before_us).max(0) / SLEW;
                added + (wanted - added).clamp(-most, most)
            }
            _ => wanted,
        };
        self.placed = Some((added, stream_us));
        stream_us.saturating_add(added)
    }

    /// The last report, as it is on the axis: the sender's time and ours.
    pub(crate) fn mapping(&self, sender: &Least) -> Option<(i64, i64)> {
        let (clock_us, _) = self.report?;
        Some((clock_us, clock_us.saturating_add(sender.get()?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Plays packets of 20 ms: how far each is placed from where it was, in microseconds, at the end and at the most after five seconds.
    fn play(drift_millionths: i64, delays_us: impl Fn(i64) -> i64, first: u32) -> (i64, i64) {
        let mut clock = Clock::new(48_000);
        let mut sender = Least::default();
        let (mut last, mut most) = (0, 0);
        for number in 0..9_000_i64 {
            let was_us = 20_000 * number;
            // A clock that runs fast has counted more.
            let ticks = 960 * number + 960 * number * drift_millionths / 1_000_000;
            let timestamp = first.wrapping_add(u32::try_from(ticks).unwrap());
            let ticks = clock.arrived(timestamp, None, &mut sender, was_us + delays_us(number));
            last = clock.place(ticks, &sender) - was_us;
            if number > 250 {
                most = most.max(last.abs());
            }
        }
        (last, most)
    }

    #[test]
    fn drift_and_delays_are_told_apart() {
        let check = |drift, delays_us: &dyn Fn(i64) -> i64, first| {
            let (_, most) = play(drift, delays_us, first);
            assert!(most <= 5_000, "{drift}: {most}");
        };
        let jitter = |number: i64| 1_000 + (number * 7_919 % 40) * 1_000;
        check(0, &|_| 0, 5);
        check(0, &jitter, 5);
        check(200, &jitter, 5);
        check(-200, &jitter, 5);
        // The time stamps begin anew in the midst of it.
        check(100, &jitter, u32::MAX - 48_000 * 60);
    }

    #[test]
    fn voice_and_lips_are_in_step_once_their_sender_has_reported() {
        let mut sender = Least::default();
        let (mut voice, mut face) = (Clock::new(48_000), Clock::new(90_000));
        let (mut heard, mut seen) = (0, 0);
        for number in 0..2_000_i64 {
            let was_us = 20_000 * number;
            let report = |rate: i64| {
                (number > 100).then(|| SenderReport {
                    clock_us: 1_000_000_000 + was_us,
                    timestamp: u32::try_from(rate * was_us / 1_000_000).unwrap(),
                })
            };
            let ticks = u32::try_from(960 * number).unwrap();
            let at = voice.arrived(ticks, report(48_000), &mut sender, was_us + 30_000);
            heard = voice.place(at, &sender) - was_us;
            // Its pictures are compressed for 80 ms.
            let ticks = u32::try_from(1_800 * number).unwrap();
            let at = face.arrived(ticks, report(90_000), &mut sender, was_us + 110_000);
            seen = face.place(at, &sender) - was_us;
        }
        assert!(heard.abs_diff(seen) <= 1_000, "{heard} {seen}");
    }

    #[test]
    fn a_report_that_cannot_be_is_not_believed() {
        let mut sender = Least::default();
        let (mut voice, mut face) = (Clock::new(48_000), Clock::new(90_000));
        for number in 0..200_i64 {
            let report = |clock_us| Some(SenderReport { clock_us, timestamp: 0 });
            let at = voice.arrived(
                u32::try_from(960 * number).unwrap(),
                report(0),
                &mut sender,
                20_000 * number,
            );
            assert!(voice.place(at, &sender).abs_diff(20_000 * number) < 1_000);
            let at = face.arrived(
                u32::try_from(1_800 * number).unwrap(),
                report(i64::MAX),
                &mut sender,
                20_000 * number,
            );
            assert!(face.place(at, &sender).abs_diff(20_000 * number) < 1_000);
        }
    }

    proptest! {
        #[test]
        fn no_time_stamps_and_reports_panic(packets in prop::collection::vec(
            (any::<u32>(), prop::option::of((any::<i64>(), any::<u32>())), 0_i64..100_000_000), 0..60,
        )) {
            let mut sender = Least::default();
            let mut clock = Clock::new(90_000);
            for (timestamp, report, arrived_us) in packets {
                let report = report.map(|(clock_us, timestamp)| SenderReport { clock_us, timestamp });
                let ticks = clock.arrived(timestamp, report, &mut sender, arrived_us);
                clock.place(ticks, &sender);
                clock.mapping(&sender);
            }
        }
    }
}
