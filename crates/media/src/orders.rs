//! The control plane's end of one shard: its orders, and what it counts.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    thread::{self, JoinHandle},
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

    /// Has the shard run on a thread of its own. Whoever follows these events hears of it if that ends of itself.
    pub(crate) fn start(
        &mut self,
        events: mpsc::Sender<Event>,
        run: impl FnOnce() -> bool + Send + 'static,
    ) -> io::Result<()> {
        let thread = thread::Builder::new().name("media".into());
        self.thread = Some(thread.spawn(move || watched(&events, run))?);
        Ok(())
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
        if let Some(thread) = self.thread.take() {
            thread.join().expect("its panics are caught");
        }
    }
}

/// Runs what carries media, and tells if it ends though it was not told to.
fn watched(events: &mpsc::Sender<Event>, run: impl FnOnce() -> bool) {
    let was_told = catch_unwind(AssertUnwindSafe(run)).unwrap_or(false);
    if !was_told && events.blocking_send(Event::Failed).is_ok() {
        tracing::error!("a media thread has failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the control plane is told of the end of a thread that runs this.
    #[track_caller]
    fn check(run: fn() -> bool, is_told: bool) {
        let (sender, mut events) = mpsc::channel(1);
        watched(&sender, run);
        assert_eq!(events.try_recv().is_ok(), is_told);
    }

    #[test]
    fn the_end_of_a_thread_is_told_unless_it_was_told_to_end() {
        check(|| true, false);
        check(|| false, true);
        check(|| panic!("something was wrong"), true);
    }
}
