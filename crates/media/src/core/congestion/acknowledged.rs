//! How many bits a second arrive, by the clock of the client.

use std::collections::VecDeque;

use crate::limits;

/// Bytes that have come within a while.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    packets: VecDeque<(i64, u16)>,
    bytes: u64,
    /// When the first came that was ever counted.
    began_us: Option<i64>,
}

impl Acknowledged {
    pub(super) fn take(&mut self, arrived_us: i64, bytes: u16) {
        self.began_us.get_or_insert(arrived_us);
        if self.packets.len() == limits::UNANSWERED_PACKETS {
            self.forget();
        }
        self.packets.push_back((arrived_us, bytes));
        self.bytes += u64::from(bytes);
        while self
            .packets
            .front()
            .is_some_and(|(oldest_us, _)| oldest_us + WINDOW_US <= arrived_us)
        {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let oldest = self.packets.pop_front();
        self.bytes -= oldest.map_or(0, |(_, bytes)| u64::from(bytes));
    }

    /// Nothing as long as too little is known.
    pub(super) fn bps(&self) -> Option<u64> {
        let (newest_us, _) = self.packets.back()?;
        let is_long = newest_us - self.began_us? >= WINDOW_US;
        is_long.then_some(self.bytes * 8 * 1_000_000 / WINDOW_US.unsigned_abs())
    }
}

/// Some pictures, and not so many that a way that has become narrow is known late.
const WINDOW_US: i64 = 400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_lately_is_counted() {
        let check = |arrivals: &[(i64, u16)], expected| {
            let mut acknowledged = Acknowledged::default();
            for (at_us, bytes) in arrivals {
                acknowledged.take(*at_us, *bytes);
            }
            assert_eq!(acknowledged.bps(), expected, "{arrivals:?}");
        };
        check(&[], None);
        check(&[(0, 1_000), (399_000, 1_000)], None);
        check(&[(-100_000, 1_000), (0, 1_000), (300_000, 1_000)], Some(40_000));
        // One that came before others that were told of first.
        check(&[(0, 1_000), (400_000, 1_000), (300_000, 1_000)], None);
        check(
            &[(0, 1_000), (300_000, 500), (500_000, 500), (450_000, 500)],
            Some(30_000),
        );
    }
}
