//! Sequence numbers of a stream, of which the newest are remembered one by one: a bit for each, at the place of its remainder.
//!
//! Whoever goes on to new numbers takes the old ones out before, so that a place has one meaning at a time.

use crate::limits;

/// Which of the newest sequence numbers something is true of.
#[derive(Debug)]
pub(crate) struct Numbers([u64; limits::UNSETTLED_WORDS]);

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers([0; _])
    }
}

impl Numbers {
    /// How many are remembered.
    pub(crate) const COUNT: u64 = limits::UNSETTLED_WORDS as u64 * 64;

    fn place(sequence: u64) -> (usize, u64) {
        let place = sequence % Numbers::COUNT;
        let word = usize::try_from(place / 64).expect("a remainder of a small number");
        (word, 1 << (place % 64))
    }

    pub(crate) fn has(&self, sequence: u64) -> bool {
        let (word, bit) = Numbers::place(sequence);
        self.0[word] & bit != 0
    }

    pub(crate) fn set(&mut self, sequence: u64) {
        let (word, bit) = Numbers::place(sequence);
        self.0[word] |= bit;
    }

    pub(crate) fn take(&mut self, sequence: u64) -> bool {
        let had = self.has(sequence);
        let (word, bit) = Numbers::place(sequence);
        self.0[word] &= !bit;
        had
    }
}
