//! The least of what was noted in the last seconds, in constant memory.
//!
//! A packet may be late and never early, so the least delay of the last seconds says where a stream stands. What was least once must be
//! forgotten, as clocks drift and networks change: it is kept for each piece of time in which something was noted, and the oldest piece goes.

use std::collections::VecDeque;

use crate::limits;

/// The least of what was noted in the newest [`limits::LEAST_PIECES`] pieces, each of [`limits::LEAST_PIECE_US`], that have anything in them.
#[derive(Debug, Default)]
pub struct Least {
    /// For each piece of time, the least in it.
    pieces: VecDeque<(i64, i64)>,
}

impl Least {
    /// Notes a value at a time in microseconds, of any clock that goes on.
    pub fn note(&mut self, at_us: i64, value: i64) {
        let number = at_us.div_euclid(limits::LEAST_PIECE_US);
        match self.pieces.back_mut() {
            Some((newest, least)) if *newest >= number => *least = value.min(*least),
            _ => self.pieces.push_back((number, value)),
        }
        while self.pieces.len() > limits::LEAST_PIECES {
            self.pieces.pop_front();
        }
    }

    /// The least; `None` if nothing was noted.
    pub fn get(&self) -> Option<i64> {
        self.pieces.iter().map(|(_, least)| *least).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_least_once_is_forgotten() {
        let mut least = Least::default();
        assert_eq!(least.get(), None);
        let mut check = |at_pieces: i64, value, expected| {
            least.note(at_pieces * limits::LEAST_PIECE_US, value);
            assert_eq!(least.get(), Some(expected), "after {at_pieces} pieces");
        };
        check(-1, 7, 7);
        check(0, 9, 7);
        check(3, 8, 7);
        check(4, 9, 7);
        check(5, 9, 7);
        check(6, 9, 8);
        check(7, 9, 8);
        check(8, 9, 9);
    }
}
