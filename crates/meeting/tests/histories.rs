//! Properties over random histories: joins, returns, leaves, losses, signs of life, crashes and a clock that steps in both
//! directions. A ledger keeps what was acknowledged, as the register would, and checks every fact against it.

mod ledger;

use ledger::Ledger;
use meeting::{
    Arrival, Conference, ConferenceId, DisplayName, Fact, FreshIds, Input, LostReason, Micros, ParticipantId, Person,
    SecretHash, SessionId, Space, SpaceId, UserId, decide, limits,
};
use proptest::{prelude::*, sample::Index};

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_rules(happenings in proptest::collection::vec(happening(), 1..80)) {
        let mut world = World::new();
        for happening in happenings {
            world.happen(&happening);
            world.ledger.check();
        }
        world.run_out();
        world.ledger.check();
        prop_assert!(world.ledger.active().is_none(), "an empty conference ends by its deadlines alone");
    }
}

#[derive(Clone, Debug)]
enum Happening {
    Wait {
        us: i64,
    },
    ClockStep {
        us: i64,
    },
    Join {
        person: u8,
        presented: Option<Index>,
    },
    Resume {
        person: u8,
        presented: Option<Index>,
        conference: Index,
    },
    Connect {
        session: Index,
    },
    Leave {
        session: Index,
        own_secret: bool,
    },
    Lost {
        session: Index,
        age_us: i64,
        reason: u8,
    },
    End,
    Crash {
        starts: u8,
    },
    Shutdown,
}

fn happening() -> impl Strategy<Value = Happening> {
    let presented = || proptest::option::of(any::<Index>());
    prop_oneof![
        6 => prop_oneof![0..3_000_000_i64, 0..40_000_000_i64].prop_map(|us| Happening::Wait { us }),
        2 => (-7_200_000_000..7_200_000_000_i64).prop_map(|us| Happening::ClockStep { us }),
        8 => (0..6_u8, presented()).prop_map(|(person, presented)| Happening::Join { person, presented }),
        4 => (0..6_u8, presented(), any::<Index>())
            .prop_map(|(person, presented, conference)| Happening::Resume { person, presented, conference }),
        8 => any::<Index>().prop_map(|session| Happening::Connect { session }),
        5 => (any::<Index>(), prop::bool::weighted(0.9))
            .prop_map(|(session, own_secret)| Happening::Leave { session, own_secret }),
        4 => (any::<Index>(), -20_000_000..20_000_000_i64, 0..4_u8)
            .prop_map(|(session, age_us, reason)| Happening::Lost { session, age_us, reason }),
        1 => Just(Happening::End),
        3 => (1..3_u8).prop_map(|starts| Happening::Crash { starts }),
        1 => Just(Happening::Shutdown),
    ]
}

struct World {
    space: Space,
    ledger: Ledger,
    /// What the clock shows; it may step.
    clock: Micros,
    /// Time without steps since the connected sessions were last heard of.
    unheard_us: i64,
    /// Every session that there was, with its secret.
    sessions: Vec<(SessionId, SecretHash)>,
    conferences: Vec<ConferenceId>,
    made: u64,
}

impl World {
    fn new() -> World {
        World {
            space: Space::new(SpaceId::from_random([7; 9]), Micros(0)),
            ledger: Ledger::default(),
            clock: Micros(1_800_000_000_000_000),
            unheard_us: 0,
            sessions: Vec::new(),
            conferences: Vec::new(),
            made: 0,
        }
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Wait { us } => self.wait(us),
            Happening::ClockStep { us } => self.clock = Micros((self.clock.0 + us).max(0)),
            Happening::Join { person, presented } => self.join(person, presented),
            Happening::Resume {
                person,
                presented,
                conference,
            } => self.resume(person, presented, conference),
            Happening::Connect { session } => {
                if let Some((session, _)) = pick(&self.sessions, session) {
                    self.give(Input::Alive(vec![(session, self.clock)]));
                }
            }
            Happening::Leave { session, own_secret } => self.leave(session, own_secret),
            Happening::Lost {
                session,
                age_us,
                reason,
            } => {
                if let Some((session, _)) = pick(&self.sessions, session) {
                    let reasons = [
                        LostReason::Left,
                        LostReason::Closed,
                        LostReason::Silent,
                        LostReason::NotConnected,
                    ];
                    let (last_sign_of_life, reason) = (self.clock.plus_us(-age_us), reasons[usize::from(reason)]);
                    self.give(Input::Lost {
                        session,
                        last_sign_of_life,
                        reason,
                    });
                }
            }
            Happening::End => self.end(),
            Happening::Crash { starts } => (0..starts).for_each(|_| self.crash()),
            Happening::Shutdown => {
                self.give(Input::Shutdown).expect("a shutdown is never refused");
                assert!(self.space.conference().is_none());
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
        let connected = live.filter(|(_, session)| session.last_sign_of_life.is_some());
        let heard = connected.map(|(id, _)| (id.clone(), self.clock)).collect();
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
    fn run_out(&mut self) {
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
        if let Some(deadline) = self.space.next_deadline() {
            self.clock = deadline.max(self.clock);
            self.tick();
        }
    }

    fn join(&mut self, person: u8, presented: Option<Index>) {
        let arrival = self.arrival(person, presented);
        let expected = self.expected_participant(&arrival);
        let conference = ConferenceId::from_random(self.fresh());
        let fresh = FreshIds {
            conference: conference.clone(),
            participant: ParticipantId::from_random(self.fresh()),
        };
        let facts = self
            .give(Input::Join { arrival, fresh })
            .expect("there is room, and ids are fresh");
        let joined = started(&facts).expect("a join starts a session");
        // A conference that was over by then has forgotten its secrets.
        let continued = !facts.iter().any(|fact| matches!(fact, Fact::ConferenceEnded { .. }));
        if let Some(expected) = expected.filter(|_| continued) {
            assert_eq!(
                joined, expected,
                "a person is the same participant until the conference ends"
            );
        }
        self.conferences.push(conference);
    }

    fn resume(&mut self, person: u8, presented: Option<Index>, conference: Index) {
        let Some(conference) = pick(&self.conferences, conference) else {
            return;
        };
        let arrival = self.arrival(person, presented);
        let expected = self.expected_participant(&arrival);
        let active = self.ledger.active() == Some(&conference);
        let input = Input::Resume { arrival, conference };
        if let Some(facts) = self.give(input) {
            assert!(active, "only the active conference is come back to");
            assert_eq!(started(&facts), expected, "only those who were there come back");
        }
    }

    fn leave(&mut self, session: Index, own_secret: bool) {
        let Some((session, mut secret)) = pick(&self.sessions, session) else {
            return;
        };
        if !own_secret {
            secret.0[0] ^= 1;
        }
        let answer = self.give(Input::Leave { session, secret });
        assert!(own_secret || answer.is_none(), "a wrong secret is refused");
    }

    fn end(&mut self) {
        let Some(facts) = self.give(Input::EndConference) else {
            assert!(self.ledger.active().is_none());
            return;
        };
        let mut ends = facts.iter().filter_map(|fact| match fact {
            Fact::SessionEnded { end, .. } | Fact::ConferenceEnded { end, .. } => Some(*end),
            _ => None,
        });
        let first = ends.next().expect("at least the conference ends");
        assert!(ends.all(|end| end == first), "one end time for all: {facts:?}");
    }

    /// The process dies, and another one starts from what was acknowledged.
    fn crash(&mut self) {
        let before = self
            .space
            .conference()
            .map(|conference| conference.live_sessions().clone())
            .unwrap_or_default();
        self.space = self.ledger.rebuild(self.space.id().clone());
        let facts = self.give(Input::Restart).expect("a restart is never refused");
        for fact in facts {
            let Fact::SessionEnded {
                session, end, failed, ..
            } = fact
            else {
                continue;
            };
            let session = &before[&session];
            assert_eq!(failed, session.last_sign_of_life.is_none());
            // It was heard of when signs of life were last written: at most 5 s of true time ago.
            assert_eq!(
                end,
                session.last_sign_of_life.unwrap_or(session.start),
                "the error is one interval"
            );
        }
        assert!(self.unheard_us <= limits::SIGN_OF_LIFE_EVERY_US);
        self.unheard_us = 0;
    }

    fn give(&mut self, input: Input) -> Option<Vec<Fact>> {
        let facts = decide(&self.space, input.clone(), self.clock).ok()?;
        assert_eq!(
            Ok(&facts),
            decide(&self.space, input, self.clock).as_ref(),
            "the same input gives the same facts"
        );
        for fact in &facts {
            self.ledger.write(fact);
            self.space.apply(fact);
        }
        Some(facts)
    }

    /// People 0 to 2 are users, the others anonymous. A secret is any that was ever given.
    fn arrival(&mut self, person: u8, presented: Option<Index>) -> Arrival {
        let display_name = DisplayName::parse(&format!("Person {person}")).expect("a name");
        let person = match person {
            0..3 => Person::SignedIn {
                user: UserId::parse(&format!("{person:0>21}")).expect("21 digits"),
                display_name,
            },
            _ => Person::Anonymous { display_name },
        };
        let mut secret = [0; 32];
        secret[16..].copy_from_slice(&self.fresh());
        let (session, secret) = (SessionId::from_random(self.fresh()), SecretHash(secret));
        let presented = presented
            .and_then(|presented| pick(&self.sessions, presented))
            .map(|(_, secret)| secret);
        self.sessions.push((session.clone(), secret));
        Arrival {
            person,
            session,
            secret,
            presented,
        }
    }

    fn expected_participant(&self, arrival: &Arrival) -> Option<ParticipantId> {
        match &arrival.person {
            Person::SignedIn { user, .. } => self.ledger.participant(&ParticipantId::from(user)),
            Person::Anonymous { .. } => self.ledger.anonymous(arrival.presented?),
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
