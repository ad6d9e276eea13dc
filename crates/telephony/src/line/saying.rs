//! What is said on a line, as packets: sound, or a key in its place.
//!
//! A beat is a packet, whatever is said in it, and the timestamps go on with the beats also while nobody is sent anything: so what is
//! heard after a hold is in its place.

use audio::{FRAME_SAMPLES, Frame, RATE_HZ, opus::Encoder};

use super::{
    digits::Pressing,
    plan::{Codec, Plan, Sound},
    rtp::Packet,
};

/// What a telephone is sent in a second, by Opus: speech as narrow as a line's is not better by more.
const OPUS_BITS_PER_SECOND: u32 = 24_000;

/// The stream that goes to a telephone.
pub(super) struct Saying {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    pressing: Pressing,
    /// Somebody waits to hear that all keys have been pressed.
    pressing_begun: bool,
    /// Once something was said by Opus.
    encoder: Option<Encoder>,
}

impl Saying {
    pub(super) fn new(ssrc: u32) -> Saying {
        Saying {
            ssrc,
            sequence: 0,
            timestamp: 0,
            pressing: Pressing::default(),
            pressing_begun: false,
            encoder: None,
        }
    }

    /// The timestamp of the next packet.
    pub(super) fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Presses these keys after those that are being pressed.
    pub(super) fn press(&mut self, keys: &str) {
        self.pressing.press(keys);
    }

    /// Whether all keys have been pressed, which is told once.
    pub(super) fn has_pressed(&mut self) -> bool {
        self.pressing.is_done() && std::mem::take(&mut self.pressing_begun)
    }

    /// Writes the packet of this beat, and answers its number. Whoever wants to hear nothing is sent nothing.
    pub(super) fn say(&mut self, said: &Frame, plan: Plan, datagram: &mut Vec<u8>) -> Option<u16> {
        let Sound { payload_type, codec } = plan.sound;
        let timestamp = self.timestamp;
        let frame = u32::try_from(FRAME_SAMPLES).expect("a frame is short");
        self.timestamp = timestamp.wrapping_add(frame * codec.ticks_per_sample());
        self.pressing_begun |= !self.pressing.is_done();
        let key = self.pressing.tick();
        if !plan.hears {
            return None;
        }
        let is_first = self.sequence == 0;
        self.sequence = self.sequence.wrapping_add(1);
        let packet = Packet {
            marker: is_first,
            payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            payload: &[],
        };
        if let Some((key, events)) = key.zip(plan.events) {
            let key_down = Packet {
                marker: key.marker,
                payload_type: events.payload_type,
                // The stream has one timeline, that of its sound; only how long a key was down is counted as its events are.
                timestamp: timestamp.wrapping_sub(u32::from(key.ago) * codec.ticks_per_sample()),
                payload: &key.payload(events.clock_hz / RATE_HZ),
                ..packet
            };
            key_down.write(datagram);
        } else {
            let payload = &self.encoded(said, codec);
            Packet { payload, ..packet }.write(datagram);
        }
        Some(self.sequence)
    }

    fn encoded(&mut self, said: &Frame, codec: Codec) -> Vec<u8> {
        match codec {
            Codec::G711(law) => law.encode(said).to_vec(),
            Codec::Opus => {
                let encoder = self
                    .encoder
                    .get_or_insert_with(|| Encoder::new(RATE_HZ, OPUS_BITS_PER_SECOND));
                encoder.encode(said).unwrap_or_else(|error| {
                    tracing::error!(%error, "a frame is not said");
                    vec![]
                })
            }
        }
    }
}
