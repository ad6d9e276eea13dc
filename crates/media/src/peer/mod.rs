//! One peer connection: the only module that names str0m.
//!
//! str0m changes its API every few weeks, so what the rest of the crate sees is ours: a datagram goes in, datagrams and
//! [`PeerEvent`]s come out, media is written through [`Egress`](crate::egress::Egress). Its habits are dealt with here:
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
//!
//! This file is its life from one datagram to the next. How it begins is in `negotiating`, where datagrams go in `ways`, what they carry in
//! `arriving` and `channels`, and what leaves in `sending`.

mod alike;
mod answer;
mod arriving;
mod authentic;
mod channels;
mod described;
mod estimate;
#[cfg(test)]
pub(crate) mod fixture;
mod format;
mod lean;
mod negotiating;
mod once;
mod redundancy;
mod reports;
mod sending;
mod srtp;
#[cfg(test)]
mod tests;
mod ways;

pub(crate) use negotiating::Watch;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use str0m::{Event, Input, Output, Rtc, RtcError};

use crate::{
    core::{LineId, datagram, reporting::microseconds},
    endpoint::Route,
    event,
    ingress::PeerEvent,
    peer::{
        arriving::Arriving,
        authentic::Keys,
        channels::Channels,
        estimate::Estimation,
        lean::{Heard, Lean},
        once::Once,
        redundancy::Redundancy,
        sending::ReceivingLine,
        ways::Ways,
    },
};

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
    ways: Ways,
    arriving: Arriving,
    audio: Vec<ReceivingLine>,
    video: Vec<ReceivingLine>,
    redundancy: Redundancy,
    channels: Channels,
    is_measured: bool,
    /// Nothing if its transport cannot be asked what arrives.
    estimation: Option<Estimation>,
    /// Media goes past the stack; nothing if the stack sends it.
    lean: Option<Lean>,
    /// Which reports the stack has opened.
    reports: Once,
    /// Something was done to the stack, so that it may have something to give.
    is_stirred: bool,
    /// A second is over since something was told of what goes past the stack.
    is_second_over: bool,
    /// When the stack wants the time.
    deadline: Instant,
    /// The time that was handed in last.
    clock: Instant,
}

impl Peer {
    /// The user fragment by which STUN requests name this peer.
    pub(crate) fn ufrag(&self) -> &str {
        &self.ufrag
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
        self.ways.told()
    }

    /// Whether the newest authentic datagram came by this way.
    pub(crate) fn is_proved(&self, route: Route) -> bool {
        self.ways.is_proved(route)
    }

    pub(crate) fn audio_lines(&self) -> usize {
        self.audio.len()
    }

    pub(crate) fn video_ssrcs(&self) -> Vec<u32> {
        self.video.iter().map(|line| *line.ssrc).collect()
    }

    /// Whether a STUN request is truly from this peer's other end: its password made the integrity.
    pub(crate) fn vouches_for(&mut self, route: Route, contents: &[u8], now: Instant) -> bool {
        let Some(input) = self.ways.input(route, contents, now) else {
            return false;
        };
        self.guarded(|peer| Ok(peer.rtc.accepts(&input))).unwrap_or(false)
    }

    /// Takes a datagram from an address that has been vouched for; false if it made no sense.
    pub(crate) fn receive(&mut self, route: Route, contents: &[u8], now: Instant) -> Result<bool, PeerError> {
        let Some(input) = self.ways.input(route, contents, now) else {
            return Ok(false);
        };
        self.clock = self.clock.max(now);
        match self.guarded(|peer| Ok(peer.hear(contents)))? {
            Heard::Stale => return Ok(false),
            Heard::All => {
                self.ways.came(route, contents);
                self.ways.proved();
                self.ways.answered();
                return Ok(true);
            }
            Heard::Nothing => {}
        }
        if self.reports.has_come(contents) {
            return Ok(false);
        }
        self.ways.came(route, contents);
        self.arriving.came(contents);
        authentic::take_opened();
        self.is_stirred = true;
        self.guarded(|peer| {
            let result = peer.rtc.handle_input(input);
            if peer.note_opened() {
                peer.reports.came(contents);
            }
            if let Err(error) = &result {
                tracing::debug!(%error, "dropped a datagram");
            }
            Ok(result.is_ok())
        })
    }

    /// What a client says of arrivals is for the lean way alone. It is most of what comes from who only watches, and the stack would look
    /// after all its timers for each.
    fn hear(&mut self, contents: &[u8]) -> Heard {
        let lean = self.lean.as_mut().filter(|_| datagram::is_report(contents));
        lean.map_or(Heard::Nothing, |lean| lean.hear(contents, self.clock))
    }

    /// Media goes back the way of the datagram that was handed in last, if it was authentic.
    fn note_opened(&mut self) -> bool {
        let is_authentic = authentic::take_opened();
        if is_authentic {
            self.ways.proved();
        }
        match authentic::take_keys() {
            None => {}
            Some(Keys::Ours(ciphers)) => self.lean = self.lean.take().map(|lean| lean.begun(ciphers)),
            // The lean way has sent nothing yet.
            Some(Keys::OfTheStack) => {
                self.lean = None;
                self.reports = Once::before_tags(authentic::TAG_BYTES);
            }
        }
        let (lean, clock) = (self.lean.as_mut(), self.clock);
        // It is taken whoever it is for: on this thread the next question is about somebody else.
        let lost = authentic::take_report(|report| lean.and_then(|lean| lean.read(report, clock)));
        self.lost(lost.flatten());
        is_authentic
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
            let Some((lean, back)) = peer.lean.as_mut().zip(peer.ways.reached()) else {
                return Ok(peer.deadline);
            };
            lean.note_loses(peer.redundancy.loses(peer.clock));
            lean.send(peer.clock, &mut |datagram| transmit(back, datagram));
            events.extend(lean.broken());
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
                    self.ways.answered();
                    return Ok(at);
                }
                Output::Transmit(datagram) => {
                    transmit(self.ways.back(&datagram), &datagram.contents);
                }
                Output::Event(Event::RtpPacket(packet)) => self.media(packet, events),
                Output::Event(event) => events.extend(self.event(event)),
            }
        }
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
                self.channels.closed(id);
                None
            }
            Event::ChannelData(data) => self.channels.message(data),
            Event::KeyframeRequest(request) => {
                let line = self.video.iter().position(|line| line.mid == request.mid)?;
                Some(PeerEvent::KeyframeWanted(line))
            }
            Event::MediaEgressStats(stats) => self.told(&stats),
            Event::MediaIngressStats(stats) => Some(PeerEvent::RoundTrip(microseconds(stats.rtt?))),
            Event::PeerStats(stats) => {
                self.is_second_over = true;
                self.lost(stats.egress_loss_fraction);
                self.estimated()
            }
            Event::EgressBitrateEstimate(kind) => Peer::believed(&kind),
            _ => None,
        }
    }
}
