//! One shard: a socket, the sessions behind it and their rooms, on one thread.
//!
//! A turn of the loop takes commands, lets connections in, reads datagrams, runs timers, has the rooms tell what is new, and then settles every
//! session that something was written to: a whole burst becomes packets at once, and leaves in runs (`burst.rs`). Nothing on this thread
//! waits for anybody: the control plane is told by [`Reporter`], and what the network does not take is dropped.
//!
//! A datagram finds its session by its address. An address becomes a session's by a STUN request that carries the
//! session's name and is signed with its password; before that, DTLS and media from it go nowhere. So a stranger can make
//! this thread do one lookup and one HMAC, and nothing else; with a connection also one place among few, for some seconds.
//!
//! There may be several, each with its sessions and its rooms. They share nothing: one is the door for all (`door.rs`), and
//! what it reads for another it posts to it. A large room has transports of its people on others as well (`spread.rs`).

mod burst;
mod commands;
mod directory;
mod door;
mod ending;
mod load;
mod measures;
mod presence;
mod seat;
#[cfg(feature = "simulated")]
mod simulated;
mod spread;
mod sweeping;
mod taps;
#[cfg(test)]
mod tests;
mod traffic;

pub(crate) use door::Door;
#[cfg(feature = "simulated")]
pub use simulated::Simulated;
pub(crate) use spread::Spread;

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant, SystemTime},
};

use mio::{Events, Poll};
use slab::Slab;
use time::OffsetDateTime;

use crate::{
    core::{
        Time,
        room::{Actions, Room},
    },
    counters::{Counting, count},
    ingress::PeerEvent,
    limits,
    queue::Inbox,
    reporter::Reporter,
    shard::{burst::Burst, directory::Directory, load::Load, presence::Presence, seat::Seat, taps::Taps},
    socket::Batch,
    wire::Wire,
    wired::Announced,
};

/// The shard. Sessions and rooms have keys: their places in `seats` and `rooms`.
pub(crate) struct Shard {
    wire: Wire,
    /// If this is the door of several.
    door: Option<Door>,
    spread: Spread,
    counting: Arc<Counting>,
    inbox: Inbox,
    /// The wired sessions that have something to say.
    announced: Arc<Announced>,
    reporter: Reporter,
    seats: Slab<Seat>,
    rooms: Slab<Room>,
    /// The rooms that have something to tell.
    untold: BTreeSet<usize>,
    directory: Directory,
    taps: Taps,
    buffers: Buffers,
    epoch: Instant,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    dirty: Vec<usize>,
    burst: Burst,
    swept: Instant,
    presence: Presence,
    told_alive: Instant,
    sampled: Instant,
    told_measured: Instant,
}

/// Taken out while in use, put back empty.
#[derive(Default)]
struct Buffers {
    datagrams: Batch,
    events: Vec<PeerEvent>,
    actions: Actions,
    dirty: Vec<usize>,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// There is nothing to do until a datagram, a command or a deadline comes.
    Waits,
    HasMoreToRead,
    /// It was told to stop and has no sessions any more.
    Stopped,
}

impl Shard {
    pub(crate) fn new(
        wire: Wire,
        door: Option<Door>,
        spread: Spread,
        inbox: Inbox,
        announced: Arc<Announced>,
        reporter: Reporter,
        counting: Arc<Counting>,
    ) -> Shard {
        let now = clock();
        let is_behind = wire.is_behind();
        let directory = if is_behind {
            Directory::remembering()
        } else {
            Directory::default()
        };
        Shard {
            wire,
            door,
            spread,
            counting,
            inbox,
            announced,
            reporter,
            seats: Slab::new(),
            rooms: Slab::new(),
            untold: BTreeSet::new(),
            directory,
            taps: Taps::default(),
            buffers: Buffers::default(),
            epoch: now,
            timers: BinaryHeap::new(),
            dirty: vec![],
            burst: Burst::default(),
            swept: now,
            presence: Presence::new(now, is_behind),
            told_alive: now,
            sampled: now,
            told_measured: now,
        }
    }

    /// Runs until it is told to stop; false if it ends before.
    pub(crate) fn run(mut self, mut poll: Poll) -> bool {
        let mut ready = Events::with_capacity(limits::EVENTS_PER_TURN);
        let mut more_to_read = false;
        let mut load = Load::new(clock());
        loop {
            let timeout = if more_to_read {
                Duration::ZERO
            } else {
                self.until_next_deadline(clock())
            };
            if let Err(error) = poll.poll(&mut ready, Some(timeout))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the media thread cannot wait for its socket");
                return false;
            }
            self.wire.note(&ready);
            let now = clock();
            let turn = self.turn(now);
            if let Some(window) = load.worked(now, clock()) {
                self.counting.busy_permille.store(window.busy_permille, Relaxed);
                self.counting.full.store(window.is_full.into(), Relaxed);
            }
            match turn {
                Turn::Waits => more_to_read = false,
                Turn::HasMoreToRead => more_to_read = true,
                Turn::Stopped => return true,
            }
        }
    }

    /// Does everything that there is to do at this time.
    fn turn(&mut self, now: Instant) -> Turn {
        self.presence.look(now);
        if !self.take_commands(now) {
            self.stop(now);
            return Turn::Stopped;
        }
        self.wire.let_in(now);
        self.read_post();
        self.read_mail(now);
        let more_to_read = self.read_datagrams(now);
        if !more_to_read {
            self.presence.caught_up();
        }
        self.run_timers(now);
        self.tell_news(now);
        if !self.burst.waits(self.dirty.len(), now) {
            self.settle_all(now);
        }
        self.sweep(now);
        self.flush();
        self.count();
        if more_to_read { Turn::HasMoreToRead } else { Turn::Waits }
    }

    fn flush(&mut self) {
        self.wire.release(self.directory.take_released());
        self.wire.flush();
        self.spread.flush();
        if let Some(door) = &mut self.door {
            door.flush();
        }
    }

    /// The time that the rooms live in.
    fn time(&self, now: Instant) -> Time {
        now.saturating_duration_since(self.epoch)
    }

    /// Something was written to the session: it is settled at the end of the turn.
    fn touch(&mut self, key: usize) {
        if let Some(seat) = self.seats.get_mut(key)
            && !std::mem::replace(&mut seat.dirty, true)
        {
            self.dirty.push(key);
        }
    }

    /// Schedules the next tick of a session, unless an earlier one stands in the heap.
    fn schedule(&mut self, key: usize) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        if seat.scheduled.is_none_or(|scheduled| seat.deadline < scheduled) {
            seat.scheduled = Some(seat.deadline);
            self.timers.push(Reverse((seat.deadline, key)));
        }
    }

    fn until_next_deadline(&self, now: Instant) -> Duration {
        let sweep = self.swept + limits::SWEEP_INTERVAL;
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let tellings = self.untold.iter().filter_map(|key| self.rooms.get(*key)?.telling_at());
        let telling = tellings.min().map(|at| self.epoch + at);
        let next = [timer, telling, self.burst.deadline()]
            .into_iter()
            .flatten()
            .fold(sweep, Instant::min);
        next.saturating_duration_since(now)
    }

    fn run_timers(&mut self, now: Instant) {
        while let Some(Reverse((at, key))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            let Some(seat) = self.seats.get_mut(key).filter(|seat| seat.scheduled == Some(at)) else {
                continue;
            };
            seat.scheduled = None;
            if seat.deadline <= now {
                self.touch(key);
            } else {
                self.schedule(key);
            }
        }
    }

    /// Settles every session that was written to, and those that this writes to. What is still left then has its turn after
    /// the next datagrams: two sessions cannot keep the shard to themselves.
    fn settle_all(&mut self, now: Instant) {
        for _ in 0..limits::SETTLINGS_PER_TURN {
            let mut dirty = std::mem::replace(&mut self.dirty, std::mem::take(&mut self.buffers.dirty));
            for key in dirty.drain(..) {
                self.note_space(key);
                let Some(seat) = self.seats.get_mut(key) else { continue };
                let mut events = std::mem::take(&mut self.buffers.events);
                count(&self.counting.settlings);
                let settled = seat.settle(now, &mut self.wire, &mut events);
                self.post_words(key);
                self.handle(key, settled, events, now);
                self.note_waiting(key, now);
            }
            self.buffers.dirty = dirty;
        }
    }

    fn count(&mut self) {
        let (sent, unsent) = self.wire.take_counts();
        self.counting.datagrams_out.fetch_add(sent, Relaxed);
        self.counting.datagrams_unsent.fetch_add(unsent, Relaxed);
        self.counting.connections.store(self.wire.connections() as u64, Relaxed);
        self.counting.relayed.store(self.wire.relayed() as u64, Relaxed);
        self.counting
            .sessions
            .store(self.directory.sessions().len() as u64, Relaxed);
        self.counting.rooms.store(self.rooms.len() as u64, Relaxed);
    }
}

/// The one place of this thread that reads the clock. The runtime's is the system's, but in a world whose time is simulated.
#[expect(clippy::disallowed_methods, reason = "the shell hands the time to everything inside")]
pub(crate) fn clock() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The calendar as credentials have it, in seconds of Unix time.
pub(crate) fn unix_s() -> u64 {
    u64::try_from(calendar().unix_timestamp()).unwrap_or_default()
}

/// And the calendar.
#[expect(clippy::disallowed_methods, reason = "people want to read when something was said")]
fn calendar() -> OffsetDateTime {
    SystemTime::now().into()
}
