//! A track: what one source of one session sends, from packets to frames that are placed on the recording's axis.
//!
//! Nothing is decoded. Sound is passed on packet by packet. A picture is passed on whole or not at all, and after one that was lost there
//! is none until the next that needs no other: what a decoder would make of the ones between is worse than nothing. Whoever drives
//! this asks the publisher for it ([`Track::wants_keyframe`]).
//!
//! Frames are held back for [`limits::SETTLING_US`] at first, since the first packets say little of where a clock stands.

use std::sync::Arc;

use media::{Codec, Least, TappedPacket};

use crate::{
    clock::Clock,
    limits,
    order::{Next, Order},
    pictures::{self, Picture},
};

/// Something to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// When it is, on the axis, in microseconds.
    pub(crate) at_us: i64,
    /// How long it is; nothing is known of a picture's.
    pub(crate) duration_us: i64,
    pub(crate) picture: Picture,
}

/// The packets that a track holds on to.
#[derive(Debug)]
struct Held {
    ticks: i64,
    marker: bool,
    starts_keyframe: bool,
    size: Option<(u16, u16)>,
    payload: Arc<[u8]>,
}

/// What one source sends, in one encoding and under one SSRC.
#[derive(Debug)]
pub(crate) struct Track {
    codec: Codec,
    stream: u32,
    clock: Clock,
    order: Order<Held>,
    /// The packets of the picture that is under way, and their bytes.
    picture: Vec<Held>,
    picture_bytes: usize,
    /// Something of the picture that is under way is missing.
    is_broken: bool,
    /// No picture is of use but one that needs no other.
    needs_key: bool,
    first_us: Option<i64>,
    /// Where the last frame is.
    last_us: i64,
}

impl Track {
    pub(crate) fn new(codec: Codec, stream: u32) -> Track {
        Track {
            codec,
            stream,
            clock: Clock::new(codec.clock_rate_hz()),
            order: Order::new(),
            picture: vec![],
            picture_bytes: 0,
            is_broken: false,
            needs_key: codec != Codec::Opus,
            first_us: None,
            last_us: -limits::FRAMES_APART_US,
        }
    }

    /// Whether this is of the same encoding and SSRC.
    pub(crate) fn is_of(&self, packet: &TappedPacket) -> bool {
        (self.codec, self.stream) == (packet.codec, packet.stream)
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// No picture can be written before its publisher has sent one that needs no other.
    pub(crate) fn wants_keyframe(&self) -> bool {
        self.needs_key
    }

    /// Where the sender's clock and ours stand, if it has said so.
    pub(crate) fn mapping(&self, sender: &Least) -> Option<(i64, i64)> {
        self.clock.mapping(sender)
    }

    /// A packet came.
    pub(crate) fn take(&mut self, packet: &TappedPacket, sender: &mut Least, arrived_us: i64) {
        self.first_us.get_or_insert(arrived_us);
        let ticks = self.clock.arrived(packet.timestamp, packet.report, sender, arrived_us);
        let held = Held {
            ticks,
            marker: packet.marker,
            starts_keyframe: packet.starts_keyframe,
            size: packet.picture.map(|picture| (picture.width, picture.height)),
            payload: Arc::clone(&packet.payload),
        };
        self.order.take(packet.sequence, held, arrived_us);
    }

    /// The recording has missed something: nothing that is under way can be trusted.
    pub(crate) fn interrupt(&mut self) {
        self.drop_picture();
        self.needs_key = self.codec != Codec::Opus;
    }

    /// Gives out what is known by now; all that there is, if nothing comes after it.
    pub(crate) fn release(&mut self, sender: &Least, now_us: i64, is_end: bool, frames: &mut Vec<Frame>) {
        let settled = self.first_us.is_some_and(|first| now_us >= first + limits::SETTLING_US);
        if !settled && !is_end {
            return;
        }
        let until_us = if is_end { i64::MAX } else { now_us };
        while let Some(next) = self.order.next(until_us) {
            match next {
                Next::Hole(_) if self.codec == Codec::Opus => {}
                Next::Hole(_) => self.break_off(),
                Next::Packet(held) if self.codec == Codec::Opus => frames.extend(self.sound(&held, sender)),
                Next::Packet(held) => frames.extend(self.part(held, sender)),
            }
        }
    }

    fn sound(&mut self, held: &Held, sender: &Least) -> Option<Frame> {
        let duration_us = opus_duration_us(&held.payload)?;
        Some(Frame {
            at_us: self.place(held.ticks, sender),
            duration_us,
            picture: Picture {
                bytes: held.payload.to_vec(),
                private: None,
                size: None,
                is_key: true,
            },
        })
    }

    /// A part of a picture; the picture, if it was the last one.
    fn part(&mut self, held: Held, sender: &Least) -> Option<Frame> {
        // What pads a stream out is numbered and says nothing.
        if held.payload.is_empty() {
            return None;
        }
        if self.picture.first().is_some_and(|first| first.ticks != held.ticks) {
            // The last part of the one before never came.
            self.break_off();
            self.is_broken = false;
        }
        if held.starts_keyframe {
            // Whatever was missing was of another one.
            self.is_broken = false;
        }
        self.picture_bytes += held.payload.len();
        if self.picture_bytes > limits::PICTURE_BYTES_MAX {
            self.break_off();
        }
        let (ticks, is_last) = (held.ticks, held.marker);
        if !self.is_broken {
            self.picture.push(held);
        }
        if !is_last {
            return None;
        }
        let payloads: Vec<&[u8]> = self.picture.iter().map(|part| &*part.payload).collect();
        let mut picture = pictures::assemble(self.codec, &payloads);
        if let Some(picture) = &mut picture {
            let told = self.picture.iter().find_map(|part| part.size);
            picture.size = picture.size.or(told.filter(|_| picture.is_key));
        }
        self.drop_picture();
        let Some(picture) = picture else {
            self.needs_key = true;
            return None;
        };
        self.needs_key &= !picture.is_key;
        (!self.needs_key).then(|| Frame {
            at_us: self.place(ticks, sender),
            duration_us: 0,
            picture,
        })
    }

    /// What is under way is lost, and all that follows from it.
    fn break_off(&mut self) {
        self.drop_picture();
        self.is_broken = true;
        self.needs_key = true;
    }

    fn drop_picture(&mut self) {
        self.picture.clear();
        self.picture_bytes = 0;
        self.is_broken = false;
    }

    /// Where on the axis; never before its beginning or what was written, nor at the same time. What was said a moment before the
    /// recording began, and came after that, is at its beginning.
    fn place(&mut self, ticks: i64, sender: &Least) -> i64 {
        let at_us = self
            .clock
            .place(ticks, sender)
            .max(self.last_us.saturating_add(limits::FRAMES_APART_US));
        self.last_us = at_us;
        at_us
    }
}

/// How long a packet of Opus is (RFC 6716 §3.1, §3.2); `None` if it is none.
pub(crate) fn opus_duration_us(packet: &[u8]) -> Option<i64> {
    const LONGEST_US: i64 = 120_000;
    let first = *packet.first()?;
    let frame_us = match first >> 3 {
        number @ 0..12 => [10_000, 20_000, 40_000, 60_000][usize::from(number % 4)],
        number @ 12..16 => [10_000, 20_000][usize::from(number % 2)],
        number => [2_500, 5_000, 10_000, 20_000][usize::from(number % 4)],
    };
    let frames = match first & 0x03 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(packet.get(1)? & 0x3f),
    };
    let duration_us = frame_us * frames;
    (1..=LONGEST_US).contains(&duration_us).then_some(duration_us)
}
