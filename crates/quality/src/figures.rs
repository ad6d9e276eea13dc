//! The figures of a stretch of a stream, which can be added: windows make totals by the same sum.
//!
//! A mean of means is no mean. So nothing is kept that cannot be added exactly: counts, sums with their numbers of samples,
//! maxima. Rates are computed when somebody reads them.

use serde::{Deserialize, Serialize};

use crate::stream::Codec;

/// Samples of something that has a mean and a maximum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// The sum of all samples.
    pub sum: u64,
    /// How many there were.
    pub samples: u64,
    /// The largest.
    pub max: u64,
}

impl Spread {
    /// Takes one sample in.
    pub fn take(&mut self, sample: u64) {
        self.sum = self.sum.saturating_add(sample);
        self.samples += 1;
        self.max = self.max.max(sample);
    }

    /// Takes in what another one has.
    pub fn add(&mut self, other: &Spread) {
        self.sum = self.sum.saturating_add(other.sum);
        self.samples += other.samples;
        self.max = self.max.max(other.max);
    }

    /// The mean, if anything was measured.
    pub fn mean(&self) -> Option<f64> {
        ratio(self.sum, self.samples)
    }

    /// The maximum, if anything was measured.
    pub fn max(&self) -> Option<u64> {
        (self.samples > 0).then_some(self.max)
    }
}

/// How many samples of how many were such.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Those that were.
    pub such: u64,
    /// All of them.
    pub samples: u64,
}

impl Share {
    /// Takes one sample in.
    pub fn take(&mut self, is_such: bool) {
        self.such += u64::from(is_such);
        self.samples += 1;
    }

    /// Takes in what another one has.
    pub fn add(&mut self, other: &Share) {
        self.such += other.such;
        self.samples += other.samples;
    }

    /// From 0 to 1, if anything was measured.
    pub fn ratio(&self) -> Option<f64> {
        ratio(self.such, self.samples)
    }
}

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// From left to right.
    pub width: u16,
    /// From top to bottom.
    pub height: u16,
}

/// Whether nothing was measured: then nothing is written, and what is not there is read as this.
pub(crate) fn is_absent<T: Default + PartialEq>(figure: &T) -> bool {
    *figure == T::default()
}

/// What was measured of a stretch of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Packets that arrived by themselves (uplink) or were sent for the first time (downlink).
    #[serde(skip_serializing_if = "is_absent")]
    pub packets: u64,
    /// Bytes of their payloads.
    #[serde(skip_serializing_if = "is_absent")]
    pub bytes: u64,
    /// Packets that the receiver should have: on the uplink ours, on the downlink what its receiver reports cover. 0: nothing is
    /// known of losses.
    #[serde(skip_serializing_if = "is_absent")]
    pub expected: u64,
    /// Of the expected, those that did not arrive by themselves, whether or not they were sent again.
    #[serde(skip_serializing_if = "is_absent")]
    pub lost: u64,
    /// Uplink: lost packets that arrived once they were sent again. Downlink: packets that were sent again.
    #[serde(skip_serializing_if = "is_absent")]
    pub resent: u64,
    /// Runs of lost packets, on the uplink.
    #[serde(skip_serializing_if = "is_absent")]
    pub bursts: u64,
    /// The longest of them, in packets.
    #[serde(skip_serializing_if = "is_absent")]
    pub burst_max: u64,
    /// Packets that came later than a player waits, on the uplink; see `receiving`.
    #[serde(skip_serializing_if = "is_absent")]
    pub late: u64,
    /// Packets that carry redundancy for those before them: Opus with in-band correction, or RED.
    #[serde(skip_serializing_if = "is_absent")]
    pub redundant: u64,
    /// RFC 3550 §A.8, in microseconds: a sample of each second of the uplink, or of each receiver report of the downlink.
    #[serde(skip_serializing_if = "is_absent")]
    pub jitter_us: Spread,
    /// Of the transport, in microseconds: a sample of each report that tells it.
    #[serde(skip_serializing_if = "is_absent")]
    pub round_trip_us: Spread,
    /// Round trips that hinder a conversation, of all that were measured.
    #[serde(skip_serializing_if = "is_absent")]
    pub delayed: Share,
    /// What the path to the participant is believed to carry, in bits a second: a sample of each estimate.
    #[serde(skip_serializing_if = "is_absent")]
    pub estimate_bps: Spread,
    /// Of these estimates, those that are less than what people say takes.
    #[serde(skip_serializing_if = "is_absent")]
    pub narrow: Share,
    /// Seconds, or receiver reports, in which the network spoiled what is heard: too much loss or jitter.
    #[serde(skip_serializing_if = "is_absent")]
    pub spoiled: Share,
    /// Pictures: packets that end one.
    #[serde(skip_serializing_if = "is_absent")]
    pub frames: u64,
    /// Of these, the ones in full seconds with packets, which are samples of `slow`.
    #[serde(skip_serializing_if = "is_absent")]
    pub timed_frames: u64,
    /// How long those seconds were together, in microseconds.
    #[serde(skip_serializing_if = "is_absent")]
    pub timed_us: u64,
    /// Full seconds with packets that had fewer than 7.5 pictures.
    #[serde(skip_serializing_if = "is_absent")]
    pub slow: Share,
    /// Pictures that need no other one.
    #[serde(skip_serializing_if = "is_absent")]
    pub keyframes: u64,
    /// Requests for them: sent to the participant (uplink), or received (downlink).
    #[serde(skip_serializing_if = "is_absent")]
    pub keyframe_requests: u64,
    /// The size of the newest picture that told it.
    #[serde(skip_serializing_if = "is_absent")]
    pub picture: Option<Picture>,
    /// The codec of the newest packet.
    #[serde(skip_serializing_if = "is_absent")]
    pub codec: Option<Codec>,
    /// How far below the loudest possible, in dB, packets were whose sender marked them as voice.
    #[serde(skip_serializing_if = "is_absent")]
    pub speech_db: Spread,
    /// The same of packets without voice.
    #[serde(skip_serializing_if = "is_absent")]
    pub noise_db: Spread,
}

impl Figures {
    /// Takes in what came after.
    pub fn add(&mut self, later: &Figures) {
        for (sum, more) in [
            (&mut self.packets, later.packets),
            (&mut self.bytes, later.bytes),
            (&mut self.expected, later.expected),
            (&mut self.lost, later.lost),
            (&mut self.resent, later.resent),
            (&mut self.bursts, later.bursts),
            (&mut self.late, later.late),
            (&mut self.redundant, later.redundant),
            (&mut self.frames, later.frames),
            (&mut self.timed_frames, later.timed_frames),
            (&mut self.timed_us, later.timed_us),
            (&mut self.keyframes, later.keyframes),
            (&mut self.keyframe_requests, later.keyframe_requests),
        ] {
            *sum += more;
        }
        for (sum, more) in [
            (&mut self.jitter_us, &later.jitter_us),
            (&mut self.round_trip_us, &later.round_trip_us),
            (&mut self.estimate_bps, &later.estimate_bps),
            (&mut self.speech_db, &later.speech_db),
            (&mut self.noise_db, &later.noise_db),
        ] {
            sum.add(more);
        }
        self.delayed.add(&later.delayed);
        self.narrow.add(&later.narrow);
        self.spoiled.add(&later.spoiled);
        self.slow.add(&later.slow);
        self.burst_max = self.burst_max.max(later.burst_max);
        self.picture = later.picture.or(self.picture);
        self.codec = later.codec.or(self.codec);
    }

    /// Lost packets of the expected, from 0 to 1.
    pub fn loss(&self) -> Option<f64> {
        ratio(self.lost, self.expected)
    }

    /// What of the expected never came, not even sent again, from 0 to 1. Of the downlink only its receiver knows that.
    pub fn loss_after_repair(&self) -> Option<f64> {
        ratio(self.lost.saturating_sub(self.resent), self.expected)
    }

    /// Pictures a second, while there were any.
    pub fn frame_rate(&self) -> Option<f64> {
        ratio(self.timed_frames.saturating_mul(1_000_000), self.timed_us)
    }
}

/// A part of a whole; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "no sum here comes near 2 to the 52")]
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
