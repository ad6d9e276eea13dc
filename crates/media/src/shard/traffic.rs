//! What passes through a shard: datagrams in, events of the peer connections, packets and texts out.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

use quality::{Arrival, Content};

use crate::{
    core::{
        LineId, MemberId, Moment, Source, Time,
        channels::Channel,
        codec,
        datagram::{Kind, kind},
        line::Incoming,
        outbox::Manner,
        room::{Actions, Effect, Forward, Outcome, Room},
        speakers::Sound,
    },
    counters::count,
    egress::{Egress, Outgoing},
    event::LostCause,
    limits,
    peer::{MediaPacket, PeerError, PeerEvent},
    shard::{
        Shard, calendar, measures,
        seat::{Phase, Seat, Whereabouts},
    },
    socket::Route,
};

impl Shard {
    /// Reads datagrams; true if there may be more.
    pub(super) fn read_datagrams(&mut self, now: Instant) -> bool {
        let mut batch = std::mem::take(&mut self.buffers.datagrams);
        let mut count = 0;
        let more = loop {
            batch.clear();
            match self.wire.receive(|route, datagram| batch.push(route, datagram)) {
                None => break false,
                Some(received) => count += received,
            }
            for (route, datagram) in batch.iter() {
                self.datagram(route, datagram, now);
            }
            if count >= limits::DATAGRAMS_PER_TURN {
                break true;
            }
        };
        self.buffers.datagrams = batch;
        self.counting.datagrams_in.fetch_add(count as u64, Relaxed);
        more
    }

    pub(super) fn datagram(&mut self, route: Route, contents: &[u8], now: Instant) {
        let known = self.directory.by_address(route.from);
        let key = match kind(contents) {
            Kind::Binding { ufrag } => {
                let named = self.directory.by_ufrag(ufrag);
                named.filter(|key| self.may_have(*key, known) && self.vouched(*key, route, contents, now))
            }
            Kind::Dtls | Kind::Media => known,
            Kind::Other => None,
        };
        let Some(key) = key else {
            count(&self.counting.datagrams_refused);
            return;
        };
        if known != Some(key) {
            self.directory.claim(key, route.from);
        }
        let Some(seat) = self.seats.get_mut(key) else { return };
        if self.presence.hears() {
            seat.last_datagram = now;
        }
        seat.local = route.to;
        let mut events = std::mem::take(&mut self.buffers.events);
        let result = match seat.peer.receive(route, contents, now) {
            Ok(understood) => {
                if !understood {
                    count(&self.counting.datagrams_refused);
                }
                seat.drain(&mut self.wire, &mut events)
            }
            Err(error) => Err(error),
        };
        self.handle(key, result, events, now);
        if self.seats.get(key).is_some_and(Seat::has_waiting) {
            self.touch(key);
        }
    }

    /// An address stays with the session that lives there: another one, however well signed its requests, could take the
    /// first one's media away with forged addresses.
    pub(super) fn may_have(&self, key: usize, owner: Option<usize>) -> bool {
        let lives = |owner: usize| self.seats.get(owner).is_some_and(|seat| seat.phase.lives());
        owner.is_none_or(|owner| owner == key || !lives(owner))
    }

    fn vouched(&mut self, key: usize, route: Route, contents: &[u8], now: Instant) -> bool {
        self.seats
            .get_mut(key)
            .is_some_and(|seat| seat.peer.vouches_for(route, contents, now))
    }

    /// Deals with what came out of a peer connection, and gives the buffer back.
    pub(super) fn handle(
        &mut self,
        key: usize,
        result: Result<(), PeerError>,
        mut events: Vec<PeerEvent>,
        now: Instant,
    ) {
        for event in events.drain(..) {
            self.event(key, event, now);
        }
        self.buffers.events = events;
        match result {
            Ok(()) => self.schedule(key),
            Err(error) => self.fail(key, &error),
        }
    }

    fn event(&mut self, key: usize, event: PeerEvent, now: Instant) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        let (room, member) = (seat.room(), MemberId(key));
        match event {
            PeerEvent::Media(packet) => self.media(key, room, &packet, now),
            PeerEvent::KeyframeWanted(line) => {
                count(&self.counting.keyframe_requests);
                seat.measuring.keyframe_wanted(LineId::Video(line));
                let Some(room) = room else { return };
                self.in_room(room, now, |room, time, effects| {
                    room.keyframe_requested(member, line, time, effects);
                });
            }
            PeerEvent::Connected if seat.phase == Phase::Connecting => {
                seat.phase = Phase::Connected;
                seat.reported = now;
                self.reporter.connected(&seat.session);
                measures::tell_reached(seat, &mut self.reporter);
                let Some(room) = room else { return };
                self.in_room(room, now, |room, _, effects| room.connected(member, effects));
            }
            PeerEvent::Connected => {}
            PeerEvent::Told { line, told, left } => seat.measuring.told(line, told, left),
            PeerEvent::RoundTrip(round_trip_us) => seat.measuring.round_trip(round_trip_us),
            PeerEvent::Estimate(estimate_bps) => seat.measuring.estimated(estimate_bps),
            PeerEvent::Closed => self.lose(key, LostCause::Closed),
            PeerEvent::ChannelOpen(channel) => match &seat.whereabouts {
                Whereabouts::Lobby(lobby) => {
                    if let Some(text) = lobby.first_text(channel) {
                        self.tell(member, channel, Manner::Answer, text.into());
                    }
                }
                Whereabouts::Room(room) => {
                    let room = *room;
                    self.in_room(room, now, |room, _, effects| {
                        room.channel_open(member, channel, effects);
                    });
                }
            },
            PeerEvent::Message(channel, text) => self.message(key, channel, text, now),
        }
    }

    pub(super) fn message(&mut self, key: usize, channel: Channel, text: Vec<u8>, now: Instant) {
        let Ok(text) = String::from_utf8(text) else {
            count(&self.counting.messages_refused);
            return;
        };
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key) else { return };
        let outcome = match &mut seat.whereabouts {
            Whereabouts::Lobby(lobby) => {
                let (answer, outcome) = lobby.message(channel, &text, time);
                if let Some(answer) = answer {
                    self.tell(MemberId(key), channel, Manner::Answer, answer.into());
                }
                outcome
            }
            Whereabouts::Room(room) => {
                let room = *room;
                let mut outcome = Outcome::Nothing;
                let wall = calendar();
                self.in_room(room, now, |room, time, effects| {
                    outcome = room.message(MemberId(key), channel, &text, Moment { time, wall }, effects);
                });
                outcome
            }
        };
        match outcome {
            Outcome::Nothing => {}
            Outcome::Refused => count(&self.counting.messages_refused),
            Outcome::Leaves => self.lose(key, LostCause::Left),
            Outcome::Uploaded(upload) => {
                count(&self.counting.uploads);
                if let Some(seat) = self.seats.get_mut(key) {
                    seat.uploads.take(*upload);
                }
            }
        }
    }

    fn media(&mut self, key: usize, room: Option<usize>, packet: &MediaPacket, now: Instant) {
        count(&self.counting.packets_in);
        let takes = |room: &usize| {
            let room = self.rooms.get(*room);
            room.is_some_and(|room| room.takes(MemberId(key), packet.source))
        };
        let is_forwarded = room.as_ref().is_some_and(takes);
        let content = packet.content(is_forwarded);
        if room.is_some() {
            self.note_arrival(key, packet, &content, is_forwarded, now);
        }
        let Some(room) = room.filter(|_| is_forwarded) else {
            count(&self.counting.packets_refused);
            return;
        };
        let codec = packet.format.codec;
        let video = packet.source != Source::Microphone;
        let incoming = Incoming {
            stream: packet.stream,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            starts_keyframe: content.starts_keyframe,
            picture: if video {
                codec::picture(codec, &packet.payload)
            } else {
                codec::Picture::default()
            },
        };
        let sound = Sound {
            level_dbov: packet.extensions.level_dbov,
            bytes: packet.payload.len(),
        };
        let mut actions = self.decide(room, now, |room, time, actions| {
            room.forward(MemberId(key), packet.source, &incoming, sound, time, actions);
        });
        for forward in actions.forwards.drain(..) {
            self.write(&forward, packet, &content, now);
        }
        self.carry_out(actions);
        self.note_news(room);
    }

    fn note_arrival(&mut self, key: usize, packet: &MediaPacket, content: &Content, is_forwarded: bool, now: Instant) {
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key) else { return };
        let arrival = Arrival {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            bytes: packet.payload.len(),
            is_resent: packet.is_resent,
            content,
            is_forwarded,
        };
        seat.measuring.arrived(packet.stream, packet.source, &arrival, time);
    }

    fn write(&mut self, forward: &Forward, packet: &MediaPacket, content: &Content, now: Instant) {
        let MemberId(to) = forward.to;
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(to) else { return };
        let outgoing = Outgoing {
            format: packet.format,
            sequence: forward.rewritten.sequence,
            timestamp: forward.rewritten.timestamp,
            // Tells an audio decoder that this does not continue what it heard before.
            marker: packet.marker || (packet.source == Source::Microphone && forward.rewritten.switched),
            csrc: forward.csrc.as_slice(),
            payload: &packet.payload,
            picture: forward.rewritten.picture,
            arrived: packet.arrived,
            extensions: packet.extensions,
        };
        if seat.peer.write(forward.line, &outgoing) {
            count(&self.counting.packets_forwarded);
            if let Some(ssrc) = seat.peer.ssrc(forward.line) {
                let (sequence, bytes) = (outgoing.sequence, packet.payload.len());
                seat.measuring.sent(forward.line, ssrc, sequence, bytes, content, time);
            }
            self.touch(to);
        }
    }

    /// Lets a room decide, and does what it decides.
    pub(super) fn in_room(&mut self, key: usize, now: Instant, decide: impl FnOnce(&mut Room, Time, &mut Vec<Effect>)) {
        let actions = self.decide(key, now, |room, time, actions| decide(room, time, &mut actions.effects));
        self.carry_out(actions);
        self.note_news(key);
    }

    /// A room that has something to tell is asked for it in its time.
    fn note_news(&mut self, key: usize) {
        if self.rooms.get(key).is_some_and(|room| room.telling_at().is_some()) {
            self.untold.insert(key);
        }
    }

    /// Has the rooms tell whose time it is.
    pub(super) fn tell_news(&mut self, now: Instant) {
        let time = self.time(now);
        let at = |key: &usize| self.rooms.get(*key).and_then(Room::telling_at);
        let due = |key: &usize| at(key).is_none_or(|at| at <= time);
        let due: Vec<usize> = self.untold.iter().copied().filter(due).collect();
        for key in due {
            self.untold.remove(&key);
            self.in_room(key, now, Room::tell);
        }
    }

    /// Tells the room of a session whether something waits that its transport would not take.
    pub(super) fn note_waiting(&mut self, key: usize, now: Instant) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        let waits = seat.has_waiting();
        if let Some(room) = seat.room()
            && std::mem::replace(&mut seat.behind, waits) != waits
        {
            self.in_room(room, now, |room, _, _| room.is_behind(MemberId(key), waits));
        }
    }

    /// Lets a room decide. A room that panics is closed: its sessions are lost, other rooms never notice.
    fn decide(&mut self, key: usize, now: Instant, decide: impl FnOnce(&mut Room, Time, &mut Actions)) -> Actions {
        let time = self.time(now);
        let mut actions = std::mem::take(&mut self.buffers.actions);
        let Some(room) = self.rooms.get_mut(key) else {
            return actions;
        };
        if catch_unwind(AssertUnwindSafe(|| decide(room, time, &mut actions))).is_ok() {
            return actions;
        }
        tracing::error!("a room failed and is closed");
        self.rooms[key] = Room::new();
        let seats = self.seats.iter().filter(|(_, seat)| seat.room() == Some(key));
        for lost in seats.map(|(key, _)| key).collect::<Vec<_>>() {
            self.lose(lost, LostCause::Closed);
        }
        Actions::default()
    }

    fn carry_out(&mut self, mut actions: Actions) {
        for effect in actions.effects.drain(..) {
            match effect {
                Effect::Tell {
                    to,
                    channel,
                    manner,
                    text,
                } => self.tell(to, channel, manner, text),
                Effect::AskKeyframe { of, source } => self.ask_keyframe(of, source),
            }
        }
        self.buffers.actions = actions;
    }

    pub(super) fn tell(&mut self, MemberId(to): MemberId, channel: Channel, manner: Manner, text: Arc<str>) {
        let Some(seat) = self.seats.get_mut(to) else { return };
        if seat.outbox.push(channel, manner, text) {
            self.touch(to);
        } else if seat.phase.lives() {
            tracing::warn!(session = seat.session, "a client asks and does not read the answers");
            count(&self.counting.peer_errors);
            self.lose(to, LostCause::Closed);
        }
    }

    fn ask_keyframe(&mut self, MemberId(of): MemberId, source: Source) {
        if self.seats.get_mut(of).is_some_and(|seat| seat.ask_keyframe(source)) {
            count(&self.counting.keyframe_requests_sent);
            self.touch(of);
        }
    }
}
