//! RTCP (RFC 3550 §6): what two ends of a line tell each other of how its sound arrives.
//!
//! A report is read from whoever sends to a port, so as little of it is read as is used: when its sender says that it is, what it says
//! of one stream, and whether it leaves. Of a datagram that is malformed anywhere nothing counts, as the standard has it (§A.2). What is
//! written is the least that may be sent: a report, the name of its sender, and a goodbye at the end. Nothing here has a clock.

/// What a datagram may carry.
mod kind {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const DESCRIPTION: u8 = 202;
    pub(super) const GOODBYE: u8 = 203;
}

const VERSION: u8 = 2;
const WORD_BYTES: usize = 4;
/// A head: version, count and kind, and the length.
const HEAD_BYTES: usize = 4;
const SOURCE_BYTES: usize = 4;
/// When and how much a sender has sent.
const SENT_BYTES: usize = 20;
const BLOCK_BYTES: usize = 24;
/// The item of a description that names its sender for good.
const CNAME: u8 = 1;
/// Seconds from the begin of NTP's era to that of Unix.
const ERA_S: i64 = 2_208_988_800;

/// What a receiver says of a stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Of which source.
    pub ssrc: u32,
    /// What was lost of it since the last report, in 256ths.
    pub fraction_lost: u8,
    /// What was lost of it in all. It is less than nothing where packets came twice.
    pub lost: i32,
    /// The highest number that came, and how often the numbers began anew before.
    pub highest: u32,
    /// The jitter, in the clock of the codec.
    pub jitter: u32,
    /// By when the newest report came that the source has sent: the middle of its time. 0: none has come.
    pub last_report: u32,
    /// How long ago that was, in 65,536ths of a second.
    pub since_last_report: u32,
}

/// What a sender says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When it says so, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// The same in the clock of the codec.
    pub timestamp: u32,
    /// Packets so far.
    pub packets: u32,
    /// Bytes of their payloads.
    pub bytes: u32,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling<'a> {
    /// Who tells it.
    pub ssrc: u32,
    /// The name of whoever tells it, which is the same for as long as they are there.
    pub name: &'a str,
    /// What it has sent, if it has sent anything since it told something last.
    pub sent: Option<Sent>,
    /// What it has heard.
    pub heard: Option<Block>,
    /// It is gone after this.
    pub leaves: bool,
}

/// What a line takes from what it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The source that has sent something, and the middle of the time at which it says so.
    pub sent: Option<(u32, u32)>,
    /// What it has heard of the stream that was asked about.
    pub heard: Option<Block>,
    /// It is gone.
    pub leaves: bool,
}

/// Whether a datagram is of this kind, where sound comes to the same port (RFC 5761 §4).
pub fn is_report(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

/// The middle of a time, as reports name it: 65,536ths of a second (RFC 3550 §4).
pub fn middle(at_us: i64) -> u32 {
    let (seconds, fraction) = ntp(at_us);
    seconds << 16 | fraction >> 16
}

/// Seconds since 1900, of which there are no more than so many, and the fraction of one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "NTP's seconds begin anew, and a fraction is below one"
)]
fn ntp(at_us: i64) -> (u32, u32) {
    let seconds = at_us.div_euclid(1_000_000).wrapping_add(ERA_S) as u32;
    let fraction = ((at_us.rem_euclid(1_000_000) as u64) << 32) / 1_000_000;
    (seconds, fraction as u32)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

impl Told {
    /// Reads a datagram, of which what it says of the source `about` is of interest. `None` is one that is none, or malformed.
    pub fn read(datagram: &[u8], about: u32) -> Option<Told> {
        let mut told = Told::default();
        let mut rest = datagram;
        let mut is_first = true;
        while !rest.is_empty() {
            let [first, kind, high, low] = *rest.first_chunk::<HEAD_BYTES>()?;
            let length = HEAD_BYTES + WORD_BYTES * usize::from(u16::from_be_bytes([high, low]));
            let (packet, after) = rest.split_at_checked(length)?;
            let is_report = matches!(kind, kind::SENDER_REPORT | kind::RECEIVER_REPORT);
            let has_padding = first & 0x20 != 0;
            // A datagram begins with a report, and only its end is padded.
            if first >> 6 != VERSION || is_first && !is_report || has_padding && !after.is_empty() {
                return None;
            }
            let body = &packet[HEAD_BYTES..];
            let count = usize::from(first & 0x1f);
            match kind {
                kind::SENDER_REPORT => {
                    told.sent = Some((word(body, 0)?, word(body, SOURCE_BYTES + 2)?));
                    told.take_blocks(body.get(SOURCE_BYTES + SENT_BYTES..)?, count, about)?;
                }
                kind::RECEIVER_REPORT => told.take_blocks(body.get(SOURCE_BYTES..)?, count, about)?,
                kind::GOODBYE => told.leaves = true,
                _ => {}
            }
            (rest, is_first) = (after, false);
        }
        (!is_first).then_some(told)
    }

    fn take_blocks(&mut self, blocks: &[u8], count: usize, about: u32) -> Option<()> {
        let blocks = blocks.get(..BLOCK_BYTES * count)?;
        for bytes in blocks.chunks_exact(BLOCK_BYTES) {
            let block = Block::read(bytes)?;
            if block.ssrc == about {
                self.heard = Some(block);
            }
        }
        Some(())
    }
}

impl Block {
    fn read(bytes: &[u8]) -> Option<Block> {
        let losses = word(bytes, 4)?;
        Some(Block {
            ssrc: word(bytes, 0)?,
            fraction_lost: losses.to_be_bytes()[0],
            // The lower 24 bits, with their sign.
            lost: (losses << 8).cast_signed() >> 8,
            highest: word(bytes, 8)?,
            jitter: word(bytes, 12)?,
            last_report: word(bytes, 16)?,
            since_last_report: word(bytes, 20)?,
        })
    }

    fn write(&self, datagram: &mut Vec<u8>) {
        let [_, lost @ ..] = self.lost.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
        datagram.extend(self.ssrc.to_be_bytes());
        datagram.push(self.fraction_lost);
        datagram.extend(lost);
        for word in [self.highest, self.jitter, self.last_report, self.since_last_report] {
            datagram.extend(word.to_be_bytes());
        }
    }
}

impl Telling<'_> {
    /// Writes it over what is in `datagram`.
    pub fn write(&self, datagram: &mut Vec<u8>) {
        datagram.clear();
        let kind = match self.sent {
            Some(_) => kind::SENDER_REPORT,
            None => kind::RECEIVER_REPORT,
        };
        packet(datagram, u8::from(self.heard.is_some()), kind, |body| {
            body.extend(self.ssrc.to_be_bytes());
            if let Some(sent) = self.sent {
                let (seconds, fraction) = ntp(sent.at_us);
                for word in [seconds, fraction, sent.timestamp, sent.packets, sent.bytes] {
                    body.extend(word.to_be_bytes());
                }
            }
            if let Some(block) = self.heard {
                block.write(body);
            }
        });
        packet(datagram, 1, kind::DESCRIPTION, |body| {
            body.extend(self.ssrc.to_be_bytes());
            let name = self.name.as_bytes();
            let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
            body.extend([CNAME, length]);
            body.extend(&name[..usize::from(length)]);
            // The list of items ends with a zero at least, and with a word.
            body.push(0);
        });
        if self.leaves {
            packet(datagram, 1, kind::GOODBYE, |body| body.extend(self.ssrc.to_be_bytes()));
        }
    }
}

/// Writes a packet behind those that are there, padded with zeros to a whole word.
fn packet(datagram: &mut Vec<u8>, count: u8, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = datagram.len();
    datagram.extend([VERSION << 6 | count, kind, 0, 0]);
    body(datagram);
    let length = (datagram.len() - begin).next_multiple_of(WORD_BYTES);
    datagram.resize(begin + length, 0);
    let words = u16::try_from(length / WORD_BYTES - 1).expect("a name and a block are short");
    datagram[begin + 2..begin + HEAD_BYTES].copy_from_slice(&words.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OURS: u32 = 7;

    /// A report of a receiver that heard source 7 and another one: of RFC 3550's own making, byte by byte.
    const HEARD: &[u8] = &[
        0x82, 201, 0, 13, 0, 0, 0, 9, // who tells it
        0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // of another one
        0, 0, 0, 7, 0x40, 0xff, 0xff, 0xfe, 0, 1, 0, 5, 0, 0, 0, 80, 0x12, 0x34, 0x56, 0x78, 0, 1, 0, 0,
    ];

    #[test]
    fn what_a_receiver_says_of_us() {
        let block = Block {
            ssrc: 7,
            fraction_lost: 0x40,
            lost: -2,
            highest: 0x1_0005,
            jitter: 80,
            last_report: 0x1234_5678,
            since_last_report: 0x1_0000,
        };
        let told = Told::read(HEARD, OURS).expect("a report");
        assert_eq!(told.heard, Some(block));
        assert_eq!((told.sent, told.leaves), (None, false));
        assert_eq!(Told::read(HEARD, 1).expect("a report").heard, None);
    }

    #[test]
    fn what_is_malformed_counts_for_nothing() {
        let check = |datagram: &[u8], is_read: bool| {
            assert_eq!(Told::read(datagram, OURS).is_some(), is_read, "{datagram:x?}");
        };
        let empty = [0x80, 201, 0, 1, 0, 0, 0, 9];
        let with = |more: &[u8]| [empty.as_slice(), more].concat();
        check(&empty, true);
        check(&[], false);
        check(&empty[..7], false);
        check(&[0x40, 201, 0, 1, 0, 0, 0, 9], false);
        // More blocks than there are, and a sender that does not say what it has sent.
        check(&[0x81, 201, 0, 1, 0, 0, 0, 9], false);
        check(&[0x80, 200, 0, 1, 0, 0, 0, 9], false);
        // It begins with a description, or a goodbye.
        check(&[0x81, 202, 0, 1, 0, 0, 0, 9], false);
        check(&[0x81, 203, 0, 1, 0, 0, 0, 9], false);
        check(&with(&[0x81, 203, 0, 1, 0, 0, 0, 9]), true);
        check(&with(&[0x81, 203, 0, 2, 0, 0, 0, 9]), false);
        // A kind that nobody knows is gone over, and padding is at the end alone.
        check(&with(&[0x80, 210, 0, 0]), true);
        check(&with(&[0xa0, 210, 0, 1, 0, 0, 0, 4]), true);
        check(
            &[[0xa0, 201, 0, 1, 0, 0, 0, 9].as_slice(), &[0x80, 210, 0, 0]].concat(),
            false,
        );
    }

    #[test]
    fn times_are_those_of_ntp() {
        let check = |at_us: i64, expected: u32| assert_eq!(middle(at_us), expected, "{at_us}");
        // RFC 868 has 2,208,988,800 for the begin of 1970, whose lower half is 0x7e80.
        check(0, 0x7e80_0000);
        check(1_500_000, 0x7e81_8000);
        check(-250_000, 0x7e7f_c000);
        // The seconds begin anew in 2036.
        check((0x1_0000_0000 - ERA_S) * 1_000_000, 0);
    }

    fn block() -> impl Strategy<Value = Block> {
        (any::<[u32; 5]>(), any::<u8>(), -0x80_0000..0x80_0000_i32).prop_map(|(words, fraction_lost, lost)| Block {
            ssrc: words[0],
            fraction_lost,
            lost,
            highest: words[1],
            jitter: words[2],
            last_report: words[3],
            since_last_report: words[4],
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            ssrc in any::<u32>(), name in "[a-z0-9@.]{0,40}", at_us in 0..4_000_000_000_000_000_i64,
            has_sent in any::<bool>(), heard in prop::option::of(block()), leaves in any::<bool>(),
        ) {
            let sent = has_sent.then_some(Sent { at_us, timestamp: 1, packets: 2, bytes: 3 });
            let telling = Telling { ssrc, name: &name, sent, heard, leaves };
            let mut datagram = vec![1, 2, 3];
            telling.write(&mut datagram);
            prop_assert!(is_report(&datagram));
            let told = Told::read(&datagram, heard.map_or(0, |block| block.ssrc)).expect("ours");
            prop_assert_eq!(told, Told { sent: sent.map(|_| (ssrc, middle(at_us))), heard, leaves });
        }

        #[test]
        fn no_bytes_are_a_panic(datagram in prop::collection::vec(any::<u8>(), 0..128), kind in 199..205_u8) {
            let mut datagram = datagram;
            if let [first, second, ..] = datagram.as_mut_slice() {
                (*first, *second) = (*first & 0x3f | 0x80, kind);
            }
            let _ = Told::read(&datagram, 7);
        }
    }
}
