//! What was left out of a line, so that the numbers of what follows close ranks.
//!
//! Each number on the line is that of the publisher, less as many as were left out before it. It must never change once it was given:
//! a packet that is resent has its old number. So only what is newer than everything that was seen is taken out of the numbering. What
//! is left out late, after a later packet has been numbered, leaves a gap; its receiver asks for it in vain, and goes on.

use std::collections::VecDeque;

use crate::{core::codec::PictureId, limits};

/// The packets of one source that were left out of a line.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// The newest packet that was seen, whatever became of it.
    newest: u64,
    /// In their order, the latest [`limits::LEFT_OUT`] of them.
    packets: VecDeque<Packet>,
    /// How many were before those.
    forgotten: (u64, u16),
    /// The picture that was left out last.
    last: Option<PictureId>,
}

#[derive(Debug, Clone, Copy)]
struct Packet {
    sequence: u64,
    /// How many pictures were left out until then, this packet's among them; as far as they are numbered.
    pictures: u16,
}

impl LeftOut {
    /// Whether a packet is so much newer than all that was seen that it is not of the same run of numbers.
    pub(super) fn is_leap(&self, sequence: u64) -> bool {
        sequence.saturating_sub(self.newest) > limits::DROPOUT
    }

    /// Leaves a packet out, of a picture whose number is to be closed up too.
    pub(super) fn leave_out(&mut self, sequence: u64, picture: Option<PictureId>) {
        if sequence <= self.newest {
            return;
        }
        self.newest = sequence;
        let before = self.packets.back().map_or(self.forgotten.1, |last| last.pictures);
        let is_another = picture.is_some() && self.last != picture;
        self.last = picture;
        self.packets.push_back(Packet {
            sequence,
            pictures: before.wrapping_add(u16::from(is_another)),
        });
        if self.packets.len() > limits::LEFT_OUT
            && let Some(oldest) = self.packets.pop_front()
        {
            self.forgotten = (self.forgotten.0 + 1, oldest.pictures);
        }
    }

    /// How many packets and pictures were left out before this packet, which is not; `None` if it is too old to tell.
    pub(super) fn before(&mut self, sequence: u64) -> Option<(u64, u16)> {
        self.newest = self.newest.max(sequence);
        let (forgotten, forgotten_pictures) = self.forgotten;
        let before = self.packets.partition_point(|packet| packet.sequence < sequence);
        if before == 0 {
            return (forgotten == 0).then_some((0, 0));
        }
        let pictures = self
            .packets
            .get(before - 1)
            .map_or(forgotten_pictures, |last| last.pictures);
        Some((forgotten + before as u64, pictures))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(value: u16) -> PictureId {
        PictureId { value, wide: true }
    }

    #[test]
    fn what_is_too_old_to_be_numbered_is_not() {
        let mut left_out = LeftOut::default();
        for sequence in 1..=limits::LEFT_OUT as u64 {
            left_out.leave_out(sequence * 2, Some(picture(u16::try_from(sequence).unwrap())));
        }
        assert_eq!(left_out.before(1), Some((0, 0)));
        left_out.leave_out(10_000, Some(picture(0)));
        assert_eq!(left_out.before(1), None);
        assert_eq!(left_out.before(5), Some((2, 2)));
    }

    proptest! {
        /// In whatever order packets come and whichever are left out: no number is given twice, later packets have later
        /// numbers, and what is asked again is answered the same.
        #[test]
        fn numbers_are_given_once(steps in prop::collection::vec((1..60_u64, any::<bool>()), 1..200)) {
            let mut left_out = LeftOut::default();
            let mut given = std::collections::BTreeMap::new();
            let mut dropped = std::collections::BTreeSet::new();
            for (sequence, passes) in steps {
                if passes && !dropped.contains(&sequence) {
                    let (packets, _) = left_out.before(sequence).unwrap();
                    let number = sequence - packets;
                    prop_assert_eq!(*given.entry(sequence).or_insert(number), number);
                } else if !given.contains_key(&sequence) {
                    dropped.insert(sequence);
                    left_out.leave_out(sequence, Some(picture(u16::try_from(sequence / 2).unwrap())));
                }
            }
            let numbers: Vec<u64> = given.into_values().collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", numbers);
        }
    }
}
