//! How well the sound of a line flows, both ways: measured as meetings are, and told to the telephone as it tells us.
//!
//! What comes is counted packet by packet, what goes by the reports of the telephone; the formulas are those of `quality`, and nothing is
//! counted here but what a report of ours has to say of the whole of a stream (RFC 3550 §A.3). A report goes out every five seconds on
//! average, at times that chance spreads (§6.3.1), so that lines which began together do not report together. Time is an argument.

use std::{collections::BTreeMap, sync::Arc};

use audio::g711::Law;
use quality::{Arrival, Content, Direction, Kind, Receiving, Report, Sending, Stream, Totals, Transport};

use super::{
    plan::Codec,
    rtcp::{self, Block, Sent, Telling, Told},
    rtp::Packet,
};
use crate::limits;

const SECOND_US: i64 = 1_000_000;
const WINDOW_SECONDS: u32 = 5;
const REPORT_EVERY_US: i64 = 5_000_000;

/// What was measured of each stream of a line so far.
pub type Measured = Vec<(Stream, Totals)>;

/// What is measured of one line.
pub(super) struct Measuring {
    /// Under which name it is told, if anybody wants to know.
    name: Option<Arc<str>>,
    ssrc: u32,
    cname: String,
    heard: Option<Heard>,
    said: Option<Said>,
    transport: Transport,
    totals: BTreeMap<Stream, Totals>,
    second_us: i64,
    seconds: u32,
    report_us: i64,
    chance: u32,
}

/// A stream that comes.
struct Heard {
    ssrc: u32,
    /// Of its last packet.
    codec: Codec,
    receiving: Receiving,
    receipt: Receipt,
    /// When its sender said last that it was, by its own clock, and when that came.
    report: Option<(u32, i64)>,
}

/// The stream that goes.
struct Said {
    sending: Sending,
    /// Of its last packet.
    codec: Codec,
    highest: u64,
    packets: u32,
    bytes: u32,
    /// Something was sent since the last report.
    is_news: bool,
}

/// What a report says of a whole stream (RFC 3550 §A.3).
struct Receipt {
    first: u64,
    highest: u64,
    came: u64,
    /// How many had been expected, and how many had come, at the last report.
    before: (u64, u64),
    /// Something came since.
    is_news: bool,
}

/// The number of a packet, counted on for ever: near one that is known.
fn counted_on(near: u64, sequence: u16) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the number is the lower half")]
    let ahead = sequence.wrapping_sub(near as u16).cast_signed();
    near.saturating_add_signed(ahead.into())
}

/// Numbers begin behind the first turn, so that what was before the first has a place too.
fn first_number(sequence: u16) -> u64 {
    0x1_0000 + u64::from(sequence)
}

fn stream(ssrc: u32, direction: Direction) -> Stream {
    Stream {
        ssrc,
        direction,
        kind: Kind::Audio,
    }
}

fn content(codec: Codec) -> Content {
    Content {
        codec: match codec {
            Codec::G711(Law::Mu) => quality::Codec::Pcmu,
            Codec::G711(Law::A) => quality::Codec::Pcma,
            Codec::Opus => quality::Codec::Opus,
        },
        ends_picture: false,
        starts_keyframe: false,
        picture: None,
        is_redundant: false,
        level: None,
    }
}

impl Receipt {
    fn new(number: u64) -> Receipt {
        Receipt {
            first: number,
            highest: number,
            came: 0,
            before: (0, 0),
            is_news: false,
        }
    }

    fn came(&mut self, sequence: u16) -> u64 {
        let number = counted_on(self.highest, sequence);
        if number.abs_diff(self.highest) > limits::DROPOUT {
            *self = Receipt::new(number);
        }
        self.first = self.first.min(number);
        self.highest = self.highest.max(number);
        self.came += 1;
        self.is_news = true;
        number
    }

    /// What was lost since the last report, in 256ths, and in all.
    fn losses(&mut self) -> (u8, i32) {
        let now = (self.highest - self.first + 1, self.came);
        let before = std::mem::replace(&mut self.before, now);
        self.is_news = false;
        let lost = |expected: u64, came: u64| i64::try_from(expected).unwrap_or(0) - i64::try_from(came).unwrap_or(0);
        let expected = now.0.saturating_sub(before.0);
        let recently = lost(expected, now.1 - before.1).max(0).unsigned_abs();
        let fraction = (recently << 8).checked_div(expected).unwrap_or(0);
        let in_all = lost(now.0, now.1);
        (
            u8::try_from(fraction).unwrap_or(u8::MAX),
            i32::try_from(in_all).unwrap_or(i32::MAX),
        )
    }
}

impl Heard {
    fn block(&mut self, now_us: i64) -> Block {
        let (fraction_lost, lost) = self.receipt.losses();
        let jitter = self.receiving.jitter_us() * u64::from(self.codec.clock_hz()) / 1_000_000;
        let (last_report, at_us) = self.report.unwrap_or((0, now_us));
        let since = u64::try_from(now_us - at_us).unwrap_or(0) * 65_536 / 1_000_000;
        // Turns are counted from the first number on, and the first turn is ours.
        let highest = self.receipt.highest.saturating_sub(0x1_0000);
        Block {
            ssrc: self.ssrc,
            fraction_lost,
            lost,
            highest: u32::try_from(highest).unwrap_or(u32::MAX),
            jitter: u32::try_from(jitter).unwrap_or(u32::MAX),
            last_report,
            since_last_report: u32::try_from(since).unwrap_or(u32::MAX),
        }
    }
}

impl Measuring {
    pub(super) fn new(ssrc: u32, now_us: i64) -> Measuring {
        let mut measuring = Measuring {
            name: None,
            ssrc,
            // Of this line alone, as RFC 7022 §4.2 asks, and nobody's name or address.
            cname: format!("{ssrc:08x}"),
            heard: None,
            said: None,
            transport: Transport::default(),
            totals: BTreeMap::new(),
            second_us: now_us + SECOND_US,
            seconds: 0,
            report_us: now_us,
            chance: ssrc | 1,
        };
        // The first comes after half the time (RFC 3550 §6.2), so that short calls are told of as well.
        measuring.report_us = now_us + measuring.interval_us() / 2;
        measuring
    }

    /// Whoever wants to know hears of it under this name.
    pub(super) fn name(&mut self, name: Arc<str>) {
        self.name = Some(name);
    }

    /// From half to one and a half times as long as it is on average.
    fn interval_us(&mut self) -> i64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 17;
        self.chance ^= self.chance << 5;
        REPORT_EVERY_US / 2 + i64::from(self.chance) * REPORT_EVERY_US / i64::from(u32::MAX)
    }

    /// A packet came from the telephone, whatever is in it.
    pub(super) fn arrived(&mut self, packet: &Packet<'_>, codec: Codec, now_us: i64) {
        if self.heard.as_ref().is_none_or(|heard| heard.ssrc != packet.ssrc) {
            self.settle_heard(now_us);
            let stream = stream(packet.ssrc, Direction::Uplink);
            if self.totals.len() >= limits::MEASURED_STREAMS_MAX && !self.totals.contains_key(&stream) {
                return;
            }
            self.heard = Some(Heard {
                ssrc: packet.ssrc,
                codec,
                receiving: Receiving::new(now_us),
                receipt: Receipt::new(first_number(packet.sequence)),
                report: None,
            });
        }
        let Some(heard) = &mut self.heard else { return };
        heard.codec = codec;
        let arrival = Arrival {
            sequence: heard.receipt.came(packet.sequence),
            timestamp: packet.timestamp,
            bytes: packet.payload.len(),
            is_resent: false,
            content: &content(codec),
            is_forwarded: true,
        };
        heard.receiving.arrived(&arrival, now_us);
    }

    /// A packet goes to the telephone.
    pub(super) fn sent(&mut self, sequence: u16, bytes: usize, codec: Codec, now_us: i64) {
        let said = self.said.get_or_insert_with(|| Said {
            sending: Sending::new(first_number(sequence), now_us),
            codec,
            highest: first_number(sequence),
            packets: 0,
            bytes: 0,
            is_news: false,
        });
        said.codec = codec;
        said.highest = counted_on(said.highest, sequence);
        said.packets = said.packets.wrapping_add(1);
        said.bytes = said.bytes.wrapping_add(u32::try_from(bytes).unwrap_or(0));
        said.is_news = true;
        said.sending.sent(said.highest, bytes, &content(codec), now_us);
    }

    /// The telephone told something of how it hears, or is heard.
    pub(super) fn told(&mut self, told: &Told, now_us: i64) {
        if let Some((ssrc, at)) = told.sent
            && let Some(heard) = self.heard.as_mut().filter(|heard| heard.ssrc == ssrc)
        {
            heard.report = Some((at, now_us));
        }
        let Some((block, said)) = told.heard.zip(self.said.as_mut()) else {
            return;
        };
        if let Some(round_trip_us) = round_trip_us(&block, now_us) {
            self.transport.round_trip(round_trip_us);
        }
        let [.., high, low] = block.highest.to_be_bytes();
        said.sending.reported(&Report {
            highest: counted_on(said.highest, u16::from_be_bytes([high, low])),
            lost: u64::try_from(block.lost).unwrap_or(0),
            jitter_us: u64::from(block.jitter) * 1_000_000 / u64::from(said.codec.clock_hz()),
        });
    }

    /// What was measured so far, if that is more than it was and somebody wants to know.
    pub(super) fn beat(&mut self, now_us: i64) -> Option<(Arc<str>, Measured)> {
        if now_us < self.second_us {
            return None;
        }
        self.second_us = now_us + SECOND_US;
        self.seconds += 1;
        if let Some(heard) = &mut self.heard {
            heard.receiving.second(now_us);
        }
        if let Some(said) = &mut self.said {
            said.sending.second(now_us);
        }
        if self.seconds < WINDOW_SECONDS {
            return None;
        }
        self.seconds = 0;
        let heard = self
            .heard
            .as_mut()
            .and_then(|heard| Some((heard.ssrc, heard.receiving.take(now_us, &self.transport)?)));
        if let Some((ssrc, window)) = heard {
            self.totals
                .entry(stream(ssrc, Direction::Uplink))
                .or_default()
                .add(&window);
        }
        self.settle_said(now_us);
        self.measured()
    }

    /// The line is gone: what was measured of it in all.
    pub(super) fn end(&mut self, now_us: i64) -> Option<(Arc<str>, Measured)> {
        self.settle_heard(now_us);
        self.settle_said(now_us);
        self.measured()
    }

    /// Writes a report if one is due, or if the line is gone with it.
    pub(super) fn report(&mut self, timestamp: u32, now_us: i64, leaves: bool, datagram: &mut Vec<u8>) -> bool {
        if now_us < self.report_us && !leaves {
            return false;
        }
        self.report_us = now_us + self.interval_us();
        let said = self.said.as_mut();
        let sent = said.filter(|said| said.is_news).map(|said| {
            said.is_news = false;
            Sent {
                at_us: now_us,
                timestamp,
                packets: said.packets,
                bytes: said.bytes,
            }
        });
        let heard = self.heard.as_mut().filter(|heard| heard.receipt.is_news);
        let telling = Telling {
            ssrc: self.ssrc,
            name: &self.cname,
            sent,
            heard: heard.map(|heard| heard.block(now_us)),
            leaves,
        };
        telling.write(datagram);
        true
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Nothing more comes of the stream that came so far.
    fn settle_heard(&mut self, now_us: i64) {
        let Some(mut heard) = self.heard.take() else { return };
        if let Some(window) = heard.receiving.close(now_us, &self.transport) {
            self.totals
                .entry(stream(heard.ssrc, Direction::Uplink))
                .or_default()
                .add(&window);
        }
    }

    /// The window of the stream that goes is over, and with it what was measured of the way.
    fn settle_said(&mut self, now_us: i64) {
        let transport = std::mem::take(&mut self.transport);
        let said = self.said.as_mut();
        if let Some(window) = said.and_then(|said| said.sending.take(now_us, &transport)) {
            let stream = stream(self.ssrc, Direction::Downlink);
            self.totals.entry(stream).or_default().add(&window);
        }
    }

    fn measured(&self) -> Option<(Arc<str>, Measured)> {
        let measured = self.totals.iter().map(|(stream, totals)| (*stream, *totals));
        Some((self.name.clone()?, measured.collect()))
    }
}

/// How long a report of ours and its answer were under way (RFC 3550 §6.4.1). What is no time is none; but a telephone that says by a
/// little that it waited for longer than there was counts by a coarse clock, and is near.
fn round_trip_us(block: &Block, now_us: i64) -> Option<u64> {
    if block.last_report == 0 {
        return None;
    }
    let between = rtcp::middle(now_us).wrapping_sub(block.last_report);
    let waited = block.since_last_report;
    let is_rounded = waited.saturating_sub(between) <= limits::WAITED_ROUNDED_BY;
    let round_trip = between.checked_sub(waited).or(is_rounded.then_some(0))?;
    let round_trip_us = u64::from(round_trip) * 1_000_000 / 65_536;
    (round_trip_us <= limits::ROUND_TRIP_US_MAX).then_some(round_trip_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MU: Codec = Codec::G711(Law::Mu);

    const FRAME_US: i64 = 20_000;

    /// Two lines, and a way between them that loses and delays.
    struct World {
        ends: [Measuring; 2],
        /// Of each end: what is under way to it, by when it comes.
        under_way: [Vec<(i64, Vec<u8>, bool)>; 2],
        frames: u32,
    }

    impl World {
        fn new() -> World {
            World {
                ends: [11, 22].map(|ssrc| Measuring::new(ssrc, 0)),
                under_way: [vec![], vec![]],
                frames: 0,
            }
        }

        fn now_us(&self) -> i64 {
            i64::from(self.frames) * FRAME_US
        }

        /// So many beats, in which the packets of the first end are lost if `is_lost` says so of their number, and everything takes so long.
        fn beats(&mut self, count: u32, way_us: i64, is_lost: impl Fn(u32) -> bool) {
            for _ in 0..count {
                self.frames += 1;
                let (now_us, frames) = (self.now_us(), self.frames);
                for end in 0..2 {
                    let measuring = &mut self.ends[end];
                    let mut datagram = vec![];
                    let sequence = u16::try_from((65_000 + frames) % 65_536).expect("below");
                    let packet = Packet {
                        marker: false,
                        payload_type: 0,
                        sequence,
                        timestamp: frames * 160,
                        ssrc: measuring.ssrc(),
                        payload: &[0; 160],
                    };
                    packet.write(&mut datagram);
                    measuring.sent(sequence, 160, MU, now_us);
                    if end == 1 || !is_lost(frames) {
                        self.under_way[1 - end].push((now_us + way_us, datagram, false));
                    }
                    let mut report = vec![];
                    if measuring.report(frames * 160, now_us, false, &mut report) {
                        self.under_way[1 - end].push((now_us + way_us, report, true));
                    }
                }
                for end in 0..2 {
                    let measuring = &mut self.ends[end];
                    for (_, datagram, is_report) in self.under_way[end].extract_if(.., |(at_us, ..)| *at_us <= now_us) {
                        if is_report {
                            let told = Told::read(&datagram, measuring.ssrc()).expect("a report");
                            measuring.told(&told, now_us);
                        } else {
                            measuring.arrived(&Packet::read(&datagram).expect("a packet"), MU, now_us);
                        }
                    }
                    measuring.beat(now_us);
                }
            }
        }

        /// What an end has measured of a stream.
        fn totals(&mut self, end: usize, direction: Direction) -> Totals {
            let now_us = self.now_us();
            self.ends[end].name("a call".into());
            let (name, measured) = self.ends[end].end(now_us).expect("it has a name");
            assert_eq!(&*name, "a call");
            let mut streams = measured.iter().filter(|(stream, _)| stream.direction == direction);
            let (_, totals) = streams.next().expect("a stream");
            assert!(streams.next().is_none(), "one stream in a direction");
            *totals
        }
    }

    #[test]
    fn each_end_measures_what_the_other_loses() {
        let mut world = World::new();
        // Past the end of the numbers, and every tenth is lost on its way from the first end to the second.
        world.beats(3_000, 40_000, |number| number.is_multiple_of(10));
        let (there, back) = (world.totals(1, Direction::Uplink), world.totals(0, Direction::Downlink));
        assert_eq!((there.figures.packets, there.figures.lost), (2_699, 299), "{there:?}");
        assert_eq!((there.figures.bursts, there.figures.burst_max), (299, 1));
        assert_eq!(there.figures.codec, Some(quality::Codec::Pcmu));
        let reported = back.figures.loss().expect("it was reported");
        assert!((reported - 0.1).abs() < 0.002, "{reported}");
        for totals in [there, back] {
            let round_trip_us = totals.figures.round_trip_us;
            assert!(round_trip_us.samples > 5, "{round_trip_us:?}");
            assert!(round_trip_us.max.abs_diff(80_000) < 100, "{round_trip_us:?}");
        }
        let untouched = world.totals(0, Direction::Uplink);
        assert_eq!(untouched.figures.lost, 0);
        assert_eq!(untouched.figures.jitter_us.max(), Some(0));
    }

    #[test]
    fn a_report_says_what_was_lost_since_the_last_and_in_all() {
        let mut receipt = Receipt::new(first_number(65_534));
        let mut check = |sequences: &[u16], expected: (u8, i32)| {
            for sequence in sequences {
                receipt.came(*sequence);
            }
            assert_eq!(receipt.losses(), expected, "{sequences:?}");
        };
        check(&[65_534, 65_535, 0, 2], (51, 1));
        check(&[3, 4, 5, 6], (0, 1));
        // What was late, and what comes twice, is taken back.
        check(&[1, 7], (0, 0));
        check(&[7, 7], (0, -2));
        check(&[], (0, -2));
        // A sender that began anew has lost nothing.
        check(&[30_000, 30_002], (85, 1));
    }

    #[test]
    fn what_is_no_round_trip_is_none() {
        let check = |last_report: u32, since_last_report: u32, expected: Option<u64>| {
            let block = Block {
                ssrc: 1,
                fraction_lost: 0,
                lost: 0,
                highest: 0,
                jitter: 0,
                last_report,
                since_last_report,
            };
            assert_eq!(
                round_trip_us(&block, 10_000_000),
                expected,
                "{last_report:x} {since_last_report}"
            );
        };
        let now = rtcp::middle(10_000_000);
        check(now - 65_536, 0, Some(1_000_000));
        check(now - 65_536, 32_768, Some(500_000));
        check(now, 0, Some(0));
        check(0, 0, None);
        check(now - 100, 101, Some(0));
        check(now - 100, 100 + limits::WAITED_ROUNDED_BY, Some(0));
        check(now - 100, 101 + limits::WAITED_ROUNDED_BY, None);
        check(now.wrapping_add(5), 0, None);
        check(now - 61 * 65_536, 0, None);
    }

    #[test]
    fn a_telephone_that_begins_anew_is_a_stream_more_and_only_so_many() {
        let mut measuring = Measuring::new(1, 0);
        measuring.name("a call".into());
        for ssrc in 0..100 {
            let packet = Packet {
                marker: false,
                payload_type: 0,
                sequence: 1,
                timestamp: 0,
                ssrc,
                payload: &[0; 160],
            };
            measuring.arrived(&packet, Codec::G711(Law::A), 0);
        }
        let (_, measured) = measuring.end(1).expect("it has a name");
        assert_eq!(measured.len(), limits::MEASURED_STREAMS_MAX);
    }

    #[test]
    fn reports_come_every_five_seconds_on_average() {
        let mut measuring = Measuring::new(0x1234_5678, 0);
        let (mut count, mut datagram) = (0, vec![]);
        for frame in 0..50_000 {
            count += u32::from(measuring.report(0, frame * FRAME_US, false, &mut datagram));
        }
        assert!((180..=220).contains(&count), "{count} in a thousand seconds");
    }
}
