//! One space, its clock and the people around it.

use crate::{
    awaited::{About, Awaited},
    guard::{self, Guard},
    happening::{Happening, OPEN, STANDINGS, Who, settings, user_id},
    ledger::Ledger,
};
use meeting::{
    Arrival, ClientKey, Conference, ConferenceId, DeviceKind, DisplayName, EntryPoint, Fact, FreshIds, Input,
    LostReason, Micros, ParticipantId, Person, RecordingEndReason, RecordingId, Refusal, ReservationEndReason,
    SecretHash, SessionId, Settings, Space, SpaceId, Standing, Wish, decide, limits,
};
use proptest::sample::Index;

pub(crate) struct World {
    space: Space,
    /// The same, but that it forgets nobody.
    remembering: Space,
    ledger: Ledger,
    awaited: Awaited,
    /// What the clock shows; it may step.
    clock: Micros,
    /// Time without steps since the connected sessions were last heard of.
    unheard_us: i64,
    /// Every session that there was, with its secret.
    sessions: Vec<(SessionId, SecretHash)>,
    conferences: Vec<ConferenceId>,
    /// How the users 0 to 2 stand to the space.
    standings: [Standing; 3],
    made: u64,
}

impl World {
    pub(crate) fn new() -> World {
        let space = Space::new(SpaceId::from_random([7; 9]), OPEN);
        World {
            remembering: space.clone(),
            space,
            ledger: Ledger::default(),
            awaited: Awaited::default(),
            clock: Micros(1_800_000_000_000_000),
            unheard_us: 0,
            sessions: Vec::new(),
            conferences: Vec::new(),
            standings: [Standing::Owner, Standing::CoHost, Standing::Trusted],
            made: 0,
        }
    }

    pub(crate) fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Wait { us } => self.wait(us),
            Happening::ClockStep { us } => self.clock = Micros((self.clock.0 + us).max(0)),
            Happening::Join { ref who, arrives } => self.join(who, arrives),
            Happening::Resume {
                ref who,
                conference,
                arrives,
            } => self.resume(who, conference, arrives),
            Happening::Admit { session } => self.admit(session),
            Happening::Deny { session } => self.deny(session),
            Happening::Remove { session } => self.remove(session),
            Happening::Configure { switches } => self.configure(switches),
            Happening::Promote { user, standing } => {
                self.standings[usize::from(user)] = STANDINGS[usize::from(standing)];
                let input = Input::Promote {
                    user: user_id(user),
                    standing: STANDINGS[usize::from(standing)],
                };
                self.give(input).expect("never refused");
            }
            Happening::Connect { session } => {
                if let Some((session, _)) = pick(&self.sessions, session) {
                    self.connect(session);
                }
            }
            Happening::Leave { session, own_secret } => self.leave(session, own_secret),
            Happening::Lost {
                session,
                age_us,
                reason,
            } => {
                if let Some((session, _)) = pick(&self.sessions, session) {
                    let reasons = [LostReason::Left, LostReason::Closed, LostReason::Silent];
                    let (last_sign_of_life, reason) = (self.clock.plus_us(-age_us), reasons[usize::from(reason)]);
                    self.give(Input::Lost {
                        session,
                        last_sign_of_life,
                        reason,
                    });
                }
            }
            Happening::Record => self.record(),
            Happening::Pause { on } => {
                let input = if on {
                    Input::PauseRecording
                } else {
                    Input::ResumeRecording
                };
                assert_eq!(self.give(input).is_some(), self.ledger.recording().is_some());
            }
            Happening::StopRecording => {
                let stop = Input::StopRecording {
                    recording: None,
                    reason: RecordingEndReason::Stopped,
                };
                let was = self.ledger.recording().is_some();
                assert_eq!(self.give(stop).is_some(), was);
                assert!(self.ledger.recording().is_none());
                assert!(
                    !was || !self.space.lacks_recording(),
                    "nobody is recorded again who stopped it"
                );
            }
            Happening::End => self.end(),
            Happening::Crash { starts } => (0..starts).for_each(|_| self.crash()),
            Happening::Stop => self.stop(),
            Happening::Woke => {
                self.give(Input::Woke).expect("never refused");
            }
        }
    }

    /// Time passes as a server sees it: it serves deadlines when they are due and hears of connected sessions in time.
    fn wait(&mut self, us: i64) {
        let until = self.clock.plus_us(us);
        while self.clock < until {
            let next_sign = self.clock.plus_us(limits::SIGN_OF_LIFE_EVERY_US - self.unheard_us);
            let next = self
                .space
                .next_deadline()
                .map_or(until, |deadline| deadline.max(self.clock))
                .min(until);
            let next = next.min(next_sign);
            self.unheard_us += next.since_us(self.clock);
            self.clock = next;
            if self.unheard_us == limits::SIGN_OF_LIFE_EVERY_US {
                self.hear();
            }
            self.tick();
        }
    }

    fn hear(&mut self) {
        let live = self.space.conference().into_iter().flat_map(Conference::live_sessions);
        let heard = live.map(|(id, _)| (id.clone(), self.clock)).collect();
        self.give(Input::Alive(heard)).expect("a sign of life is never refused");
        self.unheard_us = 0;
    }

    fn tick(&mut self) {
        self.give(Input::Tick).expect("a tick is never refused");
        assert!(
            self.space.next_deadline().is_none_or(|deadline| deadline > self.clock),
            "a served deadline is gone"
        );
    }

    /// Everybody falls silent: all ends without any further input but time.
    pub(crate) fn run_out(&mut self) {
        let live: Vec<SessionId> = self
            .space
            .conference()
            .into_iter()
            .flat_map(|conference| conference.live_sessions().keys().cloned())
            .collect();
        for session in live {
            let last_sign_of_life = self.clock;
            self.give(Input::Lost {
                session,
                last_sign_of_life,
                reason: LostReason::Silent,
            })
            .expect("never refused");
        }
        while let Some(deadline) = self.space.next_deadline() {
            self.clock = deadline.max(self.clock);
            self.tick();
        }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.ledger.active().is_none() && self.ledger.knocks().is_empty() && self.space.next_deadline().is_none()
    }

    /// What holds at every moment.
    pub(crate) fn check(&self) {
        self.ledger.check();
        let waiting: Vec<_> = self.space.knocks().iter().map(|knock| &knock.arrival.session).collect();
        assert_eq!(waiting.len(), self.ledger.knocks().len());
        assert!(waiting.iter().all(|session| self.ledger.knocks().contains(*session)));
        assert!(waiting.len() <= limits::KNOCKS_MAX);
        let present = self.space.conference().into_iter().flat_map(Conference::participants);
        for (_, participant) in present {
            assert!(participant.live_sessions > 0, "whoever is not there is not held");
        }
        let coming = self.space.reservations().iter().map(|other| &other.arrival.session);
        let coming: Vec<_> = coming.collect();
        assert_eq!(coming.len(), self.ledger.reservations().len());
        assert!(
            coming
                .iter()
                .all(|session| self.ledger.reservations().contains(*session))
        );
        let live = self.space.conference().into_iter().flat_map(Conference::live_sessions);
        for (id, session) in live {
            assert!(
                !waiting.contains(&id) && !coming.contains(&id),
                "nobody is outside who is in"
            );
            assert!(
                !self.ledger.is_removed(&session.participant),
                "nobody is in who was put out"
            );
            let given = self.space.rights(id).expect("a live session");
            guard::check_rights(self.space.settings(), session, &given);
        }
        for session in waiting.into_iter().chain(coming) {
            assert_eq!(self.space.rights(session), None, "whoever is outside may do nothing");
        }
    }

    /// What should happen to somebody at the door now, and which participant they are.
    fn expected(&self, arrival: &Arrival) -> (Guard, Option<ParticipantId>) {
        // A conference whose time is up has forgotten its secrets and whom it removed.
        let tick = decide(&self.space, Input::Tick, self.clock).expect("never refused");
        let over = tick.iter().any(|fact| matches!(fact, Fact::ConferenceEnded { .. }));
        let known = self.expected_participant(arrival).filter(|_| !over);
        let removed = known.as_ref().map(|known| self.ledger.is_removed(known));
        let screened = !over && self.ledger.has_removed_a_guest();
        let guard = guard::at_the_door(self.space.settings(), arrival, removed, screened);
        (guard, known)
    }

    fn join(&mut self, who: &Who, arrives: bool) {
        let arrival = self.arrival(who);
        let session = arrival.session.clone();
        let fresh = FreshIds {
            conference: ConferenceId::from_random(self.fresh()),
            later_conference: ConferenceId::from_random(self.fresh()),
            participant: ParticipantId::from_random(self.fresh()),
        };
        self.conferences
            .extend([fresh.conference.clone(), fresh.later_conference.clone()]);
        let (expected, _) = self.expected(&arrival);
        match self.try_give(Input::Join { arrival, fresh }) {
            Err(refusal) => match expected {
                Guard::TurnsAway => assert!(CLOSED_DOOR.contains(&refusal)),
                Guard::LetsKnock | Guard::LetsIn => assert!(is_crowded(refusal), "{refusal:?}"),
            },
            Ok(facts) => {
                let [Fact::Reserved { reservation, .. }] = &facts[..] else {
                    panic!("nobody is in before their transport is up: {facts:?}")
                };
                let as_things_stand = if reservation.knocks {
                    Guard::LetsKnock
                } else {
                    Guard::LetsIn
                };
                assert_eq!(as_things_stand, expected);
            }
        }
        if arrives {
            self.connect(session);
        }
    }

    /// The transport of a session is up, whether it was asked for or not.
    fn connect(&mut self, session: SessionId) {
        let reservation = self.space.reservation(&session).cloned();
        let expected = reservation.as_ref().map(|other| self.expected(&other.arrival));
        let facts = self.give(Input::Connected { session }).expect("never refused");
        let (Some(reservation), Some((expected, known))) = (reservation, expected) else {
            return assert!(facts.is_empty(), "nobody is in who was not promised it: {facts:?}");
        };
        let Some(Fact::ReservationEnded { reason, .. }) = facts.first() else {
            panic!("a transport comes up once: {facts:?}")
        };
        match (reason, started(&facts)) {
            (ReservationEndReason::Connected, Some(participant)) => {
                assert_eq!(expected, Guard::LetsIn);
                assert!(
                    known.as_ref().is_none_or(|known| *known == participant),
                    "the same person"
                );
                if reservation.wish == Wish::Resume {
                    assert!(known.is_some(), "only those who were there come back");
                    assert_eq!(self.ledger.active(), Some(&reservation.conference));
                }
            }
            (ReservationEndReason::Connected, None) => {
                assert!(expected == Guard::LetsKnock && reservation.wish != Wish::Resume);
                assert!(matches!(facts[..], [_, Fact::Knocked { .. }]), "{facts:?}");
            }
            (ReservationEndReason::Refused(refusal), None) => {
                let fits = match expected {
                    Guard::TurnsAway => CLOSED_DOOR.contains(refusal),
                    Guard::LetsKnock | Guard::LetsIn if reservation.wish == Wish::Resume => GONE.contains(refusal),
                    Guard::LetsKnock | Guard::LetsIn => is_crowded(*refusal),
                };
                assert!(fits, "{refusal:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn resume(&mut self, who: &Who, conference: Index, arrives: bool) {
        let Some(conference) = pick(&self.conferences, conference) else {
            return;
        };
        let arrival = self.arrival(who);
        let session = arrival.session.clone();
        let (door, expected) = self.expected(&arrival);
        let active = self.ledger.active() == Some(&conference);
        if let Some(facts) = self.give(Input::Resume { arrival, conference }) {
            assert!(active, "only the active conference is come back to");
            let [Fact::Reserved { participant, .. }] = &facts[..] else {
                panic!("the old session goes on until the new one is there: {facts:?}")
            };
            assert_eq!(
                Some(participant),
                expected.as_ref(),
                "only those who were there come back"
            );
            assert_eq!(door, Guard::LetsIn);
        }
        if arrives {
            self.connect(session);
        }
    }

    fn admit(&mut self, session: Index) {
        let Some((session, _)) = pick(&self.sessions, session) else {
            return;
        };
        let waits = self.ledger.knocks().contains(&session);
        let conference = ConferenceId::from_random(self.fresh());
        self.conferences.push(conference.clone());
        let answer = self.give(Input::Admit { session, conference });
        let entered = answer.is_some_and(|facts| started(&facts).is_some());
        assert_eq!(entered, waits, "whoever waits can be admitted, and nobody else");
    }

    fn deny(&mut self, session: Index) {
        let Some((session, _)) = pick(&self.sessions, session) else {
            return;
        };
        let waits = self.ledger.knocks().contains(&session);
        assert_eq!(self.give(Input::Deny { session }).is_some(), waits);
    }

    fn remove(&mut self, session: Index) {
        let Some((session, _)) = pick(&self.sessions, session) else {
            return;
        };
        let Some(participant) = self.ledger.participant_of(&session) else {
            return;
        };
        let input = Input::Remove {
            participant: participant.clone(),
        };
        if self.give(input).is_some() && self.ledger.active().is_some() {
            assert!(self.ledger.is_removed(&participant));
        }
    }

    fn configure(&mut self, switches: u8) {
        let settings = settings(switches);
        let was_on = self.space.settings().moderation;
        self.give(Input::Configure(settings)).expect("never refused");
        let unrestricted = Settings {
            access_type: settings.access_type,
            entry_point_access: settings.entry_point_access,
            auto_recording: settings.auto_recording,
            ..Settings::default()
        };
        let is_switched_off = was_on && !settings.moderation;
        assert_eq!(
            *self.space.settings(),
            if is_switched_off { unrestricted } else { settings }
        );
    }

    fn leave(&mut self, session: Index, own_secret: bool) {
        let Some((session, mut secret)) = pick(&self.sessions, session) else {
            return;
        };
        if !own_secret {
            secret.0[0] ^= 1;
        }
        let waits = self.ledger.knocks().contains(&session);
        let answer = self.give(Input::Leave { session, secret });
        let deserted = self
            .space
            .conference()
            .is_some_and(|active| active.live_sessions().is_empty());
        let back = self.space.reservations().iter().any(|other| other.wish == Wish::Resume);
        if answer.as_deref().is_some_and(ends_a_session) && deserted {
            assert!(
                self.awaited.any() || back,
                "the last leave ends a conference that awaits nobody"
            );
        }
        assert!(own_secret || answer.is_none(), "a wrong secret is refused");
        assert!(!waits || answer.is_some() == own_secret, "whoever waits may go");
    }

    /// Asked for by somebody, or by nobody because it is missing.
    fn record(&mut self) {
        let live = |conference: &Conference| !conference.live_sessions().is_empty();
        let possible = self.ledger.recording().is_none() && self.space.conference().is_some_and(live);
        assert!(
            possible || !self.space.lacks_recording(),
            "only what is possible is missing"
        );
        let recording = RecordingId::from_random(self.fresh());
        let begun = self.give(Input::StartRecording {
            recording,
            by: None,
            asks: false,
        });
        assert_eq!(begun.is_some(), possible);
        assert!(!self.space.lacks_recording());
    }

    fn end(&mut self) {
        let Some(facts) = self.give(Input::EndConference) else {
            assert!(self.ledger.active().is_none());
            return;
        };
        let mut ends = facts.iter().filter_map(|fact| match fact {
            Fact::SessionEnded { end, .. } | Fact::RecordingEnded { end, .. } | Fact::ConferenceEnded { end, .. } => {
                Some(*end)
            }
            _ => None,
        });
        let first = ends.next().expect("at least the conference ends");
        assert!(ends.all(|end| end == first), "one end time for all: {facts:?}");
    }

    /// The process stops in good order: everybody is out, and another process starts.
    fn stop(&mut self) {
        self.give(Input::Shutdown).expect("a shutdown is never refused");
        assert!(
            self.space
                .conference()
                .is_none_or(|active| active.live_sessions().is_empty())
        );
        assert!(self.ledger.knocks().is_empty() && self.ledger.reservations().is_empty());
        self.crash();
    }

    /// The process dies, and another one starts from what was acknowledged.
    fn crash(&mut self) {
        let before = self
            .space
            .conference()
            .map(|conference| conference.live_sessions().clone())
            .unwrap_or_default();
        self.remembering = self.ledger.rebuild(Space::new(self.space.id().clone(), OPEN));
        self.space = self.remembering.clone();
        self.space.forget_absent();
        let facts = self.give(Input::Restart).expect("a restart is never refused");
        assert_eq!(self.ledger.recording(), None, "a kill leaves no recording open");
        for fact in facts {
            let Fact::SessionEnded { session, end, .. } = fact else {
                continue;
            };
            // It was heard of when signs of life were last written: at most 5 s of true time ago.
            assert_eq!(end, before[&session].last_sign_of_life, "the error is one interval");
        }
        assert!(self.unheard_us <= limits::SIGN_OF_LIFE_EVERY_US);
        self.unheard_us = 0;
    }

    fn give(&mut self, input: Input) -> Option<Vec<Fact>> {
        self.try_give(input).ok()
    }

    fn try_give(&mut self, input: Input) -> Result<Vec<Fact>, Refusal> {
        if let Some(absentee) = self.space.absentee(&input)
            && let Some(recalled) = self.ledger.recall(&absentee)
        {
            self.space.recall(recalled);
        }
        let about = self.about(&input);
        let enters = matches!(input, Input::Connected { .. } | Input::Admit { .. });
        let outcome = decide(&self.space, input.clone(), self.clock);
        assert_eq!(
            outcome,
            decide(&self.remembering, input, self.clock),
            "whoever is recalled is as if they had not been forgotten"
        );
        let facts = outcome.clone().unwrap_or_default();
        self.awaited.note(&about, &facts, self.clock);
        assert!(enters || started(&facts).is_none(), "there are two ways in: {facts:?}");
        for fact in &facts {
            self.ledger.write(fact);
            self.space.apply(fact);
            self.remembering.apply(fact);
        }
        self.space.forget_absent();
        outcome
    }

    /// What an input means to those who are awaited.
    fn about(&self, input: &Input) -> About {
        match input {
            Input::Leave { session, .. } => About::Leave(self.ledger.participant_of(session)),
            Input::Restart | Input::Woke => About::Return,
            _ => About::Nothing,
        }
    }

    /// People 0 to 2 are users, the others anonymous, and each claims to be what they like.
    fn arrival(&mut self, who: &Who) -> Arrival {
        let display_name = DisplayName::parse(&format!("Person {}", who.person)).expect("a name");
        let person = match who.person {
            0..3 => Person::SignedIn {
                user: user_id(who.person),
                display_name,
            },
            _ => Person::Anonymous { display_name },
        };
        let mut secret = [0; 32];
        secret[16..].copy_from_slice(&self.fresh());
        let (session, secret) = (SessionId::from_random(self.fresh()), SecretHash(secret));
        let presented = who
            .presented
            .and_then(|presented| pick(&self.sessions, presented))
            .map(|(_, secret)| secret);
        self.sessions.push((session.clone(), secret));
        Arrival {
            person,
            standing: self.standings[usize::from(who.person % 3)],
            device: DeviceKind::ALL[usize::from(who.device)],
            through: [EntryPoint::Own, EntryPoint::CreatorApp, EntryPoint::OtherApp][usize::from(who.through)],
            by_program: false,
            client: ClientKey(u64::from(who.person)),
            session,
            secret,
            presented,
        }
    }

    fn expected_participant(&self, arrival: &Arrival) -> Option<ParticipantId> {
        match &arrival.person {
            Person::SignedIn { user, .. } => self.ledger.participant(&ParticipantId::from(user)),
            Person::Anonymous { .. } => self.ledger.anonymous(arrival.presented?),
            Person::Phone { .. } => None,
        }
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.made += 1;
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&self.made.to_be_bytes());
        // Bits that a UUID of version 4 keeps for itself.
        bytes[8] = 0;
        bytes
    }
}

/// What a closed door says.
const CLOSED_DOOR: [Refusal; 2] = [Refusal::EntryPointNotAllowed, Refusal::CompanionNeedsAccount];

/// What is said to a client that cannot come back any more.
const GONE: [Refusal; 3] = [Refusal::ConferenceOver, Refusal::NotAParticipant, Refusal::Removed];

/// Whether somebody has taken their share.
fn is_crowded(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::TooManyAtOnce { .. } | Refusal::LobbyFull)
}

fn ends_a_session(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| matches!(fact, Fact::SessionEnded { .. }))
}

fn started(facts: &[Fact]) -> Option<ParticipantId> {
    facts.iter().find_map(|fact| match fact {
        Fact::SessionStarted { participant, .. } => Some(participant.clone()),
        _ => None,
    })
}

fn pick<T: Clone>(of: &[T], index: Index) -> Option<T> {
    if of.is_empty() {
        None
    } else {
        Some(index.get(of).clone())
    }
}
