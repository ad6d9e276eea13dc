//! A browser's end of a session: str0m where Chromium would be.
//!
//! It offers what the web client offers but for video, speaks when it is told to, and keeps what it hears and reads. Both ends
//! are one library, so nothing here shows what a browser makes of us: browsers have their own suite.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use media::{Channel, Media, Prepared};
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
/// The loudness of somebody who speaks.
const SPEECH_DBOV: i8 = -20;

/// One session's transport and what came through it.
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    /// What its sound is filled with.
    voice: u8,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    microphone: Mid,
    channels: [(ChannelId, Channel); Channel::ALL.len()],
    connected: bool,
    closed: bool,
    deadline: Instant,
    pub(crate) last_heard_of_server: Instant,
    pub(crate) speaks: bool,
    next_frame: Instant,
    frame: u32,
    requests: u64,
    status: Value,
    people: BTreeMap<u64, String>,
    pub(crate) chat: Vec<String>,
    /// When each packet of sound came, by the voice that made it.
    heard: BTreeMap<u8, Vec<Instant>>,
}

impl Browser {
    /// Makes an offer and has it answered; the answer holds once the session is received.
    pub(crate) fn new(address: SocketAddr, voice: u8, media: &Media, now: Instant) -> (Browser, Prepared) {
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("an address of ours"));
        let mut api = rtc.sdp_api();
        for _ in 0..media::limits::AUDIO_LINES {
            api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let channels = Channel::ALL.map(|channel| {
            let config = ChannelConfig {
                label: channel.label().to_owned(),
                ..ChannelConfig::default()
            };
            (api.add_channel_with_config(config), channel)
        });
        let (offer, pending) = api.apply().expect("there is something to offer");
        let prepared = media.answer(&offer.to_sdp_string()).expect("the offer is a good one");
        let browser = Browser {
            address,
            voice,
            rtc,
            pending: Some(pending),
            microphone,
            channels,
            connected: false,
            closed: false,
            deadline: now,
            last_heard_of_server: now,
            speaks: false,
            next_frame: now,
            frame: 0,
            requests: 0,
            status: Value::Null,
            people: BTreeMap::new(),
            chat: vec![],
            heard: BTreeMap::new(),
        };
        (browser, prepared)
    }

    /// Takes the answer, and begins to connect.
    pub(crate) fn accept(&mut self, answer: &str, now: Instant) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("an answer of ours");
        let pending = self.pending.take().expect("one offer has one answer");
        let accepted = self.rtc.sdp_api().accept_answer(pending, answer);
        accepted.expect("the answer is to this offer");
        (self.deadline, self.last_heard_of_server) = (now, now);
    }

    /// Whether it has been told that it is in.
    pub(crate) fn is_joined(&self) -> bool {
        self.status["connectionState"] == "STATE_JOINED"
    }

    /// Whether it has been told that it waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.status["connectionState"] == "STATE_WAITING"
    }

    /// Why it is out, if it has been told so: the detail where there is one.
    pub(crate) fn farewell(&self) -> Option<&str> {
        let reason = self.status["disconnectReason"].as_str()?;
        Some(self.status["detail"].as_str().unwrap_or(reason))
    }

    /// Whether the transport has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Who is in the meeting, as this client has been told.
    pub(crate) fn people(&self) -> BTreeSet<&str> {
        self.people.values().map(String::as_str).collect()
    }

    /// The longest silence of somebody since a time.
    pub(crate) fn longest_silence(&self, of: u8, since: Instant, now: Instant) -> Duration {
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
    pub(crate) fn write(&mut self, text: &str) {
        self.requests += 1;
        let request = json!({"request": {"requestId": self.requests, "send": {"text": text}}});
        let chat = self.channels.iter().find(|(_, channel)| *channel == Channel::Chat);
        let (id, _) = chat.expect("it was offered");
        let mut channel = self.rtc.channel(*id).expect("whoever writes is in");
        let written = channel.write(false, request.to_string().as_bytes());
        assert!(written.expect("an open channel"), "there is room for a line of chat");
        self.deadline = self.last_heard_of_server;
    }

    /// Closes the tab.
    pub(crate) fn close(&mut self, now: Instant) {
        // What is closed already cannot fail to close in a way that matters.
        let _ = self.rtc.close();
        self.deadline = now;
    }

    pub(crate) fn receive(&mut self, from: SocketAddr, contents: &[u8], now: Instant) {
        self.last_heard_of_server = now;
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, contents) else {
            return;
        };
        // A datagram that makes no sense is the network's fault, and a browser drops it as well.
        let _ = self.rtc.handle_input(Input::Receive(now, receive));
        self.deadline = now;
    }

    /// When there is something to do if nothing arrives before.
    pub(crate) fn next_deadline(&self) -> Instant {
        if self.speaks && self.connected {
            self.deadline.min(self.next_frame)
        } else {
            self.deadline
        }
    }

    /// Does what is due, and gives what is to be sent.
    pub(crate) fn turn(&mut self, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut sent = vec![];
        if self.next_deadline() > now || self.pending.is_some() {
            return sent;
        }
        if self.speaks && self.connected && now >= self.next_frame {
            self.next_frame = now + FRAME;
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
        if let Some(maker) = packet.payload.last() {
            self.heard.entry(*maker).or_default().push(now);
        }
    }

    /// 20 ms of sound.
    fn speak(&mut self, now: Instant) {
        self.frame += 1;
        let opus = self.rtc.codec_config().find(|params| params.spec().codec.is_audio());
        let opus = opus.expect("Opus is offered").pt();
        let level = ExtensionValues {
            audio_level: Some(SPEECH_DBOV),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let sound: Arc<[u8]> = Arc::from([self.voice; 40]);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).expect("it was offered");
        let write = RtpWrite::new(
            opus,
            u64::from(self.frame).into(),
            self.frame.wrapping_mul(960),
            now,
            sound,
        );
        stream.write_rtp(write.ext_vals(level));
    }
}
