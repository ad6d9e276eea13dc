//! Reports of media that leaves beside the WebRTC stack, as bytes (RFC 3550 §6.4, RFC 4585 §6.2.1).
//!
//! The stack says when a sender reports, seals it and numbers it, but knows nothing of packets that it has not sent. So a report on its way to the
//! cipher is set right here: the time on the line, and how many packets there were. What receivers say of such a line the stack reads and
//! forgets; it is read here once more. All of this is of the client's own making, and what makes no sense is left alone.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use quality::Report;

use crate::core::{arrivals::Arrivals, measuring::Told};

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const TRANSPORT_FEEDBACK: u8 = 205;
const NACK: u8 = 1;
const ARRIVALS: u8 = 15;
/// Source, and what its sender says of itself.
const SENDER_BYTES: usize = 24;
const BLOCK_BYTES: usize = 24;
/// Reports that an answer may be about: one each second, and round trips are shorter than this many.
const REPORTS_KEPT: usize = 4;

/// What was sent on a line.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// The name of its stream.
    pub ssrc: u32,
    /// By which its times count.
    pub clock_rate_hz: u32,
    /// A time on the line, and when that was; nothing if nothing was sent.
    pub clock: Option<(u32, Instant)>,
    /// How many packets have left.
    pub packets: u64,
    /// And how many bytes of payload.
    pub bytes: u64,
    /// What its receiver has reported last.
    pub told: Option<Told>,
}

/// What is reported of the lines of a session.
#[derive(Debug)]
pub struct Reporting {
    /// The lines.
    pub lines: Vec<Sent>,
    /// The time of what is read or set right next.
    pub now: Instant,
    /// The middle of the time that was reported, by which answers name a report, and when that was.
    reported: VecDeque<(u32, Instant)>,
}

/// One packet of a compound; its body begins with the source of whoever sent it.
struct Packet<'a> {
    count: u8,
    kind: u8,
    body: &'a [u8],
}

/// Asks for a packet of a source once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The source.
    pub ssrc: u32,
    /// The lower half of its number.
    pub sequence: u16,
}

impl Reporting {
    /// Of lines of which nothing was reported yet.
    pub fn new(lines: Vec<Sent>, now: Instant) -> Reporting {
        Reporting {
            lines,
            now,
            reported: VecDeque::new(),
        }
    }

    /// Sets reports of senders right in a compound that is about to be sealed. False: there is nothing of these lines in it.
    pub fn correct(&mut self, compound: &mut [u8]) -> bool {
        let mut rest = compound;
        let mut has_corrected = false;
        while let Some(length) = length(rest) {
            let (packet, next) = rest.split_at_mut(length);
            rest = next;
            if packet[1] != SENDER_REPORT || packet.len() < 4 + SENDER_BYTES {
                continue;
            }
            let ssrc = word(packet, 4);
            let Some((sent, (timestamp, at))) = self.lines.iter().find_map(|sent| {
                let clock = sent.clock.filter(|_| sent.ssrc == ssrc);
                Some((sent, clock?))
            }) else {
                continue;
            };
            has_corrected = true;
            let middle = word(packet, 8) << 16 | word(packet, 12) >> 16;
            if self.reported.back().is_none_or(|(last, _)| *last != middle) {
                if self.reported.len() == REPORTS_KEPT {
                    self.reported.pop_front();
                }
                self.reported.push_back((middle, self.now));
            }
            let timestamp = timestamp.wrapping_add(ticks(at, self.now, sent.clock_rate_hz));
            packet[16..20].copy_from_slice(&timestamp.to_be_bytes());
            // Both counts have 32 bits on the wire, and wrap.
            packet[20..24].copy_from_slice(&sent.packets.to_be_bytes()[4..]);
            packet[24..28].copy_from_slice(&sent.bytes.to_be_bytes()[4..]);
        }
        has_corrected
    }

    /// Reads what a client says of these lines, and names what it misses. Gives the largest share that was lost of a line, if it says so.
    pub fn read(&mut self, compound: &[u8], mut missing: impl FnMut(Missing)) -> Option<f32> {
        let mut lost: Option<u8> = None;
        for packet in packets(compound) {
            let blocks = match packet.kind {
                SENDER_REPORT => packet.body.get(SENDER_BYTES..),
                RECEIVER_REPORT => packet.body.get(4..),
                TRANSPORT_FEEDBACK if packet.count == NACK => {
                    if let Some((head, entries)) = packet.body.split_at_checked(8) {
                        nacked(word(head, 4), entries, &mut missing);
                    }
                    None
                }
                _ => None,
            };
            let blocks = blocks.into_iter().flat_map(|blocks| blocks.chunks_exact(BLOCK_BYTES));
            for block in blocks.take(usize::from(packet.count)) {
                lost = lost.max(self.told(block));
            }
        }
        lost.map(|lost| f32::from(lost) / 256.0)
    }

    /// Notes what is said of a line, and gives how much of it was lost since this was said last, in 256ths; nothing if nothing has come since.
    fn told(&mut self, block: &[u8]) -> Option<u8> {
        let round_trip_us = self.round_trip_us(word(block, 16), word(block, 20));
        let sent = self.lines.iter_mut().find(|sent| sent.ssrc == word(block, 0))?;
        // Signed, and negative if more came than were expected.
        let lost = (word(block, 4) << 8).cast_signed() >> 8;
        let highest = u64::from(word(block, 8));
        let is_more = sent.told.is_none_or(|before| before.report.highest != highest);
        sent.told = Some(Told {
            report: Report {
                highest,
                lost: u64::try_from(lost).unwrap_or_default(),
                jitter_us: u64::from(word(block, 12)) * 1_000_000 / u64::from(sent.clock_rate_hz),
            },
            round_trip_us,
        });
        is_more.then_some(block[4])
    }

    /// From a report of ours to an answer that came just now, less what the client waited (in 65,536ths of a second).
    fn round_trip_us(&self, report: u32, waited: u32) -> Option<u64> {
        let (_, at) = self.reported.iter().find(|(middle, _)| *middle == report)?;
        let waited_us = u64::from(waited) * 1_000_000 / 65_536;
        let since_us = microseconds(self.now.saturating_duration_since(*at));
        Some(since_us.saturating_sub(waited_us))
    }
}

pub(crate) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Ticks of a line's clock from one time to another, as its 32 bits have them.
fn ticks(from: Instant, to: Instant, clock_rate_hz: u32) -> u32 {
    let ticks = |from: Instant, to: Instant| {
        let us = microseconds(to.saturating_duration_since(from));
        let ticks = us.saturating_mul(u64::from(clock_rate_hz)) / 1_000_000;
        u32::try_from(ticks & u64::from(u32::MAX)).expect("masked to 32 bits")
    };
    ticks(from, to).wrapping_sub(ticks(to, from))
}

fn nacked(ssrc: u32, entries: &[u8], missing: &mut impl FnMut(Missing)) {
    for entry in entries.chunks_exact(4) {
        let (first, others) = (half(entry, 0), half(entry, 2));
        missing(Missing { ssrc, sequence: first });
        for bit in (0..16).filter(|bit| others & (1 << bit) != 0) {
            missing(Missing {
                ssrc,
                sequence: first.wrapping_add(bit + 1),
            });
        }
    }
}

/// What a client says of packets by their transport-wide numbers.
pub fn arrivals(compound: &[u8]) -> impl Iterator<Item = Arrivals<'_>> {
    let told = packets(compound).filter(|packet| (packet.kind, packet.count) == (TRANSPORT_FEEDBACK, ARRIVALS));
    told.filter_map(|packet| Arrivals::parse(packet.body.get(8..)?))
}

/// How long a compound is without what it says at its end of packets by their transport-wide numbers: that is for nobody but [`arrivals`].
pub fn without_arrivals(compound: &[u8]) -> usize {
    let (mut read, mut kept) = (0, 0);
    for packet in packets(compound) {
        read += 4 + packet.body.len();
        if (packet.kind, packet.count) != (TRANSPORT_FEEDBACK, ARRIVALS) {
            kept = read;
        }
    }
    if read == compound.len() { kept } else { compound.len() }
}

fn packets(compound: &[u8]) -> impl Iterator<Item = Packet<'_>> {
    let mut rest = compound;
    std::iter::from_fn(move || {
        let (packet, next) = rest.split_at(length(rest)?);
        rest = next;
        Some(Packet {
            count: packet[0] & 0x1f,
            kind: packet[1],
            body: &packet[4..],
        })
    })
}

/// Of the first packet, if it is whole.
fn length(compound: &[u8]) -> Option<usize> {
    let length = 4 * (usize::from(half(compound.get(..4)?, 2)) + 1);
    (length <= compound.len()).then_some(length)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SSRC: u32 = 7;

    fn reporting(now: Instant) -> Reporting {
        let sent = Sent {
            ssrc: SSRC,
            clock_rate_hz: 90_000,
            clock: Some((1_000, now)),
            packets: 5,
            bytes: 6_000,
            told: None,
        };
        Reporting::new(vec![sent], now)
    }

    fn packet(kind: u8, count: u8, words: &[u32]) -> Vec<u8> {
        let head = [0x80 | count, kind, 0, u8::try_from(words.len()).unwrap()];
        let words = words.iter().flat_map(|word| word.to_be_bytes());
        head.into_iter().chain(words).collect()
    }

    #[test]
    fn what_is_said_of_arrivals_is_left_out_at_the_end() {
        let check = |kinds: &[(u8, u8)], more: &[u8], expected| {
            let packet = |(kind, count): &(u8, u8)| [[0x80 | *count, *kind, 0, 1], SSRC.to_be_bytes()].concat();
            let mut compound: Vec<u8> = kinds.iter().flat_map(packet).collect();
            compound.extend_from_slice(more);
            assert_eq!(without_arrivals(&compound), expected, "{kinds:?} {more:?}");
        };
        let (arrivals, nack, report) = ((205, 15), (205, 1), (201, 0));
        check(&[arrivals], &[], 0);
        check(&[arrivals, arrivals], &[], 0);
        check(&[report, arrivals], &[], 8);
        check(&[report, nack], &[], 16);
        check(&[report, arrivals, nack], &[], 24);
        // What is not whole is the stack's to look at.
        check(&[report, arrivals], &[1, 2], 18);
        check(&[], &[], 0);
    }

    #[test]
    fn a_report_says_what_was_sent_beside_the_stack() {
        let start = Instant::now();
        let mut reporting = reporting(start);
        reporting.now = start + Duration::from_secs(2);
        let report =
            |ssrc, rest: [u32; 3]| packet(SENDER_REPORT, 0, &[&[ssrc, 0x1234, 0x5678_9abc], &rest[..]].concat());
        let named = packet(202, 1, &[SSRC, 0]);
        let mut compound = [report(1, [0; 3]), named.clone(), report(SSRC, [0; 3])].concat();
        assert!(reporting.correct(&mut compound));
        let expected = [report(1, [0; 3]), named, report(SSRC, [181_000, 5, 6_000])].concat();
        assert_eq!(compound, expected);
        assert!(!reporting.correct(&mut report(1, [0; 3])), "somebody else's");

        let lost = 0x00ff_fffe;
        let block = [SSRC, 0x0700_0000 | lost, 70_000, 900, 0x1234_5678, 32_768];
        reporting.now += Duration::from_millis(540);
        let lost_share = reporting.read(&packet(RECEIVER_REPORT, 1, &[&[9], &block[..]].concat()), |_| {});
        assert_eq!(lost_share, Some(7.0 / 256.0));
        let again = [SSRC, 0x0700_0000 | lost, 70_000, 900, 0x1234_5678, 32_768];
        let again = reporting.read(&packet(RECEIVER_REPORT, 1, &[&[9], &again[..]].concat()), |_| {});
        assert_eq!(
            again, None,
            "nothing was sent on it, which is no way that loses nothing"
        );
        let told = reporting.lines[0].told.unwrap();
        assert_eq!(
            (told.report.highest, told.report.lost, told.report.jitter_us),
            (70_000, 0, 10_000)
        );
        assert_eq!(told.round_trip_us, Some(40_000));
    }

    #[test]
    fn what_is_missed_is_named_one_by_one() {
        let mut missing = vec![];
        let nack = packet(TRANSPORT_FEEDBACK, NACK, &[9, SSRC, 0xffff_8001, 0x0005_0000]);
        reporting(Instant::now()).read(&nack, |one| missing.push((one.ssrc, one.sequence)));
        assert_eq!(missing, [(SSRC, 65_535), (SSRC, 0), (SSRC, 15), (SSRC, 5)]);
    }

    proptest! {
        /// Whatever a client sends, and whatever is about to be sealed.
        #[test]
        fn any_bytes_will_do(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 198..208_u8, length in 0..50_u8) {
            let mut compound = bytes;
            if let [_, first_kind, high, low, ..] = &mut compound[..] {
                (*first_kind, *high, *low) = (kind, 0, length);
            }
            let mut reporting = reporting(Instant::now());
            reporting.read(&compound, |_| {});
            reporting.correct(&mut compound);
        }
    }
}
