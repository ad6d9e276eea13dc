//! One peer connection: the only module that names str0m.
//!
//! str0m changes its API every few weeks, so what the rest of the crate sees is ours: a datagram goes in, datagrams and
//! [`PeerEvent`]s come out, media is written through [`Egress`]. Its habits are dealt with here:
//!
//! * In RTP mode a write makes no packet until time is handed in, so a burst is written first, then comes one
//!   [`Peer::tick`], and then one [`Peer::drain`].
//! * A write must name one of the payload types of that line; they are looked up once per format.
//! * An error from input is about that input: anybody can send a broken record with a forged address, and it must not end a
//!   session. An error from output is about the connection, and ends it.
//! * It sends to whatever address a STUN request has nominated. Ours is another rule, see `core::path`, and needs to know
//!   what `authentic` finds out.
//! * Of what is measured it tells what only it knows, once a second: what the client's receivers report, round trips. See `reports`.
//! * It should not panic. If it does, that is this peer's end and nobody else's: see [`Peer::guarded`].

mod authentic;
mod format;
mod reports;
mod sending;

use std::{
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use quality::{Content, Level};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcError,
    change::SdpOffer,
    channel::ChannelId,
    media::{KeyframeRequestKind, Mid, Pt},
    net::{Protocol, Receive},
    rtp::{RtpPacket, Ssrc},
};

use crate::{
    core::{
        LineId, Source,
        channels::Channel,
        codec::{opus_is_redundant, starts_keyframe},
        datagram,
        measuring::Told,
        offer::{OfferError, Plan},
        path::Path,
        picture_size::picture_size,
        roll::Sends,
    },
    egress::{Extensions, Format},
    event, limits,
    peer::{format::format_of, sending::ReceivingLine},
    socket::Route,
};

/// Says in an answer that no further candidates come (RFC 8838 §8.2): some clients try none before they have read that.
fn with_end_of_candidates(answer: &str) -> String {
    let mut said = String::with_capacity(answer.len() + 512);
    let mut lines = answer.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        said.push_str(line);
        let is_candidate = |line: &str| line.starts_with("a=candidate:");
        if is_candidate(line) && !lines.peek().is_some_and(|next| is_candidate(next)) {
            said.push_str("a=end-of-candidates\r\n");
        }
    }
    said
}

/// Something that happened on a peer connection.
#[derive(Debug)]
pub(crate) enum PeerEvent {
    /// Media can flow.
    Connected,
    /// The other end said goodbye.
    Closed,
    /// The client opened a data channel that we know.
    ChannelOpen(Channel),
    /// A text on a data channel.
    Message(Channel, Vec<u8>),
    /// Media of this session.
    Media(Box<MediaPacket>),
    /// The decoder behind a video line needs a keyframe.
    KeyframeWanted(usize),
    /// What the client tells of a line, and how many packets have left on it.
    Told {
        line: LineId,
        told: Option<Told>,
        left: u64,
    },
    /// How long a packet and its answer took, in microseconds.
    RoundTrip(u64),
    /// What the way to the client is believed to carry, in bits a second.
    Estimate(u64),
}

/// One packet from a publisher.
#[derive(Debug)]
pub(crate) struct MediaPacket {
    pub(crate) source: Source,
    pub(crate) format: Format,
    pub(crate) stream: u32,
    /// It was lost, and came as a retransmission.
    pub(crate) is_resent: bool,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) extensions: Extensions,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) arrived: Instant,
}

impl MediaPacket {
    /// What is in it. Of one that goes nowhere only how it is encoded: what is not taken is looked at by nobody.
    pub(crate) fn content(&self, is_taken: bool) -> Content {
        let Format { codec, .. } = self.format;
        let (is_taken_sound, is_taken_picture) = match self.source {
            Source::Microphone => (is_taken, false),
            Source::Camera | Source::Screen => (false, is_taken),
        };
        let starts_keyframe = is_taken_picture && starts_keyframe(codec, &self.payload);
        let Extensions { level_dbov, voice, .. } = self.extensions;
        Content {
            codec,
            ends_picture: is_taken_picture && self.marker,
            starts_keyframe,
            picture: starts_keyframe.then(|| picture_size(codec, &self.payload)).flatten(),
            is_redundant: is_taken_sound && opus_is_redundant(&self.payload),
            level: level_dbov.filter(|_| is_taken_sound).map(|level_dbov| Level {
                below_db: level_dbov.unsigned_abs(),
                is_voice: voice == Some(true),
            }),
        }
    }
}

/// The connection is beyond help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    #[error("the connection failed")]
    Rtc(#[from] RtcError),
    #[error("the connection panicked")]
    Panic,
}

/// A peer connection.
pub(crate) struct Peer {
    rtc: Rtc,
    ufrag: String,
    audio: Vec<ReceivingLine>,
    video: Vec<ReceivingLine>,
    sources: Vec<(Mid, Source)>,
    /// Which source an SSRC belongs to; a session has three, and some more if it starts them again.
    streams: Vec<(Ssrc, Source)>,
    formats: Vec<(Pt, Format)>,
    channels: [Option<ChannelId>; Channel::ALL.len()],
    path: Path,
    /// Where the datagram came from that was handed in last, until all that came of it was taken out.
    came_from: Option<SocketAddr>,
    /// The source that this datagram names.
    came_as: Option<u32>,
    is_measured: bool,
    /// What was announced to its client. Those who come later may be told something else.
    candidates: Box<[SocketAddr]>,
}

impl Peer {
    /// Answers an offer with all candidates.
    pub(crate) fn answer(
        offer: &str,
        candidates: &[SocketAddr],
        is_measured: bool,
        now: Instant,
    ) -> Result<(Peer, String), OfferError> {
        let plan = Plan::parse(offer)?;
        let malformed = |error: &dyn std::fmt::Display| OfferError::Malformed(error.to_string());
        catch_unwind(|| {
            let offer = SdpOffer::from_sdp_string(offer).map_err(|error| malformed(&error))?;
            let interval = is_measured.then_some(limits::SAMPLE_INTERVAL);
            let mut rtc = configuration().set_stats_interval(interval).build(now);
            for address in candidates {
                rtc.add_local_candidate(Candidate::host(*address, "udp").map_err(|error| malformed(&error))?);
            }
            let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| malformed(&error))?;
            let peer = Peer::planned(rtc, &plan, candidates, is_measured)
                .ok_or_else(|| malformed(&"a receiving section was not accepted"))?;
            Ok((peer, with_end_of_candidates(&answer.to_sdp_string())))
        })
        .unwrap_or_else(|_| Err(malformed(&"it cannot be understood")))
    }

    fn planned(mut rtc: Rtc, plan: &Plan, candidates: &[SocketAddr], is_measured: bool) -> Option<Peer> {
        let mut receiving = |mids: &[String], video: bool| -> Option<Vec<ReceivingLine>> {
            mids.iter()
                .map(|mid| {
                    let mid = Mid::from(mid.as_str());
                    let mut api = rtc.direct_api();
                    let stream = api.stream_tx_by_mid(mid, None)?;
                    if video {
                        stream.set_rtx_cache(limits::RESEND_PACKETS, limits::RESEND_AGE, Some(limits::RESEND_RATIO));
                    }
                    Some(ReceivingLine::new(mid, stream.ssrc()))
                })
                .collect()
        };
        let (audio, video) = (receiving(&plan.audio, false)?, receiving(&plan.video, true)?);
        let sending = [
            (&plan.microphone, Source::Microphone),
            (&plan.camera, Source::Camera),
            (&plan.screen, Source::Screen),
        ];
        let sources = sending
            .into_iter()
            .filter_map(|(mid, source)| Some((Mid::from(mid.as_deref()?), source)))
            .collect();
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Some(Peer {
            rtc,
            ufrag,
            audio,
            video,
            sources,
            streams: vec![],
            formats: vec![],
            channels: [None; _],
            path: Path::default(),
            came_from: None,
            came_as: None,
            is_measured,
            candidates: candidates.into(),
        })
    }

    /// The user fragment by which STUN requests name this peer.
    pub(crate) fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// What the session may send.
    pub(crate) fn sends(&self) -> Sends {
        let sends = |source| self.sources.iter().any(|(_, other)| *other == source);
        Sends {
            microphone: sends(Source::Microphone),
            camera: sends(Source::Camera),
            screen: sends(Source::Screen),
        }
    }

    /// Whether its streams are measured.
    pub(crate) fn is_measured(&self) -> bool {
        self.is_measured
    }

    /// The SSRC of a receiving line.
    pub(crate) fn ssrc(&self, line: LineId) -> Option<u32> {
        let line = match line {
            LineId::Audio(index) => self.audio.get(index),
            LineId::Video(index) => self.video.get(index),
        };
        line.map(|line| *line.ssrc)
    }

    /// The way to its client, as far as is known. `to` is which of our addresses the client sends to.
    pub(crate) fn path(&self, to: Option<IpAddr>) -> Option<event::Path> {
        let from = self.path.reached()?;
        Some(event::Path {
            transport: event::Transport::Udp,
            theirs: from,
            ours: self.candidate(Route { from, to })?,
        })
    }

    pub(crate) fn audio_lines(&self) -> usize {
        self.audio.len()
    }

    pub(crate) fn video_ssrcs(&self) -> Vec<u32> {
        self.video.iter().map(|line| *line.ssrc).collect()
    }

    /// Whether a STUN request is truly from this peer's other end: its password made the integrity.
    pub(crate) fn vouches_for(&mut self, route: Route, contents: &[u8], now: Instant) -> bool {
        let Some(input) = self.input(route, contents, now) else {
            return false;
        };
        self.guarded(|peer| Ok(peer.rtc.accepts(&input))).unwrap_or(false)
    }

    /// Takes a datagram from an address that has been vouched for; false if it made no sense.
    pub(crate) fn receive(&mut self, route: Route, contents: &[u8], now: Instant) -> Result<bool, PeerError> {
        let Some(input) = self.input(route, contents, now) else {
            return Ok(false);
        };
        self.path.arrived(route.from, contents);
        self.came_from = Some(route.from);
        self.came_as = datagram::source(contents);
        authentic::take_opened();
        self.guarded(|peer| {
            let result = peer.rtc.handle_input(input);
            peer.note_proof();
            if let Err(error) = &result {
                tracing::debug!(%error, "dropped a datagram");
            }
            Ok(result.is_ok())
        })
    }

    /// A datagram as str0m takes it: as one that came to an announced address.
    fn input<'a>(&self, route: Route, contents: &'a [u8], now: Instant) -> Option<Input<'a>> {
        let to = self.candidate(route)?;
        Some(Input::Receive(
            now,
            Receive::new(Protocol::Udp, route.from, to, contents).ok()?,
        ))
    }

    /// The announced address that a datagram came to: behind a translating router it is not the one that was bound.
    fn candidate(&self, route: Route) -> Option<SocketAddr> {
        let mut candidates = self.candidates.iter();
        let exact = candidates.find(|candidate| Some(candidate.ip()) == route.to);
        let mut candidates = self.candidates.iter();
        let family = candidates.find(|candidate| candidate.is_ipv4() == route.from.is_ipv4());
        exact.or(family).or(self.candidates.first()).copied()
    }

    /// Media goes to where the datagram came from that was handed in last, if it was authentic.
    fn note_proof(&mut self) {
        if authentic::take_opened()
            && let Some(from) = self.came_from
        {
            self.path.proved(from);
        }
    }

    /// Hands in the time: timers that are due run, and what was written becomes packets.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), PeerError> {
        self.guarded(|peer| Ok(peer.rtc.handle_input(Input::Timeout(now))?))
    }

    /// Takes everything out, and says when to tick next.
    pub(crate) fn drain(
        &mut self,
        transmit: &mut dyn FnMut(SocketAddr, &[u8]),
        events: &mut Vec<PeerEvent>,
    ) -> Result<Instant, PeerError> {
        self.guarded(|peer| {
            loop {
                let output = peer.rtc.poll_output()?;
                peer.note_proof();
                match output {
                    Output::Timeout(at) => {
                        peer.came_from = None;
                        return Ok(at);
                    }
                    Output::Transmit(datagram) => {
                        let to = peer.path.of(&datagram.contents, datagram.destination);
                        transmit(to, &datagram.contents);
                    }
                    Output::Event(event) => events.extend(peer.event(event)),
                }
            }
        })
    }

    /// Whether the client has opened this data channel.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        self.channels[channel.index()].is_some()
    }

    /// Writes a text to a data channel; false if there is no room for it now. A channel that is closed takes everything.
    pub(crate) fn tell(&mut self, channel: Channel, text: &str) -> Result<bool, PeerError> {
        self.guarded(|peer| {
            let Some(id) = peer.channels[channel.index()] else {
                return Ok(true);
            };
            peer.rtc
                .channel(id)
                .map_or(Ok(true), |mut channel| Ok(channel.write(false, text.as_bytes())?))
        })
    }

    /// Asks this publisher for a keyframe; false if nothing has come from that source yet.
    pub(crate) fn ask_keyframe(&mut self, source: Source) -> bool {
        let Some((ssrc, _)) = self.streams.iter().rev().find(|(_, other)| *other == source) else {
            return false;
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_rx(ssrc) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        true
    }

    /// Says goodbye; the drain that follows carries it.
    pub(crate) fn close(&mut self) -> Result<(), PeerError> {
        self.guarded(|peer| Ok(peer.rtc.close()?))
    }

    /// Whatever goes wrong inside the stack is this peer's own trouble, and a panic there is no more than an error: the
    /// peer is thrown away after it, so no half-changed state is looked at again.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Peer) -> Result<T, PeerError>) -> Result<T, PeerError> {
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or(Err(PeerError::Panic))
    }

    fn event(&mut self, event: Event) -> Option<PeerEvent> {
        match event {
            Event::Connected => Some(PeerEvent::Connected),
            Event::Closed => Some(PeerEvent::Closed),
            Event::ChannelOpen(id, label) => self.channel_open(id, &label),
            Event::ChannelClose(id) => {
                self.channels.iter_mut().for_each(|channel| {
                    channel.take_if(|open| *open == id);
                });
                None
            }
            Event::ChannelData(data) => {
                let known = |channel: &Channel| self.channels[channel.index()] == Some(data.id);
                let channel = Channel::ALL.into_iter().find(known)?;
                Some(PeerEvent::Message(channel, data.data))
            }
            Event::RtpPacket(packet) => self.media(packet).map(|packet| PeerEvent::Media(Box::new(packet))),
            Event::KeyframeRequest(request) => {
                let line = self.video.iter().position(|line| line.mid == request.mid)?;
                Some(PeerEvent::KeyframeWanted(line))
            }
            Event::MediaEgressStats(stats) => self.told(&stats),
            Event::MediaIngressStats(stats) => Some(PeerEvent::RoundTrip(reports::microseconds(stats.rtt?))),
            Event::EgressBitrateEstimate(estimate) => reports::bits_a_second(&estimate).map(PeerEvent::Estimate),
            _ => None,
        }
    }

    /// A channel that we do not know, or have already, is closed again: it could only be a way to use memory.
    fn channel_open(&mut self, id: ChannelId, label: &str) -> Option<PeerEvent> {
        let free = |channel: &Channel| self.channels[channel.index()].is_none();
        let Some(channel) = Channel::from_label(label).filter(free) else {
            self.rtc.direct_api().close_data_channel(id);
            return None;
        };
        self.channels[channel.index()] = Some(id);
        Some(PeerEvent::ChannelOpen(channel))
    }

    fn media(&mut self, packet: RtpPacket) -> Option<MediaPacket> {
        let RtpPacket {
            header,
            payload,
            seq_no,
            timestamp: arrived,
            ..
        } = packet;
        let source = self.source(header.ssrc)?;
        let format = self.format(header.payload_type)?;
        let values = &header.ext_vals;
        Some(MediaPacket {
            source,
            format,
            stream: *header.ssrc,
            is_resent: self.came_as.is_some_and(|source| source != *header.ssrc),
            sequence: *seq_no,
            timestamp: header.timestamp,
            marker: header.marker,
            extensions: Extensions {
                level_dbov: values.audio_level,
                voice: values.voice_activity,
                rotation: values.video_orientation.map_or(0, |orientation| orientation as u8),
            },
            payload,
            arrived,
        })
    }

    fn source(&mut self, ssrc: Ssrc) -> Option<Source> {
        if let Some((_, source)) = self.streams.iter().find(|(other, _)| *other == ssrc) {
            return Some(*source);
        }
        let mid = self.rtc.direct_api().stream_rx(&ssrc)?.mid();
        let (_, source) = *self.sources.iter().find(|(other, _)| *other == mid)?;
        if self.streams.len() == limits::STREAMS_PER_SESSION {
            self.streams.remove(0);
        }
        self.streams.push((ssrc, source));
        Some(source)
    }

    fn format(&mut self, payload_type: Pt) -> Option<Format> {
        if let Some((_, format)) = self.formats.iter().find(|(other, _)| *other == payload_type) {
            return Some(*format);
        }
        let format = format_of(self.rtc.codec_config().find(|params| params.pt() == payload_type)?)?;
        self.formats.push((payload_type, format));
        Some(format)
    }
}

fn configuration() -> str0m::RtcConfig {
    Rtc::builder()
        .set_crypto_provider(Arc::clone(&authentic::WATCHED))
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_sctp_max_message_size(limits::MESSAGE_BYTES)
        .clear_codecs()
        .enable_opus(true, false)
        .enable_vp8(true)
        .enable_vp9(true)
        .enable_h264(true)
        .enable_av1(true)
}

#[cfg(test)]
mod tests {
    use super::with_end_of_candidates;

    #[test]
    fn candidates_end_where_the_last_one_is_told() {
        let check = |lines: &[&str], expected: &[&str]| {
            let sdp = |lines: &[&str]| lines.join("\r\n") + "\r\n";
            assert_eq!(with_end_of_candidates(&sdp(lines)), sdp(expected));
        };
        let (one, two, end) = (
            "a=candidate:1 1 udp 1 ::1 9 typ host",
            "a=candidate:2 1 udp 1 127.0.0.1 9 typ host",
            "a=end-of-candidates",
        );
        check(
            &["v=0", "m=audio", one, two, "a=mid:0", "m=video", one],
            &["v=0", "m=audio", one, two, end, "a=mid:0", "m=video", one, end],
        );
        check(&["v=0", "m=audio", "a=mid:0"], &["v=0", "m=audio", "a=mid:0"]);
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::{Instant, Peer};

    /// An offer of data channels alone, which is the least that one can join with.
    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
        00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n";

    /// A peer connection that was answered a moment ago, and has not heard of anybody.
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    pub(crate) fn peer() -> Box<Peer> {
        let candidates = ["127.0.0.1:9".parse().unwrap()];
        let (peer, _) = Peer::answer(OFFER, &candidates, true, Instant::now()).unwrap();
        Box::new(peer)
    }
}
