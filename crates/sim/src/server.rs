//! A server process: the register, the rooms and the media plane, wired as the program wires them, without its contracts.
//!
//! A process that dies is dropped. Its tasks wait for a disk that does not answer them any more, so nothing of it acts on the
//! world again.

use std::{
    collections::BTreeMap,
    future::ready,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use db::Db;
use media::{Media, Simulated, Spreading};
use meeting::{RecordingId, SpaceId};
use register::Register;
use rooms::{Asks, Observer, Recorder, Rooms, Wanted};
use tokio::{sync::Notify, task::AbortHandle};

use crate::{clock::Clock, limits};

/// A running server.
pub(crate) struct Server {
    pub(crate) rooms: Rooms,
    pub(crate) register: Register,
    pub(crate) media: Media,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) tapes: Arc<Tapes>,
    pub(crate) shard: Simulated,
    /// When the shard has something to do again.
    pub(crate) deadline: Instant,
    /// Dropped with the process, and so is what they hold.
    _tasks: Tasks,
}

impl Server {
    /// Starts as the program does: what a crash left open is taken up before anybody is let in.
    pub(crate) async fn start(
        db: Db,
        address: SocketAddr,
        shards: usize,
        clock: Clock,
        bell: Arc<Notify>,
    ) -> Option<Server> {
        let (sender, events) = tokio::sync::mpsc::channel(rooms::limits::MEDIA_EVENTS_MAX);
        let (media, shard) =
            Media::simulated_in_shards(address, sender, shards, Spreading::InTurn).expect("nothing is bound");
        let register = Register::new(db);
        let gauges = Arc::new(Gauges {
            conferences: AtomicI64::new(0),
            sessions: AtomicI64::new(0),
            bell,
        });
        let deadline = rooms::Clock::instant(&clock);
        let observer = Arc::<Gauges>::clone(&gauges);
        let tapes = Arc::new(Tapes::new(&clock));
        let recorder = Arc::<Tapes>::clone(&tapes);
        let rooms = Rooms::new(register.clone(), media.clone(), Arc::new(clock), observer, recorder);
        tokio::time::timeout(limits::START, rooms.restart()).await.ok()?.ok()?;
        let follow = tokio::spawn(rooms::follow(rooms.clone(), events)).abort_handle();
        let deadlines = tokio::spawn(rooms::keep_deadlines(rooms.clone())).abort_handle();
        let measured = tokio::spawn(rooms::keep_measured(rooms.clone())).abort_handle();
        Some(Server {
            rooms,
            register,
            media,
            gauges,
            tapes,
            shard,
            deadline,
            _tasks: Tasks([follow, deadlines, measured]),
        })
    }
}

struct Tasks([AbortHandle; 3]);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

/// What the rooms say of themselves, after every step of a room.
pub(crate) struct Gauges {
    conferences: AtomicI64,
    sessions: AtomicI64,
    bell: Arc<Notify>,
}

impl Gauges {
    /// Conferences and sessions that run.
    pub(crate) fn read(&self) -> (i64, i64) {
        (self.conferences.load(Relaxed), self.sessions.load(Relaxed))
    }
}

/// What should be recorded, as the rooms have said it; what is in a recording is not simulated.
pub(crate) struct Tapes {
    /// Counted on from the time of the start, so that no other process has the same.
    next: AtomicI64,
    wanted: Mutex<BTreeMap<SpaceId, Wanted>>,
}

impl Tapes {
    fn new(clock: &Clock) -> Tapes {
        Tapes {
            next: AtomicI64::new(rooms::Clock::now(clock).0),
            wanted: Mutex::default(),
        }
    }

    /// What should be recorded in this space.
    pub(crate) fn wanted(&self, space: &SpaceId) -> Option<Wanted> {
        self.wanted.lock().expect("nobody panics with it").get(space).cloned()
    }
}

impl Recorder for Tapes {
    fn fresh_id(&self) -> RecordingId {
        let id = self.next.fetch_add(1, Relaxed);
        RecordingId::from_random(i128::from(id).to_be_bytes())
    }

    fn asks<'a>(&'a self, _space: &'a SpaceId) -> Asks<'a> {
        Box::pin(ready(Ok(false)))
    }

    fn record(&self, space: &SpaceId, wanted: Option<Wanted>) {
        let mut all = self.wanted.lock().expect("nobody panics with it");
        match wanted {
            Some(wanted) => all.insert(space.clone(), wanted),
            None => all.remove(space),
        };
    }
}

impl Observer for Gauges {
    fn written(&self, _took: Duration) {}

    fn sessions_ended(&self, _count: u64) {}

    fn live_changed(&self, conferences: i64, sessions: i64) {
        self.conferences.fetch_add(conferences, Relaxed);
        self.sessions.fetch_add(sessions, Relaxed);
        self.bell.notify_one();
    }

    fn given_up(&self, _count: u64) {}
}
