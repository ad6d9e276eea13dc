//! Payload formats: str0m's parameters and ours.
//!
//! Two sessions give one format two payload types, and each remembers parameters that say nothing about the bytes (frame
//! lengths, error correction). What decides whether a payload can be passed on is in [`Format`].

use str0m::{
    format::{Codec as RtcCodec, CodecSpec, FormatParams, PayloadParams},
    media::{Frequency, Pt},
};

use crate::{core::codec::Codec, egress::Format};

/// What these parameters describe, if it is forwarded.
pub(super) fn format_of(params: &PayloadParams) -> Option<Format> {
    let spec = params.spec();
    let FormatParams {
        profile_level_id,
        profile_id,
        profile,
        packetization_mode,
        ..
    } = spec.format;
    let (codec, profile) = match spec.codec {
        RtcCodec::Opus => (Codec::Opus, None),
        RtcCodec::Vp8 => (Codec::Vp8, None),
        RtcCodec::Vp9 => (Codec::Vp9, profile_id),
        RtcCodec::H264 => (Codec::H264, profile_level_id),
        RtcCodec::Av1 => (Codec::Av1, profile.map(u32::from)),
        _ => return None,
    };
    Some(Format {
        codec,
        profile,
        packetization: packetization_mode,
    })
}

/// The parameters that a format is matched with. Their payload type says nothing.
pub(super) fn params_of(format: Format) -> PayloadParams {
    let Format {
        codec,
        profile,
        packetization,
    } = format;
    let empty = FormatParams::default();
    let (codec, format) = match codec {
        Codec::Opus => (
            RtcCodec::Opus,
            FormatParams {
                min_p_time: Some(10),
                use_inband_fec: Some(true),
                ..empty
            },
        ),
        // Of telephones alone: no offer of ours has them.
        Codec::Pcmu => (RtcCodec::PCMU, empty),
        Codec::Pcma => (RtcCodec::PCMA, empty),
        Codec::Vp8 => (RtcCodec::Vp8, empty),
        Codec::Vp9 => (
            RtcCodec::Vp9,
            FormatParams {
                profile_id: profile,
                ..empty
            },
        ),
        Codec::H264 => {
            let asymmetry = Some(true);
            let format = FormatParams {
                profile_level_id: profile,
                packetization_mode: packetization,
                level_asymmetry_allowed: asymmetry,
                ..empty
            };
            (RtcCodec::H264, format)
        }
        Codec::Av1 => (
            RtcCodec::Av1,
            FormatParams {
                profile: profile.and_then(|profile| u8::try_from(profile).ok()),
                ..empty
            },
        ),
    };
    let (clock_rate, channels) = match codec {
        RtcCodec::Opus => (Frequency::FORTY_EIGHT_KHZ, Some(2)),
        RtcCodec::PCMU | RtcCodec::PCMA => (Frequency::EIGHT_KHZ, Some(1)),
        _ => (Frequency::NINETY_KHZ, None),
    };
    PayloadParams::new(
        Pt::new_with_value(0),
        None,
        CodecSpec {
            codec,
            clock_rate,
            channels,
            format,
        },
    )
}
