//! A space as it is now: its active conference, who is in it, and what must be remembered until it ends. It changes by
//! facts alone, so that the same facts give the same space, whether they were decided a moment ago or read after a crash.

use crate::{
    ConferenceId, DeviceKind, Fact, Knock, Micros, ParticipantId, Permissions, Person, Role, SecretHash, SessionId,
    Settings, SpaceId,
};
use std::collections::BTreeMap;

/// A meeting place, the conference in it if one is active, and those who wait at its door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    id: SpaceId,
    /// The latest time in any fact: no later fact has an earlier one.
    clock: Micros,
    settings: Settings,
    pub(crate) conference: Option<Conference>,
    /// In the order of arrival; few, so they are searched one by one.
    pub(crate) knocks: Vec<Knock>,
    /// The id that those who knock were promised for the next conference.
    pub(crate) reserved: Option<ConferenceId>,
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
    /// The most powerful role that they had, or the one that it was changed to since.
    pub role: Role,
    /// A host put them out, and nobody has admitted them since.
    pub removed: bool,
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
    /// What kind of device it is.
    pub device: DeviceKind,
    /// The role of its person on this device.
    pub role: Role,
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
    pub fn new(id: SpaceId, settings: Settings, not_before: Micros) -> Space {
        Space {
            id,
            clock: not_before,
            settings,
            conference: None,
            knocks: Vec::new(),
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

    /// Those who wait to be admitted, in the order in which they came.
    pub fn knocks(&self) -> &[Knock] {
        &self.knocks
    }

    /// Who waits to be admitted with this session.
    pub fn knock(&self, session: &SessionId) -> Option<&Knock> {
        self.knocks.iter().find(|knock| knock.arrival.session == *session)
    }

    /// What a live session may send now.
    pub fn permissions(&self, session: &SessionId) -> Option<Permissions> {
        let session = self.conference.as_ref()?.live.get(session)?;
        Some(Permissions::of(&self.settings, session.role, session.device))
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
        let knocks = self.knocks.iter().map(|knock| knock.expire);
        let conference = self.conference.as_ref().and_then(Conference::next_deadline);
        knocks.chain(conference).min()
    }

    /// Makes a fact part of the state. It must be one that [`decide`](crate::decide) gave for this very state, or one that
    /// was recorded after such.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ConferenceStarted { conference, start } => {
                self.conference = Some(Conference::new(conference.clone(), *start));
                self.reserved = None;
                self.clock = self.clock.max(*start);
            }
            Fact::ConferenceEnded { end, .. } => {
                self.conference = None;
                self.clock = self.clock.max(*end);
            }
            Fact::Configured { settings } => self.settings = *settings,
            Fact::Knocked { knock, conference, .. } => {
                if self.conference.as_ref().is_none_or(|active| active.id != *conference) {
                    self.reserved = Some(conference.clone());
                }
                self.knocks.push(knock.clone());
            }
            Fact::KnockChanged { session, standing } => {
                let changed = self.knocks.iter_mut().find(|knock| knock.arrival.session == *session);
                if let Some(knock) = changed {
                    knock.arrival.standing = *standing;
                }
            }
            Fact::KnockEnded { session, .. } => self.knocks.retain(|knock| knock.arrival.session != *session),
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

    fn next_deadline(&self) -> Option<Micros> {
        if self.live.is_empty() {
            return Some(self.return_until.unwrap_or_default());
        }
        let sessions = self.live.values();
        let connecting = sessions.filter(|session| session.last_sign_of_life.is_none());
        connecting.map(|session| session.connect_by).min()
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
                    role: Role::Viewer,
                    removed: false,
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
                device,
                role,
                connect_by,
                ..
            } => {
                let person = self.participants.get_mut(participant)?;
                person.live_sessions += 1;
                person.role = person.role.min(*role);
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
                    device: *device,
                    role: *role,
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
            Fact::ParticipantReturned { participant, .. } => {
                self.participants.get_mut(participant)?.removed = false;
                None
            }
            Fact::ParticipantRemoved { participant, .. } => {
                self.participants.get_mut(participant)?.removed = true;
                None
            }
            Fact::RoleChanged { participant, role, .. } => {
                self.participants.get_mut(participant)?.role = *role;
                let own = self
                    .live
                    .values_mut()
                    .filter(|session| session.participant == *participant);
                own.for_each(|session| session.role = role.on(session.device));
                None
            }
            // These are about the space.
            Fact::ConferenceStarted { .. }
            | Fact::ConferenceEnded { .. }
            | Fact::Configured { .. }
            | Fact::Knocked { .. }
            | Fact::KnockChanged { .. }
            | Fact::KnockEnded { .. } => None,
        }
    }
}
