//! Recordings of a call while it goes on, and what becomes of them afterwards.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use audit::By;
use recording::{FinishError, Finished, Pause, Take};

use super::Conductor;
use crate::{
    Call, ControlError, Recording, RecordingState, Source,
    clock::now_us,
    ears::Ears,
    limits,
    recordings::{InHand, Outcome},
};

/// A take that goes on.
struct Going {
    id: String,
    take: Take,
    trims_silence: bool,
    source: Source,
    pause: Option<Pause>,
    in_hand: InHand,
}

/// What is recorded of one call.
pub(super) struct Takes {
    conductor: Conductor,
    pub(super) ears: Arc<Ears>,
    going: Vec<Going>,
}

/// What is to be recorded.
pub(super) struct Wanted<'a> {
    pub(super) call: &'a Call,
    pub(super) id: String,
    pub(super) source: Source,
    pub(super) trims_silence: bool,
    pub(super) ready_uri: Option<String>,
    /// By whom, if not by a document.
    pub(super) by: Option<&'a By>,
}

impl Wanted<'_> {
    fn recording(&self, now_us: i64) -> Recording {
        Recording {
            id: self.id.clone(),
            project: self.call.project.clone(),
            call: self.call.id.clone(),
            state: RecordingState::Pending,
            source: self.source,
            error_code: None,
            trims_silence: self.trims_silence,
            channels: if self.source == Source::RecordAction { 1 } else { 2 },
            duration_ms: None,
            files: vec![],
            start_us: Some(now_us),
            create_us: now_us,
            ready_uri: self.ready_uri.clone(),
            is_held: false,
        }
    }
}

impl Takes {
    pub(super) fn new(conductor: Conductor) -> Takes {
        Takes {
            conductor,
            ears: Arc::new(Ears::default()),
            going: vec![],
        }
    }

    pub(super) async fn begin(&mut self, wanted: Wanted<'_>) -> Result<(), ControlError> {
        let recording = wanted.recording(now_us());
        let in_hand = self.conductor.calls.hands.take(&recording.id);
        self.conductor.calls.begin_recording(&recording, wanted.by).await?;
        match self.conductor.spool.begin(&recording.id, recording.channels) {
            Ok(take) => {
                self.ears.listen(recording.id.clone(), take.microphone());
                self.going.push(Going {
                    id: recording.id,
                    take,
                    trims_silence: recording.trims_silence,
                    source: recording.source,
                    pause: None,
                    in_hand,
                });
                Ok(())
            }
            Err(error) => {
                tracing::error!(recording = recording.id, %error, "a recording cannot be begun");
                self.conductor.settle(&recording.id, Outcome::Failed).await;
                Err(ControlError::Take)
            }
        }
    }

    /// It cannot even be begun, which is written down.
    pub(super) async fn fail(&self, wanted: Wanted<'_>) {
        let recording = wanted.recording(now_us());
        match self.conductor.calls.begin_recording(&recording, wanted.by).await {
            Ok(()) => drop(self.conductor.settle(&recording.id, Outcome::Failed).await),
            Err(error) => tracing::error!(%error, "a recording that cannot be begun cannot be written down"),
        }
    }

    /// The recording of the whole call, if it goes on.
    fn of_call(&mut self) -> Result<&mut Going, ControlError> {
        let mut going = self.going.iter_mut();
        let of_call = going.find(|going| going.source == Source::CallRecording);
        of_call.ok_or(ControlError::Unrecorded)
    }

    /// Whether the whole call is recorded.
    pub(super) fn record_call(&self) -> bool {
        let mut going = self.going.iter();
        going.any(|going| going.source == Source::CallRecording)
    }

    /// Whether the whole call is recorded, and what is heard is kept.
    pub(super) fn keep_call(&self) -> bool {
        let mut going = self.going.iter();
        going.any(|going| going.source == Source::CallRecording && going.pause.is_none())
    }

    /// The recording of the whole call is paused: it is written down, and from then on nothing that is heard is kept.
    pub(super) async fn pause(&mut self, call: &Call, pause: Pause, by: &By) -> Result<(), ControlError> {
        let calls = self.conductor.calls.clone();
        let going = self.of_call()?;
        if going.pause.is_some() {
            return Err(ControlError::Paused);
        }
        calls
            .pause_recording(&name(call, &going.id), &going.id, pause, by)
            .await?;
        going.pause = Some(pause);
        going.take.pause(going.pause);
        Ok(())
    }

    /// It goes on.
    pub(super) async fn resume(&mut self, call: &Call, by: &By) -> Result<(), ControlError> {
        let calls = self.conductor.calls.clone();
        let going = self.of_call()?;
        if going.pause.is_none() {
            return Err(ControlError::Unpaused);
        }
        calls.resume_recording(&name(call, &going.id), &going.id, by).await?;
        going.pause = None;
        going.take.pause(None);
        Ok(())
    }

    /// It is over before its call is.
    pub(super) async fn stop(&mut self, call: &Call, by: &By) -> Result<(), ControlError> {
        let calls = self.conductor.calls.clone();
        let id = self.of_call()?.id.clone();
        calls.stop_recording(&name(call, &id), &id, by).await?;
        self.end_of(Source::CallRecording);
        Ok(())
    }

    /// What a document asked to be said is said.
    pub(super) fn end_action(&mut self) {
        self.end_of(Source::RecordAction);
    }

    fn end_of(&mut self, source: Source) {
        let ending = self.going.iter().position(|going| going.source == source);
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
                in_hand,
                ..
            } = going;
            let ended = tokio::task::spawn_blocking(|| take.end()).await;
            match ended {
                Ok(Ok(())) => conductor.finish(&id, trims_silence, in_hand).await,
                outcome => {
                    tracing::error!(recording = id, ?outcome, "a recording has failed");
                    conductor.settle(&id, Outcome::Failed).await;
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

fn name(call: &Call, id: &str) -> String {
    format!("projects/{}/calls/{}/recordings/{id}", call.project, call.id)
}

impl Conductor {
    /// Makes files of a take, or an honest failure, as long as somebody waits for it.
    pub(super) async fn finish(&self, id: &str, trims_silence: bool, _in_hand: InHand) {
        let finished = tokio::time::timeout(limits::PENDING_MAX, self.finish_at_last(id, trims_silence)).await;
        let outcome = match &finished {
            Ok(Ok(finished)) => Outcome::Finished(finished),
            Ok(Err(error)) => {
                tracing::error!(recording = id, %error, "a recording has failed; its take stays in the folder of takes");
                Outcome::Failed
            }
            Err(_) => {
                tracing::error!(
                    recording = id,
                    "a recording took too long; its take stays in the folder of takes"
                );
                Outcome::TookTooLong
            }
        };
        let is_written = self.settle(id, outcome).await;
        if is_written && matches!(outcome, Outcome::Finished(_)) {
            self.let_go(id);
        }
    }

    /// Makes files of a take. A store that is away is waited for.
    async fn finish_at_last(&self, id: &str, trims_silence: bool) -> Result<Finished, FinishError> {
        let begun = Instant::now();
        let mut failures = 0;
        loop {
            let finished = self.spool.finish(&self.store, id, trims_silence).await;
            let Err(FinishError::Store(error)) = &finished else {
                return finished;
            };
            failures += 1;
            let Some(wait) = next_try(failures, begun.elapsed()) else {
                return finished;
            };
            tracing::warn!(recording = id, %error, wait_s = wait.as_secs(), "a recording cannot be stored now; it is tried again");
            tokio::time::sleep(wait).await;
        }
    }

    /// Writes down what became of a recording, and says whether that is on the disk.
    async fn settle(&self, id: &str, outcome: Outcome<'_>) -> bool {
        let written = self.calls.recording_finished(id, outcome).await;
        match &written {
            Ok(true) => {}
            Ok(false) => tracing::warn!(
                recording = id,
                "nobody waits for a recording any more; its take stays in the folder of takes"
            ),
            Err(error) => {
                tracing::error!(recording = id, %error, "what became of a recording cannot be written; the next start does it again");
            }
        }
        written.unwrap_or(false)
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
