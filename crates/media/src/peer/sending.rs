//! Media on its way out: by the lean way, and through str0m for those who agreed on a cipher that the lean way does not have.
//!
//! A line on which nothing was ever sent is asleep: its names are in the answer, and str0m knows nothing of it. It would say each second of
//! every line it knows how much was sent there, and look through all of them whenever it is given the time. Most lines of most
//! clients carry nothing: of sixteen that a client offers, as many are awake as people have shown it something at once.
//! One that is awake stays so: made anew, its retransmissions would be numbered from the beginning, and no number may be
//! encrypted twice with the same key.

use std::{sync::Arc, time::Instant};

use str0m::{
    Rtc,
    format::PayloadParams,
    media::{MediaKind, Mid, Pt},
    rtp::{Extension, ExtensionValues, RtpWrite, Ssrc, VideoOrientation, Vp8Descriptor, Vp8Patch},
};

use crate::{
    core::{
        LineId,
        codec::{Codec, Picture, write_picture},
        offer::Plan,
    },
    egress::{Egress, Format, Outgoing},
    limits,
    peer::{
        Peer,
        alike::{Abridged, Copied},
        format::params_of,
        lean::{Lean, Names, Negotiated, Types},
    },
};

/// RFC 8285 §4.2.
const LARGEST_ONE_BYTE_ID: u8 = 14;

/// A line on which this peer receives.
pub(super) struct ReceivingLine {
    pub(super) mid: Mid,
    /// The one that the stack has seen: itself, or one that it is like.
    like: Mid,
    pub(super) ssrc: Ssrc,
    /// The name of its retransmissions.
    resends: Option<Ssrc>,
    is_awake: bool,
    /// The payload type of each format that was written, `None` for those that the peer cannot receive.
    payload_types: Vec<(Format, Option<Types>)>,
}

impl Egress for Peer {
    fn wants_redundancy(&self) -> bool {
        self.redundancy.is_wanted(self.clock)
    }

    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool {
        let (found, is_video) = match line {
            LineId::Audio(index) => (self.audio.get_mut(index), false),
            LineId::Video(index) => (self.video.get_mut(index), true),
        };
        let Some(found) = found else { return false };
        let Some(types) = found.types(&self.rtc, packet.format) else {
            return false;
        };
        let redundant = packet.redundant.zip(self.redundancy.types());
        self.is_stirred |= found.wake(&mut self.rtc, is_video);
        let ssrc = found.ssrc;
        match (&mut self.lean, redundant) {
            (Some(lean), None) => lean.write(line, types, packet),
            (Some(lean), Some((redundant, (plain, blocks)))) => {
                let types = Types {
                    plain,
                    resent: None,
                    blocks: Some(blocks).filter(|blocks| **blocks != redundant.payload_type),
                };
                let payload = &redundant.payload;
                lean.write(line, types, &Outgoing { payload, ..*packet })
            }
            (None, Some((redundant, (payload_type, blocks)))) => {
                let payload = redundant.renamed(*blocks);
                self.write_through_stack(ssrc, is_video, packet, (payload_type, payload, None))
            }
            (None, None) => {
                let (payload, patch) = patched(packet);
                self.write_through_stack(ssrc, is_video, packet, (types.plain, payload, patch))
            }
        }
    }
}

impl Peer {
    /// Has the stack send a packet with this payload.
    fn write_through_stack(
        &mut self,
        ssrc: Ssrc,
        is_video: bool,
        packet: &Outgoing<'_>,
        (payload_type, payload, patch): (Pt, Arc<[u8]>, Option<Vp8Patch>),
    ) -> bool {
        self.is_stirred = true;
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx(&ssrc) else {
            return false;
        };
        let values = if is_video {
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
        let mut write = RtpWrite::new(
            payload_type,
            packet.sequence.into(),
            packet.timestamp,
            packet.captured,
            payload,
        )
        .marker(packet.marker)
        .ext_vals(values)
        .nackable(is_video)
        .csrc(packet.csrc);
        if let Some(patch) = patch {
            write = write.vp8_patch(patch);
        }
        stream.write_rtp(write);
        true
    }
}

impl ReceivingLine {
    /// A line of an answer, which str0m forgets for now; `None` if it has no such line.
    fn asleep(rtc: &mut Rtc, mid: Mid) -> Option<ReceivingLine> {
        let mut api = rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None)?;
        let (ssrc, resends) = (stream.ssrc(), stream.rtx());
        api.remove_stream_tx(ssrc);
        Some(ReceivingLine {
            mid,
            like: mid,
            ssrc,
            resends,
            is_awake: false,
            payload_types: vec![],
        })
    }

    /// Another line of which the same was said, and of which str0m knows nothing yet.
    fn another(&self, mid: Mid, mut unused: impl FnMut() -> Ssrc) -> ReceivingLine {
        ReceivingLine {
            mid,
            like: self.like,
            ssrc: unused(),
            resends: self.resends.map(|_| unused()),
            is_awake: false,
            payload_types: vec![],
        }
    }

    fn sources(&self) -> impl Iterator<Item = Ssrc> + use<> {
        [self.ssrc].into_iter().chain(self.resends)
    }

    /// Wakes it; false if it was awake.
    fn wake(&mut self, rtc: &mut Rtc, is_video: bool) -> bool {
        if std::mem::replace(&mut self.is_awake, true) {
            return false;
        }
        let mut api = rtc.direct_api();
        if self.like != self.mid {
            let kind = if is_video { MediaKind::Video } else { MediaKind::Audio };
            api.declare_media(self.mid, kind);
        }
        let stream = api.declare_stream_tx(self.ssrc, self.resends, self.mid, None);
        if is_video {
            stream.set_rtx_cache(limits::RESEND_PACKETS, limits::RESEND_AGE, Some(limits::RESEND_RATIO));
        }
        true
    }

    fn types(&mut self, rtc: &Rtc, format: Format) -> Option<Types> {
        if let Some((_, types)) = self.payload_types.iter().find(|(other, _)| *other == format) {
            return *types;
        }
        let negotiated = |types: &Types| {
            rtc.media(self.like)
                .is_some_and(|media| media.remote_pts().contains(&types.plain))
        };
        let params = rtc.codec_config().match_params(params_of(format));
        let types = |params: &PayloadParams| Types {
            plain: params.pt(),
            resent: params.resend(),
            blocks: None,
        };
        let types = params.map(types).filter(negotiated);
        self.payload_types.push((format, types));
        types
    }

    fn negotiated(&self, rtc: &Rtc) -> Option<Negotiated> {
        let media = rtc.media(self.like)?;
        let extensions = media.remote_extmap();
        // What has a larger number than this is written in another way, which browsers do not ask for.
        let id_of = |extension| extensions.id_of(extension).filter(|id| *id <= LARGEST_ONE_BYTE_ID);
        let names = Names {
            mid: id_of(Extension::RtpMid).map(|id| (id, self.mid.to_string())),
            level: id_of(Extension::AudioLevel),
            orientation: id_of(Extension::VideoOrientation),
            number: id_of(Extension::TransportSequenceNumber),
        };
        let pts = media.remote_pts();
        let mut params = rtc.codec_config().params().iter();
        let padding = params.find_map(|params| params.resend().filter(|_| pts.contains(&params.pt())));
        Some(Negotiated {
            ssrc: *self.ssrc,
            padding,
            resends: self.resends.map(|ssrc| *ssrc),
            names,
        })
    }
}

/// The lines of sound and of pictures, asleep; `None` if one of them was not accepted.
pub(super) fn receiving(
    rtc: &mut Rtc,
    plan: &Plan,
    offer: &Abridged<'_>,
) -> Option<(Vec<ReceivingLine>, Vec<ReceivingLine>)> {
    let mut taken = vec![];
    let mut lines = |mids: &[String]| -> Option<Vec<ReceivingLine>> {
        let mut lines = Vec::<ReceivingLine>::with_capacity(mids.len());
        for mid in mids {
            let original = offer.like(mid).map(Mid::from);
            let mid = Mid::from(mid.as_str());
            let line = match original {
                None => ReceivingLine::asleep(rtc, mid)?,
                Some(original) => lines.iter().find(|line| line.mid == original)?.another(mid, || {
                    loop {
                        let ssrc = rtc.direct_api().new_ssrc();
                        if !taken.contains(&ssrc) {
                            return ssrc;
                        }
                    }
                }),
            };
            taken.extend(line.sources());
            lines.push(line);
        }
        Some(lines)
    };
    Some((lines(&plan.audio)?, lines(&plan.video)?))
}

/// Those of these lines that the stack has not seen.
pub(super) fn copied(lines: &[ReceivingLine]) -> impl Iterator<Item = Copied> {
    lines.iter().filter(|line| line.like != line.mid).map(|line| {
        let original = lines.iter().find(|other| other.mid == line.like);
        let theirs = original.into_iter().flat_map(ReceivingLine::sources);
        Copied {
            mid: line.mid.to_string(),
            sources: theirs.map(|ssrc| *ssrc).zip(line.sources().map(|ssrc| *ssrc)).collect(),
        }
    })
}

/// The lean way for these lines.
pub(super) fn lean(
    rtc: &Rtc,
    (audio, video): (&[ReceivingLine], &[ReceivingLine]),
    is_estimated: bool,
    now: Instant,
) -> Option<Lean> {
    let negotiated = |lines: &[ReceivingLine]| -> Option<Vec<Negotiated>> {
        lines.iter().map(|line| line.negotiated(rtc)).collect()
    };
    Some(Lean::new(negotiated(audio)?, negotiated(video)?, is_estimated, now))
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
