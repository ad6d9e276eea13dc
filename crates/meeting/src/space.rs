//! A space as it is now: its active conference, who is in it, and what must be remembered until it ends. It changes by
//! facts alone, so that the same facts give the same space, whether they were decided a moment ago or read after a crash.

use crate::{ConferenceId, Fact, Micros, ParticipantId, Person, SecretHash, SessionId, SpaceId};
use std::collections::BTreeMap;

/// A meeting place, and the conference in it if one is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    id: SpaceId,
    /// The latest time in any fact: no later fact has an earlier one.
    clock: Micros,
    pub(crate) conference: Option<Conference>,
}

/// The active conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    id: ConferenceId,
    start: Micros,
    /// The latest end of any session so far, and the start before there is one.
    pub(crate) latest_end: Micros,
    pub(crate) participants: BTreeMap<ParticipantId, Participant>,
    pub(crate) live: BTreeMap<SessionId, LiveSession>,
    /// By the secret of every session that there was, also after it ended: an anonymous person is known by any of theirs.
    pub(crate) seats: BTreeMap<SecretHash, Seat>,
    pub(crate) return_until: Option<Micros>,
}

/// One person in the active conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who it is, under the latest name.
    pub person: Person,
    /// How many devices are in the meeting now.
    pub live_sessions: usize,
    /// The latest end of the sessions that have ended.
    pub(crate) latest_end: Option<Micros>,
}

/// One device in the active conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSession {
    /// Whose it is.
    pub participant: ParticipantId,
    /// When it was admitted.
    pub start: Micros,
    /// When it was last heard of; `None` while its media is not connected.
    pub last_sign_of_life: Option<Micros>,
    pub(crate) connect_by: Micros,
}

/// What a resume secret stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) participant: ParticipantId,
    pub(crate) session: SessionId,
}

impl Space {
    /// A space in which nobody is meeting. `not_before` is the end of its latest conference: its next one will not start
    /// earlier, whatever the clock says.
    pub fn new(id: SpaceId, not_before: Micros) -> Space {
        Space {
            id,
            clock: not_before,
            conference: None,
        }
    }

    /// The id of the space.
    pub fn id(&self) -> &SpaceId {
        &self.id
    }

    /// The active conference, if there is one.
    pub fn conference(&self) -> Option<&Conference> {
        self.conference.as_ref()
    }

    /// `now`, or the latest time that was recorded if `now` is behind it.
    pub(crate) fn not_backwards(&self, now: Micros) -> Micros {
        now.max(self.clock)
    }

    /// When the caller must come back with [`Input::Tick`](crate::Input::Tick), in its own clock.
    pub fn next_deadline(&self) -> Option<Micros> {
        let conference = self.conference.as_ref()?;
        if conference.live.is_empty() {
            return Some(conference.return_until.unwrap_or_default());
        }
        let connecting = conference
            .live
            .values()
            .filter(|session| session.last_sign_of_life.is_none());
        connecting.map(|session| session.connect_by).min()
    }

    /// Makes a fact part of the state. It must be one that [`decide`](crate::decide) gave for this very state, or one that
    /// was recorded after such.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ConferenceStarted { conference, start } => {
                self.conference = Some(Conference::new(conference.clone(), *start));
                self.clock = self.clock.max(*start);
            }
            Fact::ConferenceEnded { end, .. } => {
                self.conference = None;
                self.clock = self.clock.max(*end);
            }
            within => {
                let latest = self.conference.as_mut().and_then(|conference| conference.apply(within));
                self.clock = self.clock.max(latest.unwrap_or_default());
            }
        }
    }
}

impl Conference {
    fn new(id: ConferenceId, start: Micros) -> Conference {
        Conference {
            id,
            start,
            latest_end: start,
            participants: BTreeMap::new(),
            live: BTreeMap::new(),
            seats: BTreeMap::new(),
            return_until: None,
        }
    }

    /// The id of the conference.
    pub fn id(&self) -> &ConferenceId {
        &self.id
    }

    /// When it started.
    pub fn start(&self) -> Micros {
        self.start
    }

    /// Everybody who has been in it, by id.
    pub fn participants(&self) -> &BTreeMap<ParticipantId, Participant> {
        &self.participants
    }

    /// The devices that are in it now, by id.
    pub fn live_sessions(&self) -> &BTreeMap<SessionId, LiveSession> {
        &self.live
    }

    /// How many people are in it now.
    pub fn present(&self) -> usize {
        self.participants
            .values()
            .filter(|participant| participant.live_sessions > 0)
            .count()
    }

    /// Gives the latest time in the fact.
    fn apply(&mut self, fact: &Fact) -> Option<Micros> {
        match fact {
            Fact::ParticipantJoined {
                participant,
                person,
                earliest_start,
                ..
            } => {
                let joined = Participant {
                    person: person.clone(),
                    live_sessions: 0,
                    latest_end: None,
                };
                self.participants.insert(participant.clone(), joined);
                Some(*earliest_start)
            }
            Fact::ParticipantRenamed {
                participant,
                display_name: new,
                ..
            } => {
                match &mut self.participants.get_mut(participant)?.person {
                    Person::SignedIn { display_name, .. } | Person::Anonymous { display_name } => {
                        *display_name = new.clone();
                    }
                }
                None
            }
            Fact::SessionStarted {
                participant,
                session,
                secret,
                start,
                connect_by,
                ..
            } => {
                self.participants.get_mut(participant)?.live_sessions += 1;
                let (participant, start, connect_by) = (participant.clone(), *start, *connect_by);
                self.seats.insert(
                    *secret,
                    Seat {
                        participant: participant.clone(),
                        session: session.clone(),
                    },
                );
                let live = LiveSession {
                    participant,
                    start,
                    last_sign_of_life: None,
                    connect_by,
                };
                self.live.insert(session.clone(), live);
                Some(start)
            }
            Fact::SignsOfLife { signs, .. } => {
                for (session, sign) in signs {
                    self.live.get_mut(session)?.last_sign_of_life = Some(*sign);
                }
                signs.iter().map(|(_, sign)| *sign).max()
            }
            Fact::SessionEnded {
                participant,
                session,
                end,
                ..
            } => {
                self.live.remove(session)?;
                self.latest_end = self.latest_end.max(*end);
                let participant = self.participants.get_mut(participant)?;
                participant.live_sessions -= 1;
                participant.latest_end = participant.latest_end.max(Some(*end));
                Some(*end)
            }
            Fact::ReturnAwaited { until, .. } => {
                self.return_until = Some(*until);
                None
            }
            // That a participant is back follows from its session; a conference is started and ended by its space.
            Fact::ParticipantReturned { .. } | Fact::ConferenceStarted { .. } | Fact::ConferenceEnded { .. } => None,
        }
    }
}
