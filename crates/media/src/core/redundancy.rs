//! Sound that carries what was before it once more (RED, RFC 2198), so that whoever loses a packet finds it in the next one.
//!
//! It is taken apart where it arrives: the newest block is the packet, as if it had come alone, and nothing behind the connection
//! knows of any other. A packet that was lost on its way here and is in a later one is put in its place, so recorders, telephones and those
//! who cannot read redundancy hear it as well. The whole is kept beside it, for those whose own way loses packets: it is twice as
//! large, and of no use to the others.
//!
//! Which packets the older blocks were is not written in them, but the time between them is: senders put the ones in that they sent last, so
//! the block before the newest is the packet before, and so on. A block that is more than a few packets old is not put
//! anywhere.

use std::sync::Arc;

use crate::limits;

/// One packet in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// Of the session that sends it.
    pub payload_type: u8,
    /// How much older it is than the newest, by the clock of the codec.
    pub age: u32,
    /// What would have come alone.
    pub payload: &'a [u8],
}

/// The blocks of a packet, the oldest first, and the newest as the last.
#[derive(Debug, Clone)]
pub struct Blocks<'a> {
    headers: &'a [u8],
    payloads: &'a [u8],
}

/// Four bytes of an older block: a bit, seven of payload type, fourteen of age, ten of length; one of the newest.
const OLDER_HEADER_BYTES: usize = 4;
const IS_OLDER: u8 = 0x80;
/// The bits of the length.
const LENGTH_BITS: u32 = 0x3ff;

impl<'a> Blocks<'a> {
    /// Takes a payload apart; `None` if its lengths are no truth, or there are more than [`limits::REDUNDANT_BLOCKS`].
    pub fn parse(payload: &'a [u8]) -> Option<Blocks<'a>> {
        let (mut rest, mut older, mut bytes) = (payload, 0, 0);
        while let [first, ..] = rest
            && first & IS_OLDER != 0
        {
            let (header, after) = rest.split_first_chunk::<OLDER_HEADER_BYTES>()?;
            (rest, older, bytes) = (after, older + 1, bytes + length(*header));
        }
        let (_, payloads) = rest.split_first()?;
        let is_true = older <= limits::REDUNDANT_BLOCKS && bytes <= payloads.len();
        is_true.then(|| Blocks {
            headers: &payload[..payload.len() - payloads.len()],
            payloads,
        })
    }
}

fn length(header: [u8; OLDER_HEADER_BYTES]) -> usize {
    (u32::from_be_bytes(header) & LENGTH_BITS) as usize
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let first = *self.headers.first()?;
        let payload_type = first & !IS_OLDER;
        if first & IS_OLDER == 0 {
            self.headers = &[];
            return Some(Block {
                payload_type,
                age: 0,
                payload: self.payloads,
            });
        }
        let (header, headers) = self.headers.split_first_chunk::<OLDER_HEADER_BYTES>()?;
        let (payload, payloads) = self.payloads.split_at_checked(length(*header))?;
        (self.headers, self.payloads) = (headers, payloads);
        Some(Block {
            payload_type,
            age: u32::from_be_bytes(*header) >> 10 & 0x3fff,
            payload,
        })
    }
}

/// A packet with what was before it, as its sender made it.
#[derive(Debug, Clone)]
pub(crate) struct Redundant {
    /// Of all of its blocks, in the session that sends it.
    pub(crate) payload_type: u8,
    pub(crate) payload: Arc<[u8]>,
}

impl Redundant {
    /// The payload for a session in which the codec of the blocks has this payload type.
    pub(crate) fn renamed(&self, payload_type: u8) -> Arc<[u8]> {
        if payload_type == self.payload_type {
            return Arc::clone(&self.payload);
        }
        let mut renamed: Arc<[u8]> = Arc::from(&self.payload[..]);
        if let Some(bytes) = Arc::get_mut(&mut renamed) {
            rename(bytes, payload_type);
        }
        renamed
    }
}

/// Gives all blocks of a payload this payload type: one of which [`Blocks::parse`] has made sense.
pub(crate) fn rename(payload: &mut [u8], payload_type: u8) {
    let mut at = 0;
    while payload[at] & IS_OLDER != 0 {
        payload[at] = IS_OLDER | payload_type;
        at += OLDER_HEADER_BYTES;
    }
    payload[at] = payload_type;
}

/// Which packets of a stream have passed, by themselves or in a later one: each goes on once.
#[derive(Debug)]
pub(crate) struct Passed {
    stream: u32,
    newest: u64,
    /// A bit for each before the newest, and the lowest for itself.
    before: u64,
}

impl Passed {
    /// This one passes, and none before it is waited for.
    pub(crate) fn beginning(stream: u32, sequence: u64) -> Passed {
        Passed {
            stream,
            newest: sequence,
            before: u64::MAX,
        }
    }

    pub(crate) fn stream(&self) -> u32 {
        self.stream
    }

    /// Takes a packet; false if it has passed, or is so old that nobody knows.
    pub(crate) fn take(&mut self, sequence: u64) -> bool {
        if sequence > self.newest {
            let newer = u32::try_from(sequence - self.newest).unwrap_or(u32::MAX);
            self.before = self.before.checked_shl(newer).unwrap_or(0) | 1;
            self.newest = sequence;
            return true;
        }
        let older = u32::try_from(self.newest - sequence).unwrap_or(u32::MAX);
        let Some(bit) = 1_u64.checked_shl(older) else {
            return false;
        };
        let is_new = self.before & bit == 0;
        self.before |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// A packet of these blocks, each of a type, an age and bytes.
    fn packet(blocks: &[(u8, u32, Vec<u8>)]) -> Vec<u8> {
        let (newest, older) = blocks.split_last().unwrap();
        let headers = older.iter().flat_map(|(payload_type, age, payload)| {
            let length = u32::try_from(payload.len()).unwrap();
            let word = u32::from(IS_OLDER | payload_type) << 24 | age << 10 | length;
            word.to_be_bytes()
        });
        let payloads = blocks.iter().flat_map(|(.., payload)| payload.clone());
        headers.chain([newest.0]).chain(payloads).collect()
    }

    #[test]
    fn packets_are_taken_apart() {
        let check = |payload: &[u8], expected: Option<&[(u8, u32, &[u8])]>| {
            let blocks = Blocks::parse(payload).map(|blocks| {
                let blocks = blocks.map(|block| (block.payload_type, block.age, block.payload));
                blocks.collect::<Vec<_>>()
            });
            assert_eq!(blocks.as_deref(), expected, "{payload:02x?}");
        };
        // 960 ticks and two bytes before, then three.
        check(
            &[0xef, 0x0f, 0x00, 2, 111, 1, 2, 3, 4, 5],
            Some(&[(111, 960, &[1, 2]), (111, 0, &[3, 4, 5])]),
        );
        check(&[111, 3, 4, 5], Some(&[(111, 0, &[3, 4, 5])]));
        check(&[111], Some(&[(111, 0, &[])]));
        check(&[], None);
        check(&[0xef, 0x0f, 0x00, 2], None); // no newest
        check(&[0xef, 0x0f], None);
        check(&[0xef, 0x0f, 0x00, 2, 111, 1], None); // longer than there is
        let many = [&[0xef, 0, 0, 0].repeat(limits::REDUNDANT_BLOCKS + 1)[..], &[111]].concat();
        check(&many, None);
    }

    #[test]
    fn a_packet_passes_once() {
        let check = |sequences: &[u64], expected: &[bool]| {
            let mut passed = Passed::beginning(1, 100);
            let taken: Vec<bool> = sequences.iter().map(|sequence| passed.take(*sequence)).collect();
            assert_eq!(taken, expected, "{sequences:?}");
        };
        check(&[101, 103, 102, 102, 101], &[true, true, true, false, false]);
        // What was before the beginning is not waited for.
        check(&[99, 100], &[false, false]);
        check(&[300, 237, 236, u64::MAX, 300], &[true, true, false, true, false]);
    }

    proptest! {
        #[test]
        fn what_is_put_together_is_taken_apart(
            blocks in vec((0_u8..128, 0_u32..0x4000, vec(any::<u8>(), 0..100)), 1..=limits::REDUNDANT_BLOCKS),
            other in 0_u8..128,
        ) {
            let mut blocks = blocks;
            blocks.last_mut().unwrap().1 = 0;
            let payload = packet(&blocks);
            let read: Vec<_> = Blocks::parse(&payload).unwrap().map(|block| (block.payload_type, block.age, block.payload.to_vec())).collect();
            prop_assert_eq!(&read, &blocks);
            let renamed = Redundant { payload_type: 128, payload: payload.into() }.renamed(other);
            let read: Vec<_> = Blocks::parse(&renamed).unwrap().map(|block| (block.payload_type, block.age, block.payload.to_vec())).collect();
            let expected: Vec<_> = blocks.into_iter().map(|(_, age, payload)| (other, age, payload)).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn no_payload_panics(payload in vec(any::<u8>(), 0..60)) {
            if let Some(blocks) = Blocks::parse(&payload) {
                let bytes: usize = blocks.clone().map(|block| block.payload.len()).sum();
                prop_assert!(bytes < payload.len());
                prop_assert!(blocks.count() <= limits::REDUNDANT_BLOCKS + 1);
            }
        }
    }
}
