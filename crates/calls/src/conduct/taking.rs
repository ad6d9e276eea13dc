//! Recordings of a call while it goes on, and what becomes of them afterwards.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use recording::{FinishError, Finished, Take};

use super::Conductor;
use crate::{Call, Recording, RecordingState, Source, clock::now_us, ears::Ears, limits};

/// A take that goes on.
struct Going {
    id: String,
    take: Take,
    trims_silence: bool,
    is_action: bool,
}

/// What is recorded of one call.
pub(super) struct Takes {
    conductor: Conductor,
    pub(super) ears: Arc<Ears>,
    going: Vec<Going>,
}

impl Takes {
    pub(super) fn new(conductor: Conductor) -> Takes {
        Takes {
            conductor,
            ears: Arc::new(Ears::default()),
            going: vec![],
        }
    }

    pub(super) async fn begin(
        &mut self,
        call: &Call,
        id: String,
        source: Source,
        trims_silence: bool,
        ready_uri: Option<String>,
    ) {
        let now_us = now_us();
        let is_action = source == Source::RecordAction;
        let recording = Recording {
            id: id.clone(),
            project: call.project.clone(),
            call: call.id.clone(),
            state: RecordingState::Pending,
            source,
            error_code: None,
            trims_silence,
            channels: if is_action { 1 } else { 2 },
            duration_ms: None,
            files: vec![],
            start_us: Some(now_us),
            create_us: now_us,
            ready_uri,
        };
        if let Err(error) = self.conductor.calls.begin_recording(&recording).await {
            tracing::error!(%error, "a recording cannot be begun");
            return;
        }
        match self.conductor.spool.begin(&id, recording.channels) {
            Ok(take) => {
                self.ears.listen(id.clone(), take.microphone());
                self.going.push(Going {
                    id,
                    take,
                    trims_silence,
                    is_action,
                });
            }
            Err(error) => {
                tracing::error!(recording = id, %error, "a recording cannot be begun");
                self.conductor.settle(&id, None).await;
            }
        }
    }

    /// What a document asked to be said is said.
    pub(super) fn end_action(&mut self) {
        let ending = self.going.iter().position(|going| going.is_action);
        if let Some(place) = ending {
            let going = self.going.swap_remove(place);
            self.end(going);
        }
    }

    /// The call is over.
    pub(super) fn end_all(&mut self) {
        for going in std::mem::take(&mut self.going) {
            self.end(going);
        }
    }

    /// The take is over; its files are made beside what else happens to the call.
    fn end(&self, going: Going) {
        self.ears.stop(&going.id);
        let conductor = self.conductor.clone();
        tokio::spawn(async move {
            let Going {
                id,
                take,
                trims_silence,
                ..
            } = going;
            let ended = tokio::task::spawn_blocking(|| take.end()).await;
            match ended {
                Ok(Ok(())) => conductor.finish(&id, trims_silence).await,
                outcome => {
                    tracing::error!(recording = id, ?outcome, "a recording has failed");
                    conductor.settle(&id, None).await;
                }
            }
        });
    }
}

/// How long it is waited until a store that has failed so often is tried again, if it is.
fn next_try(failures: u32, since: Duration) -> Option<Duration> {
    let wait = Duration::from_secs(1 << failures.clamp(1, 6));
    (since + wait < limits::STORED_WITHIN).then_some(wait)
}

impl Conductor {
    /// Makes files of a take, or an honest failure. A store that is away is waited for.
    pub(super) async fn finish(&self, id: &str, trims_silence: bool) {
        let begun = Instant::now();
        let mut failures = 0;
        let finished = loop {
            let finished = self.spool.finish(&self.store, id, trims_silence).await;
            let Err(FinishError::Store(error)) = &finished else {
                break finished;
            };
            failures += 1;
            let Some(wait) = next_try(failures, begun.elapsed()) else {
                break finished;
            };
            tracing::warn!(recording = id, %error, wait_s = wait.as_secs(), "a recording cannot be stored now; it is tried again");
            tokio::time::sleep(wait).await;
        };
        if let Err(error) = &finished {
            tracing::error!(recording = id, %error, "a recording has failed; its take stays in the folder of takes");
        }
        let is_written = self.settle(id, finished.as_ref().ok()).await;
        if is_written && finished.is_ok() {
            self.let_go(id);
        }
    }

    /// Writes down what became of a recording, and says whether that is on the disk.
    async fn settle(&self, id: &str, finished: Option<&Finished>) -> bool {
        let written = self.calls.recording_finished(id, finished).await;
        if let Err(error) = &written {
            tracing::error!(recording = id, %error, "what became of a recording cannot be written; the next start does it again");
        }
        written.is_ok()
    }

    pub(super) fn let_go(&self, id: &str) {
        if let Err(error) = self.spool.remove(id) {
            tracing::warn!(recording = id, %error, "a take that is not needed any more cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_is_tried_again_for_nine_minutes() {
        let (mut since, mut waits) = (Duration::ZERO, vec![]);
        while let Some(wait) = next_try(u32::try_from(waits.len()).expect("a few") + 1, since) {
            since += wait;
            waits.push(wait.as_secs());
        }
        assert_eq!(waits[..7], [2, 4, 8, 16, 32, 64, 64]);
        assert!(since < limits::STORED_WITHIN && since + Duration::from_secs(64) >= limits::STORED_WITHIN);
    }
}
