//! A session's seat in the shard: its peer connection, what is known of its life, and what waits for its data channels.

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use crate::{
    core::{channels::Channel, lobby::Lobby},
    limits,
    peer::{Failure, Peer, PeerEvent},
    socket::Socket,
};

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Admitted; nothing flows yet.
    Connecting,
    /// Media flows.
    Connected,
    /// Gone and reported; the control plane will remove it.
    Lost,
    /// Removed; its transport says goodbye.
    Leaving { until: Instant },
}

impl Phase {
    /// Whether the session is still to be reported when it goes.
    pub(crate) fn lives(self) -> bool {
        matches!(self, Phase::Connecting | Phase::Connected)
    }
}

/// Where a session is.
#[derive(Debug)]
pub(crate) enum Whereabouts {
    Lobby(Lobby),
    Room(usize),
}

/// One session.
pub(crate) struct Seat {
    pub(crate) peer: Peer,
    pub(crate) session: String,
    pub(crate) whereabouts: Whereabouts,
    pub(crate) phase: Phase,
    pub(crate) admitted: Instant,
    pub(crate) last_datagram: Instant,
    /// The sign of life that was reported last.
    pub(crate) reported: Instant,
    /// Addresses that ICE has validated.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Which of our addresses the session sends to, and so hears from.
    pub(crate) local: Option<IpAddr>,
    /// When the peer wants to be ticked.
    pub(crate) deadline: Instant,
    /// The earliest entry in the shard's heap.
    pub(crate) scheduled: Option<Instant>,
    /// Something was written since the last tick.
    pub(crate) dirty: bool,
    outbox: VecDeque<(Channel, Arc<str>)>,
    outbox_bytes: usize,
}

impl Seat {
    pub(crate) fn new(peer: Peer, session: String, whereabouts: Whereabouts, now: Instant) -> Seat {
        Seat {
            peer,
            session,
            whereabouts,
            phase: Phase::Connecting,
            admitted: now,
            last_datagram: now,
            reported: now,
            addresses: vec![],
            local: None,
            deadline: now,
            scheduled: None,
            dirty: true,
            outbox: VecDeque::new(),
            outbox_bytes: 0,
        }
    }

    /// Its room, unless it waits in the lobby.
    pub(crate) fn room(&self) -> Option<usize> {
        match self.whereabouts {
            Whereabouts::Lobby(_) => None,
            Whereabouts::Room(room) => Some(room),
        }
    }

    /// Queues a text for a data channel; false if the client reads so slowly that it has failed.
    pub(crate) fn tell(&mut self, channel: Channel, text: Arc<str>) -> bool {
        self.outbox_bytes += text.len();
        self.outbox.push_back((channel, text));
        self.outbox_bytes <= limits::OUTBOX_BYTES
    }

    /// Writes what the data channels will take, makes packets of it and of all media written, and takes them out.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        events: &mut Vec<PeerEvent>,
    ) -> Result<(), Failure> {
        self.dirty = false;
        while let Some((channel, text)) = self.outbox.front() {
            if !self.peer.tell(*channel, text)? {
                break;
            }
            self.outbox_bytes -= text.len();
            self.outbox.pop_front();
        }
        self.peer.tick(now)?;
        self.drain(socket, events)
    }

    /// Takes out what the last input has made.
    pub(crate) fn drain(&mut self, socket: &mut Socket, events: &mut Vec<PeerEvent>) -> Result<(), Failure> {
        let local = self.local;
        self.deadline = self
            .peer
            .drain(&mut |to, datagram| socket.send(to, local, datagram), events)?;
        Ok(())
    }

    /// Whether something waits that the last settling could not write.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.outbox.is_empty()
    }
}
