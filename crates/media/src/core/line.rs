//! One receiving line: one continuous RTP stream whatever is switched onto it.
//!
//! A browser negotiates a line once and believes that one camera is behind it for ever. So when the source changes,
//! sequence numbers go on without a gap, and the picture ids inside VP8 and VP9 run on. Both are `incoming + offset`, and a switch only
//! computes new offsets. Timestamps need none: what comes here counts by one clock already, see `clock`. Only where what is switched to is
//! older than what was shown last, it is late on the line, by an excess that a picture makes good within twice its time.
//!
//! A video line changes its source on a keyframe and keeps the old source until one arrives: otherwise the decoder would
//! get differences to pictures it has never seen, and the viewer a frozen tile. An audio line changes at once. A layer of a
//! picture is a source like any other. A source whose numbers leap is one that begins again: whoever sends may write any number, and
//! the counter of roll-overs at each viewer follows only small steps.
//!
//! Temporal layers above a line's limit are left out, and what is left out was never there: the numbers of what follows
//! close ranks, see [`LeftOut`]. The limit falls at the next picture, and rises at the next that needs none of those that
//! were left out.

mod left_out;
#[cfg(test)]
mod tests;

use crate::{
    core::{
        Time,
        codec::{Picture, PictureId, Temporal},
        line::left_out::LeftOut,
    },
    limits,
};

/// What a line must know of a packet.
#[derive(Debug, Clone, Copy)]
pub struct Incoming {
    /// The SSRC at the publisher: a source that starts again under another one is a switch too.
    pub stream: u32,
    /// Which size of a picture it is of.
    pub spatial: u8,
    /// And of which of its layers.
    pub temporal: Temporal,
    /// Extended by the roll-overs.
    pub sequence: u64,
    /// By the clock of all lines.
    pub timestamp: u32,
    /// Bytes of payload.
    pub bytes: usize,
    /// Nothing later refers to what was before it.
    pub starts_keyframe: bool,
    /// How large the picture is, where the packet tells it.
    pub size: Option<quality::Picture>,
    /// The running numbers in the payload.
    pub picture: Picture,
    /// Pictures that are left out must leave no gap in the picture ids.
    pub renumbers: bool,
}

/// What the packet becomes on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// Its number, which begins with one and runs on.
    pub sequence: u64,
    /// Its time.
    pub timestamp: u32,
    /// The picture numbers to write; `None` leaves the payload alone.
    pub picture: Option<Picture>,
    /// The first packet of another source.
    pub switched: bool,
}

/// A line whose sources are named by `S`.
#[derive(Debug)]
pub struct Line<S> {
    keyframes_only: bool,
    current: Option<Current<S>>,
    waiting: Option<S>,
    last: Option<Last>,
    /// The highest temporal layer that is wanted.
    temporal_max: u8,
}

#[derive(Debug)]
struct Current<S> {
    source: S,
    stream: u32,
    /// Packets before the one that the switch began with belong to pictures that this line never started.
    first_sequence: u64,
    /// The sequence number that `first_sequence` became.
    base_sequence: u64,
    /// The timestamp that the switch began with, and by how much it was too early for this line.
    first_timestamp: u32,
    excess: u32,
    picture_offset: u16,
    tl0_offset: u8,
    left_out: LeftOut,
    /// The highest temporal layer that passes.
    temporal_max: u8,
    /// The timestamp of the newest picture, and whether it passes.
    newest: (u32, bool),
}

/// The newest packet sent.
#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    timestamp: u32,
    at: Time,
    picture_id: Option<u16>,
    tl0: Option<u8>,
}

impl<S: Copy + Eq> Line<S> {
    /// A line of Opus.
    pub fn audio() -> Line<S> {
        Line {
            keyframes_only: false,
            current: None,
            waiting: None,
            last: None,
            temporal_max: u8::MAX,
        }
    }

    /// A line of video.
    pub fn video() -> Line<S> {
        Line {
            keyframes_only: true,
            current: None,
            waiting: None,
            last: None,
            temporal_max: u8::MAX,
        }
    }

    /// Wants this source from now on. True if it has to be waited for.
    pub fn show(&mut self, source: S) -> bool {
        let shown = self.current.as_ref().is_some_and(|current| current.source == source);
        self.waiting = (!shown).then_some(source);
        !shown
    }

    /// Wants no temporal layers above this one.
    pub fn limit(&mut self, temporal_max: u8) {
        self.temporal_max = temporal_max;
    }

    /// Falls silent.
    pub fn clear(&mut self) {
        self.current = None;
        self.waiting = None;
    }

    /// Stops waiting for or carrying this source.
    pub fn forget(&mut self, source: S) {
        self.current.take_if(|current| current.source == source);
        self.waiting.take_if(|waiting| *waiting == source);
    }

    /// Whether packets of the source matter to this line, now or soon.
    pub fn concerns(&self, source: S) -> bool {
        self.waits_for(source) || self.current.as_ref().is_some_and(|current| current.source == source)
    }

    /// Whether the line needs a keyframe of this source to go on.
    pub fn waits_for(&self, source: S) -> bool {
        self.waiting == Some(source)
    }

    /// The source whose packets pass now.
    pub fn current(&self) -> Option<S> {
        self.current.as_ref().map(|current| current.source)
    }

    /// Whether anything was sent on it a moment ago.
    pub fn is_live(&self, now: Time) -> bool {
        self.last.is_some_and(|last| now < last.at + limits::LINE_LIVES)
    }

    /// The source that the next keyframe will bring.
    pub fn waiting(&self) -> Option<S> {
        self.waiting
    }

    /// Puts a packet onto the line, or drops it.
    pub fn forward(&mut self, source: S, packet: &Incoming, now: Time) -> Option<Rewritten> {
        let continues = self.current.as_ref().is_some_and(|current| {
            current.source == source && current.stream == packet.stream && !current.left_out.is_leap(packet.sequence)
        });
        if !continues {
            let is_current = self.current() == Some(source);
            let wanted = self.waiting == Some(source) || is_current;
            if !wanted {
                return None;
            }
            if self.keyframes_only && !packet.starts_keyframe {
                if is_current {
                    self.waiting.get_or_insert(source);
                }
                return None;
            }
            self.switch(source, packet);
        }
        let temporal_max = self.temporal_max;
        let current = self.current.as_mut()?;
        let sequence = packet.sequence.checked_sub(current.first_sequence)?;
        if !current.passes(packet, temporal_max) {
            current
                .left_out
                .leave_out(packet.sequence, packet.picture.id.filter(|_| packet.renumbers));
            return None;
        }
        let (packets, pictures) = current.left_out.before(packet.sequence)?;
        let sequence = current.base_sequence + sequence - packets;
        let excess = current.excess_at(packet.timestamp, self.keyframes_only);
        let timestamp = packet.timestamp.wrapping_add(excess);
        let picture = current.picture(packet.picture, pictures);
        if self.last.is_none_or(|last| sequence > last.sequence) {
            self.last = Some(Last {
                sequence,
                timestamp,
                at: now,
                picture_id: picture
                    .id
                    .map(|id| id.value)
                    .or(self.last.and_then(|last| last.picture_id)),
                tl0: picture.tl0.or(self.last.and_then(|last| last.tl0)),
            });
        }
        let picture = (picture != packet.picture).then_some(picture);
        Some(Rewritten {
            sequence,
            timestamp,
            picture,
            switched: !continues,
        })
    }

    fn switch(&mut self, source: S, packet: &Incoming) {
        // The receiver has no roll-over counter yet, so the first sequence number is small whatever the publisher's is.
        let mut current = Current {
            source,
            stream: packet.stream,
            first_sequence: packet.sequence,
            base_sequence: 1,
            first_timestamp: packet.timestamp,
            excess: 0,
            picture_offset: 0,
            tl0_offset: 0,
            left_out: LeftOut::default(),
            temporal_max: self.temporal_max,
            newest: (packet.timestamp, true),
        };
        if let Some(last) = self.last {
            current.base_sequence = last.sequence + 1;
            let excess = last.timestamp.wrapping_add(1).wrapping_sub(packet.timestamp);
            current.excess = u32::try_from(excess.cast_signed()).unwrap_or_default();
            if let (Some(before), Some(PictureId { value, .. })) = (last.picture_id, packet.picture.id) {
                current.picture_offset = before.wrapping_add(1).wrapping_sub(value);
            }
            if let (Some(before), Some(value)) = (last.tl0, packet.picture.tl0) {
                current.tl0_offset = before.wrapping_add(1).wrapping_sub(value);
            }
        }
        self.current = Some(current);
        self.waiting = None;
    }
}

impl<S> Current<S> {
    /// Whether the picture of a packet is of a layer that is wanted. What was said of one picture holds for all of its packets.
    fn passes(&mut self, packet: &Incoming, temporal_max: u8) -> bool {
        let (newest, newest_passes) = self.newest;
        let Temporal { layer, is_sync, opens } = packet.temporal;
        if packet.timestamp == newest {
            return newest_passes;
        }
        let is_newer = packet.timestamp.wrapping_sub(newest) < 1 << 31;
        if is_newer {
            self.temporal_max = self.temporal_max.min(temporal_max);
            if is_sync && layer <= temporal_max {
                self.temporal_max = self.temporal_max.max(layer);
            }
            if layer <= self.temporal_max {
                self.temporal_max = self.temporal_max.max(opens.min(temporal_max));
            }
            self.newest = (packet.timestamp, layer <= self.temporal_max);
        }
        layer <= self.temporal_max
    }

    /// How late a packet is on the line. A picture may come a little early after the one before, a sound may not.
    fn excess_at(&self, timestamp: u32, is_picture: bool) -> u32 {
        let since = timestamp.wrapping_sub(self.first_timestamp).cast_signed();
        let made_good = if is_picture {
            u32::try_from(since).unwrap_or_default() / 2
        } else {
            0
        };
        self.excess.saturating_sub(made_good)
    }

    fn picture(&self, picture: Picture, left_out: u16) -> Picture {
        Picture {
            id: picture
                .id
                .map(|id| id.advanced(self.picture_offset.wrapping_sub(left_out))),
            tl0: picture.tl0.map(|tl0| tl0.wrapping_add(self.tl0_offset)),
        }
    }
}
