//! What the control plane asks of a shard, and how the shard does it.
//!
//! A session has one transport for life and changes its place once at most, from the lobby into a room. A room is told of a
//! newcomer as if it had come there directly: first that it is admitted, then which of its channels are open, then that it
//! is connected. So nothing in a room knows that there is a lobby.

use std::{
    sync::{Arc, mpsc::TryRecvError},
    time::Instant,
};

use crate::{
    admission::{Admission, Card, Permissions, Place},
    core::{
        MemberId, Time,
        channels::{Channel, MediaState},
        lobby::Lobby,
        roll,
        room::{Effect, Newcomer, Room},
    },
    event::DisconnectReason,
    limits,
    peer::Peer,
    seat::{Phase, Seat, Whereabouts},
    shard::Shard,
};

/// What the control plane asks for.
pub(crate) enum Command {
    Admit {
        peer: Box<Peer>,
        admission: Admission,
    },
    LetIn {
        session: String,
        room: String,
        card: Card,
        permissions: Permissions,
    },
    Permit {
        session: String,
        permissions: Permissions,
    },
    Mute {
        session: String,
    },
    Tell {
        session: String,
        text: Arc<str>,
    },
    Remove {
        session: String,
        reason: DisconnectReason,
    },
    Stop,
}

impl Shard {
    /// Does what was asked; false: stop.
    pub(crate) fn take_commands(&mut self, now: Instant) -> bool {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return false,
                Ok(command) => self.obey(command, now),
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn obey(&mut self, command: Command, now: Instant) {
        match command {
            Command::Admit { peer, admission } => self.admit(*peer, admission, now),
            Command::LetIn {
                session,
                room,
                card,
                permissions,
            } => self.let_in(&session, room, card, permissions, now),
            Command::Permit { session, permissions } => {
                let permit = |room: &mut Room, id, time, effects: &mut _| room.permit(id, permissions, time, effects);
                self.in_room_of(&session, now, permit);
            }
            Command::Mute { session } => self.in_room_of(&session, now, Room::mute),
            Command::Tell { session, text } => {
                let tell = |room: &mut Room, id, _, effects: &mut _| room.moderate(id, text, effects);
                self.in_room_of(&session, now, tell);
            }
            Command::Remove { session, reason } => self.remove(&session, reason, now),
            // Taken by the loop, which ends.
            Command::Stop => {}
        }
    }

    pub(crate) fn admit(&mut self, peer: Peer, admission: Admission, now: Instant) {
        let Admission {
            place,
            session,
            card,
            permissions,
        } = admission;
        let waiting = Whereabouts::Lobby(Lobby::new(self.time(now)));
        let ufrag = peer.ufrag().to_owned();
        let key = self.seats.insert(Seat::new(peer, session.clone(), waiting, now));
        self.by_ufrag.insert(ufrag, key);
        self.by_session.insert(session, key);
        self.dirty.push(key);
        if let Place::Room(room) = place {
            self.enter(key, room, card, permissions, now);
        }
    }

    fn let_in(&mut self, session: &str, room: String, card: Card, permissions: Permissions, now: Instant) {
        let Some(key) = self.by_session.get(session).copied() else {
            return;
        };
        // Who has been reported lost is about to be removed, and is shown to nobody on its way out.
        if !self.seats[key].phase.lives() {
            return;
        }
        self.enter(key, room, card, permissions, now);
        let seat = &mut self.seats[key];
        if seat.phase == Phase::Connected {
            seat.reported = now;
            self.reporter.connected(&seat.session, now);
        }
    }

    /// Puts a session into a room, as far as it has come.
    fn enter(&mut self, key: usize, name: String, card: Card, permissions: Permissions, now: Instant) {
        let room = *self
            .rooms_by_name
            .entry(name)
            .or_insert_with(|| self.rooms.insert(Room::new()));
        let seat = &mut self.seats[key];
        let said = match std::mem::replace(&mut seat.whereabouts, Whereabouts::Room(room)) {
            Whereabouts::Lobby(lobby) => lobby.said(),
            Whereabouts::Room(_) => MediaState::default(),
        };
        let newcomer = Newcomer {
            card,
            permissions,
            said,
            offered: seat.peer.sends(),
            audio_lines: seat.peer.audio_lines(),
            video_ssrcs: seat.peer.video_ssrcs(),
        };
        let connected = seat.phase == Phase::Connected;
        let open = Channel::ALL.map(|channel| seat.peer.has(channel).then_some(channel));
        self.in_room(room, now, |room, time, effects| {
            let id = MemberId(key);
            room.admit(id, newcomer, time);
            for channel in open.into_iter().flatten() {
                room.channel_open(id, channel, effects);
            }
            if connected {
                room.connected(id, time, effects);
            }
        });
    }

    pub(crate) fn remove(&mut self, session: &str, reason: DisconnectReason, now: Instant) {
        let Some(key) = self.by_session.remove(session) else {
            return;
        };
        let seat = &mut self.seats[key];
        seat.phase = Phase::Leaving {
            until: now + limits::GOODBYE,
        };
        seat.tell(Channel::SessionControl, roll::disconnected(reason).into());
        let room = seat.room();
        self.touch(key);
        let Some(room) = room else { return };
        self.in_room(room, now, |room, time, effects| {
            room.leave(MemberId(key), time, effects);
        });
        if self.rooms.get(room).is_some_and(Room::is_empty) {
            self.rooms.remove(room);
            self.rooms_by_name.retain(|_, other| *other != room);
        }
    }

    /// Lets the room of a session decide. Nothing of the kind concerns who waits in the lobby.
    fn in_room_of(
        &mut self,
        session: &str,
        now: Instant,
        decide: impl FnOnce(&mut Room, MemberId, Time, &mut Vec<Effect>),
    ) {
        let Some(key) = self.by_session.get(session).copied() else {
            return;
        };
        if let Some(room) = self.seats[key].room() {
            self.in_room(room, now, |room, time, effects| {
                decide(room, MemberId(key), time, effects);
            });
        }
    }
}
