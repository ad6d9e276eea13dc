//! Any message of a client of what has come and what has not.

use media::Arrivals;

/// The bytes are what follows the sources of a report: as many packets are told of as it says, one after the other.
pub fn run(data: &[u8]) {
    let Some(arrivals) = Arrivals::parse(data) else { return };
    let count = usize::from(u16::from_be_bytes([data[2], data[3]]));
    let numbers: Vec<u16> = arrivals.map(|arrival| arrival.number).collect();
    assert_eq!(numbers.len(), count);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
}
