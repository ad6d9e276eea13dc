//! Any payload of sound with redundancy.

use media::Blocks;

/// The bytes are a payload: what is taken out of it is in it, in this order and without a gap.
pub fn run(data: &[u8]) {
    let Some(blocks) = Blocks::parse(data) else { return };
    let payloads: Vec<u8> = blocks.clone().flat_map(|block| block.payload.to_vec()).collect();
    assert!(data.ends_with(&payloads) && payloads.len() < data.len());
    let ages: Vec<u32> = blocks.map(|block| block.age).collect();
    assert_eq!(ages.last(), Some(&0), "the newest is the last");
}
