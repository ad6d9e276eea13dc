//! How far the recording of a call is while the call goes on: begun, paused, stopped.
//!
//! Each step is a row before the sound obeys, so whoever is told that nothing is recorded can rely on it, and what a crash leaves says
//! when nothing was. Two recordings of a whole call at once there are not: they would be the same.

use audit::{Action, By};
use db::Statement;
use recording::Pause;

use crate::{Calls, Recording};

/// How the recording of a call is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingStatus {
    /// The recording that goes on, if one does.
    pub going_on: Option<String>,
    /// Since when it is paused, and what becomes of that time.
    pub pause: Option<(i64, Pause)>,
    /// Recordings of the call that are under a legal hold.
    pub held: Vec<String>,
    /// All recordings of the project are.
    pub is_project_held: bool,
}

fn number(pause: Pause) -> i64 {
    match pause {
        Pause::Skip => 1,
        Pause::Silence => 2,
    }
}

fn in_words(pause: Pause) -> &'static str {
    match pause {
        Pause::Skip => "left out",
        Pause::Silence => "silent",
    }
}

impl Calls {
    /// A recording begins; by somebody, if it is not a document's.
    pub(crate) async fn begin_recording(&self, recording: &Recording, by: Option<&By>) -> Result<(), db::Error> {
        let line = by.map(|by| by.did(Action::RecordingStart, &recording.name(), ""));
        self.db
            .write(std::iter::once(recording.begun()).chain(line).collect())
            .await
    }

    /// It is paused from now on.
    pub(crate) async fn pause_recording(&self, name: &str, id: &str, pause: Pause, by: &By) -> Result<(), db::Error> {
        let sql = "insert into recording_pause (recording, begin_us, kind) values ($1, $2, $3)";
        let begun = Statement::new(sql, vec![id.into(), by.now_us.into(), number(pause).into()]);
        let line = by.did(Action::RecordingPause, name, in_words(pause));
        self.db.write(vec![begun, line]).await
    }

    /// It goes on from now on.
    pub(crate) async fn resume_recording(&self, name: &str, id: &str, by: &By) -> Result<(), db::Error> {
        let sql = "update recording_pause set end_us = $2 where recording = $1 and end_us is null";
        let ended = Statement::new(sql, vec![id.into(), by.now_us.into()]);
        self.db
            .write(vec![ended, by.did(Action::RecordingResume, name, "")])
            .await
    }

    /// It is stopped now.
    pub(crate) async fn stop_recording(&self, name: &str, id: &str, by: &By) -> Result<(), db::Error> {
        let sql = "update recording set stop_us = $2 where id = $1";
        let stopped = Statement::new(sql, vec![id.into(), by.now_us.into()]);
        self.db
            .write(vec![stopped, by.did(Action::RecordingStop, name, "")])
            .await
    }

    /// The pauses of a recording whose time was left out, the first first: from when to when.
    pub(crate) async fn skipped(&self, id: &str) -> Result<Vec<(i64, Option<i64>)>, db::Error> {
        let sql = "select begin_us, end_us from recording_pause where recording = $1 and kind = 1 order by begin_us limit 10000";
        let rows = self.db.read(sql, vec![id.into()]).await?;
        rows.iter().map(|row| Ok((row.int(0)?, row.opt_int(1)?))).collect()
    }

    /// How the recording of a call is now.
    pub async fn recording_status(&self, project: &str, call: &str) -> Result<RecordingStatus, db::Error> {
        let sql = "select r.id, p.begin_us, p.kind from recording r join call c on c.id = r.call
            left join recording_pause p on p.recording = r.id and p.end_us is null
            where r.call = $1 and r.state = 1 and r.source = 2 and r.stop_us is null and c.end_us is null
            order by r.create_us desc limit 1";
        let rows = self.db.read(sql, vec![call.into()]).await?;
        let mut status = RecordingStatus {
            is_project_held: self.recording_policy(project).await?.is_held,
            ..RecordingStatus::default()
        };
        if let Some(row) = rows.first() {
            let pause = match row.opt_int(2)? {
                Some(2) => Some(Pause::Silence),
                Some(_) => Some(Pause::Skip),
                None => None,
            };
            status.going_on = Some(row.text(0)?.to_owned());
            status.pause = row.opt_int(1)?.zip(pause);
        }
        let recordings = self.recordings_of(call).await?;
        let held = recordings.into_iter().filter(|recording| recording.is_held);
        status.held = held.map(|recording| recording.id).collect();
        Ok(status)
    }
}
