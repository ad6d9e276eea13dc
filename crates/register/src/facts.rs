//! Facts into statements: the one door by which a meeting enters the register.
//!
//! Each statement says on what it depends (a conference that is open, a session without an end) and how many rows that
//! makes, so that facts which do not follow from what is recorded fail as a whole. The list of facts is one write: there
//! is no moment at which a participant is there without its session.

mod audit_lines;
mod conferences;
mod participants;
mod recordings;
mod sessions;

use crate::{Register, RegisterError, numbers::Number, settings};
use audit::By;
use db::Statement;
use meeting::{Fact, Micros, Settings, SpaceId};

impl Register {
    /// Writes facts that were decided for this space, all or none; they are durable when this returns. False if there was
    /// nothing to write: some facts are held in memory alone. Where they are somebody's doing, the lines of the audit log are
    /// part of it.
    pub async fn record(&self, space: &SpaceId, facts: &[Fact], by: Option<&By>) -> Result<bool, RegisterError> {
        let mut statements: Vec<Statement> = facts.iter().flat_map(|fact| self.statements(space, fact)).collect();
        statements.extend(by.into_iter().flat_map(|by| audit_lines::of(facts, by)));
        if statements.is_empty() {
            return Ok(false);
        }
        self.db.write(statements).await.map_err(|error| match error {
            conflict if conflict.is_conflict() => RegisterError::Impossible(conflict),
            other => RegisterError::Store(other),
        })?;
        Ok(true)
    }

    fn statements(&self, space: &SpaceId, fact: &Fact) -> Vec<Statement> {
        match fact {
            Fact::ConferenceStarted { conference, start } => {
                let mut statements = conferences::started(space, conference, *start, self.expiry(*start));
                statements.push(code_used(space, *start, 0));
                statements
            }
            Fact::ConferenceEnded {
                conference,
                end,
                reason,
            } => vec![
                conferences::ended(space, conference, *end, *reason, self.expiry(*end)),
                participants::nobody_awaited(conference),
                code_used(space, *end, 0),
            ],
            Fact::ParticipantJoined { .. }
            | Fact::ParticipantReturned { .. }
            | Fact::ParticipantRenamed { .. }
            | Fact::ParticipantRemoved { .. }
            | Fact::RoleChanged { .. }
            | Fact::ReturnAwaited { .. }
            | Fact::ReturnGivenUp { .. } => participants::statements(space, fact),
            Fact::SessionStarted { .. } | Fact::SignsOfLife { .. } | Fact::SessionEnded { .. } => {
                sessions::statements(space, fact)
            }
            Fact::RecordingStarted { .. }
            | Fact::RecordingPaused { .. }
            | Fact::RecordingResumed { .. }
            | Fact::RecordingAnswered { .. }
            | Fact::RecordingEnded { .. } => recordings::statements(space, fact),
            Fact::Configured { settings } => vec![configured(space, settings)],
            // Held in memory alone: a crash forgets them.
            Fact::Reserved { .. }
            | Fact::ReservationEnded { .. }
            | Fact::StandingChanged { .. }
            | Fact::Knocked { .. }
            | Fact::KnockEnded { .. } => Vec::new(),
        }
    }

    /// When records are over that are kept from this time on for as long as is usual.
    fn expiry(&self, from: Micros) -> i64 {
        from.plus_us(self.retention_us).0
    }
}

fn configured(space: &SpaceId, settings: &Settings) -> Statement {
    Statement::new(
        "update space set access_type = $2, entry_point_access = $3, config = $4, attendance_report = $5 where id = $1",
        vec![
            space.as_str().into(),
            settings.access_type.number().into(),
            settings.entry_point_access.number().into(),
            settings::config(settings).into(),
            settings::attendance_report(settings).into(),
        ],
    )
    .expect(1)
}

/// Says that the code is in use, unless that was said less than so long ago. The space may have no code any more, or one
/// that was used later by a clock that has since been put right.
fn code_used(space: &SpaceId, at: Micros, every_us: i64) -> Statement {
    Statement::new(
        "update meeting_code set last_used_us = $2 where space = $1 and last_used_us < $3",
        vec![space.as_str().into(), at.0.into(), at.plus_us(-every_us).0.into()],
    )
}
