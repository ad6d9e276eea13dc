//! G.711 (ITU-T G.711, RFC 3551 §4.5.14): a byte for each sample, by either law.

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};

use crate::{FRAME_SAMPLES, Frame};

/// By which law samples become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// µ-law: North America and Japan, and what every SIP telephone can.
    Mu,
    /// A-law: elsewhere.
    A,
}

impl Law {
    /// The sample that a byte stands for.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Law::Mu => decode_ulaw(byte),
            Law::A => decode_alaw(byte),
        }
    }

    /// A frame as bytes.
    pub fn encode(self, frame: &Frame) -> [u8; FRAME_SAMPLES] {
        frame.map(self.encoder())
    }

    /// How a sample becomes a byte.
    pub fn encoder(self) -> fn(i16) -> u8 {
        match self {
            Law::Mu => encode_ulaw,
            Law::A => encode_alaw,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_heard() {
        let check = |law: Law, sample: i16, within: i32| {
            let [byte, ..] = law.encode(&[sample; FRAME_SAMPLES]);
            let heard = i32::from(law.decode(byte));
            assert!((heard - i32::from(sample)).abs() <= within, "{law:?} {sample}: {heard}");
        };
        for law in [Law::Mu, Law::A] {
            for (sample, within) in [(0, 8), (100, 8), (-100, 8), (1_000, 32), (-8_000, 256), (30_000, 1_024)] {
                check(law, sample, within);
            }
        }
    }
}
