//! A client of the media plane on a real socket: str0m on the dev side, where it plays the browser.
//!
//! It offers what our web client offers, sends a microphone and cameras of made-up VP8, and keeps everything that reaches it.
//! Both ends being the same library proves little about browsers; those have their own suite.

#![allow(dead_code, reason = "each test binary uses its own part of the client")]
#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

mod connection;
mod world;

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use attendee::as_a_page_offers;
pub(crate) use connection::Connection;
use media::{Card, CardKind, Channel, Media};
use serde_json::{Value, json};
use str0m::{
    Candidate, Event as RtcEvent, Input, Output, Rtc,
    change::SdpAnswer,
    channel::{ChannelConfig, ChannelId},
    format::PayloadParams,
    ice::{StunMessage, TransId},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive, TcpType},
    rtp::{ExtensionValues, RedEncoder, RedundantBlock, RtpPacket, RtpWrite},
};
pub(crate) use world::World;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something that a test looks at or sets"
)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) rtc: Rtc,
    pub(crate) socket: UdpSocket,
    /// Datagrams that have left by it.
    pub(crate) sent: u64,
    /// What carries its datagrams instead, if its network lets none through.
    connection: Option<Connection>,
    /// Where it believes itself to be.
    address: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) connected: bool,
    pub(crate) closed: bool,
    /// Every text that arrived, with its channel's label.
    pub(crate) texts: Vec<(String, Value)>,
    pub(crate) packets: Vec<(Mid, RtpPacket)>,
    pub(crate) keyframes_asked: usize,
    pub(crate) audio: Vec<Mid>,
    pub(crate) video: Vec<Mid>,
    pub(crate) level_dbov: i8,
    pub(crate) sends_video: bool,
    /// Each packet of sound has the one before it in it.
    pub(crate) is_redundant: bool,
    /// Every so manieth media packet is lost, on the way in and on the way out.
    pub(crate) loses: Option<(u32, u32)>,
    /// It sends sound, and pictures if it has a camera.
    pub(crate) sends: bool,
    /// Its data channels are stuck: nothing that comes for them is read.
    pub(crate) is_deaf: bool,
    /// Its requests of STUN are lost.
    pub(crate) asks_for_nothing: bool,
    /// Our half and its half of the user name, and our password.
    credentials: (String, String),
    media_packets: (u32, u32),
    microphone: Mid,
    camera: Mid,
    channels: BTreeMap<String, ChannelId>,
    open: Vec<ChannelId>,
    request: i64,
    next_frame: Instant,
    frame: u16,
    keyframe_due: bool,
}

#[expect(clippy::disallowed_methods, reason = "real sockets run in real time")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

impl Client {
    fn join(media: &Media, name: &str, group: &str, connection: Option<Connection>) -> Client {
        let socket = bind();
        let connected = connection.as_ref().map(|connection| connection.stream.local_addr());
        let address = connected.unwrap_or_else(|| socket.local_addr()).unwrap();
        let mut rtc = Rtc::builder().set_rtp_mode(true).enable_opus(true, true).build(clock());
        let candidate = match connection {
            None => Candidate::builder().udp().host(address).build(),
            Some(_) => Candidate::builder()
                .tcp()
                .host(address)
                .tcptype(TcpType::Active)
                .build(),
        };
        rtc.add_local_candidate(candidate.unwrap());
        let mut api = rtc.sdp_api();
        let mut add = |kind, direction| api.add_media(kind, direction, None, None, None);
        let audio: Vec<Mid> = (0..3).map(|_| add(MediaKind::Audio, Direction::RecvOnly)).collect();
        let video: Vec<Mid> = (0..3).map(|_| add(MediaKind::Video, Direction::RecvOnly)).collect();
        let microphone = add(MediaKind::Audio, Direction::SendOnly);
        let camera = add(MediaKind::Video, Direction::SendOnly);
        add(MediaKind::Video, Direction::SendOnly);
        let channels = Channel::ALL.map(|channel| {
            let label = channel.label().to_owned();
            let id = api.add_channel_with_config(ChannelConfig {
                label: label.clone(),
                ..ChannelConfig::default()
            });
            (label, id)
        });
        let (offer, pending) = api.apply().unwrap();
        let theirs = as_a_page_offers(&offer.to_sdp_string());
        let prepared = media.answer(&theirs).unwrap();
        let answer = SdpAnswer::from_sdp_string(prepared.answer_sdp()).unwrap();
        let line = |sdp: &str, name: &str| {
            let value = sdp.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
            value.unwrap()
        };
        let ours = prepared.answer_sdp();
        let names = [ours, &theirs].map(|sdp| line(sdp, "a=ice-ufrag:"));
        let credentials = (names.join(":"), line(ours, "a=ice-pwd:"));
        media.admit(prepared, name, group).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        Client {
            name: name.into(),
            rtc,
            socket,
            sent: 0,
            connection,
            address,
            server: (Ipv4Addr::LOCALHOST, media.local_address().port()).into(),
            connected: false,
            closed: false,
            texts: vec![],
            packets: vec![],
            keyframes_asked: 0,
            audio,
            video,
            level_dbov: -127,
            sends_video: true,
            is_redundant: false,
            loses: None,
            sends: true,
            is_deaf: false,
            asks_for_nothing: false,
            credentials,
            media_packets: (0, 0),
            microphone,
            camera,
            channels: channels.into(),
            open: vec![],
            request: 0,
            next_frame: clock(),
            frame: 0,
            keyframe_due: true,
        }
    }

    pub(crate) fn ask(&mut self, channel: Channel, request: &Value) -> i64 {
        self.request += 1;
        let mut request = request.clone();
        request["requestId"] = self.request.into();
        self.say(channel, &json!({ "request": request }).to_string());
        self.request
    }

    pub(crate) fn say(&mut self, channel: Channel, text: &str) {
        let id = self.channels[channel.label()];
        assert!(self.rtc.channel(id).unwrap().write(false, text.as_bytes()).unwrap());
    }

    /// What `session-control` said last.
    pub(crate) fn status(&self) -> Value {
        let resource = self.resources(Channel::SessionControl).pop();
        resource.map_or(Value::Null, |resource| resource["sessionStatus"].clone())
    }

    /// The newest snapshot of a resource that holds `key`, by what is in it.
    pub(crate) fn resources(&self, channel: Channel) -> Vec<Value> {
        let mut resources: BTreeMap<u64, Value> = BTreeMap::new();
        for (_, text) in self.texts.iter().filter(|(label, _)| label == channel.label()) {
            for resource in text["resources"].as_array().into_iter().flatten() {
                resources.insert(resource["id"].as_u64().unwrap_or(0), resource.clone());
            }
            for deleted in text["deletedResources"].as_array().into_iter().flatten() {
                resources.remove(&deleted["id"].as_u64().unwrap());
            }
        }
        resources.into_values().collect()
    }

    /// The media entry of a participant.
    pub(crate) fn entry_of(&self, name: &str, screenshare: bool) -> Option<Value> {
        let key = format!("participants/{name}");
        self.resources(Channel::MediaEntries).into_iter().find(|resource| {
            let entry = &resource["mediaEntry"];
            entry["participantKey"] == key.as_str() && entry["screenshare"] == screenshare
        })
    }

    /// The SSRC under which a canvas is shown, and the media entry on it.
    pub(crate) fn canvas(&self, id: i64) -> Option<(u32, u64)> {
        let assignment = self.resources(Channel::VideoAssignment).pop()?;
        let canvases = assignment["videoAssignment"]["canvases"].as_array()?.clone();
        let canvas = canvases.into_iter().find(|canvas| canvas["canvasId"] == id)?;
        Some((
            u32::try_from(canvas["ssrc"].as_u64()?).unwrap(),
            canvas["mediaEntryId"].as_u64()?,
        ))
    }

    pub(crate) fn packets_of(&self, ssrc: u32) -> Vec<&RtpPacket> {
        self.packets
            .iter()
            .map(|(_, packet)| packet)
            .filter(|packet| *packet.header.ssrc == ssrc)
            .collect()
    }

    /// A STUN request that names its sender's address as the one to send to, before all others.
    pub(crate) fn nomination(&self) -> Vec<u8> {
        let (username, password) = &self.credentials;
        let id = TransId::new();
        let request = StunMessage::binding_request(username, id, true, 1, u32::MAX >> 1, true);
        let mut bytes = vec![0; 500];
        let provider = str0m::crypto::from_feature_flags().sha1_hmac_provider;
        let hmac = |key: &[u8], payloads: &[&[u8]]| provider.sha1_hmac(key, payloads);
        let length = request.to_bytes(Some(password.as_bytes()), &mut bytes, hmac).unwrap();
        bytes.truncate(length);
        bytes
    }

    /// The source that its voice names.
    pub(crate) fn voice(&mut self) -> u32 {
        let mid = self.microphone;
        let mut api = self.rtc.direct_api();
        *api.stream_tx_by_mid(mid, None).unwrap().ssrc()
    }

    /// From now on it sends from another address, and what is sent to the old one is lost.
    pub(crate) fn move_to_another_network(&mut self) {
        self.socket = bind();
    }

    pub(crate) fn turn(&mut self) {
        let now = clock();
        if self.connected && self.sends && now >= self.next_frame && self.rtc.is_alive() {
            self.next_frame = now + Duration::from_millis(20);
            self.send_frame(now);
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
        if self.connection.is_some() {
            self.read_connection();
            return;
        }
        let mut buffer = [0; 2_000];
        for _ in 0..64 {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, _)) if self.is_lost_in(&buffer[..length]) => {}
                Ok((length, from)) => {
                    let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, &buffer[..length]) else {
                        continue;
                    };
                    self.rtc.handle_input(Input::Receive(clock(), receive)).unwrap();
                    self.drain();
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(datagram) if self.is_lost_out(&datagram.contents) => {}
                Output::Transmit(datagram) if let Some(connection) = &mut self.connection => {
                    connection.send(&datagram.contents);
                }
                Output::Transmit(datagram) => {
                    self.socket.send_to(&datagram.contents, datagram.destination).unwrap();
                    self.sent += 1;
                }
                Output::Event(event) => self.event(event),
            }
        }
    }

    fn read_connection(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        for datagram in connection.receive() {
            let receive = Receive::new(Protocol::Tcp, self.server, self.address, &datagram).unwrap();
            self.rtc.handle_input(Input::Receive(clock(), receive)).unwrap();
            self.drain();
        }
    }

    fn is_lost_in(&mut self, datagram: &[u8]) -> bool {
        if self.is_deaf && matches!(datagram, [20..=63, ..]) {
            return true;
        }
        let Some((every, _)) = self.loses.filter(|_| is_media(datagram)) else {
            return false;
        };
        self.media_packets.0 += 1;
        self.media_packets.0.is_multiple_of(every)
    }

    fn is_lost_out(&mut self, datagram: &[u8]) -> bool {
        // STUN.
        if self.asks_for_nothing && matches!(datagram, [0..=3, ..]) {
            return true;
        }
        let Some((_, every)) = self.loses.filter(|_| is_media(datagram)) else {
            return false;
        };
        self.media_packets.1 += 1;
        self.media_packets.1.is_multiple_of(every)
    }

    fn event(&mut self, event: RtcEvent) {
        match event {
            RtcEvent::Connected => self.connected = true,
            RtcEvent::Closed => self.closed = true,
            RtcEvent::ChannelOpen(id, _) => self.open.push(id),
            RtcEvent::ChannelData(data) => {
                assert!(!data.binary, "texts only");
                let (label, _) = self.channels.iter().find(|(_, id)| **id == data.id).unwrap();
                self.texts
                    .push((label.clone(), serde_json::from_slice(&data.data).unwrap()));
            }
            RtcEvent::RtpPacket(packet) => {
                let ssrc = packet.header.ssrc;
                let mid = self.rtc.direct_api().stream_rx(&ssrc).unwrap().mid();
                self.packets.push((mid, packet));
            }
            RtcEvent::KeyframeRequest(request) => {
                assert_eq!(request.mid, self.camera);
                self.keyframes_asked += 1;
                self.keyframe_due = true;
            }
            _ => {}
        }
    }

    /// A loud packet of sound with a number of somebody's choice, by which it is sealed too.
    pub(crate) fn sound_numbered(&mut self, sequence: u64) {
        let loud = ExtensionValues {
            audio_level: Some(-10),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let is_audio = |params: &PayloadParams| params.spec().codec.is_audio();
        let opus = self.rtc.codec_config().find(is_audio).unwrap().pt();
        self.frame = self.frame.wrapping_add(1);
        let ticks = u32::from(self.frame) * 960;
        let sound = vec![self.name.as_bytes()[0]; 40];
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
        stream.write_rtp(RtpWrite::new(opus, sequence.into(), ticks, clock(), sound).ext_vals(loud));
    }

    /// 20 ms of sound and one picture of two packets.
    fn send_frame(&mut self, now: Instant) {
        self.frame = self.frame.wrapping_add(1);
        let frame = u64::from(self.frame);
        let level = ExtensionValues {
            audio_level: Some(self.level_dbov),
            voice_activity: Some(self.level_dbov > -60),
            ..ExtensionValues::default()
        };
        let is_audio = |params: &PayloadParams| params.spec().codec.is_audio();
        let audio = self.rtc.codec_config().find(is_audio).unwrap();
        let (opus, red) = (audio.pt(), audio.red().unwrap());
        let vp8 = self
            .rtc
            .codec_config()
            .find(|params| params.spec().codec.is_video())
            .unwrap()
            .pt();
        let ticks = |rate: u32| u32::from(self.frame).wrapping_mul(rate / 50);
        let sound = [self.name.as_bytes()[0]; 40];
        let (payload_type, sound) = if self.is_redundant && frame > 1 {
            let before = RedundantBlock {
                pt: *opus,
                timestamp_offset: 48_000 / 50,
                payload: sound.to_vec(),
            };
            (red, RedEncoder::encode(*opus, &sound, &[before]))
        } else {
            (opus, sound.to_vec())
        };
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
        stream.write_rtp(RtpWrite::new(payload_type, frame.into(), ticks(48_000), now, sound).ext_vals(level));
        if !self.sends_video {
            return;
        }
        let keyframe = std::mem::take(&mut self.keyframe_due);
        let [high, low] = (self.frame & 0x7fff).to_be_bytes();
        let stream = api.stream_tx_by_mid(self.camera, None).unwrap();
        for (part, start) in [(0, 0x10), (1, 0x00)] {
            let header = [0x80 | start, 0xe0, 0x80 | high, low, low, 0x20, u8::from(!keyframe)];
            let payload: Vec<u8> = header.into_iter().chain([self.name.as_bytes()[0]; 500]).collect();
            let write = RtpWrite::new(vp8, (frame * 2 + part).into(), ticks(90_000), now, payload);
            stream.write_rtp(write.marker(part == 1).nackable(true));
        }
    }
}

fn bind() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_micros(200))).unwrap();
    socket
}

/// How the others see somebody of this name.
pub(crate) fn card(name: &str) -> Card {
    let participant_key = format!("participants/{name}");
    let session_name = format!("{participant_key}/participantSessions/{name}");
    Card {
        full_session_name: Some(format!("conferenceRecords/c/{session_name}")),
        participant_key,
        session_name,
        display_name: name.to_owned(),
        kind: CardKind::Anonymous,
        by_program: false,
    }
}

/// SRTP and not SRTCP.
fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(64..96).contains(&(kind & 0x7f)))
}

/// Who made a packet: the first letter of the name, which fills the payload.
pub(crate) fn maker(packet: &RtpPacket) -> char {
    char::from(*packet.payload.last().unwrap())
}

pub(crate) fn csrcs(packet: &RtpPacket) -> Vec<u64> {
    packet.header.csrc[..packet.header.csrc_count]
        .iter()
        .map(|csrc| u64::from(*csrc))
        .collect()
}

pub(crate) fn starts_keyframe(packet: &RtpPacket) -> bool {
    packet.payload[0] & 0x10 != 0 && packet.payload[6] & 1 == 0
}
