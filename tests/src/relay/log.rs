//! What really happened: every packet that came, what it was, and its fate.
//!
//! SRTP leaves the header of RTP in the clear, so the log knows the streams of a meeting without its keys, and what a receiver
//! should have measured of each is computed from it. The times are those at which packets left, and not those at which they should
//! have: a machine that is busy makes the network worse, and not the log wrong.

use anyhow::{Context, Result, ensure};

use super::{limits::PACKETS_MAX, link::Fate};

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a client to the server.
    Uplink,
    /// From the server to a client.
    Downlink,
}

/// What the clear header of an RTP packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The stream.
    pub(super) ssrc: u32,
    /// One more than that of the packet before.
    pub(super) sequence: u16,
    /// In units of the stream's clock.
    pub(super) timestamp: u32,
}

impl Header {
    /// `None` for whatever else shares the port: STUN, DTLS, RTCP (RFC 7983 and RFC 5761).
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let (head, _) = packet.split_first_chunk::<12>()?;
        let is_rtp = (128..192).contains(&head[0]) && !(192..224).contains(&head[1]);
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        is_rtp.then(|| Self {
            sequence: u16::from_be_bytes([head[2], head[3]]),
            timestamp: word(4),
            ssrc: word(8),
        })
    }
}

/// What a report that is not encrypted says (RFC 3550 §6.4), as telephones and servers write it: of themselves, and of the one stream that
/// they hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// When it was written, if it is of a sender: the middle 32 bits of a time of NTP.
    pub(super) written: Option<u32>,
    /// What was heard.
    pub(super) heard: Option<Heard>,
}

/// The first block of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// The stream that is reported on.
    pub(super) ssrc: u32,
    /// The last number of it that had come.
    pub(super) highest: u16,
    /// Which report of its sender had come last, by when that was written; 0 for none.
    pub(super) answers: u32,
}

impl Report {
    /// `None` for whatever is no report.
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let &[first, kind] = packet.first_chunk()?;
        let word = |at: usize| Some(u32::from_be_bytes(*packet.get(at..)?.first_chunk()?));
        let (written, block_at) = match kind {
            200 => (Some(word(8)? << 16 | word(12)? >> 16), 28),
            201 => (None, 8),
            _ => return None,
        };
        let block = || {
            let [.., high, low] = word(block_at + 8)?.to_be_bytes();
            Some(Heard {
                ssrc: word(block_at)?,
                highest: u16::from_be_bytes([high, low]),
                answers: word(block_at + 16)?,
            })
        };
        let heard = if first == 128 { None } else { block() };
        (128..160).contains(&first).then_some(Self { written, heard })
    }
}

/// A packet that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    /// Which way it went.
    pub(super) direction: Direction,
    /// `None` if it is not RTP.
    pub(super) header: Option<Header>,
    /// `None` if it is no report.
    pub(super) report: Option<Report>,
    /// When it came.
    pub(super) came_us: u64,
    /// What became of it.
    pub(super) fate: Fate,
}

impl Packet {
    /// How long it was on the link; `None` if it did not leave it.
    fn late_us(&self) -> Option<u64> {
        match self.fate {
            Fate::Departs { at_us } => Some(at_us - self.came_us),
            Fate::Lost | Fate::Overflowed => None,
        }
    }
}

/// What a receiver behind the link should have measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Truth {
    /// So many came to the link,
    pub packets: u64,
    /// and so many did not leave it.
    pub lost: u64,
    /// The mean of what they took.
    pub delay_us_mean: f64,
    /// The mean of the interarrival jitter of RFC 3550, between packets of different timestamps: within a picture it has no meaning.
    pub jitter_us_mean: f64,
}

/// Everything that came.
#[derive(Default)]
pub(super) struct Log {
    packets: Vec<Packet>,
    is_full: bool,
}

impl Log {
    /// Keeps a packet; its number, if there was room.
    pub(super) fn keep(&mut self, packet: Packet) -> Option<usize> {
        self.is_full |= self.packets.len() == PACKETS_MAX;
        (!self.is_full).then(|| {
            self.packets.push(packet);
            self.packets.len() - 1
        })
    }

    /// When it really left.
    pub(super) fn departed(&mut self, number: usize, at_us: u64) {
        self.packets[number].fate = Fate::Departs { at_us };
    }

    /// What is true of one stream, whose clock ticks so often.
    ///
    /// # Errors
    /// If more came than is kept.
    pub(super) fn stream(&self, direction: Direction, ssrc: u32, clock_hz: u32) -> Result<Truth> {
        let of_stream = |packet: &Packet| packet.header.filter(|header| header.ssrc == ssrc);
        let mut truth = self.all(|packet| packet.direction == direction && of_stream(packet).is_some())?;
        truth.jitter_us_mean = jitter_us_mean(
            self.packets
                .iter()
                .filter(|packet| packet.direction == direction)
                .filter_map(|packet| match (of_stream(packet), packet.fate) {
                    (Some(header), Fate::Departs { at_us }) => Some((header.timestamp, at_us)),
                    _ => None,
                }),
            clock_hz,
        );
        Ok(truth)
    }

    /// What is true of one stream up to a number of it, which is as far as a receiver knew when it reported that number. A stream has fewer
    /// packets than there are numbers.
    ///
    /// # Errors
    /// If more came than is kept, or that number never did.
    pub(super) fn stream_until(&self, direction: Direction, ssrc: u32, clock_hz: u32, last: u16) -> Result<Truth> {
        let is_last = |packet: &Packet| {
            let header = packet.header.filter(|_| packet.direction == direction);
            header.is_some_and(|header| (header.ssrc, header.sequence) == (ssrc, last))
        };
        let until = self.packets.iter().position(is_last);
        let until = until.with_context(|| format!("the stream {ssrc} has no packet {last}"))?;
        let known = Self {
            packets: self.packets[..=until].to_vec(),
            is_full: self.is_full,
        };
        known.stream(direction, ssrc, clock_hz)
    }

    /// Up to which number receivers said that they knew a stream, for each of their reports that came through, in order.
    pub(super) fn reported(&self, direction: Direction, ssrc: u32) -> Vec<u16> {
        let reports = self.reports(direction).filter(|(heard, _)| heard.ssrc == ssrc);
        reports.map(|(heard, _)| heard.highest).collect()
    }

    /// How long reports and their answers were under way together, for each answer that came through, in order. A report that is not in this
    /// log went another way, that takes no time: before a telephone has sent something itself, it is sent to where it says that it is.
    pub(super) fn round_trips_us(&self, direction: Direction) -> Vec<u64> {
        let asked_us = |answers: u32| {
            let written = |packet: &&Packet| packet.report.is_some_and(|report| report.written == Some(answers));
            self.packets.iter().find(written).and_then(Packet::late_us)
        };
        let answers = self.reports(direction).filter(|(heard, _)| heard.answers != 0);
        answers
            .map(|(heard, late_us)| asked_us(heard.answers).unwrap_or(0) + late_us)
            .collect()
    }

    /// What was reported and came through, and how late that was.
    fn reports(&self, direction: Direction) -> impl Iterator<Item = (Heard, u64)> {
        let packets = self.packets.iter().filter(move |packet| packet.direction == direction);
        packets.filter_map(|packet| Some((packet.report?.heard?, packet.late_us()?)))
    }

    /// What is true of everything that went one way. It has no one clock, and so no jitter.
    ///
    /// # Errors
    /// If more came than is kept.
    pub(super) fn way(&self, direction: Direction) -> Result<Truth> {
        self.all(|packet| packet.direction == direction)
    }

    fn all(&self, is_meant: impl Fn(&Packet) -> bool) -> Result<Truth> {
        ensure!(!self.is_full, "more than {PACKETS_MAX} packets came");
        let mut truth = Truth::default();
        let mut delays_us = 0;
        for packet in self.packets.iter().filter(|packet| is_meant(packet)) {
            truth.packets += 1;
            match packet.fate {
                Fate::Departs { at_us } => delays_us += at_us - packet.came_us,
                Fate::Lost | Fate::Overflowed => truth.lost += 1,
            }
        }
        truth.delay_us_mean = ratio(delays_us, truth.packets - truth.lost);
        Ok(truth)
    }
}

/// The mean of J of RFC 3550, A.8, as it is after each packet that moves it. What was sent again comes when newer packets have come, and
/// moves nothing, as with the receivers that report it.
fn jitter_us_mean(arrivals: impl Iterator<Item = (u32, u64)>, clock_hz: u32) -> f64 {
    let (mut last, mut jitter_us): (Option<(u32, u64)>, f64) = (None, 0.0);
    let (mut sum_us, mut count) = (0.0, 0_u32);
    for (timestamp, at_us) in arrivals {
        let Some((last_timestamp, last_at_us)) = last else {
            last = Some((timestamp, at_us));
            continue;
        };
        let ticks = timestamp.wrapping_sub(last_timestamp).cast_signed();
        if ticks < 0 {
            continue;
        }
        last = Some((timestamp, at_us));
        if ticks == 0 {
            continue;
        }
        let sent_apart_us = f64::from(ticks) * 1e6 / f64::from(clock_hz);
        let came_apart_us = ratio(at_us, 1) - ratio(last_at_us, 1);
        jitter_us += ((came_apart_us - sent_apart_us).abs() - jitter_us) / 16.0;
        sum_us += jitter_us;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum_us / f64::from(count) }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of hours are exact in a double")]
fn ratio(sum: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum as f64 / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(ssrc: u32, timestamp: u32, came_us: u64, fate: Fate) -> Packet {
        Packet {
            direction: Direction::Uplink,
            header: Some(Header {
                ssrc,
                sequence: u16::try_from(came_us / 1_000).expect("seconds"),
                timestamp,
            }),
            report: None,
            came_us,
            fate,
        }
    }

    #[track_caller]
    fn check(packets: &[Packet], expected: Truth) {
        let mut log = Log::default();
        for packet in packets {
            log.keep(*packet);
        }
        assert_eq!(
            log.stream(Direction::Uplink, 7, 48_000).expect("there was room"),
            expected
        );
        assert_eq!(
            log.stream(Direction::Downlink, 7, 48_000).expect("there was room"),
            Truth::default()
        );
    }

    #[test]
    fn the_truth_about_a_stream() {
        let departs = |at_us| Fate::Departs { at_us };
        check(&[], Truth::default());
        // Every 20 ms, each 10 ms late: no jitter. What another stream suffers is not its own.
        let mut even = [
            packet(7, 0, 0, departs(10_000)),
            packet(8, 0, 0, Fate::Lost),
            packet(7, 960, 20_000, departs(30_000)),
            packet(7, 1_920, 40_000, departs(50_000)),
        ];
        let expected = Truth {
            packets: 3,
            lost: 0,
            delay_us_mean: 10_000.0,
            jitter_us_mean: 0.0,
        };
        check(&even, expected);
        // One that is lost is a wider step, which the timestamp knows.
        even[2].fate = Fate::Lost;
        check(&even, Truth { lost: 1, ..expected });
        // The second is 16 ms later than it should be: J is 1 ms; the third has its timestamp, and moves nothing.
        check(
            &[
                packet(7, u32::MAX - 959, 0, departs(0)),
                packet(7, 0, 20_000, departs(36_000)),
                packet(7, 0, 20_000, departs(38_000)),
                packet(7, u32::MAX - 959, 50_000, departs(60_000)),
            ],
            Truth {
                packets: 4,
                lost: 0,
                delay_us_mean: 44_000.0 / 4.0,
                jitter_us_mean: 1_000.0,
            },
        );
    }

    #[test]
    fn what_a_receiver_knew_ends_with_its_report() {
        let mut log = Log::default();
        for number in 0..4 {
            let fate = [Fate::Departs { at_us: number * 1_000 }, Fate::Lost][usize::from(number % 2 == 1)];
            log.keep(packet(7, 0, number * 1_000, fate));
        }
        let report = |direction, report, fate| Packet {
            direction,
            header: None,
            report: Some(report),
            came_us: 9_000,
            fate,
        };
        let asks = Report {
            written: Some(77),
            heard: None,
        };
        log.keep(report(Direction::Uplink, asks, Fate::Departs { at_us: 12_000 }));
        for (fate, highest, answers) in [
            (Fate::Departs { at_us: 10_000 }, 1, 0),
            (Fate::Departs { at_us: 10_000 }, 2, 77),
            (Fate::Departs { at_us: 13_000 }, 2, 66),
            (Fate::Lost, 3, 77),
        ] {
            let heard = Some(Heard {
                ssrc: 7,
                highest,
                answers,
            });
            log.keep(report(Direction::Downlink, Report { written: None, heard }, fate));
        }
        assert_eq!(log.reported(Direction::Downlink, 7), [1, 2, 2]);
        assert_eq!(log.round_trips_us(Direction::Downlink), [4_000, 4_000]);
        assert!(log.reported(Direction::Downlink, 8).is_empty());
        assert!(log.reported(Direction::Uplink, 7).is_empty());
        let known = |last| {
            let truth = log.stream_until(Direction::Uplink, 7, 48_000, last);
            truth.map(|truth| (truth.packets, truth.lost))
        };
        assert_eq!(known(2).expect("it came"), (3, 1));
        assert_eq!(known(3).expect("it came to the link"), (4, 2));
        assert!(known(4).is_err());
    }

    #[test]
    fn reports_say_when_they_were_written_and_what_was_heard() {
        let mut packet = [0_u8; 52];
        (packet[11], packet[12], packet[19], packet[27]) = (5, 6, 7, 8);
        (packet[31], packet[39], packet[47]) = (9, 10, 11);
        let heard = |ssrc, highest, answers| Some(Heard { ssrc, highest, answers });
        let report = |written, heard| Some(Report { written, heard });
        for (first, kind, expected) in [
            (0x81, 201, report(None, heard(5, 7, 8))),
            (0x81, 200, report(Some(0x0005_0600), heard(9, 10, 11))),
            (0x80, 200, report(Some(0x0005_0600), None)),
            (0x80, 201, report(None, None)),
            (0x81, 202, None),
            (0x01, 201, None),
        ] {
            (packet[0], packet[1]) = (first, kind);
            assert_eq!(Report::read(&packet), expected, "{first} {kind}");
            assert_eq!(Report::read(&packet[..1]), None);
        }
    }

    #[test]
    fn only_rtp_has_a_header() {
        let mut rtp = [0_u8; 12];
        (rtp[0], rtp[3], rtp[7], rtp[11]) = (0x80, 3, 9, 5);
        let expected = Header {
            ssrc: 5,
            sequence: 3,
            timestamp: 9,
        };
        assert_eq!(Header::read(&rtp), Some(expected));
        assert_eq!(Header::read(&rtp[..11]), None);
        for (first, second) in [(0, 1), (22, 254), (0x80, 200), (0x81, 205)] {
            (rtp[0], rtp[1]) = (first, second);
            assert_eq!(Header::read(&rtp), None, "{first} {second}");
        }
    }
}
