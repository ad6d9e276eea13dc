//! The spaces in which something happens now: one input after the other, and each fact written before it is told.
//!
//! A room is a space behind a lock. [`Rooms::input`] is the one door: decide, record, apply, tell the media plane. The space is
//! *taken out* of its room for that time and put back only when memory and register are known to agree. If a write fails, or
//! something panics, the room stays empty and the next input reads the space from the register again: an unknown outcome
//! is looked up, never guessed.
//!
//! Each input runs as a task of its own, because a caller that hangs up drops its future, and half an input is the one thing
//! that must not be.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use media::{Admission, DisconnectReason, Media, Overloaded, Permissions, Place, Prepared};
use meeting::{ConferenceId, Fact, Input, LostReason, Micros, Refusal, SessionEndReason, SessionId, Space, SpaceId};
use register::{Register, RegisterError};

use crate::clock;
use crate::failure::chain;
use crate::metrics::Metrics;

/// No deadline.
const NEVER_US: i64 = i64::MAX;

/// How long a room whose space could not be read or written waits until it tries by itself.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// All rooms. Clones share them.
#[derive(Clone)]
pub(crate) struct Rooms(Arc<Inner>);

struct Inner {
    register: Register,
    media: Media,
    metrics: Arc<Metrics>,
    rooms: Mutex<HashMap<SpaceId, Arc<Room>>>,
    /// Where the sessions are that the media plane speaks of.
    places: Mutex<HashMap<SessionId, SpaceId>>,
    draining: AtomicBool,
    media_stopped: AtomicBool,
}

#[derive(Default)]
struct Room {
    /// `None`: not read yet, or not known to agree with the register.
    space: tokio::sync::Mutex<Option<Space>>,
    deadline_us: AtomicI64,
    /// What was last known, for those who do not wait: conferences (0 or 1), people and sessions.
    conferences: AtomicUsize,
    present: AtomicUsize,
    sessions: AtomicUsize,
    /// Inputs under way.
    visits: AtomicUsize,
}

/// Why an input did not become facts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The rules of meetings say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The media plane cannot take the session, which has been ended again.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The server stops.
    #[error("the server is stopping; try again soon")]
    Draining,
    /// The facts could not be written, or the space not read.
    #[error("the register cannot be reached; try again soon")]
    Register(#[from] RegisterError),
    /// A mistake of ours; the room has been read again.
    #[error("an internal error ended the request")]
    Panicked(#[source] tokio::task::JoinError),
}

/// Where an admitted session is.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) conference: ConferenceId,
    pub(crate) participant: meeting::ParticipantId,
}

/// What is needed to let a session into the media plane, once it is written down.
pub(crate) struct Entrance {
    pub(crate) prepared: Prepared,
    pub(crate) session: SessionId,
    /// The card for the participant that the register knows.
    pub(crate) card: Box<dyn FnOnce(&meeting::ParticipantId) -> media::Card + Send>,
}

impl Rooms {
    pub(crate) fn new(register: Register, media: Media, metrics: Arc<Metrics>) -> Rooms {
        Rooms(Arc::new(Inner {
            register,
            media,
            metrics,
            rooms: Mutex::default(),
            places: Mutex::default(),
            draining: AtomicBool::new(false),
            media_stopped: AtomicBool::new(false),
        }))
    }

    /// Takes up the conferences that a crash left open.
    pub(crate) async fn restart(&self) -> Result<(), RegisterError> {
        let open = self.0.register.open_conferences().await?;
        for space in open {
            let id = space.id().clone();
            tracing::info!(space = %id, "a conference was left open; its sessions end at their last sign of life");
            let visit = self.0.enter(&id);
            *visit.room.space.lock().await = Some(space);
            if let Err(error) = self.input(id.clone(), Input::Restart).await {
                let InputError::Register(error) = error else { continue };
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lets something happen to a space.
    pub(crate) async fn input(&self, space: SpaceId, input: Input) -> Result<(), InputError> {
        self.spawn(space, input, None).await.map(|_| ())
    }

    /// Joins or resumes. When this returns, the session is written down and the media plane expects it.
    pub(crate) async fn admit(&self, space: SpaceId, input: Input, entrance: Entrance) -> Result<Seat, InputError> {
        let seat = self.spawn(space, input, Some(entrance)).await?;
        Ok(seat.expect("an admitted session has a seat"))
    }

    async fn spawn(
        &self,
        space: SpaceId,
        input: Input,
        entrance: Option<Entrance>,
    ) -> Result<Option<Seat>, InputError> {
        let inner = Arc::clone(&self.0);
        let span = tracing::Span::current();
        let task = tracing::Instrument::instrument(async move { inner.handle(&space, input, entrance).await }, span);
        tokio::spawn(task)
            .await
            .unwrap_or_else(|panicked| Err(InputError::Panicked(panicked)))
    }

    /// Whether a conference runs in a space, and how many people are in it.
    pub(crate) fn glance(&self, space: &SpaceId) -> (bool, usize) {
        lock(&self.0.rooms).get(space).map_or((false, 0), |room| {
            (
                room.conferences.load(Ordering::Relaxed) > 0,
                room.present.load(Ordering::Relaxed),
            )
        })
    }

    /// The space in which a session is that the media plane knows.
    pub(crate) fn place(&self, session: &SessionId) -> Option<SpaceId> {
        lock(&self.0.places).get(session).cloned()
    }

    /// Lets nobody in any more.
    pub(crate) fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether nobody is let in any more.
    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// The media plane will not report any more.
    pub(crate) fn media_stopped(&self) {
        self.0.media_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the media plane runs.
    pub(crate) fn has_media(&self) -> bool {
        !self.0.media_stopped.load(Ordering::Relaxed)
    }

    /// How many sessions run now.
    pub(crate) fn sessions(&self) -> usize {
        lock(&self.0.rooms)
            .values()
            .map(|room| room.sessions.load(Ordering::Relaxed))
            .sum()
    }

    /// All spaces in which something happens.
    pub(crate) fn spaces(&self) -> Vec<SpaceId> {
        lock(&self.0.rooms).keys().cloned().collect()
    }

    /// The spaces whose deadline has passed. Each is named once; its next input sets its next deadline.
    pub(crate) fn take_due(&self, now_us: i64) -> Vec<SpaceId> {
        let rooms = lock(&self.0.rooms);
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

impl Inner {
    async fn handle(&self, id: &SpaceId, input: Input, entrance: Option<Entrance>) -> Result<Option<Seat>, InputError> {
        let visit = self.enter(id);
        let room = &visit.room;
        let mut held = room.space.lock().await;
        // Asked under the lock: nobody enters a room that has been closed.
        if entrance.is_some() && self.draining.load(Ordering::Relaxed) {
            return Err(InputError::Draining);
        }
        let taken = held.take();
        // Until the end of the step the room is empty, and so it stays if the step fails or panics.
        room.deadline_us
            .store(clock::now_us() + clock::micros(RETRY_AFTER), Ordering::Relaxed);
        match self.step(id, taken, input, entrance).await {
            Ok((space, result)) => {
                self.note(room, &space);
                *held = Some(space);
                result
            }
            Err(RegisterError::NotFound) => {
                // There is no such space: nothing to try again.
                room.deadline_us.store(NEVER_US, Ordering::Relaxed);
                Err(RegisterError::NotFound.into())
            }
            Err(error) => {
                tracing::error!(space = %id, error = %chain(&error), "a room must be read again");
                Err(error.into())
            }
        }
    }

    /// One input, from decision to telling. An error means that the space is not known any more.
    async fn step(
        &self,
        id: &SpaceId,
        taken: Option<Space>,
        input: Input,
        entrance: Option<Entrance>,
    ) -> Result<(Space, Result<Option<Seat>, InputError>), RegisterError> {
        let mut space = match taken {
            Some(space) => space,
            None => self.register.space(id).await?,
        };
        let facts = match meeting::decide(&space, input, Micros(clock::now_us())) {
            Ok(facts) => facts,
            Err(refusal) => return Ok((space, Err(refusal.into()))),
        };
        self.record(&mut space, &facts).await?;
        let Some(entrance) = entrance else {
            self.tell(&facts);
            return Ok((space, Ok(None)));
        };
        match self.let_in(id, &facts, entrance) {
            Ok(seat) => {
                // After the entrance: whoever came back sees its old session go, and not the room without it.
                self.tell(&facts);
                Ok((space, Ok(Some(seat))))
            }
            Err((session, overloaded)) => {
                self.tell(&facts);
                let lost = Input::Lost {
                    session,
                    last_sign_of_life: Micros(0),
                    reason: LostReason::NotConnected,
                };
                let ended = meeting::decide(&space, lost, Micros(clock::now_us())).unwrap_or_default();
                self.record(&mut space, &ended).await?;
                self.tell(&ended);
                Ok((space, Err(overloaded.into())))
            }
        }
    }

    /// Makes facts durable, then true.
    async fn record(&self, space: &mut Space, facts: &[Fact]) -> Result<(), RegisterError> {
        if facts.is_empty() {
            return Ok(());
        }
        let began = clock::instant();
        self.register.record(space.id(), facts).await?;
        self.metrics.written(began.elapsed());
        for fact in facts {
            space.apply(fact);
        }
        Ok(())
    }

    /// Lets the session of these facts into the media plane.
    fn let_in(&self, id: &SpaceId, facts: &[Fact], entrance: Entrance) -> Result<Seat, (SessionId, Overloaded)> {
        let started = facts.iter().find_map(|fact| match fact {
            Fact::SessionStarted {
                conference,
                participant,
                session,
                ..
            } if *session == entrance.session => Some(Seat {
                conference: conference.clone(),
                participant: participant.clone(),
            }),
            _ => None,
        });
        let seat = started.expect("who is let in has a new session");
        let admission = Admission {
            place: Place::Room(seat.conference.to_string()),
            session: entrance.session.to_string(),
            card: (entrance.card)(&seat.participant),
            permissions: Permissions::MEMBER,
        };
        lock(&self.places).insert(entrance.session.clone(), id.clone());
        match self.media.admit(entrance.prepared, admission) {
            Ok(()) => Ok(seat),
            Err(overloaded) => Err((entrance.session, overloaded)),
        }
    }

    /// Tells the media plane what is durable now.
    fn tell(&self, facts: &[Fact]) {
        let mut ended = 0;
        for fact in facts {
            if let Fact::SessionEnded { session, reason, .. } = fact {
                ended += 1;
                lock(&self.places).remove(session);
                self.media.remove(session.as_str(), disconnect_reason(*reason));
            }
        }
        self.metrics.sessions_ended(ended);
    }

    /// Notes what others may glance at.
    fn note(&self, room: &Room, space: &Space) {
        let deadline = space.next_deadline().map_or(NEVER_US, |deadline| deadline.0);
        room.deadline_us.store(deadline, Ordering::Relaxed);
        let (sessions, present) = space.conference().map_or((0, 0), |conference| {
            (conference.live_sessions().len(), conference.present())
        });
        let conferences = usize::from(space.conference().is_some());
        room.present.store(present, Ordering::Relaxed);
        let conferences_before = room.conferences.swap(conferences, Ordering::Relaxed);
        let sessions_before = room.sessions.swap(sessions, Ordering::Relaxed);
        self.metrics.live(
            difference(conferences, conferences_before),
            difference(sessions, sessions_before),
        );
    }

    fn enter<'a>(&'a self, id: &'a SpaceId) -> Visit<'a> {
        let mut rooms = lock(&self.rooms);
        let room = rooms.entry(id.clone()).or_insert_with(|| {
            let room = Room::default();
            room.deadline_us.store(NEVER_US, Ordering::Relaxed);
            Arc::new(room)
        });
        room.visits.fetch_add(1, Ordering::Relaxed);
        Visit {
            inner: self,
            id,
            room: Arc::clone(room),
        }
    }
}

/// One input's stay in a room. The last one out forgets a room in which nothing happens.
struct Visit<'a> {
    inner: &'a Inner,
    id: &'a SpaceId,
    room: Arc<Room>,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        // Under the lock of the map nobody can enter meanwhile.
        let mut rooms = lock(&self.inner.rooms);
        let last = self.room.visits.fetch_sub(1, Ordering::Relaxed) == 1;
        let waits = self.room.deadline_us.load(Ordering::Relaxed) != NEVER_US;
        if last && !waits && self.room.conferences.load(Ordering::Relaxed) == 0 {
            rooms.remove(self.id);
        }
    }
}

/// What a client is told about the end of its session.
fn disconnect_reason(reason: SessionEndReason) -> DisconnectReason {
    match reason {
        SessionEndReason::Left | SessionEndReason::Closed | SessionEndReason::Resumed => DisconnectReason::ClientLeft,
        SessionEndReason::Silent | SessionEndReason::NotConnected | SessionEndReason::Crash => {
            DisconnectReason::Unhealthy
        }
        // Others end it for them: the media plane has no word of its own for being put out yet.
        SessionEndReason::ConferenceEnded | SessionEndReason::Removed => DisconnectReason::ConferenceEnded,
        SessionEndReason::Shutdown => DisconnectReason::ShuttingDown,
    }
}

fn difference(now: usize, before: usize) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX) - i64::try_from(before).unwrap_or(i64::MAX)
}

/// These maps are never left half changed, so a panic beside one does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
