//! What was acknowledged, as rows. A fact that contradicts a row panics, as the register would refuse it; [`Ledger::check`]
//! holds the rows against the rules.

use meeting::{
    Absentee, ConferenceEndReason, ConferenceId, Fact, KnockEndReason, Micros, ParticipantId, Person, Recalled,
    RecordingId, ReservationEndReason, Role, SecretHash, SessionId, Space,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(crate) struct Ledger {
    facts: Vec<Fact>,
    conferences: Vec<Conference>,
    /// Those who are on the way, and those who wait; a crash forgets them.
    reservations: BTreeSet<SessionId>,
    knocks: BTreeSet<SessionId>,
    /// The conference that they were promised.
    promised: Option<ConferenceId>,
    /// Whose transport is up: the facts that follow must tell what became of them.
    arrived: Option<SessionId>,
    /// Whose admission the facts that follow must tell.
    admitted: Option<SessionId>,
}

struct Conference {
    id: ConferenceId,
    start: Micros,
    end: Option<Micros>,
    participants: BTreeMap<ParticipantId, Participant>,
    sessions: BTreeMap<SessionId, Session>,
    recordings: Vec<Recording>,
}

struct Recording {
    id: RecordingId,
    /// When it began, or was last paused or let go on.
    latest: Micros,
    paused: bool,
    end: Option<Micros>,
}

struct Participant {
    person: Person,
    role: Role,
    removed: bool,
    earliest_start: Micros,
    latest_end: Option<Micros>,
}

struct Session {
    participant: ParticipantId,
    secret: SecretHash,
    start: Micros,
    last_sign_of_life: Micros,
    end: Option<Micros>,
}

impl Ledger {
    pub(crate) fn active(&self) -> Option<&ConferenceId> {
        self.open().map(|conference| &conference.id)
    }

    pub(crate) fn participant(&self, id: &ParticipantId) -> Option<ParticipantId> {
        self.open()?.participants.contains_key(id).then(|| id.clone())
    }

    pub(crate) fn anonymous(&self, secret: SecretHash) -> Option<ParticipantId> {
        let open = self.open()?;
        let session = open.sessions.values().find(|session| session.secret == secret)?;
        open.participants[&session.participant]
            .is_anonymous()
            .then(|| session.participant.clone())
    }

    /// Somebody of the open conference, as it is recorded.
    pub(crate) fn recall(&self, absentee: &Absentee) -> Option<Recalled> {
        let open = self.open()?;
        let (id, seat) = match absentee {
            Absentee::Participant(id) => (id, None),
            Absentee::Holder(secret) => {
                let mut sessions = open.sessions.iter();
                let (id, session) = sessions.find(|(_, session)| session.secret == *secret)?;
                (&session.participant, Some((*secret, id.clone())))
            }
        };
        let participant = open.participants.get(id)?;
        let own = open.sessions.values().filter(|session| session.participant == *id);
        Some(Recalled {
            participant: id.clone(),
            person: participant.person.clone(),
            role: participant.role,
            removed: participant.removed,
            latest_end: own.filter_map(|session| session.end).max(),
            seat,
        })
    }

    /// The recording of the open conference that goes on.
    pub(crate) fn recording(&self) -> Option<&RecordingId> {
        let last = self.open()?.recordings.last()?;
        last.end.is_none().then_some(&last.id)
    }

    pub(crate) fn is_removed(&self, id: &ParticipantId) -> bool {
        self.open().is_some_and(|open| open.participants[id].removed)
    }

    /// Whether somebody without an account was put out of the open conference and not let in again.
    pub(crate) fn has_removed_a_guest(&self) -> bool {
        let open = self.open().into_iter();
        let mut participants = open.flat_map(|open| open.participants.values());
        participants.any(|participant| participant.is_anonymous() && participant.removed)
    }

    /// Whose session it is or was in the open conference.
    pub(crate) fn participant_of(&self, session: &SessionId) -> Option<ParticipantId> {
        Some(self.open()?.sessions.get(session)?.participant.clone())
    }

    pub(crate) fn reservations(&self) -> &BTreeSet<SessionId> {
        &self.reservations
    }

    pub(crate) fn knocks(&self) -> &BTreeSet<SessionId> {
        &self.knocks
    }

    /// The space that a new process finds, beginning with the one that was made first.
    pub(crate) fn rebuild(&mut self, mut space: Space) -> Space {
        self.reservations.clear();
        self.knocks.clear();
        self.promised = None;
        self.facts.iter().for_each(|fact| space.apply(fact));
        space
    }

    pub(crate) fn write(&mut self, fact: &Fact) {
        match fact {
            Fact::Reserved { .. } | Fact::ReservationEnded { .. } => return self.write_reservation(fact),
            Fact::Knocked { .. } | Fact::KnockEnded { .. } => return self.write_knock(fact),
            Fact::StandingChanged { session, .. } => {
                return assert!(self.knocks.contains(session) || self.reservations.contains(session));
            }
            recorded => self.facts.push(recorded.clone()),
        }
        match fact {
            Fact::Configured { .. } => {}
            Fact::ConferenceStarted { conference, start } => {
                assert!(self.open().is_none(), "at most one active conference");
                let promised = self.promised.take();
                assert!(
                    promised.is_none_or(|promised| promised == *conference),
                    "a promise is kept"
                );
                let before = self.conferences.iter().any(|before| before.id == *conference);
                assert!(!before, "each conference has an id of its own");
                self.conferences.push(Conference {
                    id: conference.clone(),
                    start: *start,
                    end: None,
                    participants: BTreeMap::new(),
                    sessions: BTreeMap::new(),
                    recordings: Vec::new(),
                });
            }
            Fact::ParticipantJoined { conference, .. }
            | Fact::ParticipantReturned { conference, .. }
            | Fact::ParticipantRenamed { conference, .. }
            | Fact::RoleChanged { conference, .. }
            | Fact::ParticipantRemoved { conference, .. } => self.within(conference).write_participant(fact),
            Fact::SessionStarted {
                conference, session, ..
            } => {
                let arrived = self.arrived.take_if(|arrived| arrived == session);
                let admitted = self.admitted.take_if(|admitted| admitted == session);
                assert!(arrived.or(admitted).is_some(), "nobody is in whose transport is not up");
                assert!(!self.knocks.contains(session), "who is in does not wait");
                self.within(conference).write_session(fact);
            }
            Fact::RecordingStarted { conference, .. }
            | Fact::RecordingPaused { conference, .. }
            | Fact::RecordingResumed { conference, .. }
            | Fact::RecordingAnswered { conference, .. }
            | Fact::RecordingEnded { conference, .. } => self.within(conference).write_recording(fact),
            Fact::SignsOfLife { conference, .. } | Fact::SessionEnded { conference, .. } => {
                self.within(conference).write_session(fact);
            }
            Fact::ReturnAwaited { conference, .. } | Fact::ReturnGivenUp { conference, .. } => {
                self.within(conference);
            }
            Fact::ConferenceEnded {
                conference,
                end,
                reason,
            } => {
                let conference = self.within(conference);
                if *reason != ConferenceEndReason::Ended {
                    let last = conference.sessions.values().filter_map(|session| session.end).max();
                    assert_eq!(
                        Some(*end),
                        last,
                        "a conference ends with its last session, however long it waited"
                    );
                }
                conference.end = Some(*end);
            }
            other => panic!("no fact of the register: {other:?}"),
        }
    }

    fn write_reservation(&mut self, fact: &Fact) {
        match fact {
            Fact::Reserved { reservation, .. } => {
                let session = reservation.arrival.session.clone();
                assert!(self.reservations.insert(session), "a reservation begins once");
                self.promise(&reservation.conference);
            }
            Fact::ReservationEnded { session, reason } => {
                assert!(self.reservations.remove(session), "a reservation ends once");
                if *reason == ReservationEndReason::Connected {
                    self.arrived = Some(session.clone());
                }
            }
            other => panic!("no fact of a reservation: {other:?}"),
        }
    }

    fn promise(&mut self, conference: &ConferenceId) {
        if self.active() != Some(conference) {
            let promised = self.promised.get_or_insert_with(|| conference.clone());
            assert_eq!(promised, conference, "all who are outside are promised the same");
        }
    }

    fn write_knock(&mut self, fact: &Fact) {
        match fact {
            Fact::Knocked { knock, conference, .. } => {
                let session = &knock.arrival.session;
                let arrived = self.arrived.take_if(|arrived| arrived == session);
                assert!(arrived.is_some(), "nobody waits whose transport is not up");
                assert!(self.knocks.insert(session.clone()), "a knock begins once");
                self.promise(conference);
            }
            Fact::KnockEnded { session, reason, .. } => {
                assert!(self.knocks.remove(session), "a knock ends once");
                if *reason == KnockEndReason::Admitted {
                    self.admitted = Some(session.clone());
                }
            }
            other => panic!("no fact of a knock: {other:?}"),
        }
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.admitted, None, "who is admitted comes in at once");
        assert_eq!(self.arrived, None, "whose transport is up is in or waits");
        self.conferences.iter().for_each(Conference::check);
        let open = self
            .conferences
            .iter()
            .filter(|conference| conference.end.is_none())
            .count();
        assert!(open <= 1, "at most one active conference");
    }

    fn open(&self) -> Option<&Conference> {
        self.conferences.last().filter(|conference| conference.end.is_none())
    }

    /// The open conference, which it must be.
    fn within(&mut self, id: &ConferenceId) -> &mut Conference {
        let last = self.conferences.last_mut().expect("a conference has started");
        assert!(
            last.id == *id && last.end.is_none(),
            "a fact belongs to the open conference"
        );
        last
    }
}

impl Participant {
    fn is_anonymous(&self) -> bool {
        self.person.user().is_none()
    }
}

impl Conference {
    fn write_participant(&mut self, fact: &Fact) {
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
                    role: *role,
                    removed: false,
                    earliest_start: *earliest_start,
                    latest_end: None,
                };
                let before = self.participants.insert(participant.clone(), joined);
                assert!(before.is_none(), "a participant joins once");
            }
            Fact::ParticipantReturned { participant, .. } => {
                let participant = self.participants.get_mut(participant).expect("joined before");
                assert!(participant.latest_end.take().is_some(), "only who was absent returns");
                participant.removed = false;
            }
            Fact::ParticipantRemoved { participant, .. } => {
                let participant = self.participants.get_mut(participant).expect("joined before");
                assert!(!participant.removed, "nobody is put out twice");
                participant.removed = true;
            }
            Fact::ParticipantRenamed {
                participant,
                display_name: new,
                ..
            } => match &mut self.participants.get_mut(participant).expect("joined before").person {
                Person::SignedIn { display_name, .. }
                | Person::Anonymous { display_name }
                | Person::Phone { display_name } => {
                    *display_name = new.clone();
                }
            },
            Fact::RoleChanged { participant, role, .. } => {
                self.participants.get_mut(participant).expect("joined before").role = *role;
            }
            other => panic!("no fact of a participant: {other:?}"),
        }
    }

    fn write_recording(&mut self, fact: &Fact) {
        if let Fact::RecordingStarted { recording, start, .. } = fact {
            assert!(
                self.recordings.iter().all(|before| before.end.is_some()),
                "one at a time"
            );
            return self.recordings.push(Recording {
                id: recording.clone(),
                latest: *start,
                paused: false,
                end: None,
            });
        }
        let current = self.recordings.last_mut().expect("it began");
        assert_eq!(current.end, None, "what is over stays over");
        let (id, at) = match fact {
            Fact::RecordingPaused { recording, at, .. } => {
                assert!(!std::mem::replace(&mut current.paused, true), "it pauses once");
                (recording, at)
            }
            Fact::RecordingResumed { recording, at, .. } => {
                assert!(
                    std::mem::replace(&mut current.paused, false),
                    "only what was paused goes on"
                );
                (recording, at)
            }
            Fact::RecordingAnswered { recording, at, .. } => (recording, at),
            Fact::RecordingEnded { recording, end, .. } => {
                current.end = Some(*end);
                (recording, end)
            }
            other => panic!("no fact of a recording: {other:?}"),
        };
        assert_eq!(*id, current.id);
        assert!(current.latest <= *at, "no negative time");
        current.latest = *at;
    }

    fn write_session(&mut self, fact: &Fact) {
        match fact {
            Fact::SessionStarted {
                participant,
                session,
                secret,
                start,
                role,
                ..
            } => {
                let owner = self.participants.get_mut(participant).expect("joined before");
                owner.role = owner.role.min(*role);
                let started = Session {
                    participant: participant.clone(),
                    secret: *secret,
                    start: *start,
                    last_sign_of_life: *start,
                    end: None,
                };
                let before = self.sessions.insert(session.clone(), started);
                assert!(before.is_none(), "a session starts once");
            }
            Fact::SignsOfLife { signs, .. } => {
                for (session, sign) in signs {
                    let session = self.sessions.get_mut(session).expect("started before");
                    assert!(session.end.is_none() && session.start <= *sign);
                    assert!(session.last_sign_of_life < *sign, "signs of life go forwards");
                    session.last_sign_of_life = *sign;
                }
            }
            Fact::SessionEnded {
                participant,
                session,
                end,
                participant_latest_end,
                ..
            } => {
                let session = self.sessions.get_mut(session).expect("started before");
                assert!(
                    session.end.replace(*end).is_none(),
                    "an end that was acknowledged stays"
                );
                assert!(session.last_sign_of_life <= *end, "nobody is heard of after the end");
                if let Some(latest_end) = participant_latest_end {
                    let participant = self.participants.get_mut(participant).expect("joined before");
                    assert!(
                        participant.latest_end.replace(*latest_end).is_none(),
                        "a latest end that was acknowledged stays"
                    );
                }
            }
            other => panic!("no fact of a session: {other:?}"),
        }
    }

    fn check(&self) {
        assert!(self.end.is_none_or(|end| end >= self.start), "no negative time");
        assert!(
            self.end.is_none() || self.recordings.iter().all(|recording| recording.end.is_some()),
            "no recording is open after its conference ended"
        );
        assert!(!self.sessions.is_empty(), "a conference starts with a session");
        for session in self.sessions.values() {
            let participant = &self.participants[&session.participant];
            assert!(
                session.start >= participant.earliest_start,
                "sessions are inside their participant"
            );
            assert!(session.end.is_none_or(|end| end >= session.start), "no negative time");
            assert!(
                session.end.is_some() || self.end.is_none(),
                "no session is open after its conference ended"
            );
        }
        for (id, participant) in &self.participants {
            let own = || self.sessions.values().filter(|session| session.participant == *id);
            let earliest_start = own().map(|session| session.start).min();
            assert_eq!(
                Some(participant.earliest_start),
                earliest_start,
                "the first session's start"
            );
            let live = own().any(|session| session.end.is_none());
            let latest_end = own().filter_map(|session| session.end).max();
            assert_eq!(
                participant.latest_end,
                latest_end.filter(|_| !live),
                "unset while live, then the last end"
            );
            assert!(
                participant.earliest_start >= self.start,
                "participants are inside their conference"
            );
            assert!(
                self.end
                    .is_none_or(|end| participant.latest_end.is_some_and(|latest_end| latest_end <= end))
            );
        }
    }
}
