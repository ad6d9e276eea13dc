//! What a file is: its size, and what it cannot be changed without changing.

use std::{
    fs::File,
    io::{self, BufReader, Write},
    path::Path,
};

use aws_lc_rs::digest::{Context, SHA256};

/// How many bytes a file has, and its SHA-256.
pub fn described(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut digest = Digest(Context::new(&SHA256));
    let bytes = io::copy(&mut BufReader::new(File::open(path)?), &mut digest)?;
    let sha256 = digest.0.finish();
    Ok((bytes, sha256.as_ref().try_into().expect("SHA-256 has 32 bytes")))
}

/// A digest that bytes are copied into.
struct Digest(Context);

impl Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
