//! What each line does in a beat: a function of what came and of what was asked.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
};

use audio::{Clip, FRAME_SAMPLES, Frame, SILENCE, g711::Law};

use super::{
    digits::{Heard, Pressing},
    measuring::{Measured, Measuring},
    overlay::Overlay,
    play_id::PlayId,
    playout::Playout,
    rtcp::{Told, is_report},
    rtp::{HEAD_BYTES, Packet},
};
use crate::{LegId, limits};

/// What both sides agreed on for a leg's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where the telephone says that it is.
    pub remote: SocketAddr,
    /// Where it says that its reports come to.
    pub reports: Reports,
    /// How samples are bytes, and under which payload type.
    pub law: (u8, Law),
    /// The payload type of keys as events, if it has one.
    pub events: Option<u8>,
    /// Whether it wants to hear anything: one that is on hold may not.
    pub hears: bool,
    /// Whether it says anything.
    pub speaks: bool,
}

/// Where reports of RTCP come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reports {
    /// Beside the sound, at a port of their own: here the one behind that of the sound (RFC 3550 §11).
    At(SocketAddr),
    /// At the port of the sound (RFC 5761).
    Muxed,
}

/// One of the two ports of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// That of its sound.
    Sound,
    /// That of its reports.
    Reports,
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEvent {
    /// A sound was played to its end.
    Played {
        /// To whom.
        leg: LegId,
        /// Which one.
        play: PlayId,
    },
    /// All keys have been pressed.
    Pressed {
        /// On which leg.
        leg: LegId,
    },
    /// Somebody pressed a key.
    Digit {
        /// Who.
        leg: LegId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
        /// When.
        at_us: i64,
    },
    /// Nothing has come for so long that there is nobody any more.
    Silent {
        /// From whom.
        leg: LegId,
    },
    /// How the sound of a line flowed so far, which replaces what was told of it before.
    Measured {
        /// Under which name somebody wants to know of it.
        name: Arc<str>,
        /// Its streams.
        streams: Measured,
    },
}

/// Whoever hears what a line hears and says, in each beat: called on the thread of all lines, so it must not wait.
pub trait Sink: Send + Sync {
    /// The next frame of both ways. None is left out.
    fn frame(&self, heard: &Frame, said: &Frame);
}

/// Whoever hears and speaks on a line in place of everybody else: called on the thread of all lines, so it must not wait.
pub trait Voice: Send + Sync {
    /// What is said in this beat, to what is heard in it.
    fn frame(&self, heard: &Frame) -> Frame;
}

struct Playing {
    id: PlayId,
    clip: Clip,
    at: usize,
    loops: u32,
}

struct Line {
    plan: Option<Plan>,
    /// Where its packets come from, once some have; and when the last did.
    from: Option<SocketAddr>,
    /// Where its reports come from, once some have.
    reports_from: Option<SocketAddr>,
    last_us: i64,
    is_gone: bool,
    measuring: Measuring,
    playout: Playout,
    keys: Heard,
    pressing: Pressing,
    /// Somebody waits to hear that all keys have been pressed.
    pressing_begun: bool,
    playing: VecDeque<Playing>,
    overlay: Overlay,
    bridged: Option<LegId>,
    voice: Option<Arc<dyn Voice>>,
    sink: Option<Arc<dyn Sink>>,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    heard: Frame,
}

/// All lines.
#[derive(Default)]
pub struct Lines {
    lines: BTreeMap<LegId, Line>,
    events: Vec<LineEvent>,
}

impl Lines {
    /// There is a line for this leg, with a number of its own that nobody can guess.
    pub fn open(&mut self, leg: LegId, ssrc: u32, now_us: i64) {
        let line = Line {
            plan: None,
            from: None,
            reports_from: None,
            last_us: now_us,
            is_gone: false,
            measuring: Measuring::new(ssrc, now_us),
            playout: Playout::new(),
            keys: Heard::default(),
            pressing: Pressing::default(),
            pressing_begun: false,
            playing: VecDeque::new(),
            overlay: Overlay::default(),
            bridged: None,
            voice: None,
            sink: None,
            ssrc,
            sequence: 0,
            timestamp: 0,
            heard: SILENCE,
        };
        self.lines.insert(leg, line);
    }

    /// The line is gone. What its telephone is told of that, and where.
    pub(super) fn close(&mut self, leg: LegId, now_us: i64) -> Option<(Port, SocketAddr, Vec<u8>)> {
        self.unbridge(leg);
        let mut line = self.lines.remove(&leg)?;
        let measured = line.measuring.end(now_us);
        self.events
            .extend(measured.map(|(name, streams)| LineEvent::Measured { name, streams }));
        let mut datagram = vec![];
        let (port, to) = line.reports_to(line.plan?);
        line.measuring.report(line.timestamp, now_us, true, &mut datagram);
        Some((port, to, datagram))
    }

    /// Somebody wants to know how its sound flows, under this name.
    pub(super) fn measure(&mut self, leg: LegId, name: Arc<str>) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.measuring.name(name);
        }
    }

    /// What was agreed on for its sound, now or anew.
    pub fn connect(&mut self, leg: LegId, plan: Plan, now_us: i64) {
        if let Some(line) = self.lines.get_mut(&leg) {
            let was = line.plan.replace(plan);
            if was.is_none_or(|was| was.remote != plan.remote) {
                line.from = None;
            }
            if was.is_none_or(|was| was.reports != plan.reports) {
                line.reports_from = None;
            }
            line.last_us = now_us;
        }
    }

    pub(super) fn play(&mut self, leg: LegId, id: PlayId, clip: Clip, loops: u32) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        if clip.is_empty() || loops == 0 || line.playing.len() >= limits::PLAYING_MAX {
            self.events.push(LineEvent::Played { leg, play: id });
        } else {
            let at = 0;
            line.playing.push_back(Playing { id, clip, at, loops });
        }
    }

    /// Nothing of what was to be played is played any more, and nobody is told of its end.
    pub(super) fn stop_playing(&mut self, leg: LegId) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.playing.clear();
        }
    }

    /// What is heard over the rest changes.
    pub(super) fn overlay(&mut self, leg: LegId, change: impl FnOnce(&mut Overlay)) {
        if let Some(line) = self.lines.get_mut(&leg) {
            change(&mut line.overlay);
        }
    }

    pub(super) fn press(&mut self, leg: LegId, keys: &str) {
        if let Some(line) = self.lines.get_mut(&leg) {
            let end = keys
                .char_indices()
                .nth(limits::PRESSING_MAX)
                .map_or(keys.len(), |(end, _)| end);
            line.pressing.press(&keys[..end]);
        }
    }

    /// These two hear each other, whenever nothing is played to them.
    pub(super) fn bridge(&mut self, one: LegId, other: LegId) {
        for (leg, with) in [(one, other), (other, one)] {
            self.unbridge(leg);
            if let Some(line) = self.lines.get_mut(&leg) {
                line.bridged = Some(with);
            }
        }
    }

    pub(super) fn unbridge(&mut self, leg: LegId) {
        let with = self.lines.get_mut(&leg).and_then(|line| line.bridged.take());
        if let Some(line) = with.and_then(|with| self.lines.get_mut(&with)) {
            line.bridged.take_if(|bridged| *bridged == leg);
        }
    }

    pub(super) fn converse(&mut self, leg: LegId, voice: Option<Arc<dyn Voice>>) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.voice = voice;
        }
    }

    pub(super) fn tap(&mut self, leg: LegId, sink: Option<Arc<dyn Sink>>) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.sink = sink;
        }
    }

    /// Something came to a line's port.
    pub fn packet(&mut self, leg: LegId, from: SocketAddr, datagram: &[u8], now_us: i64) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        let Some(plan) = line.plan else { return };
        if plan.reports == Reports::Muxed && is_report(datagram) {
            line.report(from, plan, datagram, now_us);
            return;
        }
        let Some(packet) = Packet::read(datagram) else { return };
        let (payload_type, law) = plan.law;
        let is_key = plan.events == Some(packet.payload_type);
        if !is_key && packet.payload_type != payload_type {
            // Such as comfort noise: it is not heard, and has a number like all of the telephone's packets.
            if line.from == Some(from) {
                line.measuring.arrived(&packet, law, now_us);
            }
            return;
        }
        if !line.is_from(from, plan, now_us) {
            return;
        }
        line.last_us = now_us;
        line.measuring.arrived(&packet, law, now_us);
        if is_key {
            let digit = line.keys.take(packet.timestamp, packet.payload);
            let event = digit.map(|digit| LineEvent::Digit {
                leg,
                digit,
                at_us: now_us,
            });
            self.events.extend(event);
        } else if packet.payload.len() <= limits::PACKET_SAMPLES_MAX {
            let samples = packet.payload.iter().map(|byte| law.decode(*byte));
            line.playout.take(packet.ssrc, packet.timestamp, samples);
        }
    }

    /// Something came to the port of a line's reports.
    pub fn report(&mut self, leg: LegId, from: SocketAddr, datagram: &[u8], now_us: i64) {
        if let Some(line) = self.lines.get_mut(&leg)
            && let Some(plan) = line.plan.filter(|plan| plan.reports != Reports::Muxed)
        {
            line.report(from, plan, datagram, now_us);
        }
    }

    /// A beat: everybody is heard, hears, and is sent to.
    pub fn beat(&mut self, now_us: i64, mut send: impl FnMut(LegId, Port, SocketAddr, &[u8])) -> Vec<LineEvent> {
        for line in self.lines.values_mut() {
            line.heard = line.playout.tick();
        }
        let heard: BTreeMap<LegId, Frame> = self.lines.iter().map(|(leg, line)| (*leg, line.heard)).collect();
        let mut datagram = Vec::with_capacity(limits::DATAGRAM_BYTES_MAX);
        for (leg, line) in &mut self.lines {
            let said = match line.next_of_own(*leg, &mut self.events) {
                Some(frame) => frame,
                None => *line.bridged.and_then(|with| heard.get(&with)).unwrap_or(&SILENCE),
            };
            let said = line.overlay.with_beep(said);
            if let Some(sink) = &line.sink {
                sink.frame(&line.heard, &said);
            }
            let Some(plan) = line.plan else { continue };
            if line.say(&said, plan, now_us, &mut datagram) {
                send(*leg, Port::Sound, line.from.unwrap_or(plan.remote), &datagram);
            }
            if line.measuring.report(line.timestamp, now_us, false, &mut datagram) {
                let (port, to) = line.reports_to(plan);
                send(*leg, port, to, &datagram);
            }
            let measured = line.measuring.beat(now_us);
            self.events
                .extend(measured.map(|(name, streams)| LineEvent::Measured { name, streams }));
            if line.pressing.is_done() && std::mem::take(&mut line.pressing_begun) {
                self.events.push(LineEvent::Pressed { leg: *leg });
            }
            let has_gone = plan.speaks && now_us - line.last_us >= limits::SILENT_US;
            if has_gone && !std::mem::replace(&mut line.is_gone, true) {
                self.events.push(LineEvent::Silent { leg: *leg });
            }
        }
        std::mem::take(&mut self.events)
    }
}

impl Line {
    /// Whether a packet from there is the telephone's. Behind a NAT it does not come from where it says; the first to send sound
    /// after the leg was answered is it, and another one only when that one has gone quiet.
    fn is_from(&mut self, from: SocketAddr, plan: Plan, now_us: i64) -> bool {
        match self.from {
            Some(known) if known == from => true,
            Some(known) if known == plan.remote || now_us - self.last_us < limits::MOVED_US => {
                let is_back = from == plan.remote;
                if is_back {
                    self.from = Some(from);
                }
                is_back
            }
            _ => {
                self.from = Some(from);
                true
            }
        }
    }

    /// Takes a report, if it is the telephone's: it comes from the machine that the sound comes from, or should.
    fn report(&mut self, from: SocketAddr, plan: Plan, datagram: &[u8], now_us: i64) {
        if from.ip() != self.from.unwrap_or(plan.remote).ip() {
            return;
        }
        if let Some(told) = Told::read(datagram, self.measuring.ssrc()) {
            self.reports_from = Some(from);
            self.measuring.told(&told, now_us);
        }
    }

    /// Where reports go, and from which port of ours: to where the telephone's come from, which behind a NAT is not where it says.
    fn reports_to(&self, plan: Plan) -> (Port, SocketAddr) {
        match plan.reports {
            Reports::Muxed => (Port::Sound, self.from.unwrap_or(plan.remote)),
            Reports::At(said) => (Port::Reports, self.reports_from.unwrap_or(said)),
        }
    }

    /// What it says of itself, and of nobody that it is bridged to: an announcement, what a program says, or what is played.
    fn next_of_own(&mut self, leg: LegId, events: &mut Vec<LineEvent>) -> Option<Frame> {
        if let Some((frame, ended)) = self.overlay.next() {
            events.extend(ended.map(|play| LineEvent::Played { leg, play }));
            return Some(frame);
        }
        match &self.voice {
            Some(voice) => Some(voice.frame(&self.heard)),
            None => self.next_of_playing(leg, events),
        }
    }

    fn next_of_playing(&mut self, leg: LegId, events: &mut Vec<LineEvent>) -> Option<Frame> {
        let playing = self.playing.front_mut()?;
        let mut frame = SILENCE;
        let rest = &playing.clip[playing.at..];
        let taken = rest.len().min(FRAME_SAMPLES);
        frame[..taken].copy_from_slice(&rest[..taken]);
        playing.at += taken;
        if playing.at == playing.clip.len() {
            playing.at = 0;
            playing.loops -= 1;
            if playing.loops == 0 {
                events.push(LineEvent::Played { leg, play: playing.id });
                self.playing.pop_front();
            }
        }
        Some(frame)
    }

    /// Writes the packet of this beat: a key, or sound. Whoever wants to hear nothing is sent nothing.
    fn say(&mut self, said: &Frame, plan: Plan, now_us: i64, datagram: &mut Vec<u8>) -> bool {
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(160);
        self.pressing_begun |= !self.pressing.is_done();
        let key = self.pressing.tick();
        if !plan.hears {
            return false;
        }
        let is_first = self.sequence == 0;
        self.sequence = self.sequence.wrapping_add(1);
        let (payload_type, law) = plan.law;
        let packet = Packet {
            marker: is_first,
            payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            payload: &[],
        };
        if let Some((key, payload_type)) = key.zip(plan.events) {
            let key_down = Packet {
                marker: key.marker,
                payload_type,
                timestamp: timestamp.wrapping_sub(u32::from(key.ago)),
                payload: &key.payload,
                ..packet
            };
            key_down.write(datagram);
        } else {
            let payload = &law.encode(said);
            Packet { payload, ..packet }.write(datagram);
        }
        self.measuring
            .sent(self.sequence, datagram.len() - HEAD_BYTES, law, now_us);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::rtcp::{Block, Telling},
        *,
    };
    use std::sync::Mutex;

    const LAW: (u8, Law) = (0, Law::Mu);
    const EVENTS: u8 = 101;

    fn address(last: u8) -> SocketAddr {
        ([192, 0, 2, last], 4_000).into()
    }

    fn reports_address(last: u8) -> SocketAddr {
        ([192, 0, 2, last], 4_001).into()
    }

    fn plan(remote: u8) -> Plan {
        Plan {
            remote: address(remote),
            reports: Reports::At(reports_address(remote)),
            law: LAW,
            events: Some(EVENTS),
            hears: true,
            speaks: true,
        }
    }

    /// Lines, and telephones that say one value each.
    struct World {
        lines: Lines,
        frames: u32,
        events: Vec<LineEvent>,
        /// What was sent to whom, and what they heard of it: the last sample.
        sent: BTreeMap<SocketAddr, i16>,
        /// Reports that were sent, from which port and to whom.
        reported: Vec<(Port, SocketAddr, Vec<u8>)>,
    }

    impl World {
        fn new() -> World {
            World {
                lines: Lines::default(),
                frames: 0,
                events: vec![],
                sent: BTreeMap::new(),
                reported: vec![],
            }
        }

        fn now_us(&self) -> i64 {
            i64::from(self.frames) * 20_000
        }

        fn leg(&mut self, remote: u8) -> LegId {
            let leg = LegId::next();
            self.lines.open(leg, 7, self.now_us());
            self.lines.connect(leg, plan(remote), self.now_us());
            leg
        }

        fn say(&mut self, leg: LegId, from: u8, value: i16) {
            let payload = &Law::Mu.encode(&[value; FRAME_SAMPLES]);
            let mut datagram = vec![];
            let packet = Packet {
                marker: false,
                payload_type: 0,
                sequence: u16::try_from(self.frames).expect("a few minutes"),
                timestamp: self.frames * 160,
                ssrc: u32::from(from),
                payload,
            };
            packet.write(&mut datagram);
            self.lines.packet(leg, address(from), &datagram, self.now_us());
        }

        fn press(&mut self, leg: LegId, from: u8, event: u8) {
            let mut datagram = vec![];
            let packet = Packet {
                marker: true,
                payload_type: EVENTS,
                sequence: 1,
                timestamp: self.frames * 160,
                ssrc: 1,
                payload: &[event, 10, 0, 160],
            };
            packet.write(&mut datagram);
            self.lines.packet(leg, address(from), &datagram, self.now_us());
        }

        /// So many beats in which these telephones speak.
        fn beats(&mut self, count: u32, speaking: &[(LegId, u8, i16)]) {
            for _ in 0..count {
                for (leg, from, value) in speaking {
                    self.say(*leg, *from, *value);
                }
                self.frames += 1;
                let now_us = self.now_us();
                let (sent, reported) = (&mut self.sent, &mut self.reported);
                let told = self.lines.beat(now_us, |_, port, to, datagram| {
                    if is_report(datagram) {
                        reported.push((port, to, datagram.to_vec()));
                        return;
                    }
                    let packet = Packet::read(datagram).expect("ours");
                    if packet.payload_type == 0 {
                        sent.insert(to, Law::Mu.decode(packet.payload[159]));
                    }
                });
                self.events.extend(told);
            }
        }

        /// What a telephone hears now, roughly.
        fn heard(&self, at: u8) -> i32 {
            let value = self.sent.get(&address(at)).copied().unwrap_or(i16::MIN);
            (i32::from(value) + 50) / 100 * 100
        }
    }

    #[test]
    fn two_hear_each_other_while_nothing_is_played() {
        let mut world = World::new();
        let (ada, bo) = (world.leg(1), world.leg(2));
        let both = [(ada, 1, 1_000), (bo, 2, 3_000)];
        world.beats(10, &both);
        assert_eq!((world.heard(1), world.heard(2)), (0, 0), "nobody is bridged");
        world.lines.bridge(ada, bo);
        world.beats(10, &both);
        assert_eq!((world.heard(1), world.heard(2)), (3_000, 1_000));
        world.lines.play(ada, PlayId(1), vec![8_000; 800].into(), 2);
        world.beats(10, &both);
        assert_eq!(
            (world.heard(1), world.heard(2)),
            (7_900, 1_000),
            "a prompt is over the other"
        );
        assert_eq!(
            world.events,
            [LineEvent::Played {
                leg: ada,
                play: PlayId(1)
            }]
        );
        world.beats(1, &both);
        assert_eq!(world.heard(1), 3_000);
        world.lines.close(bo, 0);
        world.beats(2, &both[..1]);
        assert_eq!(world.heard(1), 0);
    }

    #[test]
    fn whoever_is_not_the_telephone_is_not_heard() {
        let mut world = World::new();
        let (ada, bo) = (world.leg(1), world.leg(2));
        world.lines.bridge(ada, bo);
        let mut check = |name: &str, speaking: &[(LegId, u8, i16)], beats: u32, expected: i32| {
            world.beats(beats, speaking);
            assert_eq!(world.heard(2), expected, "{name}");
        };
        check("behind a NAT", &[(ada, 9, 1_000)], 10, 1_000);
        check("a stranger", &[(ada, 9, 1_000), (ada, 66, 8_000)], 20, 1_000);
        check(
            "where it says that it is",
            &[(ada, 9, 1_000), (ada, 1, 2_000)],
            20,
            2_000,
        );
        check("a stranger, later", &[(ada, 66, 8_000)], 300, 0);
    }

    #[test]
    fn a_telephone_that_moved_is_found() {
        let mut world = World::new();
        let (ada, bo) = (world.leg(1), world.leg(2));
        world.lines.bridge(ada, bo);
        world.beats(10, &[(ada, 9, 1_000)]);
        world.beats(150, &[(ada, 10, 2_000)]);
        assert_eq!(world.heard(2), 2_000);
        assert!(world.sent.contains_key(&address(10)), "it is answered there");
    }

    #[test]
    fn whoever_says_nothing_for_long_is_gone() {
        let mut world = World::new();
        let (ada, bo) = (world.leg(1), world.leg(2));
        let held = world.leg(3);
        let on_hold = Plan {
            speaks: false,
            ..plan(3)
        };
        world.lines.connect(held, on_hold, 0);
        world.beats(749, &[(bo, 2, 1)]);
        assert_eq!(world.events, []);
        world.beats(300, &[(bo, 2, 1)]);
        assert_eq!(world.events, [LineEvent::Silent { leg: ada }]);
    }

    #[test]
    fn keys_are_told_and_pressed() {
        let mut world = World::new();
        let ada = world.leg(1);
        world.press(ada, 1, 5);
        world.beats(5, &[(ada, 1, 1)]);
        world.press(ada, 1, 11);
        world.lines.press(ada, "12");
        world.beats(60, &[(ada, 1, 1)]);
        let told: Vec<char> = world
            .events
            .iter()
            .filter_map(|event| match event {
                LineEvent::Digit { digit, .. } => Some(*digit),
                _ => None,
            })
            .collect();
        assert_eq!(told, ['5', '#']);
        assert!(world.events.contains(&LineEvent::Pressed { leg: ada }));
    }

    #[test]
    fn reports_go_where_the_telephone_says_or_where_its_own_come_from() {
        let heard_of_us = |about: u32| {
            let mut datagram = vec![];
            let heard = Block {
                ssrc: about,
                fraction_lost: 0,
                lost: 0,
                highest: 1,
                jitter: 0,
                last_report: 0,
                since_last_report: 0,
            };
            let telling = Telling {
                ssrc: 1,
                name: "ada",
                sent: None,
                heard: Some(heard),
                leaves: false,
            };
            telling.write(&mut datagram);
            datagram
        };
        let check = |name: &str, reports: Reports, from: Option<SocketAddr>, expected: (Port, SocketAddr)| {
            let mut world = World::new();
            let ada = world.leg(1);
            world.lines.connect(ada, Plan { reports, ..plan(1) }, 0);
            world.beats(5, &[(ada, 1, 1_000)]);
            if let Some(from) = from {
                world.lines.report(ada, from, &heard_of_us(7), world.now_us());
                world.lines.packet(ada, from, &heard_of_us(7), world.now_us());
            }
            world.beats(500, &[(ada, 1, 1_000)]);
            let (port, to, datagram) = world.reported.last().expect("a report");
            assert_eq!((*port, *to), expected, "{name}");
            let told = Told::read(datagram, 1).expect("ours");
            assert!(told.sent.is_some() && told.heard.is_some() && !told.leaves, "{told:?}");
        };
        let beside = Reports::At(reports_address(1));
        let elsewhere: SocketAddr = ([192, 0, 2, 1], 9).into();
        check("as it says", beside, None, (Port::Reports, reports_address(1)));
        check("behind a NAT", beside, Some(elsewhere), (Port::Reports, elsewhere));
        check(
            "a stranger's",
            beside,
            Some(address(66)),
            (Port::Reports, reports_address(1)),
        );
        check("muxed", Reports::Muxed, Some(address(1)), (Port::Sound, address(1)));
    }

    #[test]
    fn what_was_measured_is_told_under_a_name_now_and_then_and_in_the_end() {
        let mut world = World::new();
        let (ada, bo) = (world.leg(1), world.leg(2));
        world.lines.measure(ada, "ada's".into());
        world.beats(300, &[(ada, 1, 1_000), (bo, 2, 1_000)]);
        let goodbye = world.lines.close(ada, world.now_us()).expect("a report");
        world.lines.close(bo, world.now_us());
        world.beats(1, &[]);
        assert_eq!(goodbye.1, reports_address(1));
        assert!(Told::read(&goodbye.2, 1).expect("ours").leaves);
        let told: Vec<_> = world
            .events
            .iter()
            .filter_map(|event| match event {
                LineEvent::Measured { name, streams } => Some((name.as_ref(), streams)),
                _ => None,
            })
            .collect();
        let packets: Vec<(&str, Vec<u64>)> = told
            .iter()
            .map(|(name, streams)| {
                let packets = streams.iter().map(|(_, totals)| totals.figures.packets);
                (*name, packets.collect())
            })
            .collect();
        assert_eq!(packets, [("ada's", vec![250, 250]), ("ada's", vec![300, 300])]);
    }

    #[test]
    fn a_sink_hears_both_ways_without_a_gap() {
        #[derive(Default)]
        struct Taken(Mutex<Vec<(i16, i16)>>);
        impl Sink for Taken {
            fn frame(&self, heard: &Frame, said: &Frame) {
                self.0.lock().expect("not poisoned").push((heard[0], said[0]));
            }
        }
        let mut world = World::new();
        let ada = world.leg(1);
        let taken = Arc::new(Taken::default());
        world.lines.tap(ada, Some(taken.clone()));
        world.lines.play(ada, PlayId(1), vec![500; 320].into(), 1);
        world.beats(10, &[(ada, 1, 1_000)]);
        world.lines.tap(ada, None);
        world.beats(3, &[]);
        let taken = taken.0.lock().expect("not poisoned");
        assert_eq!(taken.len(), 10);
        assert_eq!(taken.iter().filter(|(_, said)| *said == 500).count(), 2);
        assert_eq!(
            taken.iter().filter(|(heard, _)| *heard > 900).count(),
            7,
            "all but the wait"
        );
    }
}
