//! The recording of a call while it goes on: start, stop, pause, resume, and how it is.

use std::sync::Arc;

use ::api::sederunt::voice::v1beta1 as api;
use calls::{Calls, ControlError, RecordingStatus, Wish};
use identity::Identity;
use recording::Pause;
use tonic::{Request, Response, Status};

use super::permitted::{parts, permitted};
use super::wire::{time, unreachable};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::wire::chosen;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct RecordingControlService {
    identity: Identity,
    calls: Calls,
}

const CALL: [&str; 2] = ["projects", "calls"];
const CONTROL: &str = "voice.recordings.control";

impl RecordingControlService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = RecordingControlService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
        };
        Arc::new(api::RecordingControlMethods(Arc::new(service)))
    }

    async fn control(&self, asking: &Asking, name: &str, wish: Wish) -> Answer<api::RecordingStatus> {
        let [project, call] = parts("call", name, CALL)?;
        permitted(&self.identity, asking, project, CONTROL).await?;
        let done = self.calls.control_recording(project, call, wish, asking.by()).await;
        done.map_err(|error| undone(&error))?;
        self.status(project, call).await
    }

    async fn get(&self, asking: &Asking, name: &str) -> Answer<api::RecordingStatus> {
        let [project, call] = parts("call", name, CALL)?;
        permitted(&self.identity, asking, project, "voice.recordings.get").await?;
        let found = self.calls.call(project, call).await;
        found
            .map_err(|error| unreachable(&error))?
            .ok_or_else(Failure::not_found)?;
        self.status(project, call).await
    }

    async fn status(&self, project: &str, call: &str) -> Answer<api::RecordingStatus> {
        let status = self.calls.recording_status(project, call).await;
        let status = status.map_err(|error| unreachable(&error))?;
        Ok(status_to_wire(&format!("projects/{project}/calls/{call}"), status))
    }
}

fn pause_of(mode: i32) -> Answer<Pause> {
    Ok(match chosen(mode, "mode")? {
        api::PauseMode::Silence => Pause::Silence,
        api::PauseMode::Skip | api::PauseMode::Unspecified => Pause::Skip,
    })
}

fn status_to_wire(call: &str, status: RecordingStatus) -> api::RecordingStatus {
    use api::recording_status::State;
    let state = match (&status.going_on, status.pause) {
        (None, _) => State::None,
        (Some(_), None) => State::Recording,
        (Some(_), Some(_)) => State::Paused,
    };
    let mode = status.pause.map(|(_, pause)| match pause {
        Pause::Skip => api::PauseMode::Skip,
        Pause::Silence => api::PauseMode::Silence,
    });
    let name = |id: String| format!("{call}/recordings/{id}");
    api::RecordingStatus {
        call: call.to_owned(),
        state: state.into(),
        recording: status.going_on.map(name).unwrap_or_default(),
        pause_mode: mode.unwrap_or_default().into(),
        pause_time: time(status.pause.map(|(begin_us, _)| begin_us)),
        held_recordings: status.held.into_iter().map(name).collect(),
        project_held: status.is_project_held,
    }
}

/// Why it is not so.
fn undone(error: &ControlError) -> Failure {
    match error {
        ControlError::NotFound => Failure::not_found(),
        ControlError::ReadyUri => Failure::field("recording_ready_uri", error.to_string()),
        ControlError::Over
        | ControlError::Child { .. }
        | ControlError::Unanswered
        | ControlError::Recorded
        | ControlError::Unrecorded
        | ControlError::Paused
        | ControlError::Unpaused
        | ControlError::Unannounced => Failure::new(Kind::Precondition, error.to_string()),
        ControlError::TooMany => Failure::new(Kind::Exhausted, error.to_string()),
        ControlError::Take => Failure::unreachable(error, "the recording cannot be begun"),
        ControlError::Store(error) => unreachable(error),
    }
}

#[tonic::async_trait]
impl api::recording_control_server::RecordingControl for RecordingControlService {
    async fn start_recording(
        &self,
        request: Request<api::StartRecordingRequest>,
    ) -> Result<Response<api::RecordingStatus>, Status> {
        let (asking, message) = admitted(request)?;
        let wish = Wish::Start {
            trims_silence: message.trim_silence,
            ready_uri: Some(message.recording_ready_uri).filter(|uri| !uri.is_empty()),
        };
        respond(self.control(&asking, &message.call, wish).await)
    }

    async fn stop_recording(
        &self,
        request: Request<api::StopRecordingRequest>,
    ) -> Result<Response<api::RecordingStatus>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.control(&asking, &message.call, Wish::Stop).await)
    }

    async fn pause_recording(
        &self,
        request: Request<api::PauseRecordingRequest>,
    ) -> Result<Response<api::RecordingStatus>, Status> {
        let (asking, message) = admitted(request)?;
        respond(match pause_of(message.mode) {
            Ok(pause) => self.control(&asking, &message.call, Wish::Pause(pause)).await,
            Err(failure) => Err(failure),
        })
    }

    async fn resume_recording(
        &self,
        request: Request<api::ResumeRecordingRequest>,
    ) -> Result<Response<api::RecordingStatus>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.control(&asking, &message.call, Wish::Resume).await)
    }

    async fn get_recording_status(
        &self,
        request: Request<api::GetRecordingStatusRequest>,
    ) -> Result<Response<api::RecordingStatus>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message.call).await)
    }
}
