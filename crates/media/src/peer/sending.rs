//! Media on its way out through str0m.

use std::sync::Arc;

use str0m::{
    Rtc,
    format::PayloadParams,
    media::{Mid, Pt},
    rtp::{ExtensionValues, RtpWrite, Ssrc, VideoOrientation, Vp8Descriptor, Vp8Patch},
};

use crate::{
    core::{
        LineId,
        codec::{Codec, Picture, write_picture},
    },
    egress::{Egress, Format, Outgoing},
    peer::{Peer, format::params_of},
};

/// A line on which this peer receives.
pub(super) struct ReceivingLine {
    pub(super) mid: Mid,
    pub(super) ssrc: Ssrc,
    /// The payload type of each format that was written, `None` for those that the peer cannot receive.
    payload_types: Vec<(Format, Option<Pt>)>,
}

impl Egress for Peer {
    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool {
        let (line, video) = match line {
            LineId::Audio(index) => (self.audio.get_mut(index), false),
            LineId::Video(index) => (self.video.get_mut(index), true),
        };
        let Some(line) = line else { return false };
        let Some(payload_type) = line.payload_type(&self.rtc, packet.format) else {
            return false;
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx(&line.ssrc) else {
            return false;
        };
        let values = if video {
            let orientation = VideoOrientation::from(packet.extensions.rotation);
            ExtensionValues {
                video_orientation: Some(orientation),
                ..ExtensionValues::default()
            }
        } else {
            ExtensionValues {
                audio_level: Some(packet.extensions.level_dbov.unwrap_or(i8::MIN + 1)),
                voice_activity: Some(packet.extensions.voice.unwrap_or(false)),
                ..ExtensionValues::default()
            }
        };
        let (payload, patch) = patched(packet);
        let mut write = RtpWrite::new(
            payload_type,
            packet.sequence.into(),
            packet.timestamp,
            packet.arrived,
            payload,
        )
        .marker(packet.marker)
        .ext_vals(values)
        .nackable(video)
        .csrc(packet.csrc);
        if let Some(patch) = patch {
            write = write.vp8_patch(patch);
        }
        stream.write_rtp(write);
        true
    }
}

impl ReceivingLine {
    pub(super) fn new(mid: Mid, ssrc: Ssrc) -> ReceivingLine {
        ReceivingLine {
            mid,
            ssrc,
            payload_types: vec![],
        }
    }

    fn payload_type(&mut self, rtc: &Rtc, format: Format) -> Option<Pt> {
        if let Some((_, payload_type)) = self.payload_types.iter().find(|(other, _)| *other == format) {
            return *payload_type;
        }
        let negotiated = |payload_type: &Pt| {
            rtc.media(self.mid)
                .is_some_and(|media| media.remote_pts().contains(payload_type))
        };
        let params = rtc.codec_config().match_params(params_of(format));
        let payload_type = params.map(PayloadParams::pt).filter(negotiated);
        self.payload_types.push((format, payload_type));
        payload_type
    }
}

/// The payload with its picture numbers rewritten. VP8, which browsers prefer, is patched while it is encrypted, so that one
/// payload is shared by all caches; VP9 is copied.
fn patched(packet: &Outgoing<'_>) -> (Arc<[u8]>, Option<Vp8Patch>) {
    let Some(picture) = packet.picture else {
        return (Arc::clone(packet.payload), None);
    };
    if packet.format.codec == Codec::Vp8 {
        return (Arc::clone(packet.payload), vp8_patch(packet.payload, picture));
    }
    let mut copy: Arc<[u8]> = Arc::from(&packet.payload[..]);
    if let Some(payload) = Arc::get_mut(&mut copy) {
        write_picture(packet.format.codec, payload, picture);
    }
    (copy, None)
}

fn vp8_patch(payload: &[u8], picture: Picture) -> Option<Vp8Patch> {
    let mut patch = Vp8Descriptor::parse(payload).ok()?.patch();
    if let Some(id) = picture.id {
        patch = patch.picture_id(id.value);
    }
    if let Some(tl0) = picture.tl0 {
        patch = patch.tl0_pic_idx(tl0);
    }
    patch.build().ok()
}
