//! The lean way out: packets that go from a publisher to a cipher, past the WebRTC stack.
//!
//! The stack makes of every packet one of its own, queues it, moves it some times, keeps it for three seconds by value, and looks after all
//! its timers for it: that is ten times the price of sealing it. Here a packet for a subscriber is some numbers and a share of the payload,
//! and becomes bytes in one buffer when its burst leaves. The stack keeps what is not done for each packet: the handshake, addresses, data
//! channels, what comes in, and reports, which `reporting` sets right; but for what clients say of arrivals, which is for nobody else.
//!
//! A source of which both sent would have its numbers sealed twice, so a session goes one way or the other for all its life (`sending`).
//!
//! Here is what is of a session; a `line` keeps what was sent there and sends it again, as far as `resending` allows, a `packet` makes
//! itself bytes, and `leaving` seals them, numbers them and lets them wait.

mod leaving;
mod line;
mod packet;
mod resending;
#[cfg(test)]
mod tests;

pub(super) use packet::{Names, Types};

use std::{cell::Cell, time::Instant};

use str0m::media::Pt;

use crate::{
    core::{
        LineId,
        codec::Codec,
        reporting::{Missing, Reporting, Sent, without_arrivals},
    },
    egress::Outgoing,
    ingress::PeerEvent,
    limits,
    peer::srtp::{Ciphers, Opened},
};
use leaving::{Estimating, Leaving};
use line::Line;
use packet::Packet;
use resending::Resending;

thread_local! {
    /// Where datagrams are made, and reports opened, of all sessions of a thread.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(vec![]) };
}

/// A line as it was negotiated.
pub(super) struct Negotiated {
    pub(super) ssrc: u32,
    /// The source of what is sent again.
    pub(super) resends: Option<u32>,
    /// One of the types that it is sent as.
    pub(super) padding: Option<Pt>,
    pub(super) names: Names,
}

/// What was made of a datagram before the stack has seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing: it is the stack's.
    Nothing,
    /// All that there was in it.
    All,
    /// It came before.
    Stale,
}

/// The lines of a session.
pub(super) struct Lean {
    /// Nothing until the handshake is done.
    ciphers: Option<Ciphers>,
    audio_lines: usize,
    lines: Vec<Line>,
    /// Of the same lines.
    reporting: Reporting,
    resending: Resending,
    /// Lines of pictures of which something is missed that will not come.
    broken: Vec<usize>,
    /// Something was written, or is missed.
    waits: bool,
    /// The way to the client loses packets, and has room.
    loses: bool,
    /// When the end of some picture is to be sent again.
    ends_at: Option<Instant>,
    estimating: Option<Estimating>,
}

impl Lean {
    /// The lines of a session, whose way is to be estimated or not.
    pub(super) fn new(audio: Vec<Negotiated>, video: Vec<Negotiated>, is_estimated: bool, now: Instant) -> Lean {
        let sent = |ssrc, codec: Codec| Sent {
            ssrc,
            clock_rate_hz: codec.clock_rate_hz(),
            clock: None,
            packets: 0,
            bytes: 0,
            told: None,
        };
        let sound = audio.iter().map(|line| sent(line.ssrc, Codec::Opus));
        let pictures = video.iter().map(|line| sent(line.ssrc, Codec::Vp8));
        let reporting = Reporting::new(sound.chain(pictures).collect(), now);
        Lean {
            ciphers: None,
            audio_lines: audio.len(),
            lines: audio.into_iter().chain(video).map(Line::new).collect(),
            reporting,
            resending: Resending::new(now),
            broken: vec![],
            waits: false,
            loses: false,
            ends_at: None,
            estimating: is_estimated.then(|| Estimating::new(now)),
        }
    }

    /// What is found out of the way, if anything is. Whoever looks at it may make a probe due.
    pub(super) fn estimating(&mut self) -> Option<&mut Estimating> {
        self.waits = true;
        self.estimating.as_mut()
    }

    /// When something is to leave that waits for its turn.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let is_able = self.waits && self.ciphers.is_some();
        let estimating = self.estimating.as_ref().filter(|_| is_able);
        let free_at = estimating.map(Estimating::free_at);
        free_at.into_iter().chain(self.ends_at).min()
    }

    /// Whether the way to the client loses packets, and has room to send some of them twice.
    pub(super) fn note_loses(&mut self, loses: bool) {
        self.loses = loses;
    }

    /// The handshake is done.
    pub(super) fn begun(self, ciphers: Ciphers) -> Lean {
        Lean {
            ciphers: Some(ciphers),
            ..self
        }
    }

    fn place(&self, line: LineId) -> usize {
        match line {
            LineId::Audio(index) => index,
            LineId::Video(index) => self.audio_lines + index,
        }
    }

    /// What is known for reports, while the stack may make some.
    pub(super) fn lend_reporting(&mut self, now: Instant) -> Reporting {
        self.reporting.now = now;
        std::mem::replace(&mut self.reporting, Reporting::new(vec![], now))
    }

    /// See [`Lean::lend_reporting`].
    pub(super) fn take_back(&mut self, reporting: Reporting) {
        self.reporting = reporting;
    }

    /// What is told of each line that something has left on. A second is over, so what nobody can miss any more is forgotten.
    pub(super) fn tell(&mut self, now: Instant) -> impl Iterator<Item = PeerEvent> {
        for line in &mut self.lines {
            line.forget(now);
        }
        let audio_lines = self.audio_lines;
        let line = move |place: usize| match place.checked_sub(audio_lines) {
            None => LineId::Audio(place),
            Some(index) => LineId::Video(index),
        };
        let sent = self.reporting.lines.iter().enumerate();
        sent.filter(|(_, sent)| sent.packets > 0)
            .map(move |(place, sent)| PeerEvent::Told {
                line: line(place),
                told: sent.told,
                left: sent.packets,
            })
    }

    /// Queues a packet; false if nothing can be sent yet.
    pub(super) fn write(&mut self, line: LineId, types: Types, packet: &Outgoing<'_>) -> bool {
        let place = self.place(line);
        let (Some(_), Some(line)) = (&self.ciphers, self.lines.get_mut(place)) else {
            return false;
        };
        if !line.push(Packet::new(types, packet)) {
            return false;
        }
        if packet.starts_keyframe {
            line.giving_up.keyframe(packet.sequence);
        }
        self.waits = true;
        self.reporting.lines[place].clock = Some((packet.timestamp, packet.captured));
        true
    }

    /// A client reports. What it says of arrivals and of nothing else is read, and nobody else has to see it.
    pub(super) fn hear(&mut self, datagram: &[u8], now: Instant) -> Heard {
        let Some(Ciphers { opener, .. }) = &mut self.ciphers else {
            return Heard::Nothing;
        };
        let mut report = SCRATCH.take();
        let heard = match opener.open(datagram, &mut report) {
            Opened::Not => Heard::Nothing,
            Opened::Again => Heard::Stale,
            Opened::Authentic if without_arrivals(&report) > 0 => Heard::Nothing,
            Opened::Authentic => {
                self.read(&report, now);
                Heard::All
            }
        };
        SCRATCH.set(report);
        heard
    }

    /// A client says what has come, and what it misses. Gives which share of some line was lost, if it says so.
    pub(super) fn read(&mut self, compound: &[u8], now: Instant) -> Option<f32> {
        self.reporting.now = now;
        if let Some(estimating) = &mut self.estimating {
            estimating.told(compound, now);
        }
        let (lines, waits) = (&mut self.lines, &mut self.waits);
        self.reporting.read(compound, |Missing { ssrc, sequence }| {
            let line = lines.iter_mut().find(|line| line.ssrc == ssrc);
            // Who asks for more than there can be asks again.
            if let Some(line) = line.filter(|line| line.missing.len() < limits::RESEND_PACKETS) {
                line.missing.push(sequence);
                *waits = true;
            }
        })
    }

    /// The lines of pictures whose viewer needs a keyframe, as something that is missed will not come.
    pub(super) fn broken(&mut self) -> impl Iterator<Item = PeerEvent> {
        self.broken.drain(..).map(PeerEvent::PictureBroken)
    }

    /// Makes datagrams of what was written, and of what is missed.
    pub(super) fn send(&mut self, now: Instant, transmit: &mut dyn FnMut(&[u8])) {
        let is_due = self.waits || self.ends_at.is_some_and(|at| at <= now);
        let Some(Ciphers { sealer, .. }) = self.ciphers.as_ref().filter(|_| is_due) else {
            return;
        };
        self.waits = false;
        let narrow_bps = self.estimating.as_ref().and_then(Estimating::narrow_bps);
        self.resending.pass(narrow_bps, now);
        let mut scratch = SCRATCH.take();
        let mut leaving = Leaving {
            sealer,
            scratch: &mut scratch,
            estimating: self.estimating.as_mut().filter(|estimating| estimating.is_wanted()),
            now,
            transmit,
        };
        for (place, (line, sent)) in self.lines.iter_mut().zip(&mut self.reporting.lines).enumerate() {
            if line.unsent == 0 && line.missing.is_empty() && !line.is_end_due(now) {
                continue;
            }
            let (packets, bytes) = line.send(self.loses, &mut leaving);
            sent.packets += packets;
            sent.bytes += bytes;
            self.resending.sent(bytes);
            let (packets, bytes, is_broken) = line.resend(&mut self.resending, &mut leaving);
            sent.packets += packets;
            sent.bytes += bytes;
            self.broken
                .extend(place.checked_sub(self.audio_lines).filter(|_| is_broken));
            self.waits |= line.unsent > 0;
        }
        self.lines.iter_mut().any(|line| line.probe(&mut leaving));
        SCRATCH.set(scratch);
        let ends = self.lines.iter().filter_map(|line| line.end);
        self.ends_at = ends.map(|(_, at)| at).min();
    }
}
