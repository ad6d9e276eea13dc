//! How participants enter the register.

use crate::{
    numbers::Number,
    participants::{KIND_ANONYMOUS, KIND_PHONE, KIND_SIGNED_IN},
};
use db::{Statement, Value};
use meeting::{ConferenceId, Fact, Micros, ParticipantId, Person, Role, SpaceId};

pub(super) fn statements(space: &SpaceId, fact: &Fact) -> Vec<Statement> {
    match fact {
        Fact::ParticipantJoined {
            conference,
            participant,
            person,
            earliest_start,
            role,
        } => joined(space, conference, participant, person, *earliest_start, *role),
        Fact::ParticipantReturned {
            conference,
            participant,
        } => vec![change(
            "update participant set latest_end_us = null, removed = 0
            where conference = $1 and id = $2 and latest_end_us is not null",
            conference,
            participant,
            None,
        )],
        Fact::ParticipantRenamed {
            conference,
            participant,
            display_name,
        } => vec![change(
            "update participant set display_name = $3 where conference = $1 and id = $2",
            conference,
            participant,
            Some(display_name.as_str().into()),
        )],
        Fact::RoleChanged {
            conference,
            participant,
            role,
        } => vec![change(
            "update participant set role = $3 where conference = $1 and id = $2",
            conference,
            participant,
            Some(role.number().into()),
        )],
        Fact::ParticipantRemoved {
            conference,
            participant,
        } => vec![change(
            "update participant set removed = 1, return_until_us = null where conference = $1 and id = $2 and removed = 0",
            conference,
            participant,
            None,
        )],
        Fact::ReturnAwaited {
            conference,
            participants,
            until,
        } => awaited(conference, participants, Some(*until)),
        Fact::ReturnGivenUp {
            conference,
            participants,
        } => awaited(conference, participants, None),
        _ => Vec::new(),
    }
}

/// The conference waits for these, or no longer.
fn awaited(conference: &ConferenceId, participants: &[ParticipantId], until: Option<Micros>) -> Vec<Statement> {
    let until = Value::from(until.map(|until| until.0));
    let each = participants.iter().map(|participant| {
        change(
            "update participant set return_until_us = $3 where conference = $1 and id = $2",
            conference,
            participant,
            Some(until.clone()),
        )
    });
    each.collect()
}

/// A conference that is over waits for nobody.
pub(super) fn nobody_awaited(conference: &ConferenceId) -> Statement {
    Statement::new(
        "update participant set return_until_us = null where conference = $1 and return_until_us is not null",
        vec![conference.as_str().into()],
    )
}

/// Signed-in participants may read the record; the owner may already.
fn joined(
    space: &SpaceId,
    conference: &ConferenceId,
    participant: &ParticipantId,
    person: &Person,
    earliest_start: Micros,
    role: Role,
) -> Vec<Statement> {
    let (kind, account) = match person {
        Person::SignedIn { user, .. } => (KIND_SIGNED_IN, Some(user.as_str())),
        Person::Anonymous { .. } => (KIND_ANONYMOUS, None),
        Person::Phone { .. } => (KIND_PHONE, None),
    };
    let joined = Statement::new(
        "insert into participant
        (conference, id, kind, account, display_name, earliest_start_us, latest_end_us, role, removed)
        select c.id, $2, $3, $4, $5, $6, null, $8, 0 from conference c
        where c.id = $1 and c.space = $7 and c.end_us is null and c.start_us <= $6",
        vec![
            conference.as_str().into(),
            participant.as_str().into(),
            kind.into(),
            account.into(),
            person.display_name().as_str().into(),
            earliest_start.0.into(),
            space.as_str().into(),
            role.number().into(),
        ],
    )
    .expect(1);
    let reads = account.map(|account| {
        Statement::new(
            "insert into conference_reader (account, space, start_us, conference, app)
            select $2, c.space, c.start_us, c.id, s.app from conference c join space s on s.id = c.space where c.id = $1
            on conflict do nothing",
            vec![conference.as_str().into(), account.into()],
        )
    });
    std::iter::once(joined).chain(reads).collect()
}

/// A session of theirs ended at `end`. With the last one they are absent since `latest_end`. Who is still there knows of this
/// end too, for the other session may end earlier, if it turns out that nobody has heard of it for longer.
pub(super) fn left(
    conference: &ConferenceId,
    participant: &ParticipantId,
    end: Micros,
    latest_end: Option<Micros>,
) -> Statement {
    if let Some(latest_end) = latest_end {
        return change(
            "update participant set latest_end_us = $3, latest_session_end_us = $3
            where conference = $1 and id = $2 and latest_end_us is null",
            conference,
            participant,
            Some(latest_end.0.into()),
        );
    }
    Statement::new(
        "update participant set latest_session_end_us = $3
        where conference = $1 and id = $2 and (latest_session_end_us is null or latest_session_end_us < $3)",
        vec![conference.as_str().into(), participant.as_str().into(), end.0.into()],
    )
}

/// A participant whose session starts is back, if they were awaited; and if the new session has a more powerful role, they have it.
pub(super) fn arrived(conference: &ConferenceId, participant: &ParticipantId, role: Role) -> Statement {
    Statement::new(
        "update participant set return_until_us = null, role = case when role > $3 then $3 else role end
        where conference = $1 and id = $2 and (role > $3 or return_until_us is not null)",
        vec![
            conference.as_str().into(),
            participant.as_str().into(),
            role.number().into(),
        ],
    )
}

/// A change to one participant that there is: `$1` and `$2` name them, `$3` is the value.
fn change(
    sql: &'static str,
    conference: &ConferenceId,
    participant: &ParticipantId,
    value: Option<Value>,
) -> Statement {
    let mut params = vec![conference.as_str().into(), participant.as_str().into()];
    params.extend(value);
    Statement::new(sql, params).expect(1)
}
