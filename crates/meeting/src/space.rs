//! A space as it is now: its settings, who is on the way or waits at its door, and its active conference. It changes by facts
//! alone, so that the same facts give the same space, whether they were decided a moment ago or read after a crash.

use std::collections::BTreeSet;

use crate::{
    Arrival, Conference, ConferenceId, Fact, Knock, KnockEndReason, Micros, ParticipantId, Recorded, Reservation,
    Right, SessionId, Settings, SpaceId, Wish,
    shares::{Paces, Visitor},
};

/// A meeting place, the conference in it if one is active, and those who are on the way or wait at its door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    id: SpaceId,
    settings: Settings,
    pub(crate) conference: Option<Conference>,
    /// In the order of arrival, as those who knock; few, so they are searched one by one.
    pub(crate) reservations: Vec<Reservation>,
    pub(crate) knocks: Vec<Knock>,
    pub(crate) paces: Paces,
    /// The id that those at the door and on the way were promised for the next conference.
    pub(crate) reserved: Option<ConferenceId>,
}

impl Space {
    /// A space in which nobody is meeting.
    pub fn new(id: SpaceId, settings: Settings) -> Space {
        Space {
            id,
            settings,
            conference: None,
            reservations: Vec::new(),
            knocks: Vec::new(),
            paces: Paces::default(),
            reserved: None,
        }
    }

    /// The id of the space.
    pub fn id(&self) -> &SpaceId {
        &self.id
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Those who are on the way in: answered, and their transport is not up yet.
    pub fn reservations(&self) -> &[Reservation] {
        &self.reservations
    }

    /// Who is on the way in with this session.
    pub fn reservation(&self, session: &SessionId) -> Option<&Reservation> {
        let mut all = self.reservations.iter();
        all.find(|reservation| reservation.arrival.session == *session)
    }

    /// Those who wait to be admitted, in the order in which they came.
    pub fn knocks(&self) -> &[Knock] {
        &self.knocks
    }

    /// Who waits to be admitted with this session.
    pub fn knock(&self, session: &SessionId) -> Option<&Knock> {
        self.knocks.iter().find(|knock| knock.arrival.session == *session)
    }

    /// What a live session may send now.
    pub fn rights(&self, session: &SessionId) -> Option<BTreeSet<Right>> {
        let session = self.conference.as_ref()?.live.get(session)?;
        Some(Right::granted(&self.settings, session.role, session.device))
    }

    /// The active conference, if there is one.
    pub fn conference(&self) -> Option<&Conference> {
        self.conference.as_ref()
    }

    /// `now`, or the latest time that was recorded of the active conference if `now` is behind it. The next conference starts
    /// when the clock says so: one that was held by a clock that was wrong must not make all that follow last no time.
    pub(crate) fn not_backwards(&self, now: Micros) -> Micros {
        let recorded = self.conference.as_ref().map(|active| active.clock);
        now.max(recorded.unwrap_or_default())
    }

    /// Everybody who has asked to come in and is not in.
    pub(crate) fn outside(&self) -> impl Iterator<Item = &Arrival> {
        let on_the_way = self.reservations.iter().map(|reservation| &reservation.arrival);
        on_the_way.chain(self.knocks.iter().map(|knock| &knock.arrival))
    }

    /// Until when the active conference waits for its people to come back if nobody is in it, in the caller's clock: for those
    /// who were cut off, and for a client that is on the way back. Whoever is new is not waited for: they start another one.
    pub(crate) fn awaits_until(&self) -> Option<Micros> {
        self.awaits_until_without(None)
    }

    /// The same, if this participant is not awaited.
    pub(crate) fn awaits_until_without(&self, participant: Option<&ParticipantId>) -> Option<Micros> {
        let back = self.reservations.iter().filter(|other| other.wish == Wish::Resume);
        let back = back.map(|reservation| reservation.expire);
        let awaited = self.conference.as_ref()?.awaited.iter();
        let others = awaited.filter(|(awaited, _)| Some(*awaited) != participant);
        back.chain(others.map(|(_, until)| *until)).max()
    }

    /// When the caller must come back with [`Input::Tick`](crate::Input::Tick), in its own clock.
    pub fn next_deadline(&self) -> Option<Micros> {
        let reservations = self.reservations.iter().map(|reservation| reservation.expire);
        let knocks = self.knocks.iter().map(|knock| knock.expire);
        let conference = self.conference.iter();
        let awaited = conference.clone().flat_map(|active| active.awaited.values().copied());
        let abandoned = conference.filter(|active| active.live.is_empty() && self.awaits_until().is_none());
        let abandoned = abandoned.map(|_| Micros::default());
        reservations.chain(knocks).chain(awaited).chain(abandoned).min()
    }

    /// Whether the active conference should be recorded and is not, without anybody's word: the settings say so and somebody who may
    /// record is there for the first time, or the end of a server interrupted it and somebody is back. The caller answers with
    /// [`Input::StartRecording`](crate::Input::StartRecording).
    pub fn lacks_recording(&self) -> bool {
        let Some(active) = &self.conference else { return false };
        if !active.takes_another_recording() {
            return false;
        }
        match &active.recorded {
            Recorded::Now(_) => false,
            Recorded::Never => self.settings.auto_recording && active.has_moderator(),
            before @ Recorded::Before { .. } => before.was_interrupted() && !active.live.is_empty(),
        }
    }

    /// Takes up the conference that the register has open.
    pub fn take_up(&mut self, conference: Conference) {
        self.conference = Some(conference);
    }

    /// Makes a fact part of the state. It must be one that [`decide`](crate::decide) gave for this very state, or one that
    /// was recorded after such.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ConferenceStarted { conference, start } => {
                self.conference = Some(Conference::new(conference.clone(), *start));
                self.reserved = None;
            }
            Fact::ConferenceEnded { .. } => self.conference = None,
            Fact::Configured { settings } => self.settings = *settings,
            Fact::Reserved { .. }
            | Fact::ReservationEnded { .. }
            | Fact::StandingChanged { .. }
            | Fact::Knocked { .. }
            | Fact::KnockEnded { .. } => self.apply_outside(fact),
            within => {
                if let Some(active) = &mut self.conference {
                    active.apply(within);
                }
            }
        }
    }

    /// What concerns those who are not in.
    fn apply_outside(&mut self, fact: &Fact) {
        match fact {
            Fact::Reserved { reservation, .. } => {
                self.promise(&reservation.conference);
                self.reservations.push(reservation.clone());
            }
            Fact::ReservationEnded { session, .. } => {
                self.reservations
                    .retain(|reservation| reservation.arrival.session != *session);
            }
            Fact::StandingChanged { session, standing } => {
                let on_the_way = self.reservations.iter_mut().map(|reservation| &mut reservation.arrival);
                let mut outside = on_the_way.chain(self.knocks.iter_mut().map(|knock| &mut knock.arrival));
                if let Some(arrival) = outside.find(|arrival| arrival.session == *session) {
                    arrival.standing = *standing;
                }
            }
            Fact::Knocked { knock, conference, .. } => {
                self.promise(conference);
                self.paces.knocked(Visitor::of(&knock.arrival), knock.since);
                self.knocks.push(knock.clone());
            }
            Fact::KnockEnded { session, at, reason } => {
                let visitor = self.knock(session).map(|knock| Visitor::of(&knock.arrival));
                match (visitor, reason) {
                    (Some(visitor), KnockEndReason::Admitted) => self.paces.admitted(&visitor),
                    (Some(visitor), KnockEndReason::Denied) => self.paces.denied(visitor, *at),
                    _ => {}
                }
                self.knocks.retain(|knock| knock.arrival.session != *session);
            }
            _ => {}
        }
    }

    fn promise(&mut self, conference: &ConferenceId) {
        if self.conference.as_ref().is_none_or(|active| active.id() != conference) {
            self.reserved = Some(conference.clone());
        }
    }
}
