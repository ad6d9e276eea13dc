//! `mediaStream`: one RTP stream of a session in one direction, under the names and in the units that Graph has for what was measured.
//!
//! Of what flows up this server is the receiver; of what flows down, its receiver's reports tell. What only the participant's own
//! end can measure is what its client says: it stands in fields for which this server has nothing of its own, so a client that lies
//! spoils no others. A codec that Graph has no name for is a value newer than its list, and is named in an annotation of
//! our own.

use meeting::Micros;
use quality::{
    Codec, Direction, Kind, Stream, Totals,
    report::{Reception, Report, Sent},
};
use register::SessionQuality;
use serde::Serialize;

use super::primitives::{Moment, Span};

/// The streams of one kind.
pub(super) type Streams<'a> = [(Stream, &'a Totals)];

/// `mediaStreamDirection`: the participant calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum MediaStreamDirection {
    CallerToCallee,
    CalleeToCaller,
}

/// `audioCodec` and `videoCodec`, as far as media here have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum MediaCodec {
    Unknown,
    Opus,
    Pcmu,
    Pcma,
    H264,
    Av1,
    UnknownFutureValue,
}

/// Whose word a figure is that this server measures itself where it can: an annotation of our own says so where it is the client's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Source {
    #[default]
    Server,
    Client,
}

impl Source {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde gives what it asks about by reference"
    )]
    pub(super) fn is_this_server(&self) -> bool {
        *self == Source::Server
    }
}

/// What was measured, or else what the client says of it, and whose word it is.
pub(super) fn measured_or_told<T>(measured: Option<T>, told: Option<T>) -> (Option<T>, Source) {
    match (measured, told) {
        (None, Some(told)) => (Some(told), Source::Client),
        (measured, _) => (measured, Source::Server),
    }
}

/// `microsoft.graph.callRecords.mediaStream`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaStream {
    stream_id: String,
    stream_direction: MediaStreamDirection,
    start_date_time: Option<Moment>,
    end_date_time: Option<Moment>,
    audio_codec: Option<MediaCodec>,
    video_codec: Option<MediaCodec>,
    #[serde(rename = "videoCodec@sederunt.codec", skip_serializing_if = "Option::is_none")]
    codec_name: Option<&'static str>,
    packet_utilization: u64,
    average_jitter: Option<Span>,
    max_jitter: Option<Span>,
    average_packet_loss_rate: Option<f64>,
    max_packet_loss_rate: Option<f64>,
    average_round_trip_time: Option<Span>,
    #[serde(
        rename = "averageRoundTripTime@sederunt.source",
        skip_serializing_if = "Source::is_this_server"
    )]
    average_round_trip_source: Source,
    max_round_trip_time: Option<Span>,
    #[serde(
        rename = "maxRoundTripTime@sederunt.source",
        skip_serializing_if = "Source::is_this_server"
    )]
    max_round_trip_source: Source,
    average_bandwidth_estimate: Option<u64>,
    #[serde(
        rename = "averageBandwidthEstimate@sederunt.source",
        skip_serializing_if = "Source::is_this_server"
    )]
    bandwidth_source: Source,
    average_audio_degradation: Option<f64>,
    average_audio_network_jitter: Option<Span>,
    max_audio_network_jitter: Option<Span>,
    average_ratio_of_concealed_samples: Option<f64>,
    max_ratio_of_concealed_samples: Option<f64>,
    is_audio_forward_error_correction_used: Option<bool>,
    average_received_frame_rate: Option<f64>,
    average_video_frame_rate: Option<f64>,
    low_frame_rate_ratio: Option<f64>,
    average_video_frame_loss_percentage: Option<f64>,
    average_video_packet_loss_rate: Option<f64>,
    post_forward_error_correction_packet_loss_rate: Option<f64>,
    average_freeze_duration: Option<Span>,
    rms_freeze_duration: Option<Span>,
    low_video_processing_capability_ratio: Option<f64>,
    was_media_bypassed: bool,
}

/// The pictures of a second that flowed in this direction, in all streams together.
fn frame_rate(quality: &SessionQuality, direction: Direction) -> Option<f64> {
    let streams = quality
        .streams
        .iter()
        .filter(|(stream, _)| stream.direction == direction);
    let rates = streams.filter_map(|(_, totals)| totals.figures.frame_rate());
    rates.reduce(|all, one| all + one)
}

fn micros(value: Option<f64>) -> Option<Span> {
    value.and_then(rounded).map(Span)
}

/// A measured mean as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no sum of ours is negative, or near 2 to the 52"
)]
pub(super) fn rounded(value: f64) -> Option<u64> {
    value.is_finite().then(|| value.round() as u64)
}

fn per_million(value: u32) -> f64 {
    f64::from(value) / 1_000_000.0
}

/// A share that a client has reported.
fn parts_per_million(share_ppm: u64) -> f64 {
    u32::try_from(share_ppm).map_or(1.0, per_million)
}

impl MediaStream {
    pub(super) fn new(stream: Stream, totals: &Totals, quality: &SessionQuality) -> MediaStream {
        let figures = &totals.figures;
        let is_audio = stream.kind == Kind::Audio;
        let network_jitter = Some(totals.network_jitter_us()).filter(|_| is_audio);
        let network_jitter = network_jitter.unwrap_or_default();
        let of_video = |value: Option<f64>| value.filter(|_| !is_audio);
        let (codec, codec_name) = codec(figures.codec);
        MediaStream {
            stream_id: stream.ssrc.to_string(),
            stream_direction: match stream.direction {
                Direction::Uplink => MediaStreamDirection::CallerToCallee,
                Direction::Downlink => MediaStreamDirection::CalleeToCaller,
            },
            start_date_time: totals.first_us.map(|us| Moment(Micros(us))),
            end_date_time: totals.last_us.map(|us| Moment(Micros(us))),
            audio_codec: is_audio.then_some(codec),
            video_codec: (!is_audio).then_some(codec),
            codec_name: codec_name.filter(|_| !is_audio),
            packet_utilization: figures.packets,
            average_jitter: micros(figures.jitter_us.mean()),
            max_jitter: figures.jitter_us.max().map(Span),
            average_packet_loss_rate: figures.loss(),
            max_packet_loss_rate: totals.loss_max_ppm.map(per_million),
            average_round_trip_time: micros(figures.round_trip_us.mean()),
            average_round_trip_source: Source::Server,
            max_round_trip_time: figures.round_trip_us.max().map(Span),
            max_round_trip_source: Source::Server,
            average_bandwidth_estimate: figures.estimate_bps.mean().and_then(rounded),
            bandwidth_source: Source::Server,
            average_audio_degradation: totals.degradation().filter(|_| is_audio),
            average_audio_network_jitter: micros(network_jitter.mean()),
            max_audio_network_jitter: network_jitter.max().map(Span),
            average_ratio_of_concealed_samples: None,
            max_ratio_of_concealed_samples: None,
            is_audio_forward_error_correction_used: (is_audio && figures.packets > 0).then_some(figures.redundant > 0),
            average_received_frame_rate: of_video(frame_rate(quality, stream.direction)),
            average_video_frame_rate: of_video(figures.frame_rate()),
            low_frame_rate_ratio: of_video(figures.slow.ratio()),
            average_video_frame_loss_percentage: None,
            average_video_packet_loss_rate: of_video(figures.loss()),
            post_forward_error_correction_packet_loss_rate: of_video(figures.loss_after_repair())
                .filter(|_| stream.direction == Direction::Uplink),
            average_freeze_duration: None,
            rms_freeze_duration: None,
            low_video_processing_capability_ratio: None,
            was_media_bypassed: false,
        }
    }

    /// The same where the participant was called.
    pub(super) fn turned(self) -> MediaStream {
        MediaStream {
            stream_direction: match self.stream_direction {
                MediaStreamDirection::CallerToCallee => MediaStreamDirection::CalleeToCaller,
                MediaStreamDirection::CalleeToCaller => MediaStreamDirection::CallerToCallee,
            },
            ..self
        }
    }

    /// With what the participant's client says of this stream.
    pub(super) fn with(self, stream: Stream, report: &Report) -> MediaStream {
        let is_audio = stream.kind == Kind::Audio;
        let received = report.received.get(&stream.ssrc);
        let estimate_bps = match stream.direction {
            Direction::Uplink => &report.outgoing_bps,
            Direction::Downlink => &report.incoming_bps,
        };
        // Of the transport, which is all streams'.
        let (average_round_trip_time, average_round_trip_source) =
            measured_or_told(self.average_round_trip_time, micros(report.round_trips.mean()));
        let (max_round_trip_time, max_round_trip_source) =
            measured_or_told(self.max_round_trip_time, report.round_trips.max().map(Span));
        let (average_bandwidth_estimate, bandwidth_source) =
            measured_or_told(self.average_bandwidth_estimate, estimate_bps.mean().and_then(rounded));
        let told = MediaStream {
            average_round_trip_time,
            average_round_trip_source,
            max_round_trip_time,
            max_round_trip_source,
            average_bandwidth_estimate,
            bandwidth_source,
            ..self
        };
        match stream.direction {
            Direction::Uplink => {
                let sent = report.sent.get(&stream.ssrc);
                let limited = sent.and_then(Sent::limited_by_processor_ppm);
                MediaStream {
                    low_video_processing_capability_ratio: limited.filter(|_| !is_audio).map(parts_per_million),
                    ..told
                }
            }
            Direction::Downlink if is_audio => {
                let concealed = received.and_then(|heard| heard.newest.concealed_ppm());
                let worst = received.and_then(Reception::concealed_worst_ppm);
                MediaStream {
                    average_ratio_of_concealed_samples: concealed.map(parts_per_million),
                    max_ratio_of_concealed_samples: worst.map(parts_per_million),
                    ..told
                }
            }
            Direction::Downlink => {
                let dropped = received.and_then(|seen| seen.newest.frames_dropped_ppm());
                let lost = received.and_then(|seen| seen.newest.lost_after_repair_ppm());
                MediaStream {
                    post_forward_error_correction_packet_loss_rate: lost.map(parts_per_million),
                    average_video_frame_loss_percentage: dropped.map(|ppm| 100.0 * parts_per_million(ppm)),
                    average_freeze_duration: received.and_then(|seen| seen.newest.freeze_mean_us()).map(Span),
                    rms_freeze_duration: received.and_then(Reception::freeze_rms_us).map(Span),
                    ..told
                }
            }
        }
    }
}

/// A codec as Graph has it, and its name where that has none.
fn codec(codec: Option<Codec>) -> (MediaCodec, Option<&'static str>) {
    match codec {
        None => (MediaCodec::Unknown, None),
        Some(Codec::Opus) => (MediaCodec::Opus, None),
        Some(Codec::Pcmu) => (MediaCodec::Pcmu, None),
        Some(Codec::Pcma) => (MediaCodec::Pcma, None),
        Some(Codec::H264) => (MediaCodec::H264, None),
        Some(Codec::Av1) => (MediaCodec::Av1, None),
        Some(Codec::Vp8) => (MediaCodec::UnknownFutureValue, Some("VP8")),
        Some(Codec::Vp9) => (MediaCodec::UnknownFutureValue, Some("VP9")),
    }
}
