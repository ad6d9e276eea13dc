//! Opus (RFC 6716), of one channel: what browsers speak, and telephones that can do better than G.711.
//!
//! Both ways have a state that goes on from packet to packet, so each stream has a coder of its own. A stream says in each packet how
//! long it is, of how many channels and how wide, and may change all three at any time: the decoder follows, mixes two channels into
//! one, and gives out the rate that it was made for. So a telephone's line asks for 8,000 Hz and need not resample, and a meeting's
//! asks for 48,000.
//!
//! What is missing is the caller's to notice, since only RTP tells. The packet after it may have a poorer copy of it ([`Decoder::recover`]);
//! otherwise [`Decoder::conceal`] stands in for it, and fades out when too much is.
//!
//! The engine is `opus-pure`; why is decision 0045.

use opus_pure::{Application, OpusDecoder, OpusEncoder, packet};

/// The clock of Opus in RTP, whatever rate it is coded from or decoded to (RFC 7587 §4.1).
pub const CLOCK_HZ: u32 = 48_000;

/// How hard the encoder tries, of 10: from here on up it hears no difference in speech, and costs twice as much.
const COMPLEXITY: i32 = 5;

/// What cannot be coded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whoever sent it says it is Opus.
    #[error("the packet is no Opus")]
    Packet(#[source] opus_pure::Error),
    /// It is not what one packet holds.
    #[error("the encoder takes {expected} samples, not these {given}")]
    Frame {
        /// Samples of 20 ms.
        expected: usize,
        /// Those that came.
        given: usize,
    },
    /// A failing of the engine, whose settings are all ours.
    #[error("the frame could not be encoded")]
    Engine(#[source] opus_pure::Error),
}

/// Hears one stream.
#[derive(Debug)]
pub struct Decoder {
    engine: OpusDecoder,
    rate_hz: i32,
}

impl Decoder {
    /// One that gives samples of one channel at this rate: 8,000, 12,000, 16,000, 24,000 or 48,000 a second, and no other.
    pub fn new(rate_hz: u32) -> Decoder {
        let rate_hz = signed(rate_hz);
        let engine = OpusDecoder::new(rate_hz, 1).expect("the rate is one of Opus");
        Decoder { engine, rate_hz }
    }

    /// The samples of the next packet: 2.5 to 120 ms of them.
    ///
    /// A packet with nothing but its first byte is one of a pause (RFC 7587 §3.1.3), and is as long as it says, too. After bytes that
    /// are no Opus the stream goes on with the next that are.
    pub fn decode(&mut self, packet: &[u8]) -> Result<Vec<i16>, Error> {
        // Of no bytes the engine would make what is missing, at any length.
        let length = packet::samples(packet, self.rate_hz).map_err(Error::Packet)?;
        let mut samples = vec![0; length];
        let decoded = self.engine.decode_s16(packet, length, &mut samples);
        samples.truncate(decoded.map_err(Error::Packet)?);
        Ok(samples)
    }

    /// So many samples in place of packets that did not come: what was said goes on for a moment and fades.
    pub fn conceal(&mut self, samples: usize) -> Vec<i16> {
        let mut concealed = self.missing(samples, |engine, length, missing| {
            engine.decode_s16(&[], length, missing)
        });
        concealed.truncate(samples);
        concealed
    }

    /// So many samples in place of packets that did not come, of which the last is told again, in fewer bits, by the packet behind them, if
    /// whoever speaks adds such copies (RFC 6716 §2.1.7). What it does not tell is concealed. The packet is to be decoded after that.
    pub fn recover(&mut self, behind: &[u8], samples: usize) -> Vec<i16> {
        if packet::samples(behind, self.rate_hz).is_err() {
            return self.conceal(samples);
        }
        let mut recovered = self.missing(samples, |engine, length, missing| {
            engine.decode_fec_s16(behind, length, missing)
        });
        recovered.split_off(recovered.len() - samples)
    }

    /// At least so many samples that the engine makes of something else than their packets.
    fn missing(
        &mut self,
        samples: usize,
        make: impl FnOnce(&mut OpusDecoder, usize, &mut [i16]) -> opus_pure::Result<usize>,
    ) -> Vec<i16> {
        // In whole frames of 20 ms: at other lengths, and at none, the engine stumbles in some of its modes.
        let frame_samples = usize::try_from(self.rate_hz / 50).expect("a rate is positive");
        let length = samples.next_multiple_of(frame_samples);
        let mut missing = vec![0; length];
        if length > 0 && make(&mut self.engine, length, &mut missing).is_err() {
            missing.fill(0);
        }
        missing
    }
}

/// Speaks one stream, in packets of 20 ms.
#[derive(Debug)]
pub struct Encoder {
    engine: OpusEncoder,
    frame_samples: usize,
}

impl Encoder {
    /// One that takes samples of one channel at this rate (as [`Decoder::new`] gives them), and makes about so many bits a second of
    /// them.
    pub fn new(rate_hz: u32, bits_per_second: u32) -> Encoder {
        let mut engine = OpusEncoder::new(signed(rate_hz), 1, Application::Voip).expect("the rate is one of Opus");
        engine.bitrate_bps = signed(bits_per_second);
        engine.complexity = COMPLEXITY;
        let frame_samples = usize::try_from(rate_hz / 50).expect("a frame fits into memory");
        Encoder { engine, frame_samples }
    }

    /// The packet of the next 20 ms.
    pub fn encode(&mut self, frame: &[i16]) -> Result<Vec<u8>, Error> {
        let (expected, given) = (self.frame_samples, frame.len());
        if given != expected {
            return Err(Error::Frame { expected, given });
        }
        let mut packet = vec![0; PACKET_BYTES];
        let length = self.engine.encode_s16(frame, expected, &mut packet);
        packet.truncate(length.map_err(Error::Engine)?);
        Ok(packet)
    }
}

/// Room for a packet of one frame (RFC 6716 §3.4): the encoder squeezes itself into what it is given.
const PACKET_BYTES: usize = 1_276;

/// How loud this is as the header extension of RFC 6464 says it: from 0, the loudest, to -127, silence.
///
/// The measure is the mean power, against that of a square wave as high as samples go: a sine cannot be louder than -3.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a cast from a float saturates, and a sum of squares is exact enough for a logarithm"
)]
pub fn level_dbov(frame: &[i16]) -> i8 {
    let squares: u64 = frame
        .iter()
        .map(|&sample| u64::from(sample.unsigned_abs()).pow(2))
        .sum();
    if squares == 0 {
        return -127;
    }
    let power = squares as f64 / frame.len() as f64 / 32_768_f64.powi(2);
    (10.0 * power.log10()).round().clamp(-127.0, 0.0) as i8
}

/// As the engine has numbers.
fn signed(number: u32) -> i32 {
    i32::try_from(number).expect("rates are thousands")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudness_is_told_as_headers_say_it() {
        let check = |frame: &[i16], expected: i8| assert_eq!(level_dbov(frame), expected);
        check(&[], -127);
        check(&[0; 960], -127);
        check(&[i16::MIN; 960], 0);
        check(&[i16::MAX; 960], 0);
        // Half as high is 6 dB less.
        check(&[16_384, -16_384], -6);
        check(&[1; 160], -90);
        // One sample of the smallest in a frame.
        check(&[&[1][..], &[0; 959]].concat(), -120);
    }
}
