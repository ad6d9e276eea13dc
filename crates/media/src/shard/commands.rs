//! How the shard does what the control plane asks.
//!
//! A session has one transport for life and changes its place once at most, from outside into a room. A room is told of a
//! newcomer as if it had come there directly: first that it is admitted, then which of its channels are open, then that it
//! is connected. So nothing in a room knows that there is anything outside.

use std::time::Instant;

use crate::{
    admission::Card,
    connection::Connection,
    core::{
        MemberId,
        change::Change,
        channels::{Channel, MediaState},
        echo::Echo,
        lobby::{Early, Lobby},
        outbox::Manner,
        room::{Newcomer, Room},
    },
    distant::Distant,
    limits,
    queue::{Command, Hold, Taken},
    rights::Rights,
    shard::{
        Shard,
        seat::{Phase, Seat, Whereabouts},
    },
};

impl Shard {
    /// Does what was asked; false: stop.
    pub(super) fn take_commands(&mut self, now: Instant) -> bool {
        let Taken { commands, last } = self.inbox.take();
        for command in commands {
            self.obey(command, now);
        }
        // Settling takes out what they say.
        for key in self.announced.take() {
            self.touch(key);
        }
        !last
    }

    fn obey(&mut self, command: Command, now: Instant) {
        match command {
            Command::Admit {
                connection,
                session,
                carried_by,
            } => self.admit(connection, &session, carried_by, now),
            Command::KeepWaiting { session } => self.keep_waiting(&session),
            Command::LetIn {
                session,
                room,
                card,
                rights,
            } => self.let_in(&session, &room, card, rights, now),
            Command::Change { session, change } => self.change(&session, change, now),
            Command::Check { connection, hold } => self.check(connection, hold, now),
            Command::Tap { room, end } => self.tap(room, *end, now),
            Command::Direct { ufrag, shard } => {
                if let Some(door) = &mut self.door {
                    door.direct(ufrag, shard);
                }
            }
            Command::Remove { session, reason } => self.remove(&session, reason, now),
        }
    }

    /// Gives a session a seat; its transport may be for another shard to carry.
    pub(super) fn admit(&mut self, connection: Connection, session: &str, carried_by: Option<usize>, now: Instant) {
        match (connection, carried_by) {
            (Connection::WebRtc(peer), Some(shard)) => {
                let distant = Distant::new(&peer, shard, now);
                let key = self.seat(Connection::Distant(Box::new(distant)), session, now);
                self.lodge(key, peer, shard);
            }
            (connection, _) => {
                self.seat(connection, session, now);
            }
        }
    }

    fn seat(&mut self, connection: Connection, session: &str, now: Instant) -> usize {
        let outside = Whereabouts::Lobby(Lobby::new(self.time(now)));
        let ufrag = connection.ufrag().map(str::to_owned);
        let key = self
            .seats
            .insert(Seat::new(connection, session.to_owned(), outside, now));
        self.seats[key].peer.seated(key);
        self.directory.enter(key, Some(session), ufrag);
        self.dirty.push(key);
        key
    }

    /// Begins a check of the network, if there are not too many.
    fn check(&mut self, connection: Connection, hold: Hold, now: Instant) {
        if self.seats.iter().filter(|(_, seat)| seat.is_check()).count() >= limits::CHECKS {
            return;
        }
        let echo = Echo::new(self.time(now));
        let nowhere = Whereabouts::Check { echo, _hold: hold };
        let ufrag = connection.ufrag().map(str::to_owned);
        let key = self
            .seats
            .insert(Seat::new(connection, "a check".to_owned(), nowhere, now));
        self.directory.enter(key, None, ufrag);
        self.dirty.push(key);
    }

    fn keep_waiting(&mut self, session: &str) {
        let Some(key) = self.directory.by_session(session) else {
            return;
        };
        let seat = &mut self.seats[key];
        let Whereabouts::Lobby(lobby) = &mut seat.whereabouts else {
            return;
        };
        let answers = lobby.keep_waiting();
        let open = Channel::ALL.into_iter().filter(|channel| seat.peer.has(*channel));
        let texts = open.filter_map(|channel| Some((channel, lobby.first_text(channel)?)));
        for (channel, text) in texts.chain(answers).collect::<Vec<_>>() {
            self.tell(MemberId(key), channel, Manner::Answer, text.into());
        }
    }

    pub(super) fn let_in(&mut self, session: &str, room: &str, card: Card, rights: Rights, now: Instant) {
        let Some(key) = self.directory.by_session(session) else {
            return;
        };
        // Who has been reported lost is about to be removed, and is shown to nobody on its way out.
        if !self.seats[key].phase.lives() {
            return;
        }
        self.enter(key, room, card, rights, now);
    }

    /// Puts a session into a room, as far as it has come.
    fn enter(&mut self, key: usize, name: &str, card: Card, rights: Rights, now: Instant) {
        let room = self.directory.room(name, || self.rooms.insert(Room::new()));
        self.taps.room_begins(room, name);
        let seat = &mut self.seats[key];
        let (said, early) = match std::mem::replace(&mut seat.whereabouts, Whereabouts::Room(room)) {
            Whereabouts::Lobby(lobby) => (lobby.media_state(), lobby.into_early()),
            Whereabouts::Room(_) | Whereabouts::Check { .. } | Whereabouts::Elsewhere { .. } => {
                (MediaState::default(), vec![])
            }
        };
        let newcomer = Newcomer {
            card,
            rights,
            said,
            offered: seat.peer.sends(),
            sizes: seat.peer.sizes(),
            audio_lines: seat.peer.audio_lines(),
            video_ssrcs: seat.peer.video_ssrcs(),
        };
        // The room does not know yet whether something waits.
        seat.behind = false;
        let connected = seat.phase == Phase::Connected;
        let open = Channel::ALL.map(|channel| seat.peer.has(channel).then_some(channel));
        self.in_room(room, now, |room, time, effects| {
            let id = MemberId(key);
            room.admit(id, newcomer, time);
            for channel in open.into_iter().flatten() {
                room.channel_open(id, channel, effects);
            }
            if connected {
                room.connected(id, effects);
            }
        });
        for Early { channel, text, .. } in early {
            self.message(key, channel, text.into_bytes(), now);
        }
    }

    /// Nothing of the kind concerns who is outside.
    fn change(&mut self, session: &str, change: Change, now: Instant) {
        let Some(key) = self.directory.by_session(session) else {
            return;
        };
        if let Some(room) = self.seats[key].room() {
            self.in_room(room, now, |room, time, effects| {
                room.carry_out(MemberId(key), change, time, effects);
            });
        }
    }
}
