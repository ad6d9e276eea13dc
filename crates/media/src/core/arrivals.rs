//! What a client says of packets that have come or not: feedback by transport-wide numbers
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
//!
//! A message tells of numbers without a gap. First, in chunks of two bytes, what became of each: a run of one symbol, or a vector of symbols.
//! Then, for each that came, how long after the one before, in quarters of a millisecond, by a clock that begins anywhere. All of it is of
//! the client's own making: what is not whole is not read, and a message is no longer than a datagram.

/// Of the unit of times.
const TICK_US: i64 = 250;
/// Of the unit of the time that a message begins with.
const REFERENCE_US: i64 = 64_000;
const HEAD_BYTES: usize = 8;
const ABSENT: u16 = 0;
const SMALL: u16 = 1;
const LARGE: u16 = 2;

/// One message.
#[derive(Debug, Clone)]
pub struct Arrivals<'a> {
    next: u16,
    left: u16,
    chunks: &'a [u8],
    deltas: &'a [u8],
    /// The symbols of the chunk that was begun, the next one first, as two bits each.
    symbols: u32,
    /// So many are left of them.
    symbols_left: u16,
    is_run: bool,
    clock_us: i64,
}

/// What became of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The lower half of its number.
    pub number: u16,
    /// When it came, by the clock of the client; nothing if it has not.
    pub arrived_us: Option<i64>,
}

impl<'a> Arrivals<'a> {
    /// Reads what follows the two sources of a report; nothing if it is not whole.
    pub fn parse(body: &'a [u8]) -> Option<Arrivals<'a>> {
        let (head, rest) = body.split_at_checked(HEAD_BYTES)?;
        let [first_high, first_low, count_high, count_low, time @ .., _] = head else {
            return None;
        };
        let [high, middle, low] = <[u8; 3]>::try_from(time).ok()?;
        let mut arrivals = Arrivals {
            next: u16::from_be_bytes([*first_high, *first_low]),
            left: u16::from_be_bytes([*count_high, *count_low]),
            chunks: rest,
            deltas: &[],
            symbols: 0,
            symbols_left: 0,
            is_run: false,
            // Signed, so that a message from before the first one is not 12 days late.
            clock_us: i64::from(i32::from_be_bytes([high, middle, low, 0]) >> 8) * REFERENCE_US,
        };
        let (chunk_bytes, delta_bytes) = arrivals.clone().measure()?;
        arrivals.chunks = &rest[..chunk_bytes];
        arrivals.deltas = rest.get(chunk_bytes..chunk_bytes + delta_bytes)?;
        Some(arrivals)
    }

    /// How long the chunks and the times are, if all chunks are there.
    fn measure(mut self) -> Option<(usize, usize)> {
        let (all, mut delta_bytes) = (self.chunks.len(), 0);
        while self.left > 0 {
            delta_bytes += usize::from(self.symbol()?);
            self.left -= 1;
        }
        Some((all - self.chunks.len(), delta_bytes))
    }

    fn symbol(&mut self) -> Option<u16> {
        if self.symbols_left == 0 {
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            let chunk = u16::from_be_bytes(*chunk);
            (self.is_run, self.symbols, self.symbols_left) = match chunk >> 14 {
                0 | 1 => (true, u32::from(chunk >> 13 & 3), chunk & 0x1fff),
                2 => (false, spread(chunk & 0x3fff), 14),
                _ => (false, u32::from(chunk & 0x3fff), 7),
            };
            if self.symbols_left == 0 {
                return None;
            }
        }
        self.symbols_left -= 1;
        let shift = if self.is_run { 0 } else { 2 * self.symbols_left };
        match u16::try_from(self.symbols >> shift & 3) {
            Ok(symbol @ ABSENT..=LARGE) => Some(symbol),
            _ => None,
        }
    }
}

/// Fourteen symbols of one bit as symbols of two.
fn spread(bits: u16) -> u32 {
    (0..14).fold(0, |spread, bit| spread | u32::from(bits >> bit & 1) << (2 * bit))
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        let number = self.next;
        self.next = number.wrapping_add(1);
        let symbol = self.symbol()?;
        let (delta, rest) = self.deltas.split_at_checked(usize::from(symbol))?;
        self.deltas = rest;
        let ticks = match (symbol, delta) {
            (SMALL, [ticks]) => i64::from(*ticks),
            (LARGE, [high, low]) => i64::from(i16::from_be_bytes([*high, *low])),
            _ => {
                return Some(Arrival {
                    number,
                    arrived_us: None,
                });
            }
        };
        self.clock_us += ticks * TICK_US;
        Some(Arrival {
            number,
            arrived_us: Some(self.clock_us),
        })
    }
}

/// A message of what has come when, from a number on; times begin anywhere.
#[cfg(test)]
pub(crate) fn written(first: u16, times_us: &[Option<i64>]) -> Vec<u8> {
    let begins = times_us
        .iter()
        .flatten()
        .next()
        .map_or(0, |us| us.div_euclid(REFERENCE_US));
    let mut clock = begins * REFERENCE_US / TICK_US;
    let (mut symbols, mut deltas) = (vec![], vec![]);
    for us in times_us {
        let Some(us) = us else {
            symbols.push(ABSENT);
            continue;
        };
        let ticks = us.div_euclid(TICK_US) - std::mem::replace(&mut clock, us.div_euclid(TICK_US));
        if let Ok(small) = u8::try_from(ticks) {
            symbols.push(SMALL);
            deltas.push(small);
        } else {
            symbols.push(LARGE);
            deltas.extend(i16::try_from(ticks).expect("nearby").to_be_bytes());
        }
    }
    let count = u16::try_from(times_us.len()).expect("a few");
    let reference = i32::try_from(begins).expect("a time of these weeks").to_be_bytes();
    let mut bytes = [first.to_be_bytes(), count.to_be_bytes()].concat();
    bytes.extend([reference[1], reference[2], reference[3], 9]);
    for seven in symbols.chunks(7) {
        let places = seven.iter().zip(0..);
        let chunk = places.fold(0xc000, |bits, (symbol, place)| bits | symbol << (12 - 2 * place));
        bytes.extend(chunk.to_be_bytes());
    }
    bytes.extend(deltas);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// First number, count, reference; chunks; times.
    fn message(head: (u16, u16, u32), chunks: &[u16], deltas: &[u8]) -> Vec<u8> {
        let (first, count, reference) = head;
        let mut bytes = [first.to_be_bytes(), count.to_be_bytes()].concat();
        bytes.extend_from_slice(&(reference << 8 | 9).to_be_bytes());
        bytes.extend(chunks.iter().flat_map(|chunk| chunk.to_be_bytes()));
        bytes.extend_from_slice(deltas);
        bytes
    }

    #[track_caller]
    fn check(message: &[u8], expected: Option<&[(u16, Option<i64>)]>) {
        let arrivals = Arrivals::parse(message);
        let told = arrivals.map(|arrivals| arrivals.map(|one| (one.number, one.arrived_us)).collect::<Vec<_>>());
        assert_eq!(told.as_deref(), expected);
    }

    #[test]
    fn chunks_of_all_kinds_are_read() {
        let came = |number, ticks: i64| (number, Some(64_000 + 250 * ticks));
        // A run of what came over the end of the numbers, and padding after it.
        let run = message((65_535, 3, 1), &[0x2003], &[4, 4, 1, 0, 0]);
        check(&run, Some(&[came(65_535, 4), came(0, 8), came(1, 9)]));
        // Vectors of one bit and of two.
        let bits = message((5, 3, 1), &[0x8000 | 0b101 << 11], &[1, 2]);
        check(&bits, Some(&[came(5, 1), (6, None), came(7, 3)]));
        let pairs = message((5, 3, 1), &[0xc000 | 0b10_00_01 << 8], &[0xff, 0xff, 3]);
        check(&pairs, Some(&[came(5, -1), (6, None), came(7, 2)]));
        // The time may be before the beginning.
        let before = message((5, 1, 0x00ff_ffff), &[0x2001], &[0]);
        check(&before, Some(&[(5, Some(-64_000))]));
        check(&message((5, 0, 0), &[], &[]), Some(&[]));
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        check(&[0; 7], None);
        check(&message((5, 3, 1), &[0x2002], &[1, 1, 1]), None);
        check(&message((5, 3, 1), &[0x2003], &[1, 1]), None);
        check(&message((5, 3, 1), &[0x2000, 0x2003], &[1, 1, 1]), None);
        check(&message((5, 3, 1), &[0x6003], &[1; 9]), None);
    }

    proptest! {
        /// Whatever a client sends, it is told of as many as it says, one after the other.
        #[test]
        fn any_bytes_will_do(bytes in proptest::collection::vec(any::<u8>(), 0..100), count in 0..40_u16) {
            let mut bytes = bytes;
            if let [_, _, high, low, ..] = &mut bytes[..] {
                [*high, *low] = count.to_be_bytes();
            }
            if let Some(arrivals) = Arrivals::parse(&bytes) {
                let numbers: Vec<u16> = arrivals.map(|one| one.number).collect();
                prop_assert_eq!(numbers.len(), usize::from(count));
                prop_assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
            }
        }

        /// What was written is read.
        #[test]
        fn what_was_written_is_read(times in proptest::collection::vec(proptest::option::of(-300..300_i64), 1..60)) {
            let mut clock = -5 * REFERENCE_US;
            let times: Vec<Option<i64>> = times.iter().map(|ticks| ticks.map(|ticks| {
                clock += ticks * TICK_US;
                clock
            })).collect();
            let bytes = written(65_530, &times);
            let told: Vec<Option<i64>> = Arrivals::parse(&bytes).unwrap().map(|one| one.arrived_us).collect();
            prop_assert_eq!(told, times);
        }
    }
}
