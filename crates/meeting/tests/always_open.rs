//! A conference that is always open: one person stays, and for a year others come and go.

use meeting::{
    AccessType, Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, FreshIds, Input, Micros,
    ParticipantId, Person, Recalled, Role, SecretHash, SessionId, Settings, Space, SpaceId, Standing, UserId, decide,
};

/// A million joins and leaves.
const VISITS: u64 = 500_000;
const YEAR_US: i64 = 365 * 24 * 3600 * 1_000_000;

/// One room, and what its register would know of the guest and the user who came last.
struct Room {
    space: Space,
    now: Micros,
    made: u64,
    guest: Option<Recalled>,
    user: Option<Recalled>,
}

impl Room {
    fn give(&mut self, input: Input) {
        for fact in decide(&self.space, input, self.now).expect("it is never full") {
            self.space.apply(&fact);
        }
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.made += 1;
        u128::from(self.made).to_be_bytes()
    }

    fn comes(&mut self, person: Person, presented: Option<SecretHash>) -> Recalled {
        let session = SessionId::from_random(self.fresh());
        let secret = SecretHash([self.fresh(); 2].concat().try_into().expect("twice sixteen"));
        let participant = match &person {
            Person::SignedIn { user, .. } => ParticipantId::from(user),
            Person::Anonymous { .. } | Person::Phone { .. } => ParticipantId::from_random(self.fresh()),
        };
        let arrival = Arrival {
            person: person.clone(),
            standing: Standing::Trusted,
            device: DeviceKind::Full,
            through: EntryPoint::Own,
            by_program: false,
            client: ClientKey(0),
            session: session.clone(),
            secret,
            presented,
        };
        let fresh = FreshIds {
            conference: ConferenceId::from_random([1; 16]),
            later_conference: ConferenceId::from_random([2; 16]),
            participant: participant.clone(),
        };
        self.give(Input::Join { arrival, fresh });
        self.give(Input::Connected {
            session: session.clone(),
        });
        Recalled {
            participant,
            person,
            role: Role::Contributor,
            removed: false,
            latest_end: None,
            seat: Some((secret, session)),
        }
    }

    /// A new guest, the same guest again, and always the same user, in turns.
    fn visit(&mut self, number: u64) {
        let display_name = DisplayName::parse("A visitor").expect("a name");
        let mut left = match number % 3 {
            0 => self.comes(Person::Anonymous { display_name }, None),
            1 => {
                let guest = self.guest.take().expect("one was here");
                let secret = guest.seat.as_ref().map(|(secret, _)| *secret);
                self.space.recall(guest.clone());
                let again = self.comes(guest.person.clone(), secret);
                Recalled {
                    participant: guest.participant,
                    ..again
                }
            }
            _ => {
                if let Some(user) = self.user.take() {
                    self.space.recall(user);
                }
                let user = UserId::parse("000000000000000000002").expect("21 digits");
                self.comes(Person::SignedIn { user, display_name }, None)
            }
        };
        let (secret, session) = left.seat.clone().expect("it has just come");
        self.now = self
            .now
            .plus_us(YEAR_US / i64::try_from(VISITS).expect("not that many"));
        self.give(Input::Leave { session, secret });
        self.space.forget_absent();
        left.latest_end = Some(self.now);
        match left.person {
            Person::Anonymous { .. } | Person::Phone { .. } => self.guest = Some(left),
            Person::SignedIn { .. } => self.user = Some(left),
        }
    }
}

/// As text a space shows everything that it holds: whatever grew would make it longer.
#[test]
fn a_year_of_visits_leaves_nothing_behind() {
    let settings = Settings {
        access_type: AccessType::Open,
        ..Settings::default()
    };
    let mut room = Room {
        space: Space::new(SpaceId::from_random([0; 9]), settings),
        now: Micros(1_767_225_600_000_000),
        made: 0,
        guest: None,
        user: None,
    };
    let display_name = DisplayName::parse("The keeper").expect("a name");
    room.comes(Person::Anonymous { display_name }, None);
    let held = format!("{:?}", room.space).len();
    for number in 0..VISITS {
        room.visit(number);
        if number % 1_000 == 0 {
            assert_eq!(format!("{:?}", room.space).len(), held, "visit {number}");
        }
    }
    let conference = room.space.conference().expect("the keeper has not left");
    assert_eq!((conference.participants().len(), conference.present()), (1, 1));
}
