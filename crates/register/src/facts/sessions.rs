//! How sessions enter the register.

use super::{code_used, conferences, participants};
use crate::{limits::MEETING_CODE_USE_EVERY_US, numbers::Number};
use db::Statement;
use meeting::{ConferenceId, Fact, Micros, SessionId, SpaceId};

/// Of a participant who is there, in a conference that goes on.
const START: &str = "insert into participant_session
    (id, conference, participant, start_us, end_us, last_sign_of_life_us, secret_sha256, end_reason, device_kind, by_program)
    select $3, p.conference, p.id, $4, null, $4, $5, null, $7, $8
    from participant p join conference c on c.id = p.conference
    where p.conference = $1 and p.id = $2 and p.latest_end_us is null and p.removed = 0
    and c.end_us is null and c.space = $6";

const HEAR: &str = "update participant_session set last_sign_of_life_us = $3
    where id = $1 and conference = $2 and end_us is null";

const END: &str = "update participant_session set end_us = $4, end_reason = $5
    where id = $1 and conference = $2 and participant = $3 and end_us is null and start_us <= $4";

pub(super) fn statements(space: &SpaceId, fact: &Fact) -> Vec<Statement> {
    match fact {
        Fact::SessionStarted {
            conference,
            participant,
            session,
            secret,
            start,
            device,
            role,
            by_program,
        } => {
            let started = Statement::new(
                START,
                vec![
                    conference.as_str().into(),
                    participant.as_str().into(),
                    session.as_str().into(),
                    start.0.into(),
                    secret.0.into(),
                    space.as_str().into(),
                    device.number().into(),
                    (*by_program).into(),
                ],
            )
            .expect(1);
            vec![
                started,
                participants::arrived(conference, participant, *role),
                code_used(space, *start, MEETING_CODE_USE_EVERY_US),
            ]
        }
        Fact::SignsOfLife { conference, signs } => {
            let heard = signs.iter().map(|(session, sign)| heard(conference, session, *sign));
            heard.collect()
        }
        Fact::SessionEnded {
            conference,
            participant,
            session,
            end,
            reason,
            participant_latest_end,
        } => {
            let ended = Statement::new(
                END,
                vec![
                    session.as_str().into(),
                    conference.as_str().into(),
                    participant.as_str().into(),
                    end.0.into(),
                    reason.as_str().into(),
                ],
            )
            .expect(1);
            let left = participants::left(conference, participant, *end, *participant_latest_end);
            vec![ended, left, conferences::left(conference, *end)]
        }
        _ => Vec::new(),
    }
}

fn heard(conference: &ConferenceId, session: &SessionId, sign: Micros) -> Statement {
    Statement::new(
        HEAR,
        vec![session.as_str().into(), conference.as_str().into(), sign.0.into()],
    )
    .expect(1)
}
