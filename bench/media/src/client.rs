//! One of the crowd: str0m where a browser would be, on a socket of its own, with all the feedback that a browser gives.
//!
//! It sends pictures of made-up VP8, or sound, or nothing, and looks at as many cameras as it is told. Of what arrives it keeps how many
//! packets there were, and of some clients how long each was under way.

use std::{
    collections::BTreeSet,
    io::{self, ErrorKind},
    iter,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mio::{Interest, Registry, Token, net::UdpSocket};
use serde_json::{Value, json};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    channel::{ChannelConfig, ChannelId},
    format::PayloadParams,
    media::{Direction, MediaKind, Mid, Pt},
    net::{Protocol, Receive},
    rtp::{Extension, ExtensionValues, RtpPacket, RtpWrite},
};

/// The clock by which packets are stamped.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) const PACKET_BYTES: usize = 1_150;
pub(crate) const PICTURE_EVERY_US: u64 = 33_333;
pub(crate) const SOUND_EVERY_US: u64 = 20_000;
pub(crate) const SOUND_BYTES: usize = 80;
/// The name that cameras are known by.
pub(crate) const CAMERA: &str = "camera";
const DESCRIPTOR_BYTES: usize = 7;
const STAMP: std::ops::Range<usize> = DESCRIPTOR_BYTES..DESCRIPTOR_BYTES + 8;
/// Lines of sound that each receives.
pub(crate) const AUDIO_LINES: usize = 3;
const SPEECH_DBOV: i8 = -20;

/// What somebody does in a meeting.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) camera_bps: Option<u64>,
    pub(crate) speaks: bool,
    /// How many cameras it looks at.
    pub(crate) pictures: usize,
    /// Keeps how long packets were under way.
    pub(crate) is_probe: bool,
}

struct Source {
    mid: Mid,
    payload_type: Option<Pt>,
    next: Instant,
    every: Duration,
    frame: u32,
    sequence: u64,
    /// Bytes that are due and have not filled a packet.
    owed_bytes: u64,
}

pub(crate) struct Client {
    part: Part,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    /// Lines that only receive.
    receiving: Vec<Mid>,
    socket: UdpSocket,
    address: SocketAddr,
    deadline: Instant,
    pub(crate) is_connected: bool,
    camera: Option<Source>,
    microphone: Option<Source>,
    is_keyframe_due: bool,
    asking: Option<Asking>,
    pub(crate) received: u64,
    pub(crate) delays_us: Vec<u32>,
}

/// How cameras are found and asked for in a meeting of ours.
struct Asking {
    assignment: ChannelId,
    entries: ChannelId,
    cameras: BTreeSet<u64>,
    has_asked: bool,
}

impl Client {
    /// Somebody in a meeting of ours, who sends and receives by one connection, and the offer.
    pub(crate) fn attending(part: Part) -> Result<(Client, String)> {
        let mut client = Client::on(Ipv4Addr::LOCALHOST, part, RtcConfig::new())?;
        let mut api = client.rtc.sdp_api();
        let voices = [MediaKind::Audio; AUDIO_LINES];
        let kinds = voices
            .into_iter()
            .chain(iter::repeat_n(MediaKind::Video, part.pictures));
        let mut receive = |kind| api.add_media(kind, Direction::RecvOnly, None, None, None);
        client.receiving = kinds.map(&mut receive).collect();
        let mut send = |kind| api.add_media(kind, Direction::SendOnly, None, None, None);
        let (microphone, camera) = (send(MediaKind::Audio), send(MediaKind::Video));
        client.microphone = part.speaks.then(|| Source::new(microphone, SOUND_EVERY_US));
        client.camera = part.camera_bps.map(|_| Source::new(camera, PICTURE_EVERY_US));
        let channels = ["session-control", "participants", "media-entries", "video-assignment"].map(|label| {
            api.add_channel_with_config(ChannelConfig {
                label: label.to_owned(),
                ..ChannelConfig::default()
            })
        });
        let [_, _, entries, assignment] = channels;
        client.asking = Some(Asking {
            assignment,
            entries,
            cameras: BTreeSet::new(),
            has_asked: false,
        });
        let (offer, pending) = api.apply().context("there is something to offer")?;
        client.pending = Some(pending);
        Ok((client, offer.to_sdp_string()))
    }

    /// Somebody who only sends, in a meeting that has a connection for this alone, and the offer.
    pub(crate) fn publishing(ip: Ipv4Addr, part: Part) -> Result<(Client, String)> {
        let mut client = Client::on(ip, part, plain())?;
        let mut api = client.rtc.sdp_api();
        let mut send = |kind| api.add_media(kind, Direction::SendOnly, None, None, None);
        client.microphone = part.speaks.then(|| Source::new(send(MediaKind::Audio), SOUND_EVERY_US));
        client.camera = part
            .camera_bps
            .map(|_| Source::new(send(MediaKind::Video), PICTURE_EVERY_US));
        let (offer, pending) = api.apply().context("there is something to offer")?;
        client.pending = Some(pending);
        Ok((client, offer.to_sdp_string()))
    }

    /// Somebody who only receives, in a meeting that says what there is, and the answer.
    pub(crate) fn viewing(ip: Ipv4Addr, part: Part, offer: &str) -> Result<(Client, String)> {
        let mut client = Client::on(ip, part, plain())?;
        let offer = SdpOffer::from_sdp_string(offer)?;
        let answer = client.rtc.sdp_api().accept_offer(offer)?;
        Ok((client, answer.to_sdp_string()))
    }

    fn on(ip: Ipv4Addr, part: Part, config: RtcConfig) -> Result<Client> {
        let now = Instant::now().max(*EPOCH);
        let socket = UdpSocket::bind(SocketAddr::from((ip, 0)))?;
        let address = socket.local_addr()?;
        let mut rtc = config.set_rtp_mode(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        Ok(Client {
            part,
            rtc,
            pending: None,
            receiving: vec![],
            socket,
            address,
            deadline: now,
            is_connected: false,
            camera: None,
            microphone: None,
            is_keyframe_due: true,
            asking: None,
            received: 0,
            delays_us: vec![],
        })
    }

    pub(crate) fn accept(&mut self, answer: &str) -> Result<()> {
        let pending = self.pending.take().context("one offer has one answer")?;
        let answer = SdpAnswer::from_sdp_string(answer)?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        for line in &self.receiving {
            // The stack would report what it sends on lines that only receive, as no browser does.
            let mut api = self.rtc.direct_api();
            if let Some(unused) = api.stream_tx_by_mid(*line, None).map(|stream| stream.ssrc()) {
                api.remove_stream_tx(unused);
            }
        }
        Ok(())
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE)
    }

    /// Reads what has come.
    pub(crate) fn read(&mut self, is_measured: bool) -> Result<()> {
        let mut buffer = [0; 2_048];
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    let receive = Receive::new(Protocol::Udp, from, self.address, &buffer[..length])?;
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
                    self.drain(is_measured)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Does what is due.
    pub(crate) fn turn(&mut self, now: Instant, sends: bool, is_measured: bool) -> Result<()> {
        let mut is_due = self.deadline <= now;
        if self.is_connected && sends {
            is_due |= self.say(now) | self.show(now);
        }
        self.ask()?;
        if is_due {
            self.rtc.handle_input(Input::Timeout(now))?;
            self.drain(is_measured)?;
        }
        Ok(())
    }

    fn drain(&mut self, is_measured: bool) -> Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(datagram) => {
                    // What cannot be sent is lost, as on any network.
                    let _ = self.socket.send_to(&datagram.contents, datagram.destination);
                }
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::ChannelData(data)) => {
                    if let Some(asking) = self.asking.as_mut().filter(|asking| asking.entries == data.id) {
                        asking.look(&serde_json::from_slice(&data.data)?);
                    }
                }
                Output::Event(Event::KeyframeRequest(_)) => self.is_keyframe_due = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    self.received += 1;
                    if is_measured && self.part.is_probe {
                        self.note_delay(&packet);
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    fn note_delay(&mut self, packet: &RtpPacket) {
        let Some(stamp) = packet.payload.get(STAMP).and_then(|stamp| stamp.try_into().ok()) else {
            return;
        };
        let now_us = micros(EPOCH.elapsed());
        let delay_us = now_us.saturating_sub(u64::from_be_bytes(stamp));
        self.delays_us.push(u32::try_from(delay_us).unwrap_or(u32::MAX));
    }

    /// Asks for the cameras, once it knows of as many as it looks at and the channel for it is open, which may be the later of the two.
    fn ask(&mut self) -> Result<()> {
        let pictures = self.part.pictures;
        let Some(asking) = self.asking.as_mut() else {
            return Ok(());
        };
        if asking.has_asked || pictures == 0 || asking.cameras.len() < pictures {
            return Ok(());
        }
        let canvases: Vec<Value> = (1..)
            .zip(asking.cameras.iter().take(pictures))
            .map(|(id, entry)| json!({"id": id, "direct": {"mediaEntryId": entry}}))
            .collect();
        let layout = json!({"label": "all", "canvases": canvases});
        let request = json!({"request": {"requestId": 1, "setAssignment": {"layoutModel": layout}}});
        if let Some(mut channel) = self.rtc.channel(asking.assignment) {
            asking.has_asked = channel.write(false, request.to_string().as_bytes())?;
        }
        Ok(())
    }

    /// 20 ms of sound, if they are over.
    fn say(&mut self, now: Instant) -> bool {
        let Some(source) = self.microphone.as_mut().filter(|source| source.next <= now) else {
            return false;
        };
        let Some(payload_type) = source.step(&self.rtc, now, true) else {
            return false;
        };
        source.sequence += 1;
        let values = ExtensionValues {
            audio_level: Some(SPEECH_DBOV),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(
            payload_type,
            source.sequence.into(),
            source.frame.wrapping_mul(960),
            now,
            stamped(SOUND_BYTES, [0; DESCRIPTOR_BYTES]),
        );
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(source.mid, None) else {
            return false;
        };
        stream.write_rtp(write.ext_vals(values));
        true
    }

    /// A picture, if it is due: as many whole packets as its rate has filled.
    fn show(&mut self, now: Instant) -> bool {
        let Some(source) = self.camera.as_mut().filter(|source| source.next <= now) else {
            return false;
        };
        let Some(payload_type) = source.step(&self.rtc, now, false) else {
            return false;
        };
        let bps = self.part.camera_bps.unwrap_or_default();
        source.owed_bytes += bps * PICTURE_EVERY_US / 8_000_000;
        let packets = (source.owed_bytes / PACKET_BYTES as u64).max(1);
        source.owed_bytes = source.owed_bytes.saturating_sub(packets * PACKET_BYTES as u64);
        let is_keyframe = std::mem::take(&mut self.is_keyframe_due);
        let [.., high, low] = (source.frame & 0x7fff).to_be_bytes();
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(source.mid, None) else {
            return false;
        };
        for part in 0..packets {
            source.sequence += 1;
            let begins = if part == 0 { 0x10 } else { 0 };
            let descriptor = [0x80 | begins, 0xe0, 0x80 | high, low, low, 0x20, u8::from(!is_keyframe)];
            let write = RtpWrite::new(
                payload_type,
                source.sequence.into(),
                source.frame.wrapping_mul(3_000),
                now,
                stamped(PACKET_BYTES, descriptor),
            );
            stream.write_rtp(write.marker(part + 1 == packets).nackable(true));
        }
        true
    }
}

impl Asking {
    /// Notes which cameras there are.
    fn look(&mut self, text: &Value) {
        for resource in text["resources"].as_array().into_iter().flatten() {
            let entry = &resource["mediaEntry"];
            let is_camera = entry["participantKey"]
                .as_str()
                .is_some_and(|key| key.starts_with(CAMERA));
            if is_camera && entry["screenshare"] != true {
                self.cameras.extend(resource["id"].as_u64());
            }
        }
    }
}

impl Source {
    fn new(mid: Mid, every_us: u64) -> Source {
        Source {
            mid,
            payload_type: None,
            next: Instant::now(),
            every: Duration::from_micros(every_us),
            frame: 0,
            sequence: 0,
            owed_bytes: 0,
        }
    }

    /// On to the next; gives the payload type.
    fn step(&mut self, rtc: &Rtc, now: Instant, is_audio: bool) -> Option<Pt> {
        self.next = (self.next + self.every).max(now);
        self.frame = self.frame.wrapping_add(1);
        if self.payload_type.is_none() {
            let found = rtc
                .codec_config()
                .find(|params| params.spec().codec.is_audio() == is_audio);
            self.payload_type = found.map(PayloadParams::pt);
        }
        self.payload_type
    }
}

/// What is said to a server that is told only what it needs: its messages have a length.
fn plain() -> RtcConfig {
    RtcConfig::new()
        .clear_codecs()
        .enable_opus(true, false)
        .enable_vp8(true)
        .clear_extension_map()
        .set_extension(1, Extension::AudioLevel)
        .set_extension(3, Extension::TransportSequenceNumber)
        .set_extension(4, Extension::RtpMid)
}

/// A payload that says when it left.
fn stamped(bytes: usize, descriptor: [u8; DESCRIPTOR_BYTES]) -> Arc<[u8]> {
    let mut payload = vec![0; bytes];
    payload[..DESCRIPTOR_BYTES].copy_from_slice(&descriptor);
    payload[STAMP].copy_from_slice(&micros(EPOCH.elapsed()).to_be_bytes());
    payload.into()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
