//! What lies between the two ends of a wired session, and by what the shard hears that something does.
//!
//! Each end holds it for as long as it takes to move some packets. The holder may wait for the shard so long; the shard only tries.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{AcqRel, Relaxed, Release},
        },
    },
};

use mio::Waker;

use super::{HeardPacket, SaidPacket};
use crate::core::channels::Channel;

/// A key that is no seat's.
const NOWHERE: usize = usize::MAX;

/// What lies between the two ends.
pub(super) struct Exchange {
    waiting: Mutex<Waiting>,
    /// The holder was there since the shard looked last.
    beat: AtomicBool,
    /// The place that the shard has for it.
    seat: AtomicUsize,
    /// Where its session is admitted.
    home: OnceLock<Home>,
}

/// By what a shard hears that something waits for it.
struct Home {
    announced: Arc<Announced>,
    waker: Arc<Waker>,
}

/// What waits for one of them.
#[derive(Default)]
pub(super) struct Waiting {
    /// For the holder.
    pub(super) heard: VecDeque<HeardPacket>,
    /// For the shard.
    pub(super) said: VecDeque<SaidPacket>,
    pub(super) requests: VecDeque<(Channel, String)>,
    pub(super) is_closed: bool,
    /// The shard knows that something waits for it.
    pub(super) is_announced: bool,
}

/// The wired sessions that have something for the shard, each once. It looks in each turn, which costs it nothing while there are none.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    waiting: Mutex<Vec<Weak<Exchange>>>,
    is_anything: AtomicBool,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Announced {
    fn add(&self, exchange: Weak<Exchange>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(exchange);
        self.is_anything.store(true, Release);
    }

    /// The seats of those that wait. None, if somebody is adding one: they wake the shard after that.
    pub(crate) fn take(&self) -> Vec<usize> {
        if !self.is_anything.swap(false, AcqRel) {
            return vec![];
        }
        let mut waiting = match self.waiting.try_lock() {
            Ok(waiting) => waiting,
            Err(TryLockError::Poisoned(waiting)) => waiting.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.is_anything.store(true, Release);
                return vec![];
            }
        };
        waiting
            .drain(..)
            .filter_map(|exchange| exchange.upgrade()?.seat())
            .collect()
    }
}

impl Exchange {
    pub(super) fn new() -> Exchange {
        Exchange {
            waiting: Mutex::default(),
            beat: AtomicBool::new(true),
            seat: AtomicUsize::new(NOWHERE),
            home: OnceLock::new(),
        }
    }

    /// For the holder, which may wait for it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under this lock panics.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the shard, which does not wait; `None` if the holder has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Waiting>> {
        match self.waiting.try_lock() {
            Ok(waiting) => Some(waiting),
            Err(TryLockError::Poisoned(waiting)) => Some(waiting.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The holder is there.
    pub(super) fn beat(&self) {
        self.beat.store(true, Relaxed);
    }

    /// Whether the holder was there since this was asked last.
    pub(super) fn take_beat(&self) -> bool {
        self.beat.swap(false, Relaxed)
    }

    /// Its session is about to be admitted by the shard that hears so that something waits.
    pub(super) fn lives_with(&self, announced: &Arc<Announced>, waker: &Arc<Waker>) {
        // It is admitted once.
        let _ = self.home.set(Home {
            announced: Arc::clone(announced),
            waker: Arc::clone(waker),
        });
    }

    /// The shard has this place for its session.
    pub(super) fn seated(&self, key: usize) {
        self.seat.store(key, Relaxed);
    }

    /// That place may be another's.
    pub(super) fn unseated(&self) {
        self.seat.store(NOWHERE, Relaxed);
    }

    /// Tells the shard that something waits for it, unless it knows.
    pub(super) fn announce(self: &Arc<Self>, mut waiting: MutexGuard<'_, Waiting>) {
        if std::mem::replace(&mut waiting.is_announced, true) {
            return;
        }
        drop(waiting);
        let Some(Home { announced, waker }) = self.home.get() else {
            // It is looked at when it is admitted.
            return;
        };
        announced.add(Arc::downgrade(self));
        if let Err(error) = waker.wake() {
            tracing::warn!(%error, "the media thread hears of a wired session only in its next turn");
        }
    }

    /// The place of its session in the shard.
    fn seat(&self) -> Option<usize> {
        Some(self.seat.load(Relaxed)).filter(|seat| *seat != NOWHERE)
    }
}

/// Adds one, and drops the oldest if there are too many.
pub(super) fn push_newest<T>(waiting: &mut VecDeque<T>, one: T, most: usize) {
    if waiting.len() >= most {
        waiting.pop_front();
    }
    waiting.push_back(one);
}
