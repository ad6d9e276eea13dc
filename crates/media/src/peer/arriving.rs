//! Media on its way in: of which source a packet is, in which size and format.
//!
//! A packet says this in numbers that are its sender's own, and the stack knows what they stand for. It is asked once for each of them.

use str0m::{
    Rtc,
    format::PayloadParams,
    media::{KeyframeRequestKind, Mid, Pt, Rid},
    rtp::{RtpPacket, Ssrc},
};

use crate::{
    core::{Source, datagram, descriptor::Structures, offer::Plan, roll::Sends},
    egress::{Extensions, Format},
    ingress::{MediaPacket, PeerEvent},
    limits,
    peer::{Peer, described::Descriptor, format::format_of, reports},
};

/// What a client sends.
pub(super) struct Arriving {
    lines: Vec<SendingLine>,
    /// Which source and which size an SSRC belongs to; a session has few, and some more if it starts them again.
    streams: Vec<(Ssrc, Source, u8)>,
    structures: Structures,
    formats: Vec<(Pt, Format)>,
    /// The source that the datagram names which was handed in last.
    came_as: Option<u32>,
}

/// A line on which the client sends.
struct SendingLine {
    mid: Mid,
    source: Source,
    /// The names of its sizes, smallest first; none where there is only one.
    rids: Vec<Rid>,
}

impl Arriving {
    /// Before anything has come.
    pub(super) fn planned(plan: &Plan) -> Arriving {
        let lines = [
            (&plan.microphone, Source::Microphone),
            (&plan.camera, Source::Camera),
            (&plan.screen, Source::Screen),
        ];
        let planned = lines
            .into_iter()
            .filter_map(|(line, source)| Some((line.as_ref()?, source)));
        let lines = planned.map(|(line, source)| SendingLine {
            mid: Mid::from(line.mid.as_str()),
            source,
            rids: line.layers.iter().map(|rid| Rid::from(rid.as_str())).collect(),
        });
        Arriving {
            lines: lines.collect(),
            streams: vec![],
            structures: Structures::default(),
            formats: vec![],
            came_as: None,
        }
    }

    /// A datagram is handed in.
    pub(super) fn came(&mut self, contents: &[u8]) {
        self.came_as = datagram::source(contents);
    }

    fn line(&self, source: Source) -> Option<&SendingLine> {
        self.lines.iter().find(|line| line.source == source)
    }

    fn packet(&mut self, rtc: &mut Rtc, packet: RtpPacket) -> Option<MediaPacket> {
        let RtpPacket {
            header,
            payload,
            seq_no,
            timestamp: arrived,
            last_sender_info,
            ..
        } = packet;
        let (source, spatial) = self.source(rtc, header.ssrc)?;
        let format = self.format(rtc, header.payload_type)?;
        let values = &header.ext_vals;
        let descriptor = values.user_values.get::<Descriptor>();
        let described = descriptor.and_then(|Descriptor(bytes)| self.structures.read(*header.ssrc, bytes));
        Some(MediaPacket {
            source,
            spatial,
            format,
            stream: *header.ssrc,
            is_resent: self.came_as.is_some_and(|source| source != *header.ssrc),
            is_repeated: false,
            sequence: *seq_no,
            timestamp: header.timestamp,
            marker: header.marker,
            extensions: Extensions {
                level_dbov: values.audio_level,
                voice: values.voice_activity,
                rotation: values.video_orientation.map_or(0, |orientation| orientation as u8),
            },
            described,
            payload,
            redundant: None,
            arrived,
            report: last_sender_info.map(|told| reports::sender_report(&told)),
        })
    }

    /// What a stream is of: a source, and the size by its place in the offer.
    fn source(&mut self, rtc: &mut Rtc, ssrc: Ssrc) -> Option<(Source, u8)> {
        if let Some((_, source, spatial)) = self.streams.iter().find(|(other, ..)| *other == ssrc) {
            return Some((*source, *spatial));
        }
        let mut api = rtc.direct_api();
        let stream = api.stream_rx(&ssrc)?;
        let (mid, rid) = (stream.mid(), stream.rid());
        let line = self.lines.iter().find(|line| line.mid == mid)?;
        let place = line.rids.iter().position(|other| Some(*other) == rid);
        let (source, spatial) = (line.source, u8::try_from(place.unwrap_or_default()).ok()?);
        if self.streams.len() == limits::STREAMS_PER_SESSION {
            self.streams.remove(0);
        }
        self.streams.push((ssrc, source, spatial));
        Some((source, spatial))
    }

    fn format(&mut self, rtc: &Rtc, payload_type: Pt) -> Option<Format> {
        if let Some((_, format)) = self.formats.iter().find(|(other, _)| *other == payload_type) {
            return Some(*format);
        }
        let is_it = |params: &PayloadParams| params.pt() == payload_type || params.red() == Some(payload_type);
        let format = format_of(rtc.codec_config().find(is_it)?)?;
        self.formats.push((payload_type, format));
        Some(format)
    }
}

impl Peer {
    /// What the session may send.
    pub(crate) fn sends(&self) -> Sends {
        let sends = |source| self.arriving.line(source).is_some();
        Sends {
            microphone: sends(Source::Microphone),
            camera: sends(Source::Camera),
            screen: sends(Source::Screen),
        }
    }

    /// In how many sizes it offers its camera and its screen.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        [Source::Camera, Source::Screen]
            .map(|source| self.arriving.line(source).map_or(1, |line| line.rids.len().max(1)))
    }

    /// Asks this publisher for a keyframe of one size, and says of which stream that is; `None` if nothing of it has come yet.
    pub(crate) fn ask_keyframe(&mut self, source: Source, spatial: u8) -> Option<u32> {
        self.is_stirred = true;
        let is_it = |(_, of, size): &&(Ssrc, Source, u8)| (*of, *size) == (source, spatial);
        let (ssrc, ..) = self.arriving.streams.iter().rev().find(is_it)?;
        let mut api = self.rtc.direct_api();
        api.stream_rx(ssrc)?.request_keyframe(KeyframeRequestKind::Pli);
        Some(**ssrc)
    }

    pub(super) fn media(&mut self, packet: RtpPacket, events: &mut Vec<PeerEvent>) {
        let is_redundant = self.redundancy.is_of(packet.header.payload_type);
        let Some(packet) = self.arriving.packet(&mut self.rtc, packet) else {
            return;
        };
        match packet.source {
            Source::Microphone => self.redundancy.sound(packet, is_redundant, events),
            Source::Camera | Source::Screen => events.push(PeerEvent::Media(Box::new(packet))),
        }
    }
}
