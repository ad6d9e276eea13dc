//! Sound with redundancy at a peer connection: taken apart where it comes, and put on lines whose way loses packets.
//!
//! It is negotiated with whoever offers it, and costs a listener twice the bytes of a voice. So each is given it for as long as its own way
//! loses something, and not because of it (`core::doubling`), whoever made it; whether a voice comes here with it is for its sender to decide.

use std::{sync::Arc, time::Instant};

use str0m::{Rtc, format::PayloadParams, media::Pt};

use crate::{
    core::{
        doubling::Doubling,
        redundancy::{Blocks, Passed, Redundant},
    },
    ingress::{MediaPacket, PeerEvent},
    limits,
};

/// What is known of redundancy with a client.
#[derive(Debug)]
pub(super) struct Redundancy {
    /// The type of packets with redundancy, and that of their blocks, if it was negotiated.
    types: Option<(Pt, Pt)>,
    /// The client can read it on all lines.
    is_taken: bool,
    /// Of the last stream that came with it.
    passed: Option<Passed>,
    /// As far as losses speak for it, by the time since it was negotiated.
    doubling: Doubling,
    began: Instant,
    /// The way to the client is too narrow for it.
    is_too_much: bool,
}

impl Redundancy {
    /// After an answer.
    pub(super) fn negotiated(rtc: &Rtc, is_taken: bool, now: Instant) -> Redundancy {
        let types = |params: &PayloadParams| Some((params.red()?, params.pt()));
        Redundancy {
            types: rtc.codec_config().params().iter().find_map(types),
            is_taken,
            passed: None,
            doubling: Doubling::default(),
            began: now,
            is_too_much: false,
        }
    }

    /// Whether the client is to be sent it now.
    pub(super) fn is_wanted(&self, now: Instant) -> bool {
        self.is_taken && self.loses(now)
    }

    /// Whether the way to the client loses packets, and has room to send some of them twice.
    pub(super) fn loses(&self, now: Instant) -> bool {
        !self.is_too_much && self.doubling.is_on(now.saturating_duration_since(self.began))
    }

    /// Whether packets of this type are with it.
    pub(super) fn is_of(&self, payload_type: Pt) -> bool {
        self.types.is_some_and(|(with, _)| with == payload_type)
    }

    /// The type of packets with it, and that of their blocks, as this client reads them.
    pub(super) fn types(&self) -> Option<(Pt, Pt)> {
        self.types
    }

    /// So much was lost of late of what was sent to the client, whose way is estimated or not.
    pub(super) fn note(&mut self, lost: Option<f32>, is_estimated: bool, now: Instant) {
        if let Some(lost) = lost {
            let time = now.saturating_duration_since(self.began);
            self.doubling.told(lost, is_estimated, time);
        }
    }

    /// What the way to the client carries, if it is known to be narrow.
    pub(super) fn note_narrow(&mut self, carries_bps: Option<u64>) {
        self.is_too_much = carries_bps.is_some_and(|carries_bps| carries_bps < limits::REDUNDANCY_FROM_BPS);
    }

    /// Whether a packet of sound goes on: not if it came in a later one.
    fn passes(&mut self, stream: u32, sequence: u64) -> bool {
        let passed = self.passed.as_mut().filter(|passed| passed.stream() == stream);
        passed.is_none_or(|passed| passed.take(sequence))
    }

    /// Hands on a packet that came with it, and before that what was lost and is in it. What makes no sense is dropped.
    fn take_apart(&mut self, packet: MediaPacket, events: &mut Vec<PeerEvent>) {
        let Some((_, of)) = self.types else { return };
        let Some(blocks) = Blocks::parse(&packet.payload) else {
            return;
        };
        // Others than those of the codec are tones or comfort noise, which nobody has negotiated.
        if blocks.clone().any(|block| block.payload_type != *of) {
            return;
        }
        let (stream, newest) = (packet.stream, packet.sequence);
        let is_followed = self.passed.as_ref().is_some_and(|passed| passed.stream() == stream);
        if !is_followed {
            self.passed = Some(Passed::beginning(stream, newest));
        }
        let count = blocks.clone().count() as u64;
        let mut payload = None;
        for (block, newer) in blocks.zip((0..count).rev()) {
            if newer == 0 {
                payload = Some(Arc::from(block.payload));
            } else if newest >= newer && self.passes(stream, newest - newer) {
                events.push(PeerEvent::Media(Box::new(MediaPacket {
                    is_resent: true,
                    sequence: newest - newer,
                    timestamp: packet.timestamp.wrapping_sub(block.age),
                    marker: false,
                    payload: Arc::from(block.payload),
                    redundant: None,
                    ..packet
                })));
            }
        }
        let Some(payload) = payload else { return };
        let is_repeated = is_followed && !self.passes(stream, newest);
        let redundant = (count > 1).then_some(Redundant {
            payload_type: *of,
            payload: packet.payload,
        });
        events.push(PeerEvent::Media(Box::new(MediaPacket {
            is_repeated,
            payload,
            redundant,
            ..packet
        })));
    }

    /// Hands on a packet of sound, which came with redundancy or without.
    pub(super) fn sound(&mut self, packet: MediaPacket, is_redundant: bool, events: &mut Vec<PeerEvent>) {
        if is_redundant {
            self.take_apart(packet, events);
            return;
        }
        let is_repeated = !self.passes(packet.stream, packet.sequence);
        events.push(PeerEvent::Media(Box::new(MediaPacket { is_repeated, ..packet })));
    }
}
