//! Packets in the order of their numbers, and what is missing between them.
//!
//! A packet that was lost comes again if it is asked for, some round trips later, and the media plane asks. So a hole is waited for, for
//! [`limits::HOLE_US`]: longer than anybody would who listens, as nobody waits for a recording.

use std::collections::BTreeMap;

use crate::limits;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// Packets that never came, so many.
    Hole(u64),
    Packet(T),
}

/// The packets of one stream.
#[derive(Debug)]
pub(crate) struct Order<T> {
    /// The number that comes next.
    next: Option<u64>,
    held: BTreeMap<u64, (i64, T)>,
}

impl<T> Order<T> {
    pub(crate) fn new() -> Order<T> {
        Order {
            next: None,
            held: BTreeMap::new(),
        }
    }

    /// Takes a packet. One that is there or was passed over is dropped.
    pub(crate) fn take(&mut self, number: u64, packet: T, arrived_us: i64) {
        if self.next.is_none_or(|next| number >= next) {
            self.held.entry(number).or_insert((arrived_us, packet));
        }
    }

    /// What is next, if that is known by now.
    pub(crate) fn next(&mut self, now_us: i64) -> Option<Next<T>> {
        let (number, (arrived_us, _)) = self.held.first_key_value()?;
        let number = *number;
        let expected = self.next.unwrap_or(number);
        if number > expected {
            let is_given_up = arrived_us + limits::HOLE_US <= now_us || self.held.len() > limits::HELD_PACKETS_MAX;
            if !is_given_up {
                return None;
            }
            self.next = Some(number);
            return Some(Next::Hole(number - expected));
        }
        self.next = Some(number.saturating_add(1));
        let (_, (_, packet)) = self.held.pop_first()?;
        Some(Next::Packet(packet))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Next::{Hole, Packet},
        *,
    };

    #[test]
    fn a_hole_is_waited_for_and_then_told() {
        let mut order = Order::new();
        let mut check = |taken: &[u64], now_us, expected: &[Next<u64>]| {
            for number in taken {
                order.take(*number, *number, now_us);
            }
            let next: Vec<Next<u64>> = std::iter::from_fn(|| order.next(now_us)).collect();
            assert_eq!(next, expected);
        };
        check(&[5, 6], 0, &[Packet(5), Packet(6)]);
        check(&[9, 8], 0, &[]);
        check(&[7], 10, &[Packet(7), Packet(8), Packet(9)]);
        check(&[9, 7, 11, 14], 20, &[]);
        check(&[], 20 + limits::HOLE_US, &[Hole(1), Packet(11), Hole(2), Packet(14)]);
        check(&[10], 30 + limits::HOLE_US, &[]);
    }

    proptest! {
        #[test]
        fn packets_come_in_order_and_once(numbers in prop::collection::vec(0_u64..80, 0..200)) {
            let mut order = Order::new();
            let mut came = vec![];
            for (now_us, number) in (0..).zip(&numbers) {
                order.take(*number, *number, now_us * limits::HOLE_US / 8);
                while let Some(next) = order.next(now_us * limits::HOLE_US / 8) {
                    if let Next::Packet(number) = next {
                        came.push(number);
                    }
                }
                prop_assert!(order.held.len() <= limits::HELD_PACKETS_MAX + 1);
            }
            prop_assert!(came.is_sorted_by(|one, other| one < other));
        }
    }
}
