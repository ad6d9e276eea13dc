//! One clock for all lines: when a packet's sound or picture was, by the clock of the shard.
//!
//! A browser that is sent a voice on one line and a face on another can only play them together if both lines count time alike. The
//! streams that publishers send do not: each begins anywhere, and a camera's packets leave later than a microphone's, since pictures are
//! compressed for longer. So what comes in is placed on one axis, the time since the shard began in the ticks of its codec, before it is
//! put onto any line. What two lines say is then comparable as it stands, whoever is on them and since whenever; and a line's sender reports
//! say the same, as one rule holds for all of them: so many ticks a second since that beginning.
//!
//! * A packet may be late, never early. So the packet with the least delay of the last seconds says where a stream stands ([`Least`]).
//! * What its publisher reports of its clock (RFC 3550 §6.4.1) tells how its streams stand to each other: then all its packets together say
//!   where that clock stands, and voice and lips agree. A report is believed as far as it agrees with the arrivals.
//! * A stream that is better known by now, or whose clock runs a little fast, is set right by a **step**: a picture at any time, as nobody
//!   sees a frame that stays a moment longer; a sound in a pause, as everybody hears a gap. Time never goes back: a step to earlier
//!   takes no more than half of the time since the packet before.

use std::collections::VecDeque;

use crate::{
    core::{Time, least::Least},
    limits,
};

/// Two readings of one moment by a sender (RFC 3550 §6.4.1). All streams of a session have one clock behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// By the sender's own clock, in microseconds since 1970. That it is right is not promised.
    pub clock_us: i64,
    /// By the stream's RTP clock.
    pub timestamp: u32,
}

/// What is known of a packet's time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// Its SSRC.
    pub(crate) stream: u32,
    /// Ticks in a second.
    pub(crate) rate_hz: u32,
    /// RTP's time.
    pub(crate) timestamp: u32,
    /// What its sender has reported last.
    pub(crate) report: Option<SenderReport>,
    /// Nobody would notice if it came a little earlier or later.
    pub(crate) is_patient: bool,
}

/// Where a packet is on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// In ticks of its codec, as all lines count.
    pub(crate) timestamp: u32,
    /// The same as a time.
    pub(crate) at: Time,
}

/// The clocks of one session: its own, and those of its streams.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    sender: Least,
    streams: Vec<StreamClock>,
}

impl Clocks {
    /// Places a packet that has come now.
    pub(crate) fn place(&mut self, stamp: &Stamp, now: Time) -> Placed {
        let now_us = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let known = self.streams.iter().position(|clock| clock.stream == stamp.stream);
        let index = known.unwrap_or_else(|| {
            if self.streams.len() == limits::STREAMS_PER_SESSION {
                self.streams.remove(0);
            }
            self.streams.push(StreamClock::new(stamp, now_us));
            self.streams.len() - 1
        });
        self.streams[index].place(stamp, &mut self.sender, now_us)
    }
}

/// The clock of one stream.
#[derive(Debug)]
struct StreamClock {
    stream: u32,
    rate_hz: i64,
    /// The newest time stamp, and what it counts from the stream's first on.
    newest: (u32, i64),
    arrived_us: i64,
    /// What the arrivals say is to be added to the stream's time.
    least: Least,
    /// What the sender reported last: its time, and the stream's.
    report: Option<(i64, i64)>,
    /// What is added to the stream's ticks, and from which one on. What comes late belongs to the step before.
    steps: VecDeque<(i64, i64)>,
    stepped_us: i64,
}

impl StreamClock {
    fn new(stamp: &Stamp, now_us: i64) -> StreamClock {
        let mut clock = StreamClock {
            stream: stamp.stream,
            rate_hz: i64::from(stamp.rate_hz.max(1)),
            newest: (stamp.timestamp, 0),
            arrived_us: now_us,
            least: Least::default(),
            report: None,
            steps: VecDeque::new(),
            stepped_us: now_us,
        };
        clock.steps.push_back((0, clock.ticks(now_us)));
        clock
    }

    fn place(&mut self, stamp: &Stamp, sender: &mut Least, now_us: i64) -> Placed {
        let mut ticks = self.extended(stamp.timestamp);
        let late_us = now_us.saturating_sub(self.microseconds(self.placed(ticks)));
        if late_us.abs() > limits::ANEW_US {
            // It counts from another beginning now.
            let (_, newest) = self.newest;
            let after = self.placed(newest).saturating_add(1);
            *self = StreamClock::new(stamp, now_us);
            self.steps = VecDeque::from([(0, self.ticks(now_us).max(after))]);
            ticks = 0;
        }
        if now_us - self.arrived_us > limits::CLOCK_KEPT_US {
            // Not every microphone counts the time for which it was off. What came before says nothing of what comes.
            (self.least, self.stepped_us) = (Least::default(), now_us);
        }
        self.arrived_us = now_us;
        self.note(ticks, stamp.report, sender, now_us);
        let (_, newest) = self.newest;
        if ticks > newest {
            self.newest = (stamp.timestamp, ticks);
            if stamp.is_patient && now_us - self.stepped_us >= limits::STEP_APART_US {
                self.step(ticks, newest, sender, now_us);
            }
        }
        let placed = self.placed(ticks);
        let at_us = self.microseconds(placed).clamp(0, now_us);
        let [_, _, _, _, low @ ..] = placed.to_be_bytes();
        Placed {
            timestamp: u32::from_be_bytes(low),
            at: Time::from_micros(at_us.unsigned_abs()),
        }
    }

    /// A time stamp in ticks from the stream's first on.
    fn extended(&self, timestamp: u32) -> i64 {
        let (newest, ticks) = self.newest;
        // The nearer way round.
        ticks.saturating_add(i64::from(timestamp.wrapping_sub(newest).cast_signed()))
    }

    fn note(&mut self, ticks: i64, report: Option<SenderReport>, sender: &mut Least, now_us: i64) {
        let stream_us = self.microseconds(ticks);
        self.least.note(now_us, now_us.saturating_sub(stream_us));
        if let Some(SenderReport { clock_us, timestamp }) = report {
            self.report = Some((clock_us, self.extended(timestamp)));
        }
        if let Some(sender_us) = self.sender_us(ticks) {
            sender.note(now_us, now_us.saturating_sub(sender_us));
        }
    }

    /// What time its sender had.
    fn sender_us(&self, ticks: i64) -> Option<i64> {
        let (clock_us, reported) = self.report?;
        Some(clock_us.saturating_add(self.microseconds(ticks.saturating_sub(reported))))
    }

    /// Goes to where the stream is, as is known by now.
    fn step(&mut self, ticks: i64, before: i64, sender: &Least, now_us: i64) {
        let Some((wanted_us, (_, added))) = self.wanted_us(ticks, sender).zip(self.steps.back().copied()) else {
            return;
        };
        let by = self.ticks(wanted_us).saturating_sub(added);
        if self.microseconds(by).abs() < limits::STEP_US_MIN {
            return;
        }
        let by = by.max(-(ticks - before) / 2);
        self.steps.push_back((ticks, added + by));
        self.stepped_us = now_us;
        if self.steps.len() > limits::STEPS_KEPT {
            self.steps.pop_front();
        }
    }

    /// What is to be added to its time.
    fn wanted_us(&self, ticks: i64, sender: &Least) -> Option<i64> {
        let by_arrival = self.least.get()?;
        let by_report = self
            .sender_us(ticks)
            .zip(sender.get())
            .map(|(sender_us, least)| sender_us.saturating_add(least).saturating_sub(self.microseconds(ticks)));
        let is_trusted = |by_report: &i64| by_report.abs_diff(by_arrival) <= limits::REPORT_TRUSTED_US;
        Some(by_report.filter(is_trusted).unwrap_or(by_arrival))
    }

    /// The stream's ticks on the axis.
    fn placed(&self, ticks: i64) -> i64 {
        let is_due = |(from, _): &&(i64, i64)| *from <= ticks;
        let step = self.steps.iter().rev().find(is_due).or(self.steps.front());
        ticks.saturating_add(step.map_or(0, |(_, added)| *added))
    }

    fn microseconds(&self, ticks: i64) -> i64 {
        ticks.saturating_mul(1_000) / (self.rate_hz / 1_000).max(1)
    }

    fn ticks(&self, microseconds: i64) -> i64 {
        microseconds.saturating_mul(self.rate_hz / 1_000) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VOICE_HZ: u32 = 48_000;
    const PICTURE_HZ: u32 = 90_000;

    /// A microphone and a camera of one session, whose packets come in some way.
    struct Sender {
        clocks: Clocks,
        /// How long it takes until a picture is compressed.
        compressing_ms: u64,
        /// By how many millionths the microphone counts fast.
        fast_millionths: u64,
        reports: bool,
    }

    impl Sender {
        /// Sends for some seconds over a way with such a delay at a time, and says how far apart voice and picture of one moment are
        /// placed at the end, and how far the voice is from when it was.
        fn send(&mut self, seconds: u64, delay_ms: impl Fn(u64) -> u64) -> (i64, i64) {
            let mut placed = [Time::ZERO; 2];
            let mut arrivals = vec![];
            for was_ms in (1_000..1_000 * (seconds + 1)).step_by(20) {
                arrivals.push((was_ms + 20 + delay_ms(was_ms), was_ms, VOICE_HZ));
                if was_ms % 40 == 0 {
                    arrivals.push((
                        was_ms + self.compressing_ms + delay_ms(was_ms + self.compressing_ms),
                        was_ms,
                        PICTURE_HZ,
                    ));
                }
            }
            arrivals.sort_unstable();
            let mut last = (0, 0);
            for (arrives_ms, was_ms, rate_hz) in arrivals {
                let is_voice = rate_hz == VOICE_HZ;
                let at = |ms: u64| {
                    let ticks = ms * u64::from(rate_hz) / 1_000;
                    let fast = if is_voice {
                        ticks * self.fast_millionths / 1_000_000
                    } else {
                        0
                    };
                    // Each begins anywhere, and one of them turns over soon.
                    u32::try_from((ticks + fast + 4_294_000_000 * u64::from(is_voice)) & 0xffff_ffff).unwrap()
                };
                let reported_ms = was_ms / 1_000 * 1_000;
                let report = (self.reports && reported_ms >= 3_000).then(|| SenderReport {
                    clock_us: 7_000_000_000 + i64::try_from(reported_ms * 1_000).unwrap(),
                    timestamp: at(reported_ms),
                });
                let stamp = Stamp {
                    stream: rate_hz,
                    rate_hz,
                    timestamp: at(was_ms),
                    report,
                    // Every second word is followed by a pause.
                    is_patient: !is_voice || was_ms % 800 > 700,
                };
                placed[usize::from(is_voice)] = self.clocks.place(&stamp, Time::from_millis(arrives_ms)).at;
                if was_ms % 40 == 0 && is_voice {
                    last.1 = millis(placed[1]) - i64::try_from(was_ms).unwrap();
                } else if !is_voice {
                    last.0 = millis(placed[0]) - i64::try_from(was_ms).unwrap();
                }
            }
            (last.0 - last.1, last.1)
        }
    }

    fn millis(time: Time) -> i64 {
        i64::try_from(time.as_millis()).unwrap()
    }

    #[test]
    fn voice_and_picture_of_one_moment_are_placed_together() {
        let check = |name: &str, compressing_ms, fast_millionths, reports, delay_ms: fn(u64) -> u64, expected: i64| {
            let mut sender = Sender {
                clocks: Clocks::default(),
                compressing_ms,
                fast_millionths,
                reports,
            };
            let (apart_ms, _) = sender.send(60, delay_ms);
            assert!((apart_ms - expected).abs() <= 10, "{name}: {apart_ms} ms apart");
        };
        let bursts: fn(u64) -> u64 = |was_ms| 250_u64.saturating_sub(was_ms % 1_700);
        let good: fn(u64) -> u64 = |_| 0;
        check("a good way", 25, 0, true, good, 0);
        check("pictures that take long", 120, 0, true, good, 0);
        check("bursts", 70, 0, true, bursts, 0);
        check(
            "a burst at the beginning",
            70,
            0,
            true,
            |was_ms| 400 * u64::from(was_ms < 1_400),
            0,
        );
        check("a microphone that counts fast", 70, 200, true, good, 0);
        check(
            "a way that has become longer",
            70,
            0,
            true,
            |was_ms| 80 * u64::from(was_ms > 9_000),
            0,
        );
        check("no reports: as they arrive", 70, 0, false, good, 50);
    }

    #[test]
    fn a_report_that_contradicts_the_arrivals_is_not_believed() {
        let mut clocks = Clocks::default();
        let mut last = Placed {
            timestamp: 0,
            at: Time::ZERO,
        };
        for number in 0..1_000_u32 {
            let report = Some(SenderReport {
                clock_us: if number % 2 == 0 { i64::MIN } else { i64::MAX },
                timestamp: number,
            });
            let stamp = Stamp {
                stream: 1,
                rate_hz: VOICE_HZ,
                timestamp: number * 960,
                report,
                is_patient: true,
            };
            last = clocks.place(&stamp, Time::from_millis(u64::from(number) * 20));
        }
        assert_eq!(last.at, Time::from_millis(999 * 20));
    }

    #[test]
    fn a_stream_that_stood_still_goes_on_where_time_is() {
        let mut clocks = Clocks::default();
        let mut say = |ticks: u32, now_ms: u64| {
            let stamp = Stamp {
                stream: 1,
                rate_hz: VOICE_HZ,
                timestamp: ticks,
                report: None,
                is_patient: true,
            };
            millis(clocks.place(&stamp, Time::from_millis(now_ms)).at)
        };
        assert_eq!(say(0, 1_000), 1_000);
        // Three seconds of which its clock knows nothing, and then an hour.
        let placed: Vec<i64> = (0..20)
            .map(|number| say(960 * (number + 1), 4_000 + 20 * u64::from(number)))
            .collect();
        assert_eq!(placed.last(), Some(&4_380), "{placed:?}");
        assert_eq!(say(20 * 960, 3_600_000), 3_600_000);
    }

    proptest! {
        /// Whatever comes, a packet is never placed later than now, and the newest never before the one that was newest.
        #[test]
        fn time_never_goes_back(
            packets in proptest::collection::vec((1..4_000_u32, 0..400_u64, any::<bool>(), any::<Option<(i64, u32)>>()), 1..300),
        ) {
            let mut clocks = Clocks::default();
            let (mut timestamp, mut now_ms, mut before) = (u32::MAX - 50_000, 0, None::<u32>);
            for (advance, gap_ms, is_patient, report) in packets {
                timestamp = timestamp.wrapping_add(advance);
                now_ms += gap_ms;
                let report = report.map(|(clock_us, timestamp)| SenderReport { clock_us, timestamp });
                let stamp = Stamp { stream: 1, rate_hz: PICTURE_HZ, timestamp, report, is_patient };
                let now = Time::from_millis(now_ms);
                let placed = clocks.place(&stamp, now);
                prop_assert!(placed.at <= now);
                if let Some(before) = before {
                    let forward = placed.timestamp.wrapping_sub(before);
                    prop_assert!(forward < 1 << 31, "{forward}");
                }
                before = Some(placed.timestamp);
            }
        }
    }
}
