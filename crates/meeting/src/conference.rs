//! The active conference of a space: who is in it, and the little that must be remembered of the others until it ends. Who
//! they were is looked up when it matters: see [`Space::absentee`](crate::Space::absentee).

use crate::{
    ConferenceId, DeviceKind, Fact, Micros, ParticipantId, Person, Recorded, Role, SecretHash, SessionId,
    limits::RECORDINGS_PER_CONFERENCE_MAX,
};
use std::collections::BTreeMap;

/// The active conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    id: ConferenceId,
    start: Micros,
    /// The latest time in any fact of it: no later fact of it has an earlier one.
    pub(crate) clock: Micros,
    /// The latest end of any session so far, and the start before there is one.
    pub(crate) latest_end: Micros,
    /// How many people without an account were put out by a host and have not been admitted since.
    guests_put_out: usize,
    /// Those who are in it, and whoever was recalled.
    pub(crate) participants: BTreeMap<ParticipantId, Participant>,
    pub(crate) live: BTreeMap<SessionId, LiveSession>,
    /// By the secret of every live session, and of the one that was recalled: an anonymous person is known by any of theirs.
    pub(crate) seats: BTreeMap<SecretHash, Seat>,
    /// Whoever was cut off and has not been back since, and until when the conference waits for them, in the caller's clock.
    pub(crate) awaited: BTreeMap<ParticipantId, Micros>,
    pub(crate) recorded: Recorded,
    /// How many recordings it has, the one that goes on among them.
    recordings: usize,
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

impl Participant {
    fn is_guest(&self) -> bool {
        self.person.user().is_none()
    }
}

/// One device in the active conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSession {
    /// Whose it is.
    pub participant: ParticipantId,
    /// When it came in.
    pub start: Micros,
    /// When it was last heard of.
    pub last_sign_of_life: Micros,
    /// What kind of device it is.
    pub device: DeviceKind,
    /// The role of its person on this device.
    pub role: Role,
    /// A program came as its person.
    pub by_program: bool,
}

/// What a resume secret stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) participant: ParticipantId,
    pub(crate) session: SessionId,
}

impl Conference {
    pub(crate) fn new(id: ConferenceId, start: Micros) -> Conference {
        Conference::recorded(id, start, start, 0)
    }

    /// A conference as the register has it, before those who are in it are told of: they follow as
    /// [`Recalled`](crate::Recalled), and then the facts of their sessions.
    pub fn recorded(id: ConferenceId, start: Micros, latest_end: Micros, guests_put_out: usize) -> Conference {
        Conference {
            id,
            start,
            clock: latest_end,
            latest_end,
            guests_put_out,
            participants: BTreeMap::new(),
            live: BTreeMap::new(),
            seats: BTreeMap::new(),
            awaited: BTreeMap::new(),
            recorded: Recorded::Never,
            recordings: 0,
        }
    }

    /// The same with what the register has of its recordings: so many, and this is known of the last.
    #[must_use]
    pub fn with_recordings(self, recordings: usize, recorded: Recorded) -> Conference {
        let clock = self.clock.max(recorded.latest());
        Conference {
            clock,
            recorded,
            recordings,
            ..self
        }
    }

    /// Whether it is being recorded, or was.
    pub fn recording(&self) -> &Recorded {
        &self.recorded
    }

    /// Whether it has fewer recordings than it may have.
    pub(crate) fn takes_another_recording(&self) -> bool {
        self.recordings < RECORDINGS_PER_CONFERENCE_MAX
    }

    /// The id of the conference.
    pub fn id(&self) -> &ConferenceId {
        &self.id
    }

    /// When it started.
    pub fn start(&self) -> Micros {
        self.start
    }

    /// Those who are in it, by id, and whoever was recalled.
    pub fn participants(&self) -> &BTreeMap<ParticipantId, Participant> {
        &self.participants
    }

    /// The devices that are in it now, by id.
    pub fn live_sessions(&self) -> &BTreeMap<SessionId, LiveSession> {
        &self.live
    }

    /// Whether somebody walks in or must knock, as far as the conference has a say; `None` leaves it to the settings.
    ///
    /// Whoever has been in it walks in again, unless a host put them out; somebody who is not in it now must have been
    /// recalled. Once a host put out somebody without an account, whom only their secret tells from others, all who come
    /// without one must knock: a page without the secret is anybody's.
    pub fn walks_in(&self, who: Option<&ParticipantId>, has_account: bool) -> Option<bool> {
        match who.and_then(|who| self.participants.get(who)) {
            Some(known) => Some(!known.removed),
            None => (!has_account && self.guests_put_out > 0).then_some(false),
        }
    }

    /// Whether somebody is in it now in person, with some device.
    pub fn is_inside(&self, who: &ParticipantId) -> bool {
        let mut live = self.live.values();
        live.any(|session| session.participant == *who && !session.by_program)
    }

    /// Whether somebody is in it now who may let others in, and record.
    pub fn has_moderator(&self) -> bool {
        self.live.values().any(|session| session.role.is_moderator())
    }

    /// How many people are in it now.
    pub fn present(&self) -> usize {
        self.participants
            .values()
            .filter(|participant| participant.live_sessions > 0)
            .count()
    }

    /// Makes a fact part of the state, if it is about this conference.
    pub(crate) fn apply(&mut self, fact: &Fact) {
        let latest = self.apply_within(fact);
        self.clock = self.clock.max(latest.unwrap_or_default());
    }

    /// Gives the latest time in the fact.
    fn apply_within(&mut self, fact: &Fact) -> Option<Micros> {
        match fact {
            Fact::SessionStarted {
                participant,
                session,
                secret,
                start,
                device,
                role,
                by_program,
                ..
            } => {
                let person = self.participants.get_mut(participant)?;
                person.live_sessions += 1;
                person.role = person.role.min(*role);
                self.awaited.remove(participant);
                let seat = Seat {
                    participant: participant.clone(),
                    session: session.clone(),
                };
                self.seats.insert(*secret, seat);
                let live = LiveSession {
                    participant: participant.clone(),
                    start: *start,
                    last_sign_of_life: *start,
                    device: *device,
                    role: *role,
                    by_program: *by_program,
                };
                self.live.insert(session.clone(), live);
                Some(*start)
            }
            Fact::SignsOfLife { signs, .. } => self.heard(signs),
            Fact::SessionEnded {
                participant,
                session,
                end,
                participant_latest_end,
                ..
            } => self.session_ended(session, participant, *end, participant_latest_end.is_some()),
            Fact::ParticipantJoined { .. }
            | Fact::ParticipantRenamed { .. }
            | Fact::ParticipantReturned { .. }
            | Fact::ParticipantRemoved { .. }
            | Fact::RoleChanged { .. }
            | Fact::ReturnAwaited { .. }
            | Fact::ReturnGivenUp { .. } => self.apply_to_person(fact),
            Fact::RecordingStarted { .. }
            | Fact::RecordingPaused { .. }
            | Fact::RecordingResumed { .. }
            | Fact::RecordingAnswered { .. }
            | Fact::RecordingEnded { .. } => self.apply_to_recording(fact),
            // These are about the space.
            Fact::ConferenceStarted { .. }
            | Fact::ConferenceEnded { .. }
            | Fact::Configured { .. }
            | Fact::Reserved { .. }
            | Fact::ReservationEnded { .. }
            | Fact::StandingChanged { .. }
            | Fact::Knocked { .. }
            | Fact::KnockEnded { .. } => None,
        }
    }

    /// `is_last`: no other session of the participant is live.
    fn session_ended(
        &mut self,
        session: &SessionId,
        participant: &ParticipantId,
        end: Micros,
        is_last: bool,
    ) -> Option<Micros> {
        self.live.remove(session)?;
        self.latest_end = self.latest_end.max(end);
        if is_last {
            self.recorded.left(participant);
        }
        let participant = self.participants.get_mut(participant)?;
        participant.live_sessions -= 1;
        participant.latest_end = participant.latest_end.max(Some(end));
        Some(end)
    }

    fn apply_to_recording(&mut self, fact: &Fact) -> Option<Micros> {
        self.recordings += usize::from(matches!(fact, Fact::RecordingStarted { .. }));
        self.recorded.apply(fact)
    }

    fn heard(&mut self, signs: &[(SessionId, Micros)]) -> Option<Micros> {
        for (session, sign) in signs {
            self.live.get_mut(session)?.last_sign_of_life = *sign;
        }
        signs.iter().map(|(_, sign)| *sign).max()
    }

    fn apply_to_person(&mut self, fact: &Fact) -> Option<Micros> {
        match fact {
            Fact::ParticipantJoined {
                participant,
                person,
                earliest_start,
                role,
                ..
            } => {
                let joined = Participant {
                    person: person.clone(),
                    live_sessions: 0,
                    role: *role,
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
                    Person::SignedIn { display_name, .. }
                    | Person::Anonymous { display_name }
                    | Person::Phone { display_name } => {
                        *display_name = new.clone();
                    }
                }
                None
            }
            Fact::ParticipantReturned { participant, .. } => {
                let returned = self.participants.get_mut(participant)?;
                self.guests_put_out -= usize::from(returned.removed && returned.is_guest());
                returned.removed = false;
                None
            }
            Fact::ParticipantRemoved { participant, .. } => {
                let removed = self.participants.get_mut(participant)?;
                self.guests_put_out += usize::from(removed.is_guest());
                removed.removed = true;
                self.awaited.remove(participant);
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
            Fact::ReturnAwaited {
                participants, until, ..
            } => {
                let awaited = participants.iter().cloned();
                self.awaited.extend(awaited.map(|participant| (participant, *until)));
                None
            }
            Fact::ReturnGivenUp { participants, .. } => {
                self.awaited.retain(|awaited, _| !participants.contains(awaited));
                None
            }
            _ => None,
        }
    }
}
