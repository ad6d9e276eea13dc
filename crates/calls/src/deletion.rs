//! How recordings go: by somebody's word, by their age, and what is left of them by a crash.
//!
//! A deletion is one write: the row goes, a **leftover** says that its files may still be there, and a line of the audit log says whose word
//! it was. From that moment nobody finds the recording, whoever has a link included, so no row ever speaks of files that are gone. Then
//! the files go, and the leftover with them; whatever comes between, a job finds the leftover and goes on. A recording that fails has a
//! leftover as well, since some of its files may have come into the store before that.

use audit::{Action, By};
use db::Statement;
use recording::{EraseError, Spool, Store};

use crate::{Calls, Recording, RecordingState, leftover::leftover, limits::DELETED_AT_ONCE};

/// Why a recording is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// There is none.
    #[error("there is no such recording")]
    NotFound,
    /// It goes on.
    #[error("the recording goes on; it can be deleted when it is over")]
    Pending,
    /// Somebody has to keep it.
    #[error("the recording is under a legal hold, which an administrator of this server can lift")]
    Held,
    /// Somebody has to keep all of them.
    #[error("the recordings of the project are under a legal hold, which an administrator of this server can lift")]
    ProjectHeld,
    /// The database.
    #[error("recordings cannot be reached")]
    Database(#[from] db::Error),
}

/// Why files that nothing names are still there.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database.
    #[error("recordings cannot be reached")]
    Database(#[from] db::Error),
    /// The files.
    #[error(transparent)]
    Files(#[from] EraseError),
}

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// The statements that delete a recording, or nothing if it is held or not over.
pub(crate) fn deleted(recording: &Recording, by: &By) -> [Statement; 3] {
    let sql = "delete from recording where id = $1 and state <> 1 and is_held = 0 and not exists
        (select 1 from recording_policy p where p.project = recording.project and p.is_held = 1)";
    let delete = Statement::new(sql, vec![recording.id.as_str().into()]).expect(1);
    let line = by.did(Action::RecordingDelete, &recording.name(), "");
    [delete, leftover(&recording.id, by.now_us), line]
}

impl Calls {
    /// Deletes a recording. Its files go at once, or as soon as they can be reached.
    pub async fn delete_recording(
        &self,
        spool: &Spool,
        store: &Store,
        recording: &Recording,
        by: &By,
    ) -> Result<(), DeletionError> {
        match self.db.write(deleted(recording, by).into()).await {
            Ok(()) => {}
            Err(error) if error.is_conflict() => return Err(self.why_not_deleted(recording).await?),
            Err(error) => return Err(error.into()),
        }
        if let Err(error) = self.sweep(spool, store, &recording.id).await {
            tracing::warn!(recording = recording.id, %error, "files of a deleted recording cannot be removed now; it is tried again");
        }
        Ok(())
    }

    async fn why_not_deleted(&self, recording: &Recording) -> Result<DeletionError, db::Error> {
        let Recording { project, call, id, .. } = recording;
        let there = self.recording(project, call, id).await?;
        Ok(match there {
            None => DeletionError::NotFound,
            Some(there) if there.state == RecordingState::Pending => DeletionError::Pending,
            Some(there) if there.is_held => DeletionError::Held,
            Some(_) => DeletionError::ProjectHeld,
        })
    }

    /// Deletes some recordings that are older than their project keeps them, and says how many; the caller comes back at once
    /// while that is not 0.
    pub async fn delete_expired_recordings(
        &self,
        spool: &Spool,
        store: &Store,
        now_us: i64,
    ) -> Result<usize, DeletionError> {
        let sql = "select project, retention_days from recording_policy
            where retention_days is not null and is_held = 0 order by project limit 10000";
        let mut deleted = 0;
        for row in &self.db.read(sql, vec![]).await? {
            let before_us = now_us - row.int(1)?.saturating_mul(DAY_US);
            let expired = self.recordings_made_before(row.text(0)?, before_us, DELETED_AT_ONCE - deleted);
            for recording in &expired.await? {
                match self
                    .delete_recording(spool, store, recording, &By::server(now_us))
                    .await
                {
                    Ok(()) => deleted += 1,
                    Err(DeletionError::Database(error)) => return Err(error.into()),
                    // Somebody was faster, or holds it since.
                    Err(_) => {}
                }
            }
            if deleted >= DELETED_AT_ONCE {
                break;
            }
        }
        Ok(deleted)
    }

    /// Removes files that nothing names any more, of some recordings, and says of how many. What cannot be removed goes behind all
    /// others, so that one such recording does not keep the rest, and is an error in the end.
    pub async fn sweep_leftovers(&self, spool: &Spool, store: &Store, now_us: i64) -> Result<usize, SweepError> {
        let sql = "select id from recording_leftover where due_us <= $1 order by due_us, id limit $2";
        let most = i64::try_from(DELETED_AT_ONCE).expect("a hundred");
        let params = vec![now_us.into(), most.into()];
        let rows = self.db.read(sql, params).await?;
        let mut kept = None;
        for row in &rows {
            let id = row.text(0)?;
            if let Err(error) = self.sweep(spool, store, id).await {
                self.db.write(vec![leftover(id, now_us)]).await?;
                kept.get_or_insert(error);
            }
        }
        kept.map_or(Ok(rows.len()), Err)
    }

    /// Removes what is left of a recording: its files if it failed, since the take of one that failed is all that there is of it; and all if
    /// it was deleted. One that has files, or may get some, keeps them.
    async fn sweep(&self, spool: &Spool, store: &Store, id: &str) -> Result<(), SweepError> {
        let rows = self
            .db
            .read("select state from recording where id = $1", vec![id.into()])
            .await?;
        let state = rows.first().map(|row| row.int(0)).transpose()?;
        match state.map(RecordingState::read) {
            None => spool.erase(store, id).await?,
            Some(Some(RecordingState::Failed)) => store.delete(id).await.map_err(EraseError::from)?,
            Some(_) => {}
        }
        let swept = Statement::new("delete from recording_leftover where id = $1", vec![id.into()]);
        Ok(self.db.write(vec![swept]).await?)
    }
}
