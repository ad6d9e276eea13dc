//! A space in which people meet: every input is decided by `meeting`, recorded, and then applied, as a server does it. Who is
//! not there is read from the register and forgotten again, as a server does that.

use db::Db;
use meeting::{
    AccessType, Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, Fact, FreshIds, Input,
    LostReason, MeetingCode, Micros, ParticipantId, Person, Refusal, SecretHash, SessionId, Settings, Space, SpaceId,
    Standing, UserId, decide,
};
use register::{NewSpace, Register};
use std::sync::atomic::{AtomicU64, Ordering};

/// 2026-01-01T00:00:00Z: the zero of `at`.
pub(crate) const ZERO: i64 = 1_767_225_600_000_000;

pub(crate) struct Hall {
    pub(crate) register: Register,
    pub(crate) space: Space,
    pub(crate) code: MeetingCode,
    pub(crate) owner: UserId,
}

/// One session, with all its names.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) conference: ConferenceId,
    pub(crate) participant: ParticipantId,
    pub(crate) session: SessionId,
    pub(crate) secret: SecretHash,
}

impl Hall {
    /// An empty space of its own, owned by user 1.
    pub(crate) async fn new(db: &Db) -> Hall {
        let register = Register::new(db.clone());
        Hall::of(register, new_space(user(1), at(0))).await
    }

    /// A space of somebody's choice.
    pub(crate) async fn of(register: Register, new: NewSpace) -> Hall {
        register.create_space(new.clone()).await.expect("fresh ids");
        Hall {
            register,
            space: Space::new(new.id, new.settings),
            code: new.code,
            owner: new.owner,
        }
    }

    pub(crate) async fn give(&mut self, input: Input, now: Micros) -> Result<Vec<Fact>, Refusal> {
        self.recall(&input).await;
        let decided = decide(&self.space, input, now);
        let facts = decided.as_deref().unwrap_or_default();
        self.register
            .record(self.space.id(), facts, None)
            .await
            .expect("what was decided is recorded");
        for fact in facts {
            self.space.apply(fact);
        }
        self.space.forget_absent();
        decided
    }

    async fn recall(&mut self, input: &Input) {
        let (Some(active), Some(absentee)) = (self.space.conference(), self.space.absentee(input)) else {
            return;
        };
        let recalled = self.register.recall(active.id(), &absentee).await.expect("a read");
        if let Some(recalled) = recalled {
            self.space.recall(recalled);
        }
    }

    /// Joins.
    pub(crate) async fn join(&mut self, person: Person, now: Micros) -> Seat {
        self.join_with(person, None, now).await
    }

    pub(crate) async fn join_with(&mut self, person: Person, presented: Option<SecretHash>, now: Micros) -> Seat {
        self.come_in(arrival(person, presented), now).await
    }

    /// Joins with a standing and a device of their own.
    pub(crate) async fn come_in(&mut self, arrival: Arrival, now: Micros) -> Seat {
        self.come_in_or_knock(arrival, now).await.expect("they walk in")
    }

    /// The same, and whoever knocks is sent away: then there is no seat.
    pub(crate) async fn come_in_or_knock(&mut self, arrival: Arrival, now: Micros) -> Option<Seat> {
        let (session, secret) = (arrival.session.clone(), arrival.secret);
        self.ask(arrival, now).await;
        let facts = self.connect(&session, now).await;
        let Some(Fact::SessionStarted {
            conference,
            participant,
            ..
        }) = facts.last()
        else {
            let lost = Input::Lost {
                session,
                last_sign_of_life: now,
                reason: LostReason::Left,
            };
            self.give(lost, now).await.expect("somebody who knocks");
            return None;
        };
        Some(Seat {
            conference: conference.clone(),
            participant: participant.clone(),
            session,
            secret,
        })
    }

    /// Joins, and tells whether they wait now.
    pub(crate) async fn knock(&mut self, arrival: Arrival, now: Micros) -> bool {
        let session = arrival.session.clone();
        self.ask(arrival, now).await;
        matches!(self.connect(&session, now).await[..], [_, Fact::Knocked { .. }])
    }

    /// Asks to join.
    pub(crate) async fn ask(&mut self, arrival: Arrival, now: Micros) -> Vec<Fact> {
        let fresh = FreshIds {
            conference: ConferenceId::from_random(fresh()),
            later_conference: ConferenceId::from_random(fresh()),
            participant: ParticipantId::from_random(fresh()),
        };
        let join = Input::Join { arrival, fresh };
        self.give(join, now).await.expect("there is room")
    }

    /// The transport of somebody who asked is up.
    pub(crate) async fn connect(&mut self, session: &SessionId, now: Micros) -> Vec<Fact> {
        let session = session.clone();
        let connected = Input::Connected { session };
        self.give(connected, now).await.expect("never refused")
    }

    pub(crate) async fn leave(&mut self, seat: &Seat, now: Micros) {
        let input = Input::Leave {
            session: seat.session.clone(),
            secret: seat.secret,
        };
        self.give(input, now).await.expect("a leave with the right secret");
    }
}

pub(crate) fn new_space(owner: UserId, create: Micros) -> NewSpace {
    let random = fresh();
    NewSpace {
        id: SpaceId::from_random(*random.last_chunk().expect("nine bytes")),
        code: MeetingCode::from_random(random),
        owner,
        settings: open(),
        app: None,
        create,
    }
}

pub(crate) fn open() -> Settings {
    Settings {
        access_type: AccessType::Open,
        ..Settings::default()
    }
}

pub(crate) fn arrival(person: Person, presented: Option<SecretHash>) -> Arrival {
    Arrival {
        person,
        standing: Standing::Trusted,
        device: DeviceKind::Full,
        through: EntryPoint::Own,
        by_program: false,
        client: ClientKey(0),
        session: SessionId::from_random(fresh()),
        secret: fresh_secret(),
        presented,
    }
}

pub(crate) fn at(seconds: i64) -> Micros {
    Micros(ZERO + seconds * 1_000_000)
}

pub(crate) fn user(number: u64) -> UserId {
    UserId::parse(&format!("{number:0>21}")).expect("21 digits")
}

pub(crate) fn signed_in(number: u64) -> Person {
    let display_name = DisplayName::parse(&format!("User {number}")).expect("a name");
    Person::SignedIn {
        user: user(number),
        display_name,
    }
}

pub(crate) fn anonymous(name: &str) -> Person {
    Person::Anonymous {
        display_name: DisplayName::parse(name).expect("a name"),
    }
}

/// Sixteen bytes that were not given before, scattered so that no order of ids is that of their making.
pub(crate) fn fresh() -> [u8; 16] {
    static MADE: AtomicU64 = AtomicU64::new(1);
    let number = u128::from(MADE.fetch_add(1, Ordering::Relaxed));
    // The factor is odd: no two numbers give the same lowest 62 bits, which a UUID leaves as they are.
    number
        .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        .to_be_bytes()
}

pub(crate) fn fresh_secret() -> SecretHash {
    let mut hash = [0; 32];
    hash[16..].copy_from_slice(&fresh());
    SecretHash(hash)
}
