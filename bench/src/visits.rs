//! Visits to meetings, decided by `meeting` and written by `register` as the server does it, without network and media.

use anyhow::{Result, anyhow};
use meeting::{
    AccessType, Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, Fact, FreshIds, Input,
    MeetingCode, Micros, ParticipantId, Person, SecretHash, SessionId, Settings, Space, SpaceId, Standing, UserId,
};
use register::{NewSpace, Register};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time.
pub(crate) fn now() -> Micros {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970");
    Micros(i64::try_from(since.as_micros()).expect("the clock is before the year 294,000"))
}

/// Random bytes, for ids as random as the real ones: their order decides where they land in an index.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}

/// Somebody with only a name.
pub(crate) fn anonymous(number: usize) -> Person {
    Person::Anonymous {
        display_name: name(&format!("Guest {number}")),
    }
}

/// One of a fixed number of users.
pub(crate) fn user(number: usize) -> Person {
    let user = UserId::parse(&format!("{:021}", 1_000_000 + number)).expect("21 digits");
    Person::SignedIn {
        user,
        display_name: name(&format!("User {number}")),
    }
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).expect("a short name of letters")
}

/// A join with new ids: what is asked, which writes nothing, and the transport that is up, which does.
pub(crate) fn join(person: Person) -> [Input; 2] {
    let arrival = Arrival {
        person,
        standing: Standing::Trusted,
        device: DeviceKind::Full,
        through: EntryPoint::Own,
        by_program: false,
        client: ClientKey(0),
        session: SessionId::from_random(random()),
        secret: SecretHash(random()),
        presented: None,
    };
    let fresh = FreshIds {
        conference: ConferenceId::from_random(random()),
        later_conference: ConferenceId::from_random(random()),
        participant: ParticipantId::from_random(random()),
    };
    let session = arrival.session.clone();
    [Input::Join { arrival, fresh }, Input::Connected { session }]
}

fn open() -> Settings {
    Settings {
        access_type: AccessType::Open,
        ..Settings::default()
    }
}

/// A new space, durable.
pub(crate) async fn new_space(register: &Register, owner: &UserId) -> Result<Space> {
    let new = NewSpace {
        id: SpaceId::from_random(random()),
        code: MeetingCode::from_random(random()),
        owner: owner.clone(),
        settings: open(),
        app: None,
        create: Micros(0),
    };
    let record = register.create_space(new).await?;
    Ok(Space::new(record.id, record.settings))
}

/// Decides one input, records its facts in one durable write, and only then lets them be. Who is not there is looked up
/// before, and forgotten after it.
pub(crate) async fn happen(register: &Register, space: &mut Space, input: Input) -> Result<()> {
    if let (Some(active), Some(absentee)) = (space.conference(), space.absentee(&input))
        && let Some(recalled) = register.recall(active.id(), &absentee).await?
    {
        space.recall(recalled);
    }
    let facts = decide(space, input, now())?;
    register.record(space.id(), &facts, None).await?;
    for fact in &facts {
        space.apply(fact);
    }
    space.forget_absent();
    Ok(())
}

/// What follows from one input.
pub(crate) fn decide(space: &Space, input: Input, now: Micros) -> Result<Vec<Fact>> {
    meeting::decide(space, input, now).map_err(|refusal| anyhow!("refused: {refusal}"))
}
