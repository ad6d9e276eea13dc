//! Any descriptors of pictures, as the packets of some streams bring them one after the other.

use media::Structures;

/// The highest layer that templates can name: there are 64 of them.
const LAYER_MAX: u8 = 63;

/// Each descriptor has its stream and its length before it, as a header extension has its number and its length.
pub fn run(data: &[u8]) {
    let mut structures = Structures::default();
    let mut rest = data;
    while let [stream, length, tail @ ..] = rest {
        let (descriptor, next) = tail.split_at(usize::from(*length).min(tail.len()));
        if let Some(temporal) = structures.read(u32::from(*stream), descriptor) {
            assert!(temporal.layer <= LAYER_MAX && temporal.opens <= LAYER_MAX);
            assert!(descriptor.len() >= 3, "without its mandatory part it says nothing");
        }
        rest = next;
    }
}
