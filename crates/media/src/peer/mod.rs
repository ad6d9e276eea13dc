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

mod alike;
mod answer;
mod authentic;
mod described;
mod estimate;
mod format;
mod lean;
mod leaving;
mod packet;
mod redundancy;
mod reporting;
mod reports;
mod sending;
mod srtp;

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use quality::{Content, Level};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcError,
    change::SdpOffer,
    channel::ChannelId,
    format::PayloadParams,
    media::{KeyframeRequestKind, Mid, Pt, Rid},
    net::{Protocol, Receive, TcpType},
    rtp::{RtpPacket, Ssrc},
};

use crate::{
    core::{
        LineId, Source,
        channels::Channel,
        clock::SenderReport,
        codec::{Temporal, opus_is_redundant, starts_keyframe},
        datagram,
        descriptor::Structures,
        measuring::Told,
        offer::{OfferError, Plan},
        path::Path,
        picture_size::picture_size,
        redundancy::Redundant,
        roll::Sends,
    },
    egress::{Extensions, Format, Shared},
    endpoint::{Endpoint, Route, Transport},
    event, limits,
    peer::{
        alike::Abridged,
        answer::{in_offered_order, with_end_of_candidates},
        authentic::Keys,
        described::Descriptor,
        estimate::Estimation,
        format::format_of,
        lean::Lean,
        redundancy::Redundancy,
        sending::{ReceivingLine, copied, receiving},
    },
};

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
    /// A message of a check, which wants it back.
    Echo(Vec<u8>),
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
    /// What the way to the client is estimated to carry, in bits a second, by us or by the client, who only sees what comes; and what
    /// pictures are divided by, if anything is to be held back.
    Estimate { bps: u64, carries_bps: Option<u64> },
}

/// One packet from a publisher.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is another fact about the packet")]
pub(crate) struct MediaPacket {
    pub(crate) source: Source,
    /// Which of its sizes, from 0 for the smallest.
    pub(crate) spatial: u8,
    pub(crate) format: Format,
    pub(crate) stream: u32,
    /// Nothing of this stream has come before.
    pub(crate) is_first: bool,
    /// It was lost, and came as a retransmission or in a later packet.
    pub(crate) is_resent: bool,
    /// It has come in a later packet before, and goes nowhere.
    pub(crate) is_repeated: bool,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) extensions: Extensions,
    /// What is said of the picture beside the payload.
    pub(crate) described: Option<Temporal>,
    pub(crate) payload: Arc<[u8]>,
    /// The same with what was before it, if it came so.
    pub(crate) redundant: Option<Redundant>,
    pub(crate) arrived: Instant,
    /// What its sender has reported last of its clock.
    pub(crate) report: Option<SenderReport>,
}

impl MediaPacket {
    /// Bytes of payload, as they came.
    pub(crate) fn bytes(&self) -> usize {
        let redundant = self.redundant.as_ref();
        redundant.map_or(self.payload.len(), |redundant| redundant.payload.len())
    }

    /// What all have of it who get it, if this is in it and it was then.
    pub(crate) fn shared(&self, content: Content, captured: Instant) -> Shared {
        Shared {
            format: self.format,
            is_sound: self.source == Source::Microphone,
            marker: self.marker,
            payload: Arc::clone(&self.payload),
            redundant: self.redundant.clone(),
            captured,
            extensions: self.extensions,
            content,
        }
    }

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
            is_redundant: is_taken_sound && (self.redundant.is_some() || opus_is_redundant(&self.payload)),
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

/// A line on which this peer sends.
struct SendingLine {
    mid: Mid,
    source: Source,
    /// The names of its sizes, smallest first; none where there is only one.
    rids: Vec<Rid>,
}

/// A peer connection.
pub(crate) struct Peer {
    rtc: Rtc,
    ufrag: String,
    audio: Vec<ReceivingLine>,
    video: Vec<ReceivingLine>,
    sources: Vec<SendingLine>,
    /// Which source and which size an SSRC belongs to; a session has few, and some more if it starts them again.
    streams: Vec<(Ssrc, Source, u8)>,
    structures: Structures,
    formats: Vec<(Pt, Format)>,
    redundancy: Redundancy,
    channels: [Option<ChannelId>; Channel::ALL.len()],
    /// What a check has instead of these.
    echo: Option<Echo>,
    path: Path,
    /// By which way the datagram came that was handed in last, until all that came of it was taken out.
    came_by: Option<Route>,
    /// The source that this datagram names.
    came_as: Option<u32>,
    is_measured: bool,
    /// Nothing if its transport cannot be asked what arrives.
    estimation: Option<Estimation>,
    /// Media goes past the stack; nothing if the stack sends it.
    lean: Option<Lean>,
    /// Something was done to the stack, so that it may have something to give.
    is_stirred: bool,
    /// A second is over since something was told of what goes past the stack.
    is_second_over: bool,
    /// When the stack wants the time.
    deadline: Instant,
    /// The time that was handed in last.
    clock: Instant,
    /// What was announced to its client. Those who come later may be told something else.
    candidates: Box<[Endpoint]>,
}

/// The one channel of a check of the network.
#[derive(Default)]
struct Echo {
    channel: Option<ChannelId>,
}

/// What is found out about a peer while it is there.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    /// How its streams fare.
    pub(crate) is_measured: bool,
    /// What its network carries, if it says what arrives.
    pub(crate) is_estimated: bool,
}

impl Peer {
    /// Answers an offer with all candidates.
    pub(crate) fn answer(
        offer_text: &str,
        candidates: &[Endpoint],
        watch: Watch,
        now: Instant,
    ) -> Result<(Peer, String), OfferError> {
        let plan = Plan::parse(offer_text)?;
        let abridged = Abridged::of(offer_text, &plan);
        let malformed = |error: &dyn std::fmt::Display| OfferError::Malformed(error.to_string());
        catch_unwind(|| {
            let offered = described::where_needed(&abridged.offer);
            let offer = SdpOffer::from_sdp_string(&offered).map_err(|error| malformed(&error))?;
            let estimation = (watch.is_estimated && plan.tells_arrivals).then(Estimation::default);
            let is_sampled = watch.is_measured || estimation.is_some();
            let configuration = configuration().set_stats_interval(is_sampled.then_some(limits::SAMPLE_INTERVAL));
            let mut rtc = configuration.build(now);
            for end in candidates {
                rtc.add_local_candidate(candidate(*end).map_err(|error| malformed(&error))?);
            }
            let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| malformed(&error))?;
            let mut peer = Peer::planned(rtc, &plan, &abridged, candidates, now)
                .ok_or_else(|| malformed(&"a receiving section was not accepted"))?;
            peer.is_measured = watch.is_measured;
            peer.lean = sending::lean(&peer.rtc, (&peer.audio, &peer.video), estimation.is_some(), now);
            peer.estimation = estimation;
            let answer = in_offered_order(&answer.to_sdp_string(), &abridged.offer);
            let copied: Vec<_> = copied(&peer.audio).chain(copied(&peer.video)).collect();
            let answer = abridged.completed(with_end_of_candidates(&answer), &copied);
            Ok((peer, answer))
        })
        .unwrap_or_else(|_| Err(malformed(&"it cannot be understood")))
    }

    /// Answers the offer of a check of the network.
    pub(crate) fn answer_check(
        offer: &str,
        candidates: &[Endpoint],
        now: Instant,
    ) -> Result<(Peer, String), OfferError> {
        Plan::parse_check(offer)?;
        let watch = Watch {
            is_measured: false,
            is_estimated: false,
        };
        let (mut peer, answer) = Peer::answer(offer, candidates, watch, now)?;
        peer.echo = Some(Echo::default());
        Ok((peer, answer))
    }

    fn planned(mut rtc: Rtc, plan: &Plan, offer: &Abridged<'_>, candidates: &[Endpoint], now: Instant) -> Option<Peer> {
        let (audio, video) = receiving(&mut rtc, plan, offer)?;
        let sending = [
            (&plan.microphone, Source::Microphone),
            (&plan.camera, Source::Camera),
            (&plan.screen, Source::Screen),
        ];
        let planned = sending
            .into_iter()
            .filter_map(|(line, source)| Some((line.as_ref()?, source)));
        let sources = planned.map(|(line, source)| SendingLine {
            mid: Mid::from(line.mid.as_str()),
            source,
            rids: line.layers.iter().map(|rid| Rid::from(rid.as_str())).collect(),
        });
        let sources = sources.collect();
        let redundancy = Redundancy::negotiated(&rtc, plan.takes_redundancy);
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Some(Peer {
            rtc,
            ufrag,
            audio,
            video,
            sources,
            streams: vec![],
            structures: Structures::default(),
            formats: vec![],
            redundancy,
            channels: [None; _],
            echo: None,
            path: Path::default(),
            came_by: None,
            came_as: None,
            is_measured: false,
            estimation: None,
            lean: None,
            is_stirred: true,
            is_second_over: false,
            deadline: now,
            clock: now,
            candidates: candidates.into(),
        })
    }

    /// The user fragment by which STUN requests name this peer.
    pub(crate) fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// What the session may send.
    pub(crate) fn sends(&self) -> Sends {
        let sends = |source| self.sources.iter().any(|line| line.source == source);
        Sends {
            microphone: sends(Source::Microphone),
            camera: sends(Source::Camera),
            screen: sends(Source::Screen),
        }
    }

    /// In how many sizes it offers its camera and its screen.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        [Source::Camera, Source::Screen].map(|source| {
            let line = self.sources.iter().find(|line| line.source == source);
            line.map_or(1, |line| line.rids.len().max(1))
        })
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

    /// The way to its client, as far as is known.
    pub(crate) fn path(&self) -> Option<event::Path> {
        let route = self.path.reached()?;
        Some(event::Path {
            transport: route.from.transport,
            theirs: route.from.address,
            ours: self.candidate(route)?,
            is_relayed: route.from.transport == Transport::Relay,
        })
    }

    /// Whether the newest authentic datagram came by this way.
    pub(crate) fn is_proved(&self, route: Route) -> bool {
        self.path.is_proved(route)
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
        self.clock = self.clock.max(now);
        self.path.arrived(route, contents);
        self.came_by = Some(route);
        self.came_as = datagram::source(contents);
        authentic::take_opened();
        self.is_stirred = true;
        self.guarded(|peer| {
            let result = peer.rtc.handle_input(input);
            peer.note_opened();
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
            Receive::new(protocol(route.from.transport), route.from.address, to, contents).ok()?,
        ))
    }

    /// The end that str0m has a datagram for: it does not know of relays.
    fn named(&self, protocol: Protocol, address: SocketAddr) -> Endpoint {
        let relayed = Endpoint::relayed(address);
        match transport(protocol) {
            Transport::Udp if self.came_by.is_some_and(|route| route.from == relayed) => relayed,
            transport => Endpoint { transport, address },
        }
    }

    /// The announced address that a datagram came to: behind a translating router it is not the one that was bound.
    fn candidate(&self, Route { from, to }: Route) -> Option<SocketAddr> {
        let candidates = self.candidates.iter();
        // What comes out of the relay is a datagram.
        let carried = match from.transport {
            Transport::Udp | Transport::Relay => Transport::Udp,
            Transport::Tcp => Transport::Tcp,
        };
        let mut candidates = candidates.filter(|candidate| candidate.transport == carried);
        let exact = candidates.clone().find(|candidate| Some(candidate.address.ip()) == to);
        let is_family = |candidate: &&Endpoint| candidate.address.is_ipv4() == from.address.is_ipv4();
        let family = candidates.clone().find(is_family);
        let found = exact.or(family).or_else(|| candidates.next());
        found.map(|candidate| candidate.address)
    }

    /// Media goes back the way of the datagram that was handed in last, if it was authentic.
    fn note_opened(&mut self) {
        if authentic::take_opened()
            && let Some(route) = self.came_by
        {
            self.path.proved(route);
        }
        match authentic::take_keys() {
            None => {}
            Some(Keys::Sealer(sealer)) => self.lean = self.lean.take().map(|lean| lean.begun(sealer)),
            // The lean way has sent nothing yet.
            Some(Keys::OfTheStack) => self.lean = None,
        }
        let (lean, clock) = (self.lean.as_mut(), self.clock);
        // It is taken whoever it is for: on this thread the next question is about somebody else.
        let lost = authentic::take_report(|report| lean.and_then(|lean| lean.read(report, clock)));
        if let Some(lost) = lost.flatten() {
            self.redundancy.note(Some(lost), clock);
        }
    }

    /// Hands in the time: timers that are due run, and what was written becomes packets.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), PeerError> {
        self.clock = self.clock.max(now);
        if !self.is_stirred && now < self.deadline {
            // Only what goes past the stack was written.
            return Ok(());
        }
        self.is_stirred = true;
        self.guarded(|peer| Ok(peer.rtc.handle_input(Input::Timeout(now))?))
    }

    /// Takes everything out, and says when to tick next.
    pub(crate) fn drain(
        &mut self,
        transmit: &mut dyn FnMut(Route, &[u8]),
        events: &mut Vec<PeerEvent>,
    ) -> Result<Instant, PeerError> {
        self.guarded(|peer| {
            if std::mem::take(&mut peer.is_stirred) {
                if let Some(lean) = &mut peer.lean {
                    authentic::lend(lean.lend_reporting(peer.clock));
                }
                let drained = peer.drain_stack(transmit, events);
                if let Some((lean, reporting)) = peer.lean.as_mut().zip(authentic::take_back()) {
                    lean.take_back(reporting);
                    if std::mem::take(&mut peer.is_second_over) {
                        events.extend(lean.tell(peer.clock));
                    }
                }
                peer.deadline = drained?;
            }
            let Some((lean, back)) = peer.lean.as_mut().zip(peer.path.reached()) else {
                return Ok(peer.deadline);
            };
            lean.note_loses(peer.redundancy.loses(peer.clock));
            lean.send(peer.clock, &mut |datagram| transmit(back, datagram));
            Ok(lean.deadline().map_or(peer.deadline, |at| at.min(peer.deadline)))
        })
    }

    fn drain_stack(
        &mut self,
        transmit: &mut dyn FnMut(Route, &[u8]),
        events: &mut Vec<PeerEvent>,
    ) -> Result<Instant, PeerError> {
        loop {
            let output = self.rtc.poll_output()?;
            self.note_opened();
            match output {
                Output::Timeout(at) => {
                    self.came_by = None;
                    return Ok(at);
                }
                Output::Transmit(datagram) => {
                    let named = self.named(datagram.proto, datagram.destination);
                    let back = self.path.of(&datagram.contents, named, self.came_by);
                    transmit(back, &datagram.contents);
                }
                Output::Event(Event::RtpPacket(packet)) => self.media(packet, events),
                Output::Event(event) => events.extend(self.event(event)),
            }
        }
    }

    /// Whether the client has opened this data channel.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        self.channels[channel.index()].is_some()
    }

    /// Writes a text to a data channel; false if there is no room for it now. A channel that is closed takes everything.
    pub(crate) fn tell(&mut self, channel: Channel, text: &str) -> Result<bool, PeerError> {
        self.is_stirred = true;
        self.guarded(|peer| {
            let Some(id) = peer.channels[channel.index()] else {
                return Ok(true);
            };
            peer.rtc
                .channel(id)
                .map_or(Ok(true), |mut channel| Ok(channel.write(false, text.as_bytes())?))
        })
    }

    /// Sends a message of a check back; what there is no room for now is lost.
    pub(crate) fn send_back(&mut self, message: &[u8]) -> Result<(), PeerError> {
        self.is_stirred = true;
        self.guarded(|peer| {
            let channel = peer.echo.as_ref().and_then(|echo| echo.channel);
            if let Some(mut channel) = channel.and_then(|id| peer.rtc.channel(id)) {
                channel.write(true, message)?;
            }
            Ok(())
        })
    }

    /// Asks this publisher for a keyframe of one size, and says of which stream that is; `None` if nothing of it has come yet.
    pub(crate) fn ask_keyframe(&mut self, source: Source, spatial: u8) -> Option<u32> {
        self.is_stirred = true;
        let is_it = |(_, of, size): &&(Ssrc, Source, u8)| (*of, *size) == (source, spatial);
        let (ssrc, ..) = self.streams.iter().rev().find(is_it)?;
        let mut api = self.rtc.direct_api();
        api.stream_rx(ssrc)?.request_keyframe(KeyframeRequestKind::Pli);
        Some(**ssrc)
    }

    /// Says goodbye; the drain that follows carries it.
    pub(crate) fn close(&mut self) -> Result<(), PeerError> {
        self.is_stirred = true;
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
            Event::ChannelData(data) if self.echo.is_some() => Some(PeerEvent::Echo(data.data)),
            Event::ChannelData(data) => {
                let known = |channel: &Channel| self.channels[channel.index()] == Some(data.id);
                let channel = Channel::ALL.into_iter().find(known)?;
                Some(PeerEvent::Message(channel, data.data))
            }
            Event::KeyframeRequest(request) => {
                let line = self.video.iter().position(|line| line.mid == request.mid)?;
                Some(PeerEvent::KeyframeWanted(line))
            }
            Event::MediaEgressStats(stats) => self.told(&stats),
            Event::MediaIngressStats(stats) => Some(PeerEvent::RoundTrip(reports::microseconds(stats.rtt?))),
            Event::PeerStats(stats) => {
                self.is_second_over = true;
                self.redundancy.note(stats.egress_loss_fraction, self.clock);
                self.estimated()
            }
            Event::EgressBitrateEstimate(kind) => Peer::believed(&kind),
            _ => None,
        }
    }

    /// A channel that we do not know, or have already, is closed again: it could only be a way to use memory.
    fn channel_open(&mut self, id: ChannelId, label: &str) -> Option<PeerEvent> {
        if let Some(echo) = &mut self.echo {
            // A check has one channel, whatever it is called.
            if *echo.channel.get_or_insert(id) != id {
                self.rtc.direct_api().close_data_channel(id);
            }
            return None;
        }
        let free = |channel: &Channel| self.channels[channel.index()].is_none();
        let Some(channel) = Channel::from_label(label).filter(free) else {
            self.rtc.direct_api().close_data_channel(id);
            return None;
        };
        self.channels[channel.index()] = Some(id);
        Some(PeerEvent::ChannelOpen(channel))
    }

    fn media(&mut self, packet: RtpPacket, events: &mut Vec<PeerEvent>) {
        let is_redundant = self.redundancy.is_of(packet.header.payload_type);
        let Some(packet) = self.media_packet(packet) else {
            return;
        };
        match packet.source {
            Source::Microphone => self.redundancy.sound(packet, is_redundant, events),
            Source::Camera | Source::Screen => events.push(PeerEvent::Media(Box::new(packet))),
        }
    }

    fn media_packet(&mut self, packet: RtpPacket) -> Option<MediaPacket> {
        let RtpPacket {
            header,
            payload,
            seq_no,
            timestamp: arrived,
            last_sender_info,
            ..
        } = packet;
        let (source, spatial, is_first) = self.source(header.ssrc)?;
        let format = self.format(header.payload_type)?;
        let values = &header.ext_vals;
        let descriptor = values.user_values.get::<Descriptor>();
        let described = descriptor.and_then(|Descriptor(bytes)| self.structures.read(*header.ssrc, bytes));
        Some(MediaPacket {
            source,
            spatial,
            format,
            stream: *header.ssrc,
            is_first,
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

    /// What a stream is of: a source, and the size by its place in the offer; and whether it is new.
    fn source(&mut self, ssrc: Ssrc) -> Option<(Source, u8, bool)> {
        if let Some((_, source, spatial)) = self.streams.iter().find(|(other, ..)| *other == ssrc) {
            return Some((*source, *spatial, false));
        }
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx(&ssrc)?;
        let (mid, rid) = (stream.mid(), stream.rid());
        let line = self.sources.iter().find(|line| line.mid == mid)?;
        let place = line.rids.iter().position(|other| Some(*other) == rid);
        let (source, spatial) = (line.source, u8::try_from(place.unwrap_or_default()).ok()?);
        if self.streams.len() == limits::STREAMS_PER_SESSION {
            self.streams.remove(0);
        }
        self.streams.push((ssrc, source, spatial));
        Some((source, spatial, true))
    }

    fn format(&mut self, payload_type: Pt) -> Option<Format> {
        if let Some((_, format)) = self.formats.iter().find(|(other, _)| *other == payload_type) {
            return Some(*format);
        }
        let is_it = |params: &PayloadParams| params.pt() == payload_type || params.red() == Some(payload_type);
        let format = format_of(self.rtc.codec_config().find(is_it)?)?;
        self.formats.push((payload_type, format));
        Some(format)
    }
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp | Transport::Relay => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

fn transport(protocol: Protocol) -> Transport {
    match protocol {
        Protocol::Udp => Transport::Udp,
        // It answers by what it was asked by, and it is asked by these two.
        Protocol::Tcp | Protocol::SslTcp | Protocol::Tls => Transport::Tcp,
    }
}

/// What is announced: to a connection it is the client that comes.
fn candidate(end: Endpoint) -> Result<Candidate, String> {
    let candidate = match end.transport {
        Transport::Udp | Transport::Relay => Candidate::builder().udp().host(end.address).build(),
        Transport::Tcp => Candidate::builder()
            .tcp()
            .host(end.address)
            .tcptype(TcpType::Passive)
            .build(),
    };
    candidate.map_err(|error| error.to_string())
}

fn configuration() -> str0m::RtcConfig {
    Rtc::builder()
        .set_crypto_provider(Arc::clone(&authentic::WATCHED))
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_sctp_max_message_size(limits::MESSAGE_BYTES)
        .set_extension(described::NUMBER, described::extension())
        .clear_codecs()
        .enable_opus(true, true)
        .enable_vp8(true)
        .enable_vp9(true)
        .enable_h264(true)
        .enable_av1(true)
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::{Endpoint, Instant, Peer};

    /// An offer of data channels alone, which is the least that one can join with.
    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
        00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n";

    /// A peer connection that was answered a moment ago, and has not heard of anybody.
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    pub(crate) fn peer() -> Box<Peer> {
        let candidates = [Endpoint::udp("127.0.0.1:9".parse().unwrap())];
        let watch = super::Watch {
            is_measured: true,
            is_estimated: true,
        };
        let (peer, _) = Peer::answer(OFFER, &candidates, watch, Instant::now()).unwrap();
        Box::new(peer)
    }
}
