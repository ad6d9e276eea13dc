//! One receiving line: one continuous RTP stream whatever is switched onto it.
//!
//! A browser negotiates a line once and believes that one camera is behind it for ever. So when the source changes,
//! sequence numbers go on without a gap, timestamps advance by the time that really passed, and the picture ids inside
//! VP8 and VP9 run on. Each of the three is `incoming + offset`, and a switch only computes new offsets.
//!
//! A video line changes its source on a keyframe and keeps the old source until one arrives: otherwise the decoder would
//! get differences to pictures it has never seen, and the viewer a frozen tile. An audio line changes at once.

use crate::core::{
    Time,
    codec::{Picture, PictureId},
};

/// What a line must know of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming {
    /// The SSRC at the publisher: a source that starts again under another one is a switch too.
    pub(crate) stream: u32,
    /// Extended by the roll-overs.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) starts_keyframe: bool,
    pub(crate) picture: Picture,
}

/// What the packet becomes on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rewritten {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    /// The picture numbers to write; `None` leaves the payload alone.
    pub(crate) picture: Option<Picture>,
    /// The first packet of another source.
    pub(crate) switched: bool,
}

/// A line whose sources are named by `S`.
#[derive(Debug)]
pub(crate) struct Line<S> {
    clock_rate_hz: u32,
    keyframes_only: bool,
    current: Option<Current<S>>,
    waiting: Option<S>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Current<S> {
    source: S,
    stream: u32,
    /// Packets before the one that the switch began with belong to pictures that this line never started.
    first_sequence: u64,
    /// The sequence number that `first_sequence` became.
    base_sequence: u64,
    timestamp_offset: u32,
    picture_offset: u16,
    tl0_offset: u8,
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
    pub(crate) fn audio() -> Line<S> {
        Line {
            clock_rate_hz: 48_000,
            keyframes_only: false,
            current: None,
            waiting: None,
            last: None,
        }
    }

    /// A line of video.
    pub(crate) fn video() -> Line<S> {
        Line {
            clock_rate_hz: 90_000,
            keyframes_only: true,
            current: None,
            waiting: None,
            last: None,
        }
    }

    /// Wants this source from now on. True if it has to be waited for.
    pub(crate) fn show(&mut self, source: S) -> bool {
        let shown = self.current.as_ref().is_some_and(|current| current.source == source);
        self.waiting = (!shown).then_some(source);
        !shown
    }

    /// Falls silent.
    pub(crate) fn clear(&mut self) {
        self.current = None;
        self.waiting = None;
    }

    /// Stops waiting for or carrying this source.
    pub(crate) fn forget(&mut self, source: S) {
        self.current.take_if(|current| current.source == source);
        self.waiting.take_if(|waiting| *waiting == source);
    }

    /// Whether packets of the source matter to this line, now or soon.
    pub(crate) fn concerns(&self, source: S) -> bool {
        self.waits_for(source) || self.current.as_ref().is_some_and(|current| current.source == source)
    }

    /// Whether the line needs a keyframe of this source to go on.
    pub(crate) fn waits_for(&self, source: S) -> bool {
        self.waiting == Some(source)
    }

    /// The source whose packets pass now.
    pub(crate) fn current(&self) -> Option<S> {
        self.current.as_ref().map(|current| current.source)
    }

    /// The source that the next keyframe will bring.
    pub(crate) fn waiting(&self) -> Option<S> {
        self.waiting
    }

    /// Puts a packet onto the line, or drops it.
    pub(crate) fn forward(&mut self, source: S, packet: &Incoming, now: Time) -> Option<Rewritten> {
        let continues = self
            .current
            .as_ref()
            .is_some_and(|current| current.source == source && current.stream == packet.stream);
        if !continues {
            let wanted = self.waiting == Some(source) || self.current() == Some(source);
            if !wanted || (self.keyframes_only && !packet.starts_keyframe) {
                return None;
            }
            self.switch(source, packet, now);
        }
        let current = self.current.as_ref()?;
        let sequence = current.base_sequence + packet.sequence.checked_sub(current.first_sequence)?;
        let timestamp = packet.timestamp.wrapping_add(current.timestamp_offset);
        let picture = current.picture(packet.picture);
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

    fn switch(&mut self, source: S, packet: &Incoming, now: Time) {
        // The receiver has no roll-over counter yet, so the first sequence number is small whatever the publisher's is.
        let mut current = Current {
            source,
            stream: packet.stream,
            first_sequence: packet.sequence,
            base_sequence: 1,
            timestamp_offset: 0,
            picture_offset: 0,
            tl0_offset: 0,
        };
        if let Some(last) = self.last {
            current.base_sequence = last.sequence + 1;
            let timestamp = last
                .timestamp
                .wrapping_add(self.ticks(now.saturating_sub(last.at)).max(1));
            current.timestamp_offset = timestamp.wrapping_sub(packet.timestamp);
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

    fn ticks(&self, elapsed: Time) -> u32 {
        let ticks = elapsed.as_micros() * u128::from(self.clock_rate_hz) / 1_000_000;
        // RTP timestamps wrap, so what does not fit is not missed.
        u32::try_from(ticks & u128::from(u32::MAX)).expect("masked to 32 bits")
    }
}

impl<S> Current<S> {
    fn picture(&self, picture: Picture) -> Picture {
        Picture {
            id: picture.id.map(|id| id.advanced(self.picture_offset)),
            tl0: picture.tl0.map(|tl0| tl0.wrapping_add(self.tl0_offset)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(stream: u32, sequence: u64, timestamp: u32, starts_keyframe: bool, id: u16) -> Incoming {
        let picture = Picture {
            id: Some(PictureId {
                value: id & 0x7fff,
                wide: true,
            }),
            tl0: Some(id.to_be_bytes()[1]),
        };
        Incoming {
            stream,
            sequence,
            timestamp,
            starts_keyframe,
            picture,
        }
    }

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn the_old_source_is_held_until_a_keyframe_of_the_new_one() {
        let mut line = Line::video();
        assert!(line.show('a'));
        assert_eq!(
            line.forward('a', &packet(1, 70_000, 9_000, false, 5), at(0)),
            None,
            "not before a keyframe"
        );
        let first = line.forward('a', &packet(1, 70_001, 9_000, true, 5), at(0)).unwrap();
        assert_eq!(
            first,
            Rewritten {
                sequence: 1,
                timestamp: 9_000,
                picture: None,
                switched: true
            }
        );
        assert!(line.show('b'));
        assert_eq!(line.forward('b', &packet(2, 5, 777, false, 300), at(10)), None);
        assert_eq!(
            line.forward('a', &packet(1, 70_002, 12_000, false, 6), at(33))
                .unwrap()
                .sequence,
            2
        );
        let switched = line.forward('b', &packet(2, 6, 777, true, 300), at(43)).unwrap();
        assert_eq!(
            (switched.sequence, switched.timestamp, switched.switched),
            (3, 12_900, true)
        );
        assert_eq!(switched.picture.unwrap().id.unwrap().value, 7, "picture ids run on");
        assert_eq!(
            line.forward('a', &packet(1, 70_003, 15_000, false, 7), at(66)),
            None,
            "the old one is gone"
        );
        assert_eq!(
            line.forward('b', &packet(2, 5, 777, false, 299), at(67)),
            None,
            "before the switch"
        );
    }

    #[test]
    fn a_line_may_change_its_mind_and_fall_silent() {
        let mut line = Line::video();
        line.show('a');
        line.forward('a', &packet(1, 1, 0, true, 0), at(0)).unwrap();
        assert!(line.show('b'));
        assert!(!line.show('a'), "still shown: nothing to wait for");
        assert_eq!(line.forward('b', &packet(2, 1, 0, true, 0), at(1)), None);
        line.clear();
        assert_eq!(line.forward('a', &packet(1, 2, 0, true, 0), at(2)), None);
        assert!(!line.concerns('a'));
    }

    #[test]
    fn a_source_that_restarts_goes_on_at_a_keyframe() {
        let mut line = Line::video();
        line.show('a');
        line.forward('a', &packet(1, 9_000, 0, true, 0), at(0)).unwrap();
        assert_eq!(line.forward('a', &packet(7, 3, 55, false, 900), at(40)), None);
        assert_eq!(
            line.forward('a', &packet(7, 4, 55, true, 900), at(40))
                .unwrap()
                .sequence,
            2
        );
    }

    #[test]
    fn audio_switches_at_once() {
        let mut line = Line::audio();
        line.show('a');
        line.forward('a', &packet(1, 10, 0, false, 0), at(0)).unwrap();
        line.show('b');
        let switched = line.forward('b', &packet(2, 900, 123, false, 0), at(20)).unwrap();
        assert_eq!((switched.sequence, switched.timestamp), (2, 960));
    }

    proptest! {
        /// Whatever is switched onto the line and in whatever order, the receiver sees one stream: sequence numbers
        /// without a gap and timestamps that never go back by more than the publisher's own reordering.
        #[test]
        fn one_continuous_stream(steps in proptest::collection::vec((0..4_u32, 0..3_u8, any::<bool>(), 1..200_u64), 1..300)) {
            let mut line = Line::video();
            let mut sources: Vec<(u64, u32, u16)> =
                (0..4).map(|id| (60_000 + u64::from(id) * 1_000_000, (u32::MAX - 7_000).wrapping_add(id * 999_999), 0x7ff0)).collect();
            let (mut now, mut sent): (u64, Vec<Rewritten>) = (0, vec![]);
            for (source, action, starts_keyframe, gap_ms) in steps {
                now += gap_ms;
                match action {
                    0 => { line.show(source); }
                    1 if gap_ms > 190 => line.clear(),
                    _ => {}
                }
                for (id, state) in (0_u32..).zip(&mut sources) {
                    *state = (state.0 + 1, state.1.wrapping_add(u32::try_from(gap_ms).unwrap() * 90), state.2.wrapping_add(1));
                    let incoming = packet(id + 100, state.0, state.1, starts_keyframe && id == source, state.2);
                    sent.extend(line.forward(id, &incoming, at(now)));
                }
            }
            for pair in sent.windows(2) {
                prop_assert_eq!(pair[1].sequence, pair[0].sequence + 1);
                let advance = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
                prop_assert!((1..1 << 31).contains(&advance), "{:?}", pair);
            }
            if let Some(first) = sent.first() {
                prop_assert_eq!(first.sequence, 1, "the receiver's roll-over counter starts at nothing");
            }
        }
    }
}
