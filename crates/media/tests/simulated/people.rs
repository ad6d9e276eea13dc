//! People in a simulated meeting: real clients on both ends of real shards, each with a voice, a camera and a network of its own.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use attendee::as_a_page_offers;
use media::{Channel, Event, Measured, Spreading};
use serde_json::{Value, json};
use str0m::{
    Candidate, Event as RtcEvent, Input, Output, Rtc,
    change::SdpAnswer,
    channel::{ChannelConfig, ChannelId},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpWrite},
};

use super::{
    Way, is_media,
    older::older_ciphers,
    plane::{Plane, SERVER},
};

const STEP: Duration = Duration::from_millis(1);
/// Sound every so often, and every second time a picture.
const FRAME: Duration = Duration::from_millis(20);
const UNDER_WAY: Duration = Duration::from_millis(20);
/// Payload of a packet of pictures.
const PACKET_BYTES: usize = 1_000;
/// How much larger a keyframe is than other pictures.
const KEYFRAME: usize = 6;

/// A packet as it came, since somebody began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    at: Duration,
    /// The line, by its place in the offer.
    pub(crate) line: usize,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    marker: bool,
    csrc: Vec<u32>,
    payload: Arc<[u8]>,
}

impl Taken {
    /// Who made it, by the first letter of the name; a dot if it is sound.
    pub(crate) fn maker(&self) -> Option<char> {
        self.payload.last().copied().map(char::from)
    }
}

/// Somebody with a voice and a camera.
pub(crate) struct Person {
    pub(crate) name: String,
    address: SocketAddr,
    rtc: Rtc,
    microphone: Mid,
    camera: Mid,
    channels: BTreeMap<String, ChannelId>,
    lines: Vec<Mid>,
    connected: bool,
    /// It is switched off.
    pub(crate) is_off: bool,
    /// What the camera sends; none at 0.
    pub(crate) camera_bps: usize,
    /// How loud it speaks, if it does.
    pub(crate) speaks_dbov: Option<i8>,
    frame: u64,
    sequence: u64,
    keyframe_due: bool,
    next_frame: Instant,
    deadline: Instant,
    /// Packets that came, of voices and of each camera.
    pub(crate) sounds: usize,
    pub(crate) pictures: BTreeMap<u8, usize>,
    pub(crate) entries: BTreeMap<String, u64>,
    /// The media entries of the last assignment.
    pub(crate) assigned: Vec<u64>,
    /// Every packet that came, and every text but for the names of lines and the time of day.
    pub(crate) taken: Vec<Taken>,
    pub(crate) texts: Vec<(Duration, Value)>,
    began: Instant,
    pub(crate) up: Way,
    pub(crate) down: Way,
    /// Its last request of STUN, and its last report.
    pub(crate) request: Vec<u8>,
    pub(crate) report: Vec<u8>,
}

/// What one step cost, while something is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    /// Packets of media that came, and datagrams of other kinds.
    pub(crate) packets: usize,
    pub(crate) others: usize,
    /// Packets that went to somebody.
    pub(crate) forwarded: u64,
    /// By how much the counter went on.
    pub(crate) counted: usize,
}

pub(crate) struct World {
    pub(crate) plane: Plane,
    /// What is counted of the work of the media plane, if anything is, and of each step how much.
    pub(crate) counter: Option<fn() -> usize>,
    pub(crate) works: Vec<Work>,
    /// How many packets went to addresses of nobody.
    pub(crate) astray: usize,
    /// Who has come and who was lost, as the media plane has reported.
    pub(crate) events: Vec<Event>,
    /// What it has measured.
    pub(crate) measured: Vec<Measured>,
    pub(crate) people: Vec<Person>,
}

impl World {
    pub(crate) fn new(shards: usize) -> World {
        World {
            plane: Plane::new(shards, Spreading::InTurn),
            counter: None,
            works: vec![],
            astray: 0,
            events: vec![],
            measured: vec![],
            people: vec![],
        }
    }

    pub(crate) fn join(&mut self, name: &str, camera_bps: usize) -> usize {
        let rtc = Rtc::builder().set_rtp_mode(true).build(self.plane.now);
        self.come(name, camera_bps, rtc)
    }

    /// The same for one who knows none of the newer ciphers.
    pub(crate) fn join_by_older_ciphers(&mut self, name: &str, camera_bps: usize) -> usize {
        let configuration = Rtc::builder().set_rtp_mode(true).set_crypto_provider(older_ciphers());
        self.come(name, camera_bps, configuration.build(self.plane.now))
    }

    fn come(&mut self, name: &str, camera_bps: usize, rtc: Rtc) -> usize {
        let person = Person::new(&self.plane, name, self.people.len(), camera_bps, rtc);
        self.people.push(person);
        let index = self.people.len() - 1;
        for _ in 0..100 {
            self.play(Duration::from_millis(50));
            if !self.people[index].entries.is_empty() {
                return index;
            }
        }
        panic!("{name} does not come in");
    }

    /// Looks at all others.
    pub(crate) fn looks(&mut self, viewer: usize) {
        let own = format!("participants/{}", self.people[viewer].name);
        let others = self.people[viewer].entries.keys().filter(|name| **name != own);
        let others: Vec<String> = others.cloned().collect();
        self.looks_at(viewer, &others);
    }

    /// Looks at these.
    pub(crate) fn looks_at(&mut self, viewer: usize, participants: &[String]) {
        let entries = self.people[viewer].entries.iter();
        let entries = entries.filter(|(name, _)| participants.contains(name));
        let canvases: Vec<Value> = (1..)
            .zip(entries)
            .map(|(id, (_, entry))| json!({"id": id, "direct": {"mediaEntryId": entry}}))
            .collect();
        let request = json!({"setAssignment": {"layoutModel": {"label": "l", "canvases": canvases}}});
        self.people[viewer].ask(Channel::VideoAssignment, &request);
    }

    pub(crate) fn play(&mut self, duration: Duration) {
        let end = self.plane.now + duration;
        while self.plane.now < end {
            self.plane.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.plane.now;
        let mut arrived = vec![];
        for person in self.people.iter_mut().filter(|person| !person.is_off) {
            person.turn(now);
            let datagrams = person.up.arrive(now).into_iter();
            arrived.extend(datagrams.map(|datagram| (person.address, datagram)));
        }
        self.work(&arrived, now);
        for (to, datagram) in self.plane.shard.take_sent() {
            if let Some(person) = self.people.iter_mut().find(|person| person.address == to) {
                person.down.send(datagram, now);
            } else {
                self.astray += usize::from(is_media(&datagram));
            }
        }
        for event in self.plane.reported() {
            match event {
                Event::Connected { .. } | Event::Lost { .. } => self.events.push(event),
                Event::Measured(measured) => self.measured.extend(measured),
                Event::Alive(_) | Event::Reached { .. } | Event::Reported { .. } => {}
                Event::Failed => unreachable!("nothing here has a thread"),
            }
        }
    }

    /// Has the media plane take what has arrived, and do what there is to do.
    fn work(&mut self, arrived: &[(SocketAddr, Vec<u8>)], now: Instant) {
        let forwarded = self.plane.media.counters().packets_forwarded;
        let before = self.counter.map(|counter| counter());
        for (from, datagram) in arrived {
            self.plane.shard.receive(*from, datagram, now);
        }
        self.plane.shard.turn(now);
        let Some((read, before)) = self.counter.zip(before) else {
            return;
        };
        let counted = read() - before;
        let packets = arrived.iter().filter(|(_, datagram)| is_media(datagram)).count();
        self.works.push(Work {
            packets,
            others: arrived.len() - packets,
            forwarded: self.plane.media.counters().packets_forwarded - forwarded,
            counted,
        });
    }

    /// Seconds pass; of each, how many packets of sound came to a viewer and whose pictures.
    pub(crate) fn seconds(&mut self, viewer: usize, seconds: usize) -> Vec<(usize, String)> {
        let mut passed = vec![];
        for _ in 0..seconds {
            let person = &mut self.people[viewer];
            (person.sounds, person.pictures) = (0, BTreeMap::new());
            self.play(Duration::from_secs(1));
            let person = &self.people[viewer];
            let seen = person.pictures.iter().filter(|(_, packets)| **packets > 5);
            passed.push((person.sounds, seen.map(|(maker, _)| char::from(*maker)).collect()));
        }
        passed
    }
}

impl Person {
    /// Who comes when there are so many.
    fn new(plane: &Plane, name: &str, others: usize, camera_bps: usize, mut rtc: Rtc) -> Person {
        let now = plane.now;
        let address: SocketAddr = ([198, 51, 100, 1], u16::try_from(others + 1).unwrap()).into();
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let mut api = rtc.sdp_api();
        let mut add = |kind, direction| api.add_media(kind, direction, None, None, None);
        let mut lines: Vec<Mid> = (0..3).map(|_| add(MediaKind::Audio, Direction::RecvOnly)).collect();
        lines.extend((0..4).map(|_| add(MediaKind::Video, Direction::RecvOnly)));
        let microphone = add(MediaKind::Audio, Direction::SendOnly);
        let camera = add(MediaKind::Video, Direction::SendOnly);
        let channels = Channel::ALL.map(|channel| {
            let label = channel.label().to_owned();
            let config = ChannelConfig {
                label: label.clone(),
                ..ChannelConfig::default()
            };
            (label, api.add_channel_with_config(config))
        });
        let (offer, pending) = api.apply().unwrap();
        let prepared = plane.answer(&as_a_page_offers(&offer.to_sdp_string()));
        let answer = SdpAnswer::from_sdp_string(prepared.answer_sdp()).unwrap();
        plane.media.admit(prepared, name, "group").unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        Person {
            name: name.into(),
            address,
            rtc,
            microphone,
            camera,
            channels: channels.into(),
            lines,
            connected: false,
            is_off: false,
            taken: vec![],
            texts: vec![],
            began: now,
            camera_bps,
            speaks_dbov: Some(-20),
            frame: 0,
            sequence: 0,
            keyframe_due: true,
            next_frame: now,
            deadline: now,
            sounds: 0,
            pictures: BTreeMap::new(),
            entries: BTreeMap::new(),
            assigned: vec![],
            up: Way::new(UNDER_WAY),
            down: Way::new(UNDER_WAY),
            request: vec![],
            report: vec![],
        }
    }

    pub(crate) fn ask(&mut self, channel: Channel, request: &Value) {
        let mut request = request.clone();
        request["requestId"] = 1.into();
        let text = json!({ "request": request }).to_string();
        let id = self.channels[channel.label()];
        assert!(self.rtc.channel(id).unwrap().write(false, text.as_bytes()).unwrap());
        self.deadline = self.next_frame;
    }

    fn turn(&mut self, now: Instant) {
        let mut is_due = self.deadline <= now;
        for datagram in self.down.arrive(now) {
            if let Ok(receive) = Receive::new(Protocol::Udp, SERVER, self.address, &datagram) {
                self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
                is_due = true;
                self.drain(now);
            }
        }
        if self.connected && now >= self.next_frame {
            self.next_frame = now + FRAME;
            self.send_frame(now);
            is_due = true;
        }
        if is_due {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
            self.drain(now);
        }
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return;
                }
                Output::Transmit(datagram) => {
                    let datagram = datagram.contents.to_vec();
                    match datagram[..] {
                        [0, 1, ..] => self.request.clone_from(&datagram),
                        [128..=191, 192..=223, ..] => self.report.clone_from(&datagram),
                        _ => {}
                    }
                    self.up.send(datagram, now);
                }
                Output::Event(event) => self.event(event, now),
            }
        }
    }

    fn event(&mut self, event: RtcEvent, now: Instant) {
        match event {
            RtcEvent::Connected => self.connected = true,
            RtcEvent::ChannelData(data) => self.read(serde_json::from_slice(&data.data).unwrap(), now),
            RtcEvent::RtpPacket(packet) => {
                let maker = packet.payload.last().copied();
                match maker {
                    Some(b'.') => self.sounds += 1,
                    Some(maker) => *self.pictures.entry(maker).or_default() += 1,
                    None => {}
                }
                let mid = self.rtc.direct_api().stream_rx(&packet.header.ssrc).unwrap().mid();
                let header = &packet.header;
                self.taken.push(Taken {
                    at: now - self.began,
                    line: self.lines.iter().position(|line| *line == mid).unwrap(),
                    sequence: *packet.seq_no,
                    timestamp: header.timestamp,
                    marker: header.marker,
                    csrc: header.csrc[..header.csrc_count].to_vec(),
                    payload: packet.payload,
                });
            }
            RtcEvent::KeyframeRequest(_) => self.keyframe_due = true,
            _ => {}
        }
    }

    fn read(&mut self, mut text: Value, now: Instant) {
        for resource in text["resources"].as_array().into_iter().flatten() {
            if let Some(key) = resource["mediaEntry"]["participantKey"].as_str() {
                self.entries.insert(key.to_owned(), resource["id"].as_u64().unwrap());
            }
            if let Some(assignment) = resource.get("videoAssignment") {
                let canvases = assignment["canvases"].as_array().into_iter().flatten();
                self.assigned = canvases.filter_map(|canvas| canvas["mediaEntryId"].as_u64()).collect();
            }
        }
        forget_names(&mut text);
        self.texts.push((now - self.began, text));
    }

    /// 20 ms of sound, and every second time a picture.
    fn send_frame(&mut self, now: Instant) {
        self.frame += 1;
        let level = ExtensionValues {
            audio_level: self.speaks_dbov,
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let payload_type = |is_audio: bool| {
            let params = self
                .rtc
                .codec_config()
                .find(|params| params.spec().codec.is_audio() == is_audio);
            params.unwrap().pt()
        };
        let (opus, vp8) = (payload_type(true), payload_type(false));
        let time = |rate: u64| u32::try_from(self.frame * rate / 50).unwrap();
        let sound: Arc<[u8]> = Arc::from([b'.'; 100]);
        let mut api = self.rtc.direct_api();
        if self.speaks_dbov.is_some() {
            let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
            stream.write_rtp(RtpWrite::new(opus, self.frame.into(), time(48_000), now, sound).ext_vals(level));
        }
        if self.camera_bps == 0 || self.frame % 2 == 1 {
            return;
        }
        let keyframe = std::mem::take(&mut self.keyframe_due);
        let bytes = self.camera_bps / 8 / 25 * if keyframe { KEYFRAME } else { 1 };
        let packets = bytes.div_ceil(PACKET_BYTES);
        let picture = u16::try_from((self.frame / 2) & 0x7fff).unwrap();
        let [high, low] = picture.to_be_bytes();
        let stream = api.stream_tx_by_mid(self.camera, None).unwrap();
        for part in 0..packets {
            let start = if part == 0 { 0x10 } else { 0 };
            let header = [0x80 | start, 0xe0, 0x80 | high, low, low, 0x20, u8::from(!keyframe)];
            let filling = std::iter::repeat_n(self.name.as_bytes()[0], (bytes / packets).max(1));
            let payload: Vec<u8> = header.into_iter().chain(filling).collect();
            self.sequence += 1;
            let write = RtpWrite::new(vp8, self.sequence.into(), time(90_000), now, payload);
            stream.write_rtp(write.marker(part + 1 == packets).nackable(true));
        }
    }
}

/// Takes out what the stack draws by itself, and the time of day.
fn forget_names(text: &mut Value) {
    match text {
        Value::Object(fields) => {
            fields.remove("ssrc");
            fields.remove("sentTime");
            fields.values_mut().for_each(forget_names);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_names),
        _ => {}
    }
}
