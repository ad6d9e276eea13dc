//! One room: a space behind a lock, what others may glance at without waiting for it, and when it may be forgotten.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use meeting::{Space, SpaceId};

use crate::observer::Observer;
use crate::untold::Untold;

/// No deadline.
pub(crate) const NEVER_US: i64 = i64::MAX;

#[derive(Default)]
pub(crate) struct Room {
    /// `None`: not read yet, or not known to agree with the register.
    pub(crate) space: tokio::sync::Mutex<Option<Space>>,
    pub(crate) deadline_us: AtomicI64,
    /// What was last known, for those who do not wait: conferences (0 or 1), people and sessions.
    conferences: AtomicUsize,
    present: AtomicUsize,
    sessions: AtomicUsize,
    untold: Mutex<Untold>,
    /// Of how many absences of this process the space knows.
    pub(crate) absences: AtomicU64,
    /// Inputs under way.
    visits: AtomicUsize,
}

impl Room {
    /// Notes what others may glance at.
    pub(crate) fn note(&self, space: &Space, observer: &dyn Observer) {
        let deadlines = space.next_deadline().into_iter().chain(self.untold().due());
        let deadline = deadlines.min().map_or(NEVER_US, |deadline| deadline.0);
        self.deadline_us.store(deadline, Ordering::Relaxed);
        let (sessions, present) = space.conference().map_or((0, 0), |conference| {
            (conference.live_sessions().len(), conference.present())
        });
        let conferences = usize::from(space.conference().is_some());
        self.present.store(present, Ordering::Relaxed);
        let conferences_before = self.conferences.swap(conferences, Ordering::Relaxed);
        let sessions_before = self.sessions.swap(sessions, Ordering::Relaxed);
        observer.live_changed(
            difference(conferences, conferences_before),
            difference(sessions, sessions_before),
        );
    }

    /// Whether a conference runs, and how many people are in it.
    pub(crate) fn glance(&self) -> (bool, usize) {
        (
            self.conferences.load(Ordering::Relaxed) > 0,
            self.present.load(Ordering::Relaxed),
        )
    }

    /// How many sessions run.
    pub(crate) fn sessions(&self) -> usize {
        self.sessions.load(Ordering::Relaxed)
    }

    /// Those who are to be told what they are now.
    pub(crate) fn untold(&self) -> MutexGuard<'_, Untold> {
        lock(&self.untold)
    }

    /// Whether something happens here: a conference, or a deadline, which everybody has who is outside.
    fn is_alive(&self) -> bool {
        self.conferences.load(Ordering::Relaxed) > 0 || self.deadline_us.load(Ordering::Relaxed) != NEVER_US
    }
}

/// The rooms in which something happens.
#[derive(Default)]
pub(crate) struct Building(Mutex<HashMap<SpaceId, Arc<Room>>>);

impl Building {
    /// Enters a room, which is opened if nothing happened there.
    pub(crate) fn enter<'a>(&'a self, id: &'a SpaceId) -> Visit<'a> {
        let mut rooms = lock(&self.0);
        let room = rooms.entry(id.clone()).or_insert_with(|| {
            let room = Room::default();
            room.deadline_us.store(NEVER_US, Ordering::Relaxed);
            Arc::new(room)
        });
        room.visits.fetch_add(1, Ordering::Relaxed);
        Visit {
            building: self,
            id,
            room: Arc::clone(room),
        }
    }

    /// A room in which something happens.
    pub(crate) fn find(&self, id: &SpaceId) -> Option<Arc<Room>> {
        lock(&self.0).get(id).cloned()
    }

    /// How many sessions run in all rooms.
    pub(crate) fn sessions(&self) -> usize {
        lock(&self.0).values().map(|room| room.sessions()).sum()
    }

    /// All spaces in which something happens.
    pub(crate) fn spaces(&self) -> Vec<SpaceId> {
        lock(&self.0).keys().cloned().collect()
    }

    /// The spaces whose deadline has passed. Each is named once; its next input sets its next deadline.
    pub(crate) fn take_due(&self, now_us: i64) -> Vec<SpaceId> {
        let rooms = lock(&self.0);
        let due = rooms
            .iter()
            .filter(|(_, room)| room.deadline_us.load(Ordering::Relaxed) <= now_us);
        due.map(|(id, room)| {
            room.deadline_us.store(NEVER_US, Ordering::Relaxed);
            id.clone()
        })
        .collect()
    }
}

/// One input's stay in a room. The last one out forgets a room in which nothing happens.
pub(crate) struct Visit<'a> {
    building: &'a Building,
    id: &'a SpaceId,
    pub(crate) room: Arc<Room>,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        // Under the lock of the map nobody can enter meanwhile.
        let mut rooms = lock(&self.building.0);
        let last = self.room.visits.fetch_sub(1, Ordering::Relaxed) == 1;
        if last && !self.room.is_alive() {
            rooms.remove(self.id);
        }
    }
}

fn difference(now: usize, before: usize) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX) - i64::try_from(before).unwrap_or(i64::MAX)
}

/// These maps are never left half changed, so a panic beside one does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
