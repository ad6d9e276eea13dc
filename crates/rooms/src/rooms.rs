//! The spaces in which something happens now: one input after the other, and each fact written before it is told.
//!
//! A room is a space behind a lock. [`Rooms::input`] is the one door: decide, record, apply, tell the media plane. The space is
//! *taken out* of its room for that time and put back only when memory and register are known to agree. If a write fails, or
//! something panics, the room stays empty and the next input reads the space from the register again: an unknown outcome
//! is looked up, never guessed, and what held without anybody knowing is told then. Only those who were on the way or at the
//! door are lost with it; they are told, and their clients ask again.
//!
//! A space holds those who are there. Somebody else of whom an input speaks is read from the register under the same lock, and
//! forgotten when the input is dealt with.
//!
//! Each input runs as a task of its own, because a caller that hangs up drops its future, and half an input is the one thing
//! that must not be.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use audit::By;
use media::{DisconnectReason, Media, Overloaded};
use meeting::{
    Absentee, Fact, Input, LostReason, Micros, ParticipantId, Refusal, SessionId, Settings, Space, SpaceId, UserId,
};
use register::{Register, RegisterError, chain};
use tokio::sync::watch;

use crate::absences::Absences;
use crate::clock::Clock;
use crate::limits::RETRY_AFTER;
use crate::measuring::Measuring;
use crate::observer::Observer;
use crate::recorder::{Recorder, Wanted};
use crate::room::{Building, NEVER_US, Room};
use crate::telling::{Entrance, Seat, Teller};

/// All rooms. Clones share them.
#[derive(Clone)]
pub struct Rooms(Arc<Inner>);

struct Inner {
    register: Register,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    recorder: Arc<dyn Recorder>,
    teller: Teller,
    measuring: Measuring,
    building: Building,
    absences: Absences,
    draining: AtomicBool,
    media_stopped: watch::Sender<bool>,
}

/// Why an input did not become facts.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
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

/// What happens to a space: most inputs are known beforehand, some follow from what the space is at that moment.
struct Happening {
    input: Box<dyn FnOnce(&Space) -> Input + Send>,
    /// Whose doing it is, where the audit log asks.
    by: Option<By>,
}

impl Happening {
    /// One of which the audit log says nothing.
    fn unsaid(input: impl FnOnce(&Space) -> Input + Send + 'static) -> Happening {
        Happening {
            input: Box::new(input),
            by: None,
        }
    }
}

/// What came of an input.
struct Outcome {
    /// Of whoever came in or knocked.
    seat: Option<Seat>,
    /// The settings of the space after it.
    settings: Settings,
}

impl Rooms {
    /// No rooms yet; each is opened when something happens in it.
    pub fn new(
        register: Register,
        media: Media,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        recorder: Arc<dyn Recorder>,
    ) -> Rooms {
        Rooms(Arc::new(Inner {
            measuring: Measuring::new(register.clone(), Arc::clone(&clock), Arc::clone(&observer)),
            register,
            teller: Teller::new(media, Arc::clone(&observer)),
            clock,
            observer,
            recorder,
            building: Building::default(),
            absences: Absences::default(),
            draining: AtomicBool::new(false),
            media_stopped: watch::Sender::new(false),
        }))
    }

    /// Takes up the conferences that a crash left open.
    pub async fn restart(&self) -> Result<(), RegisterError> {
        let open = self.0.register.open_conferences().await?;
        for space in open {
            let id = space.id().clone();
            tracing::info!(space = %id, "a conference was left open; its sessions end at their last sign of life");
            let visit = self.0.building.enter(&id);
            *visit.room.space.lock().await = Some(space);
            if let Err(error) = self.input(id.clone(), Input::Restart).await {
                let InputError::Register(error) = error else { continue };
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lets something happen to a space.
    pub async fn input(&self, space: SpaceId, input: Input) -> Result<(), InputError> {
        self.spawn(space, Happening::unsaid(|_| input), None).await.map(|_| ())
    }

    /// The same, by somebody's doing: the audit log says so, if it is something that it tells of.
    pub async fn input_by(&self, space: SpaceId, input: Input, by: By) -> Result<(), InputError> {
        let happening = Happening {
            by: Some(by),
            ..Happening::unsaid(|_| input)
        };
        self.spawn(space, happening, None).await.map(|_| ())
    }

    /// Asks what the rules would say to an input as things stand, and lets nothing happen: so that whoever would be refused costs
    /// no more than that. Nothing is known of a space in which nothing happens.
    pub async fn foresee(&self, space: &SpaceId, input: Input) -> Result<(), InputError> {
        let Some(room) = self.0.building.find(space) else {
            return Ok(());
        };
        let mut held = room.space.lock().await;
        let Some(space) = held.as_mut() else { return Ok(()) };
        if let Some(absentee) = space.absentee(&input) {
            self.0.recall(space, &absentee).await?;
        }
        let decided = meeting::decide(space, input, self.0.clock.now());
        space.forget_absent();
        decided.map(|_| ()).map_err(InputError::from)
    }

    /// Asks to join or to resume. When this returns, the media plane expects the client, and nobody knows of it: it is let in or
    /// waits once it is connected.
    pub async fn receive(&self, space: SpaceId, input: Input, entrance: Entrance) -> Result<Seat, InputError> {
        let outcome = self.spawn(space, Happening::unsaid(|_| input), Some(entrance)).await?;
        Ok(outcome.seat.expect("whoever is received has a seat"))
    }

    /// Changes the settings of a space, from what they are at that moment, and gives those that are in effect then.
    pub async fn configure(
        &self,
        space: SpaceId,
        change: impl FnOnce(Settings) -> Settings + Send + 'static,
    ) -> Result<Settings, InputError> {
        let happening = |space: &Space| Input::Configure(change(*space.settings()));
        Ok(self.spawn(space, Happening::unsaid(happening), None).await?.settings)
    }

    /// The same, on behalf of somebody who may do so while they are in the meeting.
    pub async fn moderate(
        &self,
        space: SpaceId,
        by: ParticipantId,
        change: impl FnOnce(Settings) -> Settings + Send + 'static,
    ) -> Result<Settings, InputError> {
        let happening = |space: &Space| Input::Moderate {
            by,
            settings: change(*space.settings()),
        };
        Ok(self.spawn(space, Happening::unsaid(happening), None).await?.settings)
    }

    /// Silences devices of those who are there: one participant, or all but one. Nothing of it is a fact. False if nobody
    /// of them is there.
    pub async fn mute(&self, space: &SpaceId, whom: Whom<'_>) -> bool {
        let Some(room) = self.0.building.find(space) else {
            return false;
        };
        let held = room.space.lock().await;
        let Some(conference) = held.as_ref().and_then(Space::conference) else {
            return false;
        };
        let meant = conference.live_sessions().iter().filter(|(_, session)| match whom {
            Whom::Only(participant) => session.participant == *participant,
            Whom::AllBut(participant) => session.participant != *participant,
        });
        let mut any = false;
        for (session, _) in meant {
            any = true;
            self.0.teller.mute(session);
        }
        any
    }

    /// What is seen of a space in which something happens; `None` for one that is empty, or not known at this moment.
    pub async fn look<T>(&self, space: &SpaceId, see: impl FnOnce(&Space) -> T) -> Option<T> {
        let room = self.0.building.find(space)?;
        let held = room.space.lock().await;
        held.as_ref().map(see)
    }

    /// What somebody with this account, or without one, finds in a space.
    pub async fn outlook(&self, space: &SpaceId, user: Option<&UserId>) -> Result<Outlook, RegisterError> {
        let Some(room) = self.0.building.find(space) else {
            return Ok(Outlook::default());
        };
        let mut held = room.space.lock().await;
        let Some(space) = held.as_mut() else {
            return Ok(Outlook::default());
        };
        let Some(conference) = space.conference() else {
            return Ok(Outlook::default());
        };
        if let Some(absentee) = user.map(Absentee::from).filter(|user| conference.lacks(user)) {
            self.0.recall(space, &absentee).await?;
        }
        let who = user.map(ParticipantId::from);
        let outlook = space.conference().map_or_else(Outlook::default, |conference| Outlook {
            walks_in: conference.walks_in(who.as_ref(), who.is_some()),
            is_inside: who.as_ref().is_some_and(|who| conference.is_inside(who)),
            has_moderator: conference.has_moderator(),
        });
        space.forget_absent();
        Ok(outlook)
    }

    async fn spawn(
        &self,
        space: SpaceId,
        happening: Happening,
        entrance: Option<Entrance>,
    ) -> Result<Outcome, InputError> {
        let inner = Arc::clone(&self.0);
        let span = tracing::Span::current();
        let task = async move { inner.handle(&space, happening, entrance).await };
        tokio::spawn(tracing::Instrument::instrument(task, span))
            .await
            .unwrap_or_else(|panicked| Err(InputError::Panicked(panicked)))
    }

    /// The wall time of an instant of the recent past.
    pub(crate) fn wall(&self, instant: Instant) -> Micros {
        self.0.clock.wall(instant)
    }

    /// Whether a conference runs in a space, and how many people are in it.
    pub fn glance(&self, space: &SpaceId) -> (bool, usize) {
        let room = self.0.building.find(space);
        room.map_or((false, 0), |room| room.glance())
    }

    /// The space in which a session is that the media plane knows.
    pub(crate) fn place(&self, session: &SessionId) -> Option<SpaceId> {
        self.0.teller.place(session)
    }

    /// What is measured.
    pub(crate) fn measuring(&self) -> &Measuring {
        &self.0.measuring
    }

    /// Writes what is measured and not written.
    pub(crate) async fn write_measured(&self) -> Result<(), RegisterError> {
        let is_live = |session: &SessionId| self.place(session).is_some();
        self.0.measuring.write(is_live).await
    }

    /// Lets nobody in any more.
    pub(crate) fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether nobody is let in any more.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// The media plane will not report any more.
    pub(crate) fn media_stopped(&self) {
        self.0.media_stopped.send_replace(true);
    }

    /// Whether the media plane runs.
    pub fn has_media(&self) -> bool {
        !*self.0.media_stopped.borrow()
    }

    /// Comes back when it does not run any more.
    pub async fn without_media(&self) {
        let mut stopped = self.0.media_stopped.subscribe();
        stopped.wait_for(|stopped| *stopped).await.expect("its sender is here");
    }

    /// How many sessions run now.
    pub(crate) fn sessions(&self) -> usize {
        self.0.building.sessions()
    }

    /// All spaces in which something happens.
    pub(crate) fn spaces(&self) -> Vec<SpaceId> {
        self.0.building.spaces()
    }

    /// The spaces whose deadline has passed. Each is named once; its next input sets its next deadline.
    pub(crate) fn take_due(&self) -> Vec<SpaceId> {
        let now = self.0.clock.now();
        self.0.absences.look(now);
        self.0.building.take_due(now.0)
    }
}

/// How much it holds, and nothing of whom.
impl fmt::Debug for Rooms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rooms")
            .field("open", &self.spaces().len())
            .field("places", &self.0.teller.places_given())
            .finish_non_exhaustive()
    }
}

/// How a meeting looks to somebody before its door.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outlook {
    /// Whether they walk in or must knock, as far as the conference has a say: see
    /// [`Conference::walks_in`](meeting::Conference::walks_in).
    pub walks_in: Option<bool>,
    /// They are in it now, with another device.
    pub is_inside: bool,
    /// Somebody is in it now who may let others in.
    pub has_moderator: bool,
}

/// Those who are meant.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// A participant.
    Only(&'a ParticipantId),
    /// Everybody else.
    AllBut(&'a ParticipantId),
}

impl Inner {
    async fn handle(
        &self,
        id: &SpaceId,
        happening: Happening,
        entrance: Option<Entrance>,
    ) -> Result<Outcome, InputError> {
        let visit = self.building.enter(id);
        let room = &visit.room;
        let mut held = room.space.lock().await;
        // Asked under the lock: nobody enters a room that has been closed.
        if entrance.is_some() && self.draining.load(Ordering::Relaxed) {
            return Err(InputError::Draining);
        }
        let taken = held.take();
        // Until the end of the step the room is empty, and so it stays if the step fails or panics.
        room.deadline_us.store(self.retry_us(), Ordering::Relaxed);
        match self.step(id, room, taken, happening, entrance).await {
            Ok((mut space, result)) => {
                space.forget_absent();
                let settings = *space.settings();
                // What was asked for holds whatever becomes of this; if it fails, the room is read again and it is tried then.
                match self.record_by_itself(&mut space, room).await {
                    Ok(()) => {
                        room.note(&space, &*self.observer);
                        *held = Some(space);
                    }
                    Err(error) => {
                        tracing::error!(space = %id, error = %chain(&error), "a recording that nobody asked for has not begun");
                    }
                }
                result.map(|seat| Outcome { seat, settings })
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
        room: &Room,
        taken: Option<Space>,
        happening: Happening,
        entrance: Option<Entrance>,
    ) -> Result<(Space, Result<Option<Seat>, InputError>), RegisterError> {
        let mut space = match taken {
            Some(space) => space,
            None => self.read_again(id).await?,
        };
        self.wake(&mut space, room).await?;
        let input = (happening.input)(&space);
        if let Some(absentee) = space.absentee(&input)
            && let Err(unread) = self.recall(&mut space, &absentee).await
        {
            return Ok((space, Err(unread.into())));
        }
        let facts = match meeting::decide(&space, input, self.clock.now()) {
            Ok(facts) => facts,
            Err(refusal) => return Ok((space, Err(refusal.into()))),
        };
        self.record(&mut space, &facts, happening.by.as_ref()).await?;
        let received = match entrance {
            None => Ok(None),
            Some(entrance) => {
                let session = entrance.session.clone();
                let received = self.teller.receive(&space, &facts, entrance);
                received.map(Some).map_err(|overloaded| (session, overloaded))
            }
        };
        let received = received.and_then(|seat| self.teller.seat(&space, &facts).map(|()| seat));
        // After the entrance: whoever came back sees its old session go, and not the room without it.
        self.tell(&space, &facts, room);
        let (session, overloaded) = match received {
            Ok(seat) => return Ok((space, Ok(seat))),
            Err(refused) => refused,
        };
        let lost = Input::Lost {
            session: session.clone(),
            last_sign_of_life: Micros(0),
            reason: LostReason::Overloaded,
        };
        let ended = meeting::decide(&space, lost, self.clock.now()).unwrap_or_default();
        self.record(&mut space, &ended, None).await?;
        self.teller.see_off(&session, DisconnectReason::Unhealthy);
        self.tell(&space, &ended, room);
        Ok((space, Err(overloaded.into())))
    }

    /// Begins a recording that nobody asked for, if one is missing.
    async fn record_by_itself(&self, space: &mut Space, room: &Room) -> Result<(), RegisterError> {
        if !space.lacks_recording() {
            return Ok(());
        }
        let start = Input::StartRecording {
            recording: self.recorder.fresh_id(),
            by: None,
            asks: self.recorder.asks(space.id()).await?,
        };
        let facts = meeting::decide(space, start, self.clock.now()).unwrap_or_default();
        self.record(space, &facts, None).await?;
        self.tell(space, &facts, room);
        Ok(())
    }

    /// Tells the space that this process was away, if it does not know yet.
    async fn wake(&self, space: &mut Space, room: &Room) -> Result<(), RegisterError> {
        let now = self.clock.now();
        let absences = self.absences.look(now);
        if room.absences.load(Ordering::Relaxed) == absences {
            return Ok(());
        }
        let facts = meeting::decide(space, Input::Woke, now).unwrap_or_default();
        self.record(space, &facts, None).await?;
        room.absences.store(absences, Ordering::Relaxed);
        Ok(())
    }

    /// Reads who was in the active conference, and tells the space.
    async fn recall(&self, space: &mut Space, absentee: &Absentee) -> Result<(), RegisterError> {
        let Some(conference) = space.conference() else {
            return Ok(());
        };
        if let Some(recalled) = self.register.recall(conference.id(), absentee).await? {
            space.recall(recalled);
        }
        Ok(())
    }

    fn tell(&self, space: &Space, facts: &[Fact], room: &Room) {
        // Whoever comes with another device has agreed for it; who leaves takes their answer along.
        let asks = space.conference().and_then(|conference| conference.recording().now());
        let is_asked = asks.is_some_and(|recording| recording.asks);
        if is_asked || facts.iter().any(Fact::is_about_recording) {
            self.recorder.record(space.id(), Wanted::of(space));
        }
        self.teller.tell(space, facts, &mut room.untold(), self.clock.now());
    }

    /// When a room tries again whose space is not known.
    fn retry_us(&self) -> i64 {
        let pause_us = i64::try_from(RETRY_AFTER.as_micros()).expect("about a second");
        self.clock.now().0 + pause_us
    }

    /// Reads a space, which has forgotten those who were outside, and may know of what nobody was told.
    async fn read_again(&self, id: &SpaceId) -> Result<Space, RegisterError> {
        let space = self.register.space(id).await?;
        self.recorder.record(id, Wanted::of(&space));
        self.teller.catch_up(&space);
        Ok(space)
    }

    /// Makes facts durable, then true.
    async fn record(&self, space: &mut Space, facts: &[Fact], by: Option<&By>) -> Result<(), RegisterError> {
        if facts.is_empty() {
            return Ok(());
        }
        let began = self.clock.instant();
        if self.register.record(space.id(), facts, by).await? {
            let took = self.clock.instant().saturating_duration_since(began);
            self.observer.written(took);
        }
        self.measuring.recorded(space, facts);
        for fact in facts {
            space.apply(fact);
        }
        Ok(())
    }
}
