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
mod load;
mod measures;
mod presence;
mod seat;
#[cfg(feature = "simulated")]
mod simulated;
mod spread;
mod taps;
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
        MemberId, Time,
        room::{Actions, Room},
    },
    counters::{Counting, count},
    event::{DisconnectReason, LostCause},
    ingress::PeerEvent,
    limits,
    peer::PeerError,
    queue::Inbox,
    reporter::Reporter,
    shard::{
        burst::Burst,
        directory::Directory,
        load::Load,
        presence::Presence,
        seat::{Phase, Seat, Whereabouts},
        taps::Taps,
    },
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

    /// The session is gone: its media stops, and the control plane is told. The others are not; see [`Shard::remove`].
    fn lose(&mut self, key: usize, cause: LostCause) {
        let now = self.presence.looked();
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key).filter(|seat| seat.phase.lives()) else {
            return;
        };
        if seat.is_check() {
            seat.phase = Phase::Leaving { until: now };
            return;
        }
        measures::tell_the_last(seat, &self.wire, &mut self.reporter, now, time);
        seat.phase = Phase::Lost;
        if let Whereabouts::Elsewhere { .. } = seat.whereabouts {
            return self.lose_elsewhere(key, cause);
        }
        self.reporter.lost(&seat.session, seat.last_datagram, cause);
        let room = seat.room();
        if let Some(distant) = seat.peer.distant() {
            distant.lost();
            self.touch(key);
        }
        if let Some(room) = room {
            if let Some(room) = self.rooms.get_mut(room) {
                room.gone(MemberId(key));
            }
            self.observe(room, now);
        }
    }

    /// The session's transport is beyond help.
    fn fail(&mut self, key: usize, error: &PeerError) {
        let Some(seat) = self.seats.get(key) else { return };
        tracing::warn!(session = seat.session, ?error, "a peer connection failed");
        count(&self.counting.peer_errors);
        let cause = if seat.phase == Phase::Connecting {
            LostCause::NeverConnected
        } else {
            LostCause::Closed
        };
        self.lose(key, cause);
        self.directory.disconnect(key);
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

    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) < limits::SWEEP_INTERVAL {
            return;
        }
        self.swept = now;
        self.wire.sweep(now, unix_s(), |end| {
            let is_elsewhere = self.door.as_ref().is_some_and(|door| door.has(end));
            is_elsewhere || self.directory.by_address(end).is_some()
        });
        if let Some(door) = &mut self.door {
            door.sweep();
        }
        self.reporter.flush();
        self.taps.sweep();
        let time = self.time(now);
        let keys: Vec<usize> = self.seats.iter().map(|(key, _)| key).collect();
        for key in keys {
            let seat = &mut self.seats[key];
            if seat.peer.take_beat() {
                seat.last_datagram = now;
            }
            let silent = self.presence.since(seat.last_datagram, now) >= limits::SILENCE;
            let late = self.presence.since(seat.admitted, now) >= limits::CONNECT_DEADLINE;
            match seat.phase {
                _ if seat.is_over(time) => self.free(key),
                _ if seat.peer.is_distant() && seat.has_waiting() => self.touch(key),
                // Its own shard says when it is gone.
                _ if seat.peer.is_distant() => {}
                Phase::Connecting if late => self.lose(key, LostCause::NeverConnected),
                Phase::Connected if silent => self.lose(key, LostCause::Silent),
                Phase::Leaving { until } if until <= now => self.free(key),
                _ if seat.has_waiting() => self.touch(key),
                _ => {}
            }
        }
        let seats = self.seats.iter();
        let connected = seats.filter(|(_, seat)| seat.phase == Phase::Connected && seat.peer.crosses_a_network());
        self.presence.hear(connected.map(|(_, seat)| seat.last_datagram), now);
        self.say_heard();
        if now.saturating_duration_since(self.told_alive) >= limits::ALIVE_INTERVAL {
            self.told_alive = now;
            self.tell_alive();
        }
        self.measure(now);
    }

    fn tell_alive(&mut self) {
        let fresh = |seat: &&mut Seat| {
            seat.phase == Phase::Connected && seat.is_told_here() && seat.last_datagram > seat.reported
        };
        let mut signs = vec![];
        for seat in self.seats.iter_mut().map(|(_, seat)| seat).filter(fresh) {
            signs.push((seat.session.clone(), seat.last_datagram));
        }
        if self.reporter.alive(signs) {
            for (_, seat) in self.seats.iter_mut().filter(|(_, seat)| seat.is_told_here()) {
                seat.reported = seat.last_datagram;
            }
        }
    }

    /// Ends a removed session's transport and forgets it.
    fn free(&mut self, key: usize) {
        self.directory.forget(key);
        let mut seat = self.seats.remove(key);
        if seat.peer.close().is_ok() {
            // Whatever happens in this last drain happens to nobody.
            let _ = seat.drain(&mut self.wire, &mut vec![]);
        }
        self.freed_elsewhere(&seat.whereabouts);
    }

    fn stop(&mut self, now: Instant) {
        let sessions: Vec<String> = self.directory.sessions().map(str::to_owned).collect();
        for session in sessions {
            self.remove(&session, DisconnectReason::ShuttingDown, now);
        }
        self.dismiss_carried(now);
        self.settle_all(now);
        let keys: Vec<usize> = self.seats.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.free(key);
        }
        // The others have said goodbye before.
        self.read_post();
        self.flush();
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

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc as events;

    use super::*;
    use crate::{
        admission::{Card, CardKind},
        connection::Connection,
        endpoint::Endpoint,
        event::{DisconnectReason, Event},
        peer::fixture,
        rights::Rights,
        socket::Socket,
        tcp::{Tcp, Tokens},
        wired,
    };

    struct Stage {
        shard: Shard,
        start: Instant,
        events: events::Receiver<Event>,
    }

    impl Stage {
        fn new(sessions: &[&str]) -> Stage {
            let socket = Socket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let registry = Poll::new().unwrap().registry().try_clone().unwrap();
            let tcp = Tcp::new(registry, Tokens { first: 2 }, None, Arc::default()).unwrap();
            let (sender, events) = events::channel(100);
            let inbox = Inbox(Arc::default());
            let mut shard = Shard::new(
                Wire::network(socket, tcp, None),
                None,
                Spread::default(),
                inbox,
                Arc::default(),
                Reporter::new(sender),
                Arc::default(),
            );
            let start = clock();
            for session in sessions {
                let card = Card {
                    participant_key: format!("participants/{session}"),
                    session_name: format!("participants/{session}/participantSessions/{session}"),
                    full_session_name: None,
                    display_name: (*session).to_owned(),
                    kind: CardKind::Anonymous,
                    by_program: false,
                };
                shard.admit(Connection::WebRtc(fixture::peer()), session, None, start);
                shard.let_in(session, "r", card, Rights::MEMBER, start);
            }
            Stage { shard, start, events }
        }

        fn key(&self, session: &str) -> usize {
            self.shard.directory.by_session(session).unwrap()
        }

        fn at(&self, ms: u64) -> Instant {
            self.start + Duration::from_millis(ms)
        }

        /// Sweeps up to a time and takes what was reported.
        fn sweep(&mut self, ms: u64) -> Vec<Event> {
            while self.shard.swept + 2 * limits::SWEEP_INTERVAL <= self.at(ms) {
                let now = self.shard.swept + limits::SWEEP_INTERVAL;
                self.shard.presence.look(now);
                self.shard.sweep(now);
            }
            self.sweep_after_a_pause(ms)
        }

        /// Sweeps at a time and not before.
        fn sweep_after_a_pause(&mut self, ms: u64) -> Vec<Event> {
            let now = self.at(ms);
            self.shard.presence.look(now);
            self.shard.sweep(now);
            std::iter::from_fn(|| self.events.try_recv().ok()).collect()
        }
    }

    fn lost(session: &str, last_sign_of_life: Instant, cause: LostCause) -> Vec<Event> {
        vec![Event::Lost {
            session: session.into(),
            last_sign_of_life,
            cause,
        }]
    }

    #[test]
    fn deadlines_are_kept() {
        let mut stage = Stage::new(&["a", "b"]);
        let key = stage.key("b");
        stage.shard.seats[key].phase = Phase::Connected;
        stage.shard.seats[key].last_datagram = stage.at(4_000);
        assert_eq!(stage.sweep(4_500), [Event::Alive(vec![("b".into(), stage.at(4_000))])]);
        assert_eq!(stage.sweep(7_000), [], "nothing new");
        assert_eq!(stage.sweep(11_900), []);
        assert_eq!(stage.sweep(12_300), lost("b", stage.at(4_000), LostCause::Silent));
        assert_eq!(stage.sweep(14_900), []);
        assert_eq!(stage.sweep(15_200), lost("a", stage.at(0), LostCause::NeverConnected));
        assert_eq!(stage.sweep(60_000), [], "reported once");
    }

    #[test]
    fn nobody_was_silent_while_the_thread_stood_still() {
        let mut stage = Stage::new(&["a", "b"]);
        let key = stage.key("b");
        stage.shard.seats[key].phase = Phase::Connected;
        stage.shard.seats[key].last_datagram = stage.at(1_000);
        assert_eq!(stage.sweep(2_000), [Event::Alive(vec![("b".into(), stage.at(1_000))])]);
        assert_eq!(
            stage.sweep_after_a_pause(20_000),
            [],
            "both have their whole time again"
        );
        assert_eq!(stage.sweep(27_900), []);
        assert_eq!(
            stage.sweep(28_300),
            lost("b", stage.at(1_000), LostCause::Silent),
            "who stays silent was last heard of before"
        );
        assert_eq!(stage.sweep(35_300), lost("a", stage.at(0), LostCause::NeverConnected));
    }

    #[test]
    fn a_wired_session_lives_by_its_holders_beats() {
        let mut stage = Stage::new(&[]);
        let announced = Arc::clone(&stage.shard.announced);
        let waker = mio::Waker::new(Poll::new().unwrap().registry(), mio::Token(0)).unwrap();
        let (peer, wired) = wired::wire(true);
        peer.lives_with(&announced, &Arc::new(waker));
        stage
            .shard
            .admit(Connection::Wired(Box::new(peer)), "phone", None, stage.at(0));
        stage.shard.settle_all(stage.at(0));
        let connected = Event::Connected {
            session: "phone".into(),
        };
        assert_eq!(stage.sweep(250), [connected], "there is nothing to wait for");
        let signs: Vec<Event> = (1..=40)
            .flat_map(|beat| {
                wired.sound().beat(&mut vec![]);
                stage.sweep(250 + beat * 500)
            })
            .collect();
        assert!(signs.iter().all(|event| matches!(event, Event::Alive(_))), "{signs:?}");
        assert_eq!(signs.len(), 10, "one in two seconds");
        let lost = stage.sweep(30_000);
        assert!(
            matches!(&lost[..], [Event::Lost { session, cause: LostCause::Silent, .. }] if session == "phone"),
            "{lost:?}"
        );
    }

    #[test]
    fn what_was_removed_is_forgotten() {
        let mut stage = Stage::new(&["a", "b"]);
        let address = Endpoint::udp("127.0.0.1:9".parse().unwrap());
        stage.shard.directory.claim(stage.key("a"), address);
        stage.shard.remove("a", DisconnectReason::ClientLeft, stage.at(0));
        assert_eq!(
            (stage.shard.seats.len(), stage.shard.rooms.len()),
            (2, 1),
            "it says goodbye first"
        );
        stage.shard.remove("b", DisconnectReason::ClientLeft, stage.at(0));
        stage.shard.remove("b", DisconnectReason::ClientLeft, stage.at(0));
        assert_eq!(stage.sweep(1_000), []);
        let shard = &stage.shard;
        assert!(shard.seats.is_empty() && shard.rooms.is_empty() && shard.directory.is_empty());
    }

    #[test]
    fn an_address_stays_with_the_session_that_lives_there() {
        let mut stage = Stage::new(&["a", "b"]);
        let (a, b) = (stage.key("a"), stage.key("b"));
        let shard = &mut stage.shard;
        assert!(shard.may_have(b, None) && shard.may_have(a, Some(a)) && !shard.may_have(b, Some(a)));
        shard.lose(a, LostCause::Closed);
        assert!(shard.may_have(b, Some(a)));
    }
}
