//! A file of a track as a crash or a disk has left it.

use recorder::Reader;

/// The bytes are a file.
pub fn run(data: &[u8]) {
    let mut reader = Reader::new(data);
    let mut read = 0;
    while let Some(block) = reader.read().expect("bytes in memory") {
        read += block.frame.len();
        assert!(read <= data.len(), "nothing is read twice");
    }
}
