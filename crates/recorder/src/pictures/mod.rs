//! From the packets of one picture to the picture as a container has it.
//!
//! Each function takes the payloads of one RTP time stamp, all of them and in order: that none is missing is known by their numbers, and
//! is the track's business. So nothing here remembers anything. What does not parse is no picture, as if it had been lost.

pub(crate) mod av1;
pub(crate) mod h264;
mod vp8;
mod vp9;

use media::Codec;

/// A picture as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// As the container has it.
    pub bytes: Vec<u8>,
    /// What a decoder must know before the first picture, if it is in this one.
    pub private: Option<Vec<u8>>,
    /// Its width and height, if it tells them.
    pub size: Option<(u16, u16)>,
    /// It needs no other picture.
    pub is_key: bool,
}

/// Puts a picture together; `None` if these are not the payloads of one.
pub fn assemble(codec: Codec, payloads: &[&[u8]]) -> Option<Picture> {
    match codec {
        Codec::Vp8 => vp8::assemble(payloads),
        Codec::Vp9 => vp9::assemble(payloads),
        Codec::H264 => h264::assemble(payloads),
        Codec::Av1 => av1::assemble(payloads),
        Codec::Opus | Codec::Pcmu | Codec::Pcma => None,
    }
}

/// Reads bit after bit; past the end there is nothing.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }

    fn number(&mut self, bits: u32) -> Option<u32> {
        (0..bits).try_fold(0, |number, _| Some(number << 1 | u32::from(self.bit()?)))
    }
}

/// For the tests of each encoding: these payloads are a picture of these bytes, which needs no other or does.
#[cfg(test)]
fn check(assemble: fn(&[&[u8]]) -> Option<Picture>, payloads: &[&[u8]], expected: Option<(&[u8], bool)>) {
    let picture = assemble(payloads);
    let got = picture.as_ref().map(|picture| (&*picture.bytes, picture.is_key));
    assert_eq!(got, expected, "{payloads:02x?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_payloads_panic(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)) {
            let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
                assemble(codec, &payloads);
            }
        }
    }
}
