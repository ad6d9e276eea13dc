//! A session's seat in the shard: its peer connection, what is known of its life, and what waits for its data channels.

use std::{net::IpAddr, time::Instant};

use crate::{
    core::{Source, lobby::Lobby, measuring::Measuring, outbox::Outbox, uploads::Uploads},
    event::Path,
    peer::{Peer, PeerError, PeerEvent},
    wire::Wire,
};

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
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
    pub(super) fn lives(self) -> bool {
        matches!(self, Phase::Connecting | Phase::Connected)
    }
}

/// Where a session is.
#[derive(Debug)]
pub(super) enum Whereabouts {
    Lobby(Lobby),
    Room(usize),
}

/// One session.
pub(super) struct Seat {
    pub(super) peer: Peer,
    pub(super) session: String,
    pub(super) whereabouts: Whereabouts,
    pub(super) phase: Phase,
    pub(super) admitted: Instant,
    pub(super) last_datagram: Instant,
    /// The sign of life that was reported last.
    pub(super) reported: Instant,
    /// Which of our addresses the session sends to, and so hears from.
    pub(super) local: Option<IpAddr>,
    /// The way that was reported last.
    pub(super) reached: Option<Path>,
    /// What is measured of its streams.
    pub(super) measuring: Measuring,
    /// When the peer wants to be ticked.
    pub(super) deadline: Instant,
    /// The earliest entry in the shard's heap.
    pub(super) scheduled: Option<Instant>,
    /// Something was written since the last tick.
    pub(super) dirty: bool,
    /// What its data channels have not taken yet.
    pub(super) outbox: Outbox,
    /// Its room knows that something waits.
    pub(super) behind: bool,
    pub(super) uploads: Uploads,
}

impl Seat {
    pub(super) fn new(peer: Peer, session: String, whereabouts: Whereabouts, now: Instant) -> Seat {
        let measuring = Measuring::new(peer.is_measured());
        Seat {
            peer,
            session,
            whereabouts,
            phase: Phase::Connecting,
            admitted: now,
            last_datagram: now,
            reported: now,
            local: None,
            reached: None,
            measuring,
            deadline: now,
            scheduled: None,
            dirty: true,
            outbox: Outbox::default(),
            behind: false,
            uploads: Uploads::default(),
        }
    }

    /// Its room, unless it waits in the lobby.
    pub(super) fn room(&self) -> Option<usize> {
        match self.whereabouts {
            Whereabouts::Lobby(_) => None,
            Whereabouts::Room(room) => Some(room),
        }
    }

    /// Writes what the data channels will take, makes packets of it and of all media written, and takes them out.
    pub(super) fn settle(
        &mut self,
        now: Instant,
        wire: &mut Wire,
        events: &mut Vec<PeerEvent>,
    ) -> Result<(), PeerError> {
        self.dirty = false;
        while let Some((channel, text)) = self.outbox.front() {
            if !self.peer.tell(channel, text)? {
                break;
            }
            self.outbox.pop();
        }
        self.peer.tick(now)?;
        self.drain(wire, events)
    }

    /// Takes out what the last input has made.
    pub(super) fn drain(&mut self, wire: &mut Wire, events: &mut Vec<PeerEvent>) -> Result<(), PeerError> {
        let local = self.local;
        self.deadline = self
            .peer
            .drain(&mut |to, datagram| wire.send(to, local, datagram), events)?;
        Ok(())
    }

    /// Asks it for a keyframe; false if nothing has come from that source yet.
    pub(super) fn ask_keyframe(&mut self, source: Source) -> bool {
        let asked = self.peer.ask_keyframe(source);
        if asked {
            self.measuring.keyframe_asked(source);
        }
        asked
    }

    /// The way to it, if another one was reported or none.
    pub(super) fn moved(&self) -> Option<Path> {
        let path = self.peer.path(self.local);
        path.filter(|path| self.reached != Some(*path))
    }

    /// Whether something waits that the last settling could not write.
    pub(super) fn has_waiting(&self) -> bool {
        !self.outbox.is_empty()
    }
}
