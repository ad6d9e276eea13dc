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
        clock::{Placed, Stamp},
        codec,
        datagram::{self, Kind, kind},
        line::Incoming,
        outbox::Manner,
        room::{Actions, Effect, Forward, Outcome, Room},
        speakers::Sound,
    },
    counters::count,
    egress::{Egress, Outgoing, Shared},
    endpoint::{Route, Transport},
    event::LostCause,
    ingress::{MediaPacket, PeerEvent},
    limits,
    peer::PeerError,
    shard::{
        Shard, calendar, measures,
        seat::{Phase, Seat, Whereabouts},
    },
};

impl Shard {
    /// Reads datagrams; true if there may be more.
    pub(super) fn read_datagrams(&mut self, now: Instant) -> bool {
        let mut batch = std::mem::take(&mut self.buffers.datagrams);
        let mut count = 0;
        let more = loop {
            batch.clear();
            match self.wire.receive(now, |route, datagram| batch.push(route, datagram)) {
                None => break false,
                Some(received) => count += received,
            }
            if self.wire.take_sign_of_door() == Some(true) {
                self.presence.door_was_there(now);
            }
            for (route, datagram) in batch.iter() {
                self.datagram(route, datagram, now);
            }
            if count >= limits::DATAGRAMS_PER_TURN {
                break true;
            }
        };
        self.buffers.datagrams = batch;
        // What was posted was counted where it came in.
        if !self.wire.is_behind() {
            self.counting.datagrams_in.fetch_add(count as u64, Relaxed);
        }
        more
    }

    pub(super) fn datagram(&mut self, route: Route, contents: &[u8], now: Instant) {
        if !self.wire.has(route.from) {
            // It was cut off for what came before this.
            return;
        }
        if self.pass_on(route, contents) {
            return;
        }
        let known = self.directory.by_address(route.from);
        let kind = kind(contents);
        let key = match kind {
            Kind::Binding { ufrag } => {
                let is_elsewhere = self.door.as_ref().is_some_and(|door| door.has(route.from));
                let named = self.directory.by_ufrag(ufrag).filter(|_| !is_elsewhere);
                named.filter(|key| self.may_have(*key, known) && self.vouched(*key, route, contents, now))
            }
            Kind::Media if known.is_none() => return self.media_from_elsewhere(route, contents, now),
            Kind::Dtls | Kind::Media => known,
            Kind::Other => None,
        };
        let Some(key) = key else {
            count(&self.counting.datagrams_refused);
            // Whom another shard has sent may be on the way, if that is who asks.
            let may_come = matches!(kind, Kind::Binding { .. }) && self.spread.has_others();
            if !may_come {
                self.wire.refuse(route.from);
            }
            return;
        };
        if known != Some(key) {
            self.directory.claim(key, route.from);
            self.wire.vouch(route.from);
        }
        let Some(seat) = self.seats.get_mut(key) else { return };
        if self.presence.hears() {
            seat.last_datagram = now;
        }
        self.hand_in(key, route, contents, now);
    }

    /// Hands a datagram to a session, and deals with what comes of it.
    fn hand_in(&mut self, key: usize, route: Route, contents: &[u8], now: Instant) {
        let Some(seat) = self.seats.get_mut(key) else { return };
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

    /// Media from an address that is nobody's: somebody's whose router lends another port from this moment on, which they do not
    /// know. Their next request may come in two seconds, and as long they would not be heard; but the packet names its stream,
    /// and the keys show whether it is theirs. For a stranger this costs one look, and one failed decryption if they know a stream.
    fn media_from_elsewhere(&mut self, route: Route, contents: &[u8], now: Instant) {
        let named = datagram::source(contents).and_then(|stream| self.directory.by_stream(stream));
        let by_datagram = route.from.transport == Transport::Udp;
        if let Some(key) = named.filter(|_| by_datagram) {
            self.hand_in(key, route, contents, now);
            if let Some(seat) = self.seats.get_mut(key).filter(|seat| seat.peer.is_proved(route)) {
                if self.presence.hears() {
                    seat.last_datagram = now;
                }
                self.directory.claim(key, route.from);
                self.wire.vouch(route.from);
                return;
            }
        }
        if let Some(door) = &mut self.door {
            door.show(route, contents);
        }
        count(&self.counting.datagrams_refused);
        self.wire.refuse(route.from);
    }

    /// An address stays with the session that lives there: another one, however well signed its requests, could take the
    /// first one's media away with forged addresses.
    pub(super) fn may_have(&self, key: usize, owner: Option<usize>) -> bool {
        owner.is_none_or(|owner| owner == key || !self.lives(owner))
    }

    /// Whether a session is still to be reported when it goes.
    pub(super) fn lives(&self, key: usize) -> bool {
        self.seats.get(key).is_some_and(|seat| seat.phase.lives())
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

    pub(super) fn event(&mut self, key: usize, event: PeerEvent, now: Instant) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        if let Whereabouts::Elsewhere { .. } = seat.whereabouts {
            return self.event_elsewhere(key, event, now);
        }
        let (room, member) = (seat.room(), MemberId(key));
        match event {
            PeerEvent::Media(packet) => self.media(key, room, &packet, now),
            PeerEvent::KeyframeWanted(line) => {
                count(&self.counting.keyframe_requests);
                seat.measuring.keyframe_wanted(LineId::Video(line));
                self.event(key, PeerEvent::PictureBroken(line), now);
            }
            PeerEvent::PictureBroken(line) => {
                let Some(room) = room else { return };
                self.in_room(room, now, |room, time, effects| {
                    room.keyframe_requested(member, line, time, effects);
                });
            }
            PeerEvent::Connected if seat.phase == Phase::Connecting => {
                seat.phase = Phase::Connected;
                if seat.is_check() {
                    return;
                }
                seat.reported = now;
                self.reporter.connected(&seat.session);
                measures::tell_reached(seat, &self.wire, &mut self.reporter);
                let Some(room) = room else { return };
                self.in_room(room, now, |room, _, effects| room.connected(member, effects));
            }
            PeerEvent::Connected => {}
            PeerEvent::Told { line, told, left } => seat.measuring.told(line, told, left),
            PeerEvent::RoundTrip(round_trip_us) => seat.measuring.round_trip(round_trip_us),
            PeerEvent::Estimate { bps, carries_bps } => {
                seat.measuring.estimated(bps);
                let (Some(room), Some(carries_bps)) = (room, carries_bps) else {
                    return;
                };
                self.in_room(room, now, |room, time, effects| {
                    room.estimated(member, carries_bps, time, effects);
                });
            }
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
                Whereabouts::Check { .. } | Whereabouts::Elsewhere { .. } => {}
            },
            PeerEvent::Echo(message) => self.echo(key, &message, now),
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
            Whereabouts::Check { .. } | Whereabouts::Elsewhere { .. } => Outcome::Refused,
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

    fn echo(&mut self, key: usize, message: &[u8], now: Instant) {
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key) else { return };
        let Whereabouts::Check { echo, .. } = &mut seat.whereabouts else {
            return;
        };
        if !echo.returns(message.len(), time) {
            count(&self.counting.messages_refused);
            return;
        }
        match seat.peer.send_back(message) {
            Ok(()) => self.touch(key),
            Err(error) => self.fail(key, &error),
        }
    }

    fn media(&mut self, key: usize, room: Option<usize>, packet: &MediaPacket, now: Instant) {
        count(&self.counting.packets_in);
        self.directory.sends(key, packet.stream);
        let takes = |room: &usize| {
            let room = self.rooms.get(*room);
            room.is_some_and(|room| room.takes(MemberId(key), packet.source))
        };
        let is_forwarded = !packet.is_repeated && room.as_ref().is_some_and(takes);
        let content = packet.content(is_forwarded);
        if room.is_some() {
            self.note_arrival(key, packet, &content, is_forwarded, now);
        }
        let Some(room) = room.filter(|_| is_forwarded) else {
            count(&self.counting.packets_refused);
            return;
        };
        let codec = packet.format.codec;
        let sound = Sound {
            level_dbov: packet.extensions.level_dbov,
            bytes: packet.payload.len(),
        };
        let Some(placed) = self.place(key, packet, sound, now) else {
            return;
        };
        let incoming = Incoming {
            stream: packet.stream,
            spatial: packet.spatial,
            temporal: codec::temporal(codec, &packet.payload)
                .or(packet.described)
                .unwrap_or_default(),
            sequence: packet.sequence,
            timestamp: placed.timestamp,
            bytes: packet.payload.len(),
            starts_keyframe: content.starts_keyframe,
            size: content.picture,
            picture: codec::picture(codec, &packet.payload),
            renumbers: codec::renumbers(codec),
        };
        let mut actions = self.decide(room, now, |room, time, actions| {
            room.forward(MemberId(key), packet.source, &incoming, sound, time, actions);
        });
        let shared = packet.shared(content, self.epoch + placed.at);
        self.spread.begin_packet();
        for forward in actions.forwards.drain(..) {
            self.write(&forward, &shared, now);
        }
        self.burst.wrote(&shared, now);
        self.carry_out(actions);
        self.tap_packet(key, room, packet, &content, now);
        self.note_news(room);
    }

    /// When it was, by the clock of all lines.
    fn place(&mut self, key: usize, packet: &MediaPacket, sound: Sound, now: Instant) -> Option<Placed> {
        let time = self.time(now);
        let stamp = Stamp {
            stream: packet.stream,
            rate_hz: packet.format.codec.clock_rate_hz(),
            timestamp: packet.timestamp,
            report: packet.report,
            is_patient: packet.source != Source::Microphone || sound.is_pause(),
        };
        Some(self.seats.get_mut(key)?.clocks.place(&stamp, time))
    }

    fn note_arrival(&mut self, key: usize, packet: &MediaPacket, content: &Content, is_forwarded: bool, now: Instant) {
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key) else { return };
        let arrival = Arrival {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            bytes: packet.bytes(),
            is_resent: packet.is_resent,
            content,
            is_forwarded,
        };
        seat.measuring.arrived(packet.stream, packet.source, &arrival, time);
    }

    /// Puts a packet on a line, wherever that is.
    pub(super) fn write(&mut self, forward: &Forward, shared: &Shared, now: Instant) {
        let MemberId(to) = forward.to;
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(to) else { return };
        if let Some(distant) = seat.peer.distant() {
            if !self.spread.forward(distant, shared, forward) {
                count(&self.counting.datagrams_unread);
            }
            return;
        }
        let redundant = shared.redundant.as_ref().filter(|_| seat.peer.wants_redundancy());
        let outgoing = Outgoing {
            format: shared.format,
            sequence: forward.rewritten.sequence,
            timestamp: forward.rewritten.timestamp,
            // Tells an audio decoder that this does not continue what it heard before.
            marker: shared.marker || (shared.is_sound && forward.rewritten.switched),
            starts_keyframe: shared.content.starts_keyframe,
            csrc: forward.csrc.as_slice(),
            payload: &shared.payload,
            redundant,
            picture: forward.rewritten.picture,
            captured: shared.captured,
            extensions: shared.extensions,
        };
        if seat.peer.write(forward.line, &outgoing) {
            count(&self.counting.packets_forwarded);
            if let Some(ssrc) = seat.peer.ssrc(forward.line) {
                let (sequence, bytes) = (outgoing.sequence, outgoing.bytes());
                let content = shared.content_as_sent(redundant.is_some());
                seat.measuring.sent(forward.line, ssrc, sequence, bytes, &content, time);
            }
            self.touch(to);
        }
    }

    /// Lets a room decide, and does what it decides.
    pub(super) fn in_room(&mut self, key: usize, now: Instant, decide: impl FnOnce(&mut Room, Time, &mut Vec<Effect>)) {
        let actions = self.decide(key, now, |room, time, actions| decide(room, time, &mut actions.effects));
        self.carry_out(actions);
        self.observe(key, now);
        self.note_news(key);
    }

    /// A second is over in all rooms.
    pub(super) fn pass_second(&mut self, now: Instant) {
        for key in self.rooms.iter().map(|(key, _)| key).collect::<Vec<_>>() {
            let is_recorded = self.taps.is_tapped(key);
            let actions = self.decide(key, now, |room, time, actions| {
                room.second(is_recorded, time, &mut actions.effects);
            });
            self.carry_out(actions);
        }
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
        match seat.whereabouts {
            Whereabouts::Lobby(_) | Whereabouts::Check { .. } => {}
            Whereabouts::Room(_) | Whereabouts::Elsewhere { .. } if seat.behind == waits => {}
            Whereabouts::Room(room) => {
                seat.behind = waits;
                self.in_room(room, now, |room, _, _| room.is_behind(MemberId(key), waits));
            }
            Whereabouts::Elsewhere { shard, place } => {
                seat.behind = waits;
                self.note_waiting_elsewhere(shard, place, waits);
            }
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
                Effect::AskKeyframe { of, source, spatial } => self.ask_keyframe(of, source, spatial),
                Effect::Want { to, wanted_bps } => self.want(to, wanted_bps),
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

    pub(super) fn want(&mut self, MemberId(to): MemberId, wanted_bps: Option<u64>) {
        if let Some(seat) = self.seats.get_mut(to) {
            seat.peer.want(wanted_bps);
            self.touch(to);
        }
    }

    fn ask_keyframe(&mut self, MemberId(of): MemberId, source: Source, spatial: u8) {
        if self
            .seats
            .get_mut(of)
            .is_some_and(|seat| seat.ask_keyframe(source, spatial))
        {
            count(&self.counting.keyframe_requests_sent);
            self.touch(of);
        }
    }
}
