//! How a project keeps recordings of its calls, and what callers hear of it.
//!
//! Nothing of it holds for calls that are being recorded already, but for a **legal hold**: whatever is held is deleted by nobody, neither
//! by those who may delete nor by retention, from the moment at which the hold is on the disk. That is a condition of the write that
//! deletes, so no deletion overtakes it.

use audit::{Action, By};
use db::{Row, Statement, Value};

use crate::{
    Calls, Recording,
    handlers::is_handler,
    limits::{ANNOUNCEMENT_CHARACTERS_MAX, BEEP_EVERY_S, RETENTION_DAYS_MAX},
};

/// What holds for the recordings of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingPolicy {
    /// For how many days they are kept; `None` is for ever.
    pub retention_days: Option<i64>,
    /// None of them is deleted.
    pub is_held: bool,
    /// What callers hear before their call is recorded: a text, or the address of a file.
    pub announcement: Option<String>,
    /// How often both sides hear a beep while it is; `None` is never.
    pub beep_every_s: Option<i64>,
}

/// Why something does not hold from now on.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A value cannot be: which field, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field, as our contract names it.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such project, or no such recording.
    #[error("there is no such thing")]
    NotFound,
    /// The database.
    #[error("recordings cannot be reached")]
    Store(#[from] db::Error),
}

impl RecordingPolicy {
    fn check(&self) -> Result<(), PolicyError> {
        let invalid = |field, why| Err(PolicyError::Invalid { field, why });
        if let Some(days) = self.retention_days
            && !(1..=RETENTION_DAYS_MAX).contains(&days)
        {
            return invalid("retention_days", format!("it is 1 to {RETENTION_DAYS_MAX} days"));
        }
        if let Some(every_s) = self.beep_every_s
            && !BEEP_EVERY_S.contains(&every_s)
        {
            let (least, most) = (BEEP_EVERY_S.start(), BEEP_EVERY_S.end());
            return invalid("beep_every_seconds", format!("it is {least} to {most} seconds"));
        }
        if let Some(announcement) = &self.announcement {
            let length = announcement.chars().count();
            if length > ANNOUNCEMENT_CHARACTERS_MAX || announcement.contains('\0') {
                return invalid(
                    "announcement",
                    format!("it has at most {ANNOUNCEMENT_CHARACTERS_MAX} characters"),
                );
            }
        }
        Ok(())
    }

    /// As the audit log says it, without a hold, which has lines of its own.
    fn in_words(&self) -> String {
        let kept = self
            .retention_days
            .map_or_else(|| "kept for ever".to_owned(), |days| format!("kept for {days} days"));
        let announced = self.announcement.as_ref().map(|_| "announced".to_owned());
        let beep = self.beep_every_s.map(|every_s| format!("a beep every {every_s} s"));
        let words: Vec<String> = [Some(kept), announced, beep].into_iter().flatten().collect();
        words.join(", ")
    }

    /// Whether what is announced is a file, and not a text.
    pub(crate) fn announces_file(announcement: &str) -> bool {
        is_handler(announcement)
    }
}

fn policy_of(row: &Row) -> Result<RecordingPolicy, db::Error> {
    Ok(RecordingPolicy {
        retention_days: row.opt_int(0)?,
        is_held: row.int(1)? != 0,
        announcement: row.opt_text(2)?.map(str::to_owned),
        beep_every_s: row.opt_int(3)?,
    })
}

impl Calls {
    /// What holds for the recordings of a project: nothing, as long as nobody said anything.
    pub async fn recording_policy(&self, project: &str) -> Result<RecordingPolicy, db::Error> {
        let sql = "select retention_days, is_held, announcement, beep_every_s from recording_policy where project = $1";
        let rows = self.db.read(sql, vec![Value::key(project)]).await?;
        Ok(rows.first().map(policy_of).transpose()?.unwrap_or_default())
    }

    /// This holds from now on.
    pub async fn set_recording_policy(
        &self,
        project: &str,
        policy: &RecordingPolicy,
        by: &By,
    ) -> Result<(), PolicyError> {
        policy.check()?;
        let before = self.recording_policy(project).await?;
        let sql = "insert into recording_policy (project, retention_days, is_held, announcement, beep_every_s)
            select id, $2, $3, $4, $5 from project where id = $1
            on conflict (project) do update set retention_days = excluded.retention_days, is_held = excluded.is_held,
            announcement = excluded.announcement, beep_every_s = excluded.beep_every_s";
        let params = vec![
            Value::key(project),
            policy.retention_days.into(),
            policy.is_held.into(),
            policy.announcement.as_deref().into(),
            policy.beep_every_s.into(),
        ];
        let subject = format!("projects/{project}");
        let mut write = vec![Statement::new(sql, params).expect(1)];
        if before.is_held != policy.is_held {
            write.push(by.did(held_action(policy.is_held), &subject, ""));
        }
        let otherwise = RecordingPolicy {
            is_held: policy.is_held,
            ..before
        };
        if otherwise != *policy {
            write.push(by.did(Action::RecordingPolicySet, &subject, &policy.in_words()));
        }
        not_found_if_conflict(self.db.write(write).await)
    }

    /// Holds a recording, or does no more. What is so already stays so, without another line.
    pub async fn hold_recording(&self, recording: &Recording, is_held: bool, by: &By) -> Result<(), PolicyError> {
        if recording.is_held == is_held {
            return Ok(());
        }
        let sql = "update recording set is_held = $2 where id = $1";
        let held = Statement::new(sql, vec![recording.id.as_str().into(), is_held.into()]).expect(1);
        let line = by.did(held_action(is_held), &recording.name(), "");
        not_found_if_conflict(self.db.write(vec![held, line]).await)
    }
}

fn held_action(is_held: bool) -> Action {
    if is_held { Action::HoldSet } else { Action::HoldLift }
}

fn not_found_if_conflict(written: Result<(), db::Error>) -> Result<(), PolicyError> {
    match written {
        Err(error) if error.is_conflict() => Err(PolicyError::NotFound),
        written => Ok(written?),
    }
}
