//! How conferences enter the register, when their records are over, and whether there is a report of attendance: that depends on the
//! space, so the statements ask it.

use crate::{
    forget::NOBODY,
    limits::{NEVER_US, PUBLISHED_AFTER_US},
};
use db::Statement;
use meeting::{ConferenceEndReason, ConferenceId, Micros, SpaceId};

/// The owner of the space may read the record, whether they come or not.
pub(super) fn started(
    space: &SpaceId,
    conference: &ConferenceId,
    start: Micros,
    usual_expiry_us: i64,
) -> Vec<Statement> {
    let started = Statement::new(
        "insert into conference (id, space, start_us, end_us, expire_us, end_reason, latest_session_end_us, organizer)
        select $2, s.id, $3, null,
        case when s.retention_us is null then $4 when s.retention_us = 0 then $5 else $3 + s.retention_us end, null, $3,
        nullif(s.owner, $6)
        from space s where s.id = $1",
        vec![
            space.as_str().into(),
            conference.as_str().into(),
            start.0.into(),
            usual_expiry_us.into(),
            NEVER_US.into(),
            NOBODY.into(),
        ],
    );
    let owner_reads = Statement::new(
        "insert into conference_reader (account, space, start_us, conference, app)
        select s.owner, c.space, c.start_us, c.id, s.app from conference c join space s on s.id = c.space where c.id = $1",
        vec![conference.as_str().into()],
    );
    vec![started.expect(1), owner_reads.expect(1)]
}

/// A session ended in it: an open conference knows the latest of them, for it will end no earlier.
pub(super) fn left(conference: &ConferenceId, end: Micros) -> Statement {
    Statement::new(
        "update conference set latest_session_end_us = $2 where id = $1 and latest_session_end_us < $2",
        vec![conference.as_str().into(), end.0.into()],
    )
}

/// Its record is due when what its sessions sent last has been measured. There is a report of attendance if the owner wants one now, as
/// the reference makes one "after the call": what they want later is of later conferences.
pub(super) fn ended(
    space: &SpaceId,
    conference: &ConferenceId,
    end: Micros,
    reason: ConferenceEndReason,
    usual_expiry_us: i64,
) -> Statement {
    Statement::new(
        "update conference set end_us = $3, end_reason = $5, due_us = $7, expire_us =
        (select case when s.retention_us is null then $4 when s.retention_us = 0 then $6 else $3 + s.retention_us end
        from space s where s.id = $2),
        attendance_report = (select s.attendance_report from space s where s.id = $2)
        where id = $1 and space = $2 and end_us is null and start_us <= $3 and not exists
        (select 1 from participant_session s where s.conference = $1 and s.end_us is null) and not exists
        (select 1 from meeting_recording r where r.conference = $1 and r.end_us is null)",
        vec![
            conference.as_str().into(),
            space.as_str().into(),
            end.0.into(),
            usual_expiry_us.into(),
            reason.as_str().into(),
            NEVER_US.into(),
            end.plus_us(PUBLISHED_AFTER_US).0.into(),
        ],
    )
    .expect(1)
}
