//! The window that is being filled: what both directions measure alike.
//!
//! Pictures are counted by what ends them, so that their number does not depend on the order in which packets come. How many
//! there are a second is sampled once a second, and only of full seconds: one counts if there were packets before it and
//! after it. A camera that is switched on or off in the middle of one would otherwise seem slow each time, and one that is off would seem
//! to stand still.

use crate::{
    figures::{Figures, Share, Spread},
    limits,
    packet::{Content, Level},
    window::Window,
};

/// A window that began some time ago.
#[derive(Debug)]
pub(crate) struct Filling {
    begin_us: i64,
    first_us: Option<i64>,
    last_us: Option<i64>,
    pub(crate) figures: Figures,
    second: Second,
}

/// The second that is under way, and the one before it.
#[derive(Debug, Default)]
struct Second {
    begin_us: i64,
    packets: u64,
    frames: u64,
    /// There were packets in the one before.
    ran: bool,
    /// Pictures of the one before and its length, if it counts once packets follow.
    held: Option<(u64, u64)>,
}

impl Filling {
    pub(crate) fn new(begin_us: i64) -> Filling {
        Filling {
            begin_us,
            first_us: None,
            last_us: None,
            figures: Figures::default(),
            second: Second {
                begin_us,
                ..Second::default()
            },
        }
    }

    /// A packet came or went by itself.
    pub(crate) fn packet(&mut self, bytes: usize, now_us: i64) {
        self.first_us.get_or_insert(now_us);
        self.last_us = Some(now_us);
        self.figures.packets += 1;
        self.figures.bytes += bytes as u64;
    }

    /// What was in a packet that goes somewhere, whether it came by itself or was sent again.
    pub(crate) fn content(&mut self, content: &Content) {
        let figures = &mut self.figures;
        self.second.packets += 1;
        self.second.frames += u64::from(content.ends_picture);
        figures.frames += u64::from(content.ends_picture);
        figures.keyframes += u64::from(content.starts_keyframe);
        figures.redundant += u64::from(content.is_redundant);
        figures.codec = Some(content.codec);
        figures.picture = content.picture.or(figures.picture);
        if let Some(Level { below_db, is_voice }) = content.level {
            let level = if is_voice {
                &mut figures.speech_db
            } else {
                &mut figures.noise_db
            };
            level.take(below_db.into());
        }
    }

    /// A second is over.
    pub(crate) fn second(&mut self, now_us: i64) {
        let Second {
            begin_us,
            packets,
            frames,
            ran,
            held,
        } = std::mem::take(&mut self.second);
        let runs = packets > 0;
        if let Some((frames, length_us)) = held.filter(|_| runs) {
            self.figures.timed_frames += frames;
            self.figures.timed_us += length_us;
            let in_ten_seconds = (frames * 10_000_000).checked_div(length_us);
            self.figures
                .slow
                .take(in_ten_seconds < Some(limits::SLOW_FRAMES_IN_TEN_SECONDS));
        }
        let length_us = u64::try_from(now_us - begin_us).unwrap_or(0);
        self.second = Second {
            begin_us: now_us,
            ran: runs,
            held: (runs && ran && length_us > 0).then_some((frames, length_us)),
            ..Second::default()
        };
    }

    /// What was measured, and the next window begins; `None` if it was nothing.
    pub(crate) fn take(&mut self, now_us: i64, transport: &Transport) -> Option<Window> {
        let Filling {
            begin_us,
            first_us,
            last_us,
            mut figures,
            ..
        } = *self;
        self.begin_us = now_us;
        (self.first_us, self.last_us) = (None, None);
        self.figures = Figures::default();
        if figures == Figures::default() {
            return None;
        }
        figures.round_trip_us = transport.round_trip_us;
        figures.delayed = transport.delayed;
        Some(Window {
            begin_us,
            length_us: u32::try_from(now_us - begin_us).unwrap_or(0),
            first_us,
            last_us,
            figures,
        })
    }
}

/// What was measured of the transport that all streams of a session share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transport {
    round_trip_us: Spread,
    delayed: Share,
    /// What the path to the participant is believed to carry.
    pub(crate) estimate_bps: Spread,
    pub(crate) narrow: Share,
}

impl Transport {
    /// How long a packet and its answer took.
    pub fn round_trip(&mut self, round_trip_us: u64) {
        self.round_trip_us.take(round_trip_us);
        self.delayed.take(round_trip_us > limits::CONVERSATION_ROUND_TRIP_US);
    }

    /// What the path to the participant is believed to carry.
    pub fn estimate(&mut self, estimate_bps: u64) {
        self.estimate_bps.take(estimate_bps);
        self.narrow.take(estimate_bps < limits::NARROW_BPS);
    }
}

/// Whether this much loss or jitter spoils what is heard.
pub(crate) fn is_spoiled(lost: u64, expected: u64, jitter_us: u64) -> bool {
    lost * 100 > expected * limits::GOOD_LOSS_PERCENT || jitter_us > limits::GOOD_JITTER_US
}
