//! Facts into statements: the one door by which a meeting enters the register.
//!
//! Each statement says on what it depends (a conference that is open, a session without an end) and how many rows that
//! makes, so that facts which do not follow from what is recorded fail as a whole. The list of facts is one write: there
//! is no moment at which a participant is there without its session.

use crate::{
    Register, RegisterError,
    limits::{MEETING_CODE_USE_EVERY_US, NEVER_US},
    numbers::Number,
    settings,
};
use db::Statement;
use meeting::{ConferenceId, Fact, Micros, ParticipantId, Person, Role, Settings, SpaceId};

pub(crate) const KIND_SIGNED_IN: i64 = 1;
pub(crate) const KIND_ANONYMOUS: i64 = 2;

impl Register {
    /// Writes facts that were decided for this space, all or none; they are durable when this returns.
    pub async fn record(&self, space: &SpaceId, facts: &[Fact]) -> Result<(), RegisterError> {
        let statements: Vec<Statement> = facts.iter().flat_map(|fact| self.statements(space, fact)).collect();
        if statements.is_empty() {
            return Ok(());
        }
        self.db.write(statements).await.map_err(|error| match error {
            conflict if conflict.is_conflict() => RegisterError::Impossible(conflict),
            other => RegisterError::Store(other),
        })
    }

    fn statements(&self, space: &SpaceId, fact: &Fact) -> Vec<Statement> {
        match fact {
            Fact::ConferenceStarted { conference, start } => {
                let mut statements = conference_started(space, conference, *start, self.expiry(*start));
                statements.push(code_used(space, *start));
                statements
            }
            Fact::ParticipantJoined { conference, participant, person, earliest_start } => {
                participant_joined(space, conference, participant, person, *earliest_start)
            }
            Fact::ParticipantReturned { conference, participant } => vec![
                Statement::new(
                    "update participant set latest_end_us = null, removed = 0
                    where conference = $1 and id = $2 and latest_end_us is not null",
                    vec![conference.as_str().into(), participant.as_str().into()],
                )
                .expect(1),
            ],
            Fact::ParticipantRenamed { conference, participant, display_name } => vec![
                Statement::new(
                    "update participant set display_name = $3 where conference = $1 and id = $2",
                    vec![conference.as_str().into(), participant.as_str().into(), display_name.as_str().into()],
                )
                .expect(1),
            ],
            Fact::SessionStarted { conference, participant, session, secret, start, device, role, connect_by: _ } => vec![
                Statement::new(
                    "insert into participant_session
                    (id, conference, participant, start_us, end_us, last_sign_of_life_us, secret_sha256, end_reason, failed,
                    device_kind)
                    select $3, p.conference, p.id, $4, null, null, $5, null, 0, $7
                    from participant p join conference c on c.id = p.conference
                    where p.conference = $1 and p.id = $2 and p.latest_end_us is null and p.removed = 0
                    and c.end_us is null and c.space = $6",
                    vec![
                        conference.as_str().into(),
                        participant.as_str().into(),
                        session.as_str().into(),
                        start.0.into(),
                        secret.0.into(),
                        space.as_str().into(),
                        device.number().into(),
                    ],
                )
                .expect(1),
                Statement::new(
                    "update participant set role = $3 where conference = $1 and id = $2 and role > $3",
                    vec![conference.as_str().into(), participant.as_str().into(), role.number().into()],
                ),
                code_used_within(space, *start, MEETING_CODE_USE_EVERY_US),
            ],
            Fact::RoleChanged { conference, participant, role } => vec![
                Statement::new(
                    "update participant set role = $3 where conference = $1 and id = $2",
                    vec![conference.as_str().into(), participant.as_str().into(), role.number().into()],
                )
                .expect(1),
            ],
            Fact::ParticipantRemoved { conference, participant } => vec![
                Statement::new(
                    "update participant set removed = 1 where conference = $1 and id = $2 and removed = 0",
                    vec![conference.as_str().into(), participant.as_str().into()],
                )
                .expect(1),
            ],
            Fact::Configured { settings } => vec![configured(space, settings)],
            Fact::SignsOfLife { conference, signs } => signs
                .iter()
                .map(|(session, sign)| {
                    Statement::new(
                        "update participant_session set last_sign_of_life_us = $3
                        where id = $1 and conference = $2 and end_us is null",
                        vec![session.as_str().into(), conference.as_str().into(), sign.0.into()],
                    )
                    .expect(1)
                })
                .collect(),
            Fact::SessionEnded { conference, participant, session, end, reason, failed, participant_latest_end } => {
                let ended = Statement::new(
                    "update participant_session set end_us = $4, end_reason = $5, failed = $6
                    where id = $1 and conference = $2 and participant = $3 and end_us is null and start_us <= $4",
                    vec![
                        session.as_str().into(),
                        conference.as_str().into(),
                        participant.as_str().into(),
                        end.0.into(),
                        reason.as_str().into(),
                        (*failed).into(),
                    ],
                )
                .expect(1);
                let absent = participant_latest_end.map(|latest_end| participant_absent(conference, participant, latest_end));
                std::iter::once(ended).chain(absent).collect()
            }
            Fact::ConferenceEnded { conference, end, reason } => {
                let ended = Statement::new(
                    "update conference set end_us = $3, end_reason = $5, expire_us =
                    (select case when s.retention_us is null then $4 when s.retention_us = 0 then $6 else $3 + s.retention_us end
                    from space s where s.id = $2)
                    where id = $1 and space = $2 and end_us is null and start_us <= $3 and not exists
                    (select 1 from participant_session s where s.conference = $1 and s.end_us is null)",
                    vec![
                        conference.as_str().into(),
                        space.as_str().into(),
                        end.0.into(),
                        self.expiry(*end).into(),
                        reason.as_str().into(),
                        NEVER_US.into(),
                    ],
                )
                .expect(1);
                vec![ended, code_used(space, *end)]
            }
            // Held in memory alone: a crash forgets them.
            Fact::ReturnAwaited { .. }
            | Fact::Knocked { .. }
            | Fact::KnockChanged { .. }
            | Fact::KnockEnded { .. } => Vec::new(),
        }
    }

    /// When records are over that are kept from this time on for as long as is usual.
    fn expiry(&self, from: Micros) -> i64 {
        from.plus_us(self.retention_us).0
    }
}

/// The owner of the space may read the record, whether they come or not.
fn conference_started(space: &SpaceId, conference: &ConferenceId, start: Micros, expire_us: i64) -> Vec<Statement> {
    let started = Statement::new(
        "insert into conference (id, space, start_us, end_us, expire_us, end_reason)
        select $2, s.id, $3, null,
        case when s.retention_us is null then $4 when s.retention_us = 0 then $5 else $3 + s.retention_us end, null
        from space s where s.id = $1",
        vec![
            space.as_str().into(),
            conference.as_str().into(),
            start.0.into(),
            expire_us.into(),
            NEVER_US.into(),
        ],
    );
    let owner_reads = Statement::new(
        "insert into conference_reader (account, space, start_us, conference, app)
        select s.owner, c.space, c.start_us, c.id, s.app from conference c join space s on s.id = c.space where c.id = $1",
        vec![conference.as_str().into()],
    );
    vec![started.expect(1), owner_reads.expect(1)]
}

/// Signed-in participants may read the record; the owner may already.
fn participant_joined(
    space: &SpaceId,
    conference: &ConferenceId,
    participant: &ParticipantId,
    person: &Person,
    earliest_start: Micros,
) -> Vec<Statement> {
    let (kind, account) = match person {
        Person::SignedIn { user, .. } => (KIND_SIGNED_IN, Some(user.as_str())),
        Person::Anonymous { .. } => (KIND_ANONYMOUS, None),
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
            // The least; the session that follows says more.
            Role::Viewer.number().into(),
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

fn participant_absent(conference: &ConferenceId, participant: &ParticipantId, latest_end: Micros) -> Statement {
    Statement::new(
        "update participant set latest_end_us = $3 where conference = $1 and id = $2 and latest_end_us is null",
        vec![
            conference.as_str().into(),
            participant.as_str().into(),
            latest_end.0.into(),
        ],
    )
    .expect(1)
}

fn configured(space: &SpaceId, settings: &Settings) -> Statement {
    Statement::new(
        "update space set access_type = $2, entry_point_access = $3, config = $4 where id = $1",
        vec![
            space.as_str().into(),
            settings.access_type.number().into(),
            settings.entry_point_access.number().into(),
            settings::config(settings).into(),
        ],
    )
    .expect(1)
}

/// The space may have no code any more, or one that was used later by a clock that has since been put right.
fn code_used(space: &SpaceId, at: Micros) -> Statement {
    code_used_within(space, at, 0)
}

/// Says that the code is in use, unless that was said not long ago.
fn code_used_within(space: &SpaceId, at: Micros, every_us: i64) -> Statement {
    Statement::new(
        "update meeting_code set last_used_us = $2 where space = $1 and last_used_us < $3",
        vec![space.as_str().into(), at.0.into(), at.plus_us(-every_us).0.into()],
    )
}
