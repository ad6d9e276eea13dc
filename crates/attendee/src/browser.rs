//! A browser's end of a session: str0m where Chromium would be.
//!
//! It offers what the web client offers but for video, speaks when it is told to, and keeps what it hears and reads. Both ends
//! are one library, so nothing here shows what a browser makes of us: browsers have their own suite.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    channel::{ChannelConfig, ChannelId},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpPacket, RtpWrite},
};

/// A packet of sound each.
const FRAME: Duration = Duration::from_millis(20);
/// Who is so far behind begins anew.
const BEHIND: Duration = Duration::from_millis(100);
/// The loudness of somebody who speaks.
const SPEECH_DBOV: i8 = -20;
/// Lines of sound that the web client receives.
const AUDIO_LINES: usize = 3;
/// The channels that the web client opens.
const CHANNELS: [&str; 7] = [
    "session-control",
    "participants",
    "media-entries",
    "video-assignment",
    CHAT,
    "reactions",
    "moderation",
];
const CHAT: &str = "chat";

/// An offer as a page makes it: on a line on which it only receives it names no stream, so that it says the same of all such lines.
pub fn as_a_page_offers(offer: &str) -> String {
    let mut receives = false;
    let mut lines: Vec<&str> = offer.split_inclusive('\n').collect();
    lines.retain(|line| {
        receives = (receives && !line.starts_with("m=")) || line.trim_end() == "a=recvonly";
        let names_a_stream = line.starts_with("a=msid:") || line.starts_with("a=ssrc");
        !(receives && names_a_stream)
    });
    lines.concat()
}

/// 20 ms of sound, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Opus.
    pub payload: Vec<u8>,
    /// 0 for the loudest and -127 for silence.
    pub level_dbov: i8,
}

/// A packet of sound as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The line, by its SSRC.
    pub line: u32,
    /// Counts the packets of the line.
    pub sequence: u64,
    /// By a clock of 48,000 a second.
    pub timestamp: u32,
    /// When it came.
    pub at: Instant,
    /// Opus.
    pub payload: Arc<[u8]>,
}

/// All that came on one line so far.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// How many packets.
    pub packets: usize,
    hasher: DefaultHasher,
}

impl Line {
    /// Two lines have the same if the same packets came on them: their numbers, their times, whose they are and what is in them.
    pub fn fingerprint(&self) -> u64 {
        self.hasher.finish()
    }

    fn take(&mut self, packet: &RtpPacket) {
        let header = &packet.header;
        self.packets += 1;
        (*packet.seq_no, header.timestamp, header.marker).hash(&mut self.hasher);
        header.csrc[..header.csrc_count].hash(&mut self.hasher);
        packet.payload.hash(&mut self.hasher);
    }
}

/// What came on data channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Messages.
    pub texts: usize,
    /// Bytes of them.
    pub bytes: usize,
}

/// One session's transport and what came through it.
pub struct Browser {
    /// Where it receives.
    pub address: SocketAddr,
    /// What its sound is filled with.
    voice: u8,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    microphone: Mid,
    lines: Vec<Mid>,
    chat_channel: ChannelId,
    connected: bool,
    closed: bool,
    deadline: Instant,
    /// When the latest datagram came.
    pub last_heard_of_server: Instant,
    /// Whether its microphone is on.
    pub speaks: bool,
    next_frame: Instant,
    frame: u32,
    /// What it says instead of its letter, if it was given something; nothing once that is over.
    speech: Option<VecDeque<Spoken>>,
    /// Every packet of sound, if they are kept.
    kept: Option<Vec<Heard>>,
    requests: u64,
    status: Value,
    people: BTreeMap<u64, String>,
    /// What was written to it.
    pub chat: Vec<String>,
    /// How many are at the door, as a host has been told last.
    pub knocks: usize,
    /// What it was told on all its channels so far.
    pub told: Told,
    /// What came on each line, by its place in the offer.
    taken: Vec<Line>,
    /// When each packet of sound came, by the voice that made it.
    heard: BTreeMap<u8, Vec<Instant>>,
}

impl Browser {
    /// Makes an offer: a client at this address, whose sound is filled with its voice.
    pub fn new(address: SocketAddr, voice: u8, now: Instant) -> (Browser, String) {
        Browser::seeing(address, 0, voice, now)
    }

    /// The same with so many lines for the pictures of others. It asks for none: lines are there to be counted.
    pub fn seeing(address: SocketAddr, video_lines: usize, voice: u8, now: Instant) -> (Browser, String) {
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("an address of ours"));
        let mut api = rtc.sdp_api();
        let mut receive = |kind| api.add_media(kind, Direction::RecvOnly, None, None, None);
        let mut lines: Vec<Mid> = (0..AUDIO_LINES).map(|_| receive(MediaKind::Audio)).collect();
        lines.extend((0..video_lines).map(|_| receive(MediaKind::Video)));
        let microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let channels = CHANNELS.map(|label| {
            let config = ChannelConfig {
                label: label.to_owned(),
                ..ChannelConfig::default()
            };
            (label, api.add_channel_with_config(config))
        });
        let chat = channels.into_iter().find(|(label, _)| *label == CHAT);
        let (_, chat_channel) = chat.expect("it is one of them");
        let (offer, pending) = api.apply().expect("there is something to offer");
        let browser = Browser {
            address,
            voice,
            rtc,
            pending: Some(pending),
            microphone,
            lines,
            chat_channel,
            connected: false,
            closed: false,
            deadline: now,
            last_heard_of_server: now,
            speaks: false,
            next_frame: now,
            frame: 0,
            speech: None,
            kept: None,
            requests: 0,
            status: Value::Null,
            people: BTreeMap::new(),
            chat: vec![],
            knocks: 0,
            told: Told::default(),
            taken: vec![Line::default(); AUDIO_LINES + video_lines],
            heard: BTreeMap::new(),
        };
        (browser, as_a_page_offers(&offer.to_sdp_string()))
    }

    /// Takes the answer, and begins to connect.
    pub fn accept(&mut self, answer: &str, now: Instant) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("an answer of ours");
        let pending = self.pending.take().expect("one offer has one answer");
        let accepted = self.rtc.sdp_api().accept_answer(pending, answer);
        accepted.expect("the answer is to this offer");
        for line in &self.lines {
            // The stack would report what it sends on lines that only receive, as no browser does.
            let mut api = self.rtc.direct_api();
            if let Some(unused) = api.stream_tx_by_mid(*line, None).map(|stream| stream.ssrc()) {
                api.remove_stream_tx(unused);
            }
        }
        (self.deadline, self.last_heard_of_server) = (now, now);
    }

    /// Whether it has been told that it is in.
    pub fn is_joined(&self) -> bool {
        self.status["connectionState"] == "STATE_JOINED"
    }

    /// The name of the session as which it was told that it is in.
    pub fn joined_as(&self) -> Option<&str> {
        self.status["participantSession"].as_str().filter(|_| self.is_joined())
    }

    /// Whether it has been told that it waits.
    pub fn is_waiting(&self) -> bool {
        self.status["connectionState"] == "STATE_WAITING"
    }

    /// Why it is out, if it has been told so: the detail where there is one.
    pub fn farewell(&self) -> Option<&str> {
        let reason = self.status["disconnectReason"].as_str()?;
        Some(self.status["detail"].as_str().unwrap_or(reason))
    }

    /// Whether the transport has ended.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Who is in the meeting, as this client has been told.
    pub fn people(&self) -> BTreeSet<&str> {
        self.people.values().map(String::as_str).collect()
    }

    /// What came on each line, in the order of the offer.
    pub fn taken(&self) -> &[Line] {
        &self.taken
    }

    /// How many packets of somebody's sound came.
    pub fn packets_of(&self, voice: u8) -> usize {
        self.heard.get(&voice).map_or(0, Vec::len)
    }

    /// How many packets of sound it sent.
    pub fn packets_sent(&self) -> u32 {
        self.frame
    }

    /// Says this from now on, and keeps every packet of sound that comes.
    pub fn converse(&mut self, speech: Vec<Spoken>) {
        self.speech = Some(speech.into());
        self.kept.get_or_insert_default();
        self.speaks = true;
    }

    /// The packets of sound that came since this was asked last, in their order on the network.
    pub fn take_heard(&mut self) -> Vec<Heard> {
        self.kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The longest silence of somebody since a time.
    pub fn longest_silence(&self, of: u8, since: Instant, now: Instant) -> Duration {
        let heard = self.heard.get(&of).into_iter().flatten().filter(|at| **at >= since);
        let mut before = since;
        let mut longest = Duration::ZERO;
        for at in heard.copied().chain([now]) {
            longest = longest.max(at.saturating_duration_since(before));
            before = at;
        }
        longest
    }

    /// Writes to everybody.
    pub fn write(&mut self, text: &str) {
        self.requests += 1;
        let request = json!({"request": {"requestId": self.requests, "send": {"text": text}}});
        let mut channel = self.rtc.channel(self.chat_channel).expect("whoever writes is in");
        let written = channel.write(false, request.to_string().as_bytes());
        assert!(written.expect("an open channel"), "there is room for a line of chat");
        self.deadline = self.last_heard_of_server;
    }

    /// Closes the tab.
    pub fn close(&mut self, now: Instant) {
        // What is closed already cannot fail to close in a way that matters.
        let _ = self.rtc.close();
        self.deadline = now;
    }

    /// Takes a datagram.
    pub fn receive(&mut self, from: SocketAddr, contents: &[u8], now: Instant) {
        self.last_heard_of_server = now;
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, contents) else {
            return;
        };
        // A datagram that makes no sense is the network's fault, and a browser drops it as well.
        let _ = self.rtc.handle_input(Input::Receive(now, receive));
        self.deadline = now;
    }

    /// When there is something to do if nothing arrives before.
    pub fn next_deadline(&self) -> Instant {
        if self.speaks && self.connected {
            self.deadline.min(self.next_frame)
        } else {
            self.deadline
        }
    }

    /// Does what is due, and gives what is to be sent.
    pub fn turn(&mut self, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut sent = vec![];
        if self.next_deadline() > now || self.pending.is_some() {
            return sent;
        }
        if self.speaks && self.connected && now >= self.next_frame {
            // In step with time, as a sound card is, unless it stood still.
            let in_step = now.saturating_duration_since(self.next_frame) < BEHIND;
            self.next_frame = if in_step { self.next_frame } else { now } + FRAME;
            self.speak(now);
        }
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            self.closed = true;
        }
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.deadline = at;
                    return sent;
                }
                Ok(Output::Transmit(datagram)) => sent.push((datagram.destination, datagram.contents.to_vec())),
                Ok(Output::Event(event)) => self.event(event, now),
                Err(_) => {
                    self.closed = true;
                    return sent;
                }
            }
        }
    }

    fn event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => self.connected = true,
            Event::Closed => self.closed = true,
            Event::ChannelData(data) => {
                self.told.texts += 1;
                self.told.bytes += data.data.len();
                let text = serde_json::from_slice(&data.data).expect("the server sends JSON");
                self.read(&text);
            }
            Event::RtpPacket(packet) => self.hear(&packet, now),
            _ => {}
        }
    }

    fn read(&mut self, text: &Value) {
        for resource in text["resources"].as_array().into_iter().flatten() {
            if !resource["sessionStatus"].is_null() {
                self.status = resource["sessionStatus"].clone();
            } else if let Some(key) = resource["participant"]["participantKey"].as_str() {
                let id = resource["id"].as_u64().expect("participants are numbered");
                self.people.insert(id, key.to_owned());
            } else if let Some(text) = resource["chatMessage"]["text"].as_str() {
                self.chat.push(text.to_owned());
            } else if let Some(knocks) = resource["moderation"]["knocks"].as_array() {
                self.knocks = knocks.len();
            }
        }
        for deleted in text["deletedResources"].as_array().into_iter().flatten() {
            if deleted["participant"] == true {
                let id = deleted["id"].as_u64().expect("what is deleted had a number");
                self.people.remove(&id);
            }
        }
    }

    fn hear(&mut self, packet: &RtpPacket, now: Instant) {
        let mid = self
            .rtc
            .direct_api()
            .stream_rx(&packet.header.ssrc)
            .map(|stream| stream.mid());
        let line = self.lines.iter().position(|line| Some(*line) == mid);
        if let Some(line) = line.and_then(|line| self.taken.get_mut(line)) {
            line.take(packet);
        }
        if let Some(maker) = packet.payload.last() {
            self.heard.entry(*maker).or_default().push(now);
        }
        if let Some(kept) = &mut self.kept {
            kept.push(Heard {
                line: *packet.header.ssrc,
                sequence: *packet.seq_no,
                timestamp: packet.header.timestamp,
                at: now,
                payload: Arc::clone(&packet.payload),
            });
        }
    }

    /// 20 ms of sound.
    fn speak(&mut self, now: Instant) {
        let spoken = match &mut self.speech {
            Some(speech) => speech.pop_front(),
            None => Some(Spoken {
                payload: vec![self.voice; 40],
                level_dbov: SPEECH_DBOV,
            }),
        };
        let Some(Spoken { payload, level_dbov }) = spoken else {
            self.speaks = false;
            return;
        };
        self.frame += 1;
        let opus = self.rtc.codec_config().find(|params| params.spec().codec.is_audio());
        let opus = opus.expect("Opus is offered").pt();
        let level = ExtensionValues {
            audio_level: Some(level_dbov),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).expect("it was offered");
        let write = RtpWrite::new(
            opus,
            u64::from(self.frame).into(),
            self.frame.wrapping_mul(960),
            now,
            payload,
        );
        stream.write_rtp(write.ext_vals(level));
    }
}
