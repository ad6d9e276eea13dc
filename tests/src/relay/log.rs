//! What really happened: every packet that came, what it was, and its fate.
//!
//! SRTP leaves the header of RTP in the clear, so the log knows the streams of a meeting without its keys, and what a receiver
//! should have measured of each is computed from it. The times are those at which packets left, and not those at which they should
//! have: a machine that is busy makes the network worse, and not the log wrong.

use anyhow::{Result, ensure};

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
            timestamp: word(4),
            ssrc: word(8),
        })
    }
}

/// A packet that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    /// Which way it went.
    pub(super) direction: Direction,
    /// `None` if it is not RTP.
    pub(super) header: Option<Header>,
    /// When it came.
    pub(super) came_us: u64,
    /// What became of it.
    pub(super) fate: Fate,
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
            header: Some(Header { ssrc, timestamp }),
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
    fn only_rtp_has_a_header() {
        let mut rtp = [0_u8; 12];
        (rtp[0], rtp[7], rtp[11]) = (0x80, 9, 5);
        assert_eq!(Header::read(&rtp), Some(Header { ssrc: 5, timestamp: 9 }));
        assert_eq!(Header::read(&rtp[..11]), None);
        for (first, second) in [(0, 1), (22, 254), (0x80, 200), (0x81, 205)] {
            (rtp[0], rtp[1]) = (first, second);
            assert_eq!(Header::read(&rtp), None, "{first} {second}");
        }
    }
}
