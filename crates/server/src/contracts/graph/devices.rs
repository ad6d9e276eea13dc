//! `deviceInfo`: how loud somebody was and was heard, and what their client says of microphone and loudspeaker.
//!
//! Levels stand in the packets, so nothing is decoded for them. What no browser tells is null.

use quality::{Direction, Kind, Spread, Totals, report::Report};
use serde::Serialize;

use super::streams::{Streams, rounded};

/// `microsoft.graph.callRecords.deviceInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceInfo {
    capture_device_name: Option<String>,
    capture_device_driver: Option<String>,
    render_device_name: Option<String>,
    render_device_driver: Option<String>,
    sent_signal_level: Option<i64>,
    sent_noise_level: Option<i64>,
    received_signal_level: Option<i64>,
    received_noise_level: Option<i64>,
    initial_signal_level_root_mean_square: Option<f64>,
    low_speech_level_event_ratio: Option<f64>,
    low_speech_to_noise_event_ratio: Option<f64>,
    capture_not_functioning_event_ratio: Option<f64>,
    render_not_functioning_event_ratio: Option<f64>,
    render_mute_event_ratio: Option<f64>,
    render_zero_volume_event_ratio: Option<f64>,
    device_clipping_event_ratio: Option<f64>,
    device_glitch_event_ratio: Option<f64>,
    cpu_insufficent_event_ratio: Option<f64>,
    mic_glitch_rate: Option<f64>,
    speaker_glitch_rate: Option<f64>,
    howling_event_count: Option<u32>,
}

/// The levels of what the participant sent and received: decibels below the loudest possible, without decoding. Beside voices, what its
/// client says of microphone and loudspeaker; beside pictures, of its processor.
pub(super) fn caller_device(streams: &Streams<'_>, report: &Report) -> Option<DeviceInfo> {
    let is_audio = streams.iter().any(|(stream, _)| stream.kind == Kind::Audio);
    let of_audio = |name: &Option<String>| name.clone().filter(|_| is_audio);
    let level = |direction: Direction, spread: fn(&Totals) -> &Spread| {
        let mut all = Spread::default();
        let flowed = streams.iter().filter(|(stream, _)| stream.direction == direction);
        flowed.for_each(|(_, totals)| all.add(spread(totals)));
        all.mean().and_then(rounded).map(|below| -below.cast_signed())
    };
    let sent = || streams.iter().filter_map(|(stream, _)| report.sent.get(&stream.ssrc));
    let captured = in_all(sent().map(|sent| sent.capture_glitches.zip(sent.audio_us)));
    let limited = in_all(sent().map(|sent| Some((sent.limited_by_processor_us?, sent.encoder_us()))));
    let playout = &report.playout;
    let device = DeviceInfo {
        sent_signal_level: level(Direction::Uplink, |totals| &totals.figures.speech_db),
        sent_noise_level: level(Direction::Uplink, |totals| &totals.figures.noise_db),
        received_signal_level: level(Direction::Downlink, |totals| &totals.figures.speech_db),
        received_noise_level: level(Direction::Downlink, |totals| &totals.figures.noise_db),
        capture_device_name: of_audio(&report.client.capture_device),
        render_device_name: of_audio(&report.client.render_device),
        mic_glitch_rate: captured.and_then(glitch_rate).filter(|_| is_audio),
        speaker_glitch_rate: playout
            .glitches
            .zip(playout.played_us)
            .and_then(glitch_rate)
            .filter(|_| is_audio),
        device_glitch_event_ratio: playout
            .glitched_us
            .zip(playout.played_us)
            .and_then(share)
            .filter(|_| is_audio),
        cpu_insufficent_event_ratio: limited.and_then(share).filter(|_| !is_audio),
        ..DeviceInfo::default()
    };
    (device != DeviceInfo::default()).then_some(device)
}

/// A part and its whole over all streams of which both are known.
fn in_all(streams: impl Iterator<Item = Option<(u64, u64)>>) -> Option<(u64, u64)> {
    let known = streams.flatten();
    known.reduce(|(part, whole), (more, of)| (part.saturating_add(more), whole.saturating_add(of)))
}

/// Glitches in five minutes of sound.
fn glitch_rate((glitches, sound_us): (u64, u64)) -> Option<f64> {
    let of_five_minutes = glitches.checked_mul(300_000_000)?;
    thousandths(of_five_minutes, sound_us)
}

/// From 0 to 1.
fn share((part, whole): (u64, u64)) -> Option<f64> {
    thousandths(part.min(whole), whole)
}

/// How often one goes into another, to three places.
fn thousandths(one: u64, other: u64) -> Option<f64> {
    let thousandths = one.checked_mul(1_000)?.checked_div(other)?;
    u32::try_from(thousandths).ok().map(|rate| f64::from(rate) / 1_000.0)
}
