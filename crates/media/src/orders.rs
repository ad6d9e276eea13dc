//! The control plane's end of one shard: its orders, and what it counts.

use std::{
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    thread::JoinHandle,
};

use mio::Waker;
use tokio::sync::mpsc;

use crate::{
    connection::Connection,
    counters::Counting,
    event::Event,
    placing::Busy,
    queue::{self, Inbox, Queue},
    reporter::Reporter,
    shard::{Door, Shard, Spread},
    wire::Wire,
    wired::Announced,
};

/// The end.
#[derive(Debug)]
pub(crate) struct Orders {
    counting: Arc<Counting>,
    queue: Arc<Mutex<Queue>>,
    /// The wired sessions that have something for the shard.
    announced: Arc<Announced>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl Orders {
    /// Both ends, which no thread has joined yet.
    pub(crate) fn new(
        wire: Wire,
        door: Option<Door>,
        spread: Spread,
        waker: Arc<Waker>,
        events: mpsc::Sender<Event>,
    ) -> (Orders, Shard) {
        let counting = Arc::<Counting>::default();
        let queue = Arc::<Mutex<Queue>>::default();
        let announced = Arc::<Announced>::default();
        let shard = Shard::new(
            wire,
            door,
            spread,
            Inbox(Arc::clone(&queue)),
            Arc::clone(&announced),
            Reporter::new(events),
            Arc::clone(&counting),
        );
        let orders = Orders {
            counting,
            queue,
            announced,
            waker,
            thread: None,
        };
        (orders, shard)
    }

    /// The shard runs on this thread.
    pub(crate) fn runs_on(&mut self, thread: JoinHandle<()>) {
        self.thread = Some(thread);
    }

    /// Gives an order, and wakes the shard once the lock is free again, as [`Inbox::take`] wants it.
    pub(crate) fn order<T>(&self, give: impl FnOnce(&mut Queue) -> T) -> T {
        let given = give(&mut queue::lock(&self.queue));
        self.wake();
        given
    }

    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::warn!(%error, "a media thread hears of an order only in its next turn");
        }
    }

    /// A connection is about to be admitted here.
    pub(crate) fn welcome(&self, connection: &Connection) {
        connection.lives_with(&self.announced, &self.waker);
    }

    pub(crate) fn counting(&self) -> &Counting {
        &self.counting
    }

    /// How busy the shard is.
    pub(crate) fn busy(&self) -> Busy {
        Busy {
            permille: self.counting.busy_permille.load(Relaxed),
            is_full: self.counting.full.load(Relaxed) > 0,
        }
    }

    /// Somebody was refused because there is no time left.
    pub(crate) fn count_refused(&self) {
        self.counting.sessions_refused.fetch_add(1, Relaxed);
    }

    /// Stops the shard and waits for its end.
    pub(crate) fn stop(&mut self) {
        self.order(Queue::stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a media thread panicked");
        }
    }
}
