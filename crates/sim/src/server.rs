//! A server process: the register, the rooms and the media plane, wired as the program wires them, without its contracts.
//!
//! A process that dies is dropped. Its tasks wait for a disk that does not answer them any more, so nothing of it acts on the
//! world again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use db::Db;
use media::{Media, Simulated};
use register::Register;
use rooms::{Observer, Rooms};
use tokio::{sync::Notify, task::AbortHandle};

use crate::{clock::Clock, limits};

/// A running server.
pub(crate) struct Server {
    pub(crate) rooms: Rooms,
    pub(crate) register: Register,
    pub(crate) media: Media,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) shard: Simulated,
    /// When the shard has something to do again.
    pub(crate) deadline: Instant,
    /// Dropped with the process, and so is what they hold.
    _tasks: Tasks,
}

impl Server {
    /// Starts as the program does: what a crash left open is taken up before anybody is let in.
    pub(crate) async fn start(db: Db, address: SocketAddr, clock: Clock, bell: Arc<Notify>) -> Option<Server> {
        let (sender, events) = tokio::sync::mpsc::channel(rooms::limits::MEDIA_EVENTS_MAX);
        let (media, shard) = Media::simulated(address, sender).expect("nothing is bound");
        let register = Register::new(db);
        let gauges = Arc::new(Gauges {
            conferences: AtomicI64::new(0),
            sessions: AtomicI64::new(0),
            bell,
        });
        let deadline = rooms::Clock::instant(&clock);
        let observer = Arc::<Gauges>::clone(&gauges);
        let rooms = Rooms::new(register.clone(), media.clone(), Arc::new(clock), observer);
        tokio::time::timeout(limits::START, rooms.restart()).await.ok()?.ok()?;
        let follow = tokio::spawn(rooms::follow(rooms.clone(), events)).abort_handle();
        let deadlines = tokio::spawn(rooms::keep_deadlines(rooms.clone())).abort_handle();
        let measured = tokio::spawn(rooms::keep_measured(rooms.clone())).abort_handle();
        Some(Server {
            rooms,
            register,
            media,
            gauges,
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
