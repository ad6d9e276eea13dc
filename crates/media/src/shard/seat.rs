//! A session's seat in the shard: its connection, what is known of its life, and what waits for its data channels.

use std::time::Instant;

use crate::{
    connection::Connection,
    core::{
        Source, Time, clock::Clocks, echo::Echo, lobby::Lobby, measuring::Measuring, outbox::Outbox, uploads::Uploads,
    },
    event::{LostCause, Path},
    ingress::PeerEvent,
    peer::PeerError,
    queue::Hold,
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
pub(super) enum Whereabouts {
    Lobby(Lobby),
    Room(usize),
    /// In a room of another shard, or outside it: at this place there.
    Elsewhere {
        shard: usize,
        place: usize,
    },
    /// Nowhere, and of no concern to the control plane.
    Check {
        echo: Echo,
        _hold: Hold,
    },
}

/// One session.
pub(super) struct Seat {
    pub(super) peer: Connection,
    pub(super) session: String,
    pub(super) whereabouts: Whereabouts,
    pub(super) phase: Phase,
    pub(super) admitted: Instant,
    pub(super) last_datagram: Instant,
    /// The sign of life that was reported last.
    pub(super) reported: Instant,
    /// The way that was reported last.
    pub(super) reached: Option<Path>,
    /// When what it sends was.
    pub(super) clocks: Clocks,
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
    pub(super) fn new(peer: Connection, session: String, whereabouts: Whereabouts, now: Instant) -> Seat {
        let measuring = Measuring::new(peer.is_measured());
        Seat {
            peer,
            session,
            whereabouts,
            phase: Phase::Connecting,
            admitted: now,
            last_datagram: now,
            reported: now,
            reached: None,
            clocks: Clocks::default(),
            measuring,
            deadline: now,
            scheduled: None,
            dirty: true,
            outbox: Outbox::default(),
            behind: false,
            uploads: Uploads::default(),
        }
    }

    /// Why its transport did not come up. A client that has found a way begins its handshake on it.
    pub(super) fn not_connected(&self) -> LostCause {
        match self.peer.path() {
            None => LostCause::NeverConnected,
            Some(_) => LostCause::NeverSecured,
        }
    }

    /// Its room, if it is in one.
    pub(super) fn room(&self) -> Option<usize> {
        match self.whereabouts {
            Whereabouts::Lobby(_) | Whereabouts::Check { .. } | Whereabouts::Elsewhere { .. } => None,
            Whereabouts::Room(room) => Some(room),
        }
    }

    /// Whether it is a check of the network, of which nobody is told.
    pub(super) fn is_check(&self) -> bool {
        matches!(self.whereabouts, Whereabouts::Check { .. })
    }

    /// Whether the control plane is told by this shard that it was heard.
    pub(super) fn is_told_here(&self) -> bool {
        matches!(self.whereabouts, Whereabouts::Lobby(_) | Whereabouts::Room(_))
    }

    /// Whether it is one whose time is over.
    pub(super) fn is_over(&self, time: Time) -> bool {
        matches!(&self.whereabouts, Whereabouts::Check { echo, .. } if echo.is_over(time))
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
        let deadline = self
            .peer
            .drain(&mut |back, datagram| wire.send(back, datagram), events)?;
        self.deadline = deadline.unwrap_or(self.deadline);
        Ok(())
    }

    /// Asks it for a keyframe of one size; false if nothing has come from that source yet.
    pub(super) fn ask_keyframe(&mut self, source: Source, spatial: u8) -> bool {
        let asked = self.peer.ask_keyframe(source, spatial);
        if let Some(ssrc) = asked {
            self.measuring.keyframe_asked(ssrc);
        }
        asked.is_some()
    }

    /// The way to it, if another one was reported or none.
    pub(super) fn moved(&self, wire: &Wire) -> Option<Path> {
        let path = self.peer.path().and_then(|path| wire.seen(path));
        path.filter(|path| self.reached != Some(*path))
    }

    /// Whether something waits that the last settling could not write.
    pub(super) fn has_waiting(&self) -> bool {
        !self.outbox.is_empty() || self.peer.waits()
    }
}
