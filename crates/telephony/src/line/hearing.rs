//! What is heard on a line, of the packets that come.

use audio::Frame;

use super::{plan::Codec, playout::Playout, rtp::Packet, waiting::Waiting};
use crate::limits;

/// The stream that comes from a telephone.
pub(super) struct Hearing {
    playout: Playout,
    /// Once something came by Opus.
    waiting: Option<Waiting>,
}

impl Hearing {
    pub(super) fn new() -> Hearing {
        Hearing {
            playout: Playout::new(),
            waiting: None,
        }
    }

    /// A packet of sound came.
    pub(super) fn take(&mut self, packet: &Packet<'_>, codec: Codec) {
        match codec {
            Codec::G711(law) => {
                self.waiting = None;
                if packet.payload.len() <= limits::PACKET_SAMPLES_MAX {
                    let place = self
                        .playout
                        .place(packet.ssrc, packet.timestamp, codec.ticks_per_sample());
                    let samples = packet.payload.iter().map(|byte| law.decode(*byte));
                    self.playout.put(place, samples);
                }
            }
            Codec::Opus => {
                let place = self
                    .playout
                    .place(packet.ssrc, packet.timestamp, codec.ticks_per_sample());
                let waiting = self.waiting.get_or_insert_with(Waiting::new);
                waiting.take(place, packet.sequence, packet.payload);
            }
        }
    }

    /// What is heard in this beat; silence where nothing came.
    pub(super) fn tick(&mut self) -> Frame {
        if let Some(waiting) = &mut self.waiting {
            waiting.give(&mut self.playout);
        }
        self.playout.tick()
    }
}
