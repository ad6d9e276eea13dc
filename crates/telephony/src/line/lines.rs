//! What each line does in a beat: a function of what came and of what was asked.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
};

use audio::{Clip, FRAME_SAMPLES, Frame, SILENCE};

use super::{
    digits::Heard,
    hearing::Hearing,
    measuring::{Measured, Measuring},
    overlay::Overlay,
    plan::{Plan, Reports, Sound},
    play_id::PlayId,
    rtcp::{Told, is_report},
    rtp::{HEAD_BYTES, Packet},
    saying::Saying,
};
use crate::{LegId, limits};

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

    /// Whether it goes on beneath an announcement, which is heard in its place. What waits to be said does not.
    fn is_live(&self) -> bool {
        false
    }
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
    hearing: Hearing,
    keys: Heard,
    saying: Saying,
    playing: VecDeque<Playing>,
    overlay: Overlay,
    bridged: Option<LegId>,
    voice: Option<Arc<dyn Voice>>,
    sink: Option<Arc<dyn Sink>>,
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
            hearing: Hearing::new(),
            keys: Heard::default(),
            saying: Saying::new(ssrc),
            playing: VecDeque::new(),
            overlay: Overlay::default(),
            bridged: None,
            voice: None,
            sink: None,
            heard: SILENCE,
        };
        self.lines.insert(leg, line);
    }

    /// The line is gone. What its telephone is told of that, and where.
    pub fn close(&mut self, leg: LegId, now_us: i64) -> Option<(Port, SocketAddr, Vec<u8>)> {
        self.unbridge(leg);
        let mut line = self.lines.remove(&leg)?;
        let measured = line.measuring.end(now_us);
        self.events
            .extend(measured.map(|(name, streams)| LineEvent::Measured { name, streams }));
        let mut datagram = vec![];
        let (port, to) = line.reports_to(line.plan?);
        line.measuring
            .report(line.saying.timestamp(), now_us, true, &mut datagram);
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
            line.saying.press(&keys[..end]);
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
        let Sound { payload_type, codec } = plan.sound;
        let is_key = plan
            .events
            .is_some_and(|events| events.payload_type == packet.payload_type);
        if !is_key && packet.payload_type != payload_type {
            // Such as comfort noise: it is not heard, and has a number like all of the telephone's packets.
            if line.from == Some(from) {
                line.measuring.arrived(&packet, codec, now_us);
            }
            return;
        }
        if !line.is_from(from, plan, now_us) {
            return;
        }
        line.last_us = now_us;
        line.measuring.arrived(&packet, codec, now_us);
        if is_key {
            let digit = line.keys.take(packet.timestamp, packet.payload);
            let event = digit.map(|digit| LineEvent::Digit {
                leg,
                digit,
                at_us: now_us,
            });
            self.events.extend(event);
        } else {
            line.hearing.take(&packet, codec);
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
            line.heard = line.hearing.tick();
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
            if line
                .measuring
                .report(line.saying.timestamp(), now_us, false, &mut datagram)
            {
                let (port, to) = line.reports_to(plan);
                send(*leg, port, to, &datagram);
            }
            let measured = line.measuring.beat(now_us);
            self.events
                .extend(measured.map(|(name, streams)| LineEvent::Measured { name, streams }));
            if line.saying.has_pressed() {
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
        let live = self.voice.as_ref().filter(|voice| voice.is_live());
        let live = live.map(|voice| voice.frame(&self.heard));
        if let Some((frame, ended)) = self.overlay.next() {
            events.extend(ended.map(|play| LineEvent::Played { leg, play }));
            return Some(frame);
        }
        match &self.voice {
            Some(voice) => live.or_else(|| Some(voice.frame(&self.heard))),
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

    /// Writes the packet of this beat, if there is one.
    fn say(&mut self, said: &Frame, plan: Plan, now_us: i64, datagram: &mut Vec<u8>) -> bool {
        let sequence = self.saying.say(said, plan, datagram);
        if let Some(sequence) = sequence {
            let bytes = datagram.len() - HEAD_BYTES;
            self.measuring.sent(sequence, bytes, plan.sound.codec, now_us);
        }
        sequence.is_some()
    }
}

#[cfg(test)]
mod tests;
