//! `projects.calls.recordings`: get, list and delete.

use std::sync::Arc;

use ::api::enfonica::voice::v1beta1 as api;
use ::calls::{Calls, DeletionError, File, Recording, RecordingState};
use identity::Identity;
use recording::{Format, Spool, Store};
use tonic::{Request, Response, Status};

use super::links;
use super::permitted::{parts, permitted};
use super::wire::{duration, list, time, unlisted, unreachable};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::wire::chosen;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct RecordingsService {
    identity: Identity,
    calls: Calls,
    spool: Spool,
    store: Store,
}

const NAME: [&str; 3] = ["projects", "calls", "recordings"];

impl RecordingsService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = RecordingsService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
            spool: installation.spool.clone(),
            store: installation.recordings.clone(),
        };
        Arc::new(api::RecordingsMethods(Arc::new(service)))
    }

    async fn find(&self, asking: &Asking, name: &str, permission: &'static str) -> Answer<Recording> {
        let [project, call, recording] = parts("name", name, NAME)?;
        permitted(&self.identity, asking, project, permission).await?;
        let found = self.calls.recording(project, call, recording).await;
        found
            .map_err(|error| unreachable(&error))?
            .ok_or_else(Failure::not_found)
    }

    async fn get(&self, asking: &Asking, request: &api::GetRecordingRequest) -> Answer<api::Recording> {
        let is_basic = chosen::<api::RecordingView>(request.view, "view")? == api::RecordingView::Basic;
        let recording = self.find(asking, &request.name, "voice.recordings.get").await?;
        Ok(recording_to_wire(&self.identity, &recording, !is_basic))
    }

    async fn list(&self, asking: &Asking, request: &api::ListRecordingsRequest) -> Answer<api::ListRecordingsResponse> {
        let (project, call) = if let Ok([project]) = parts("parent", &request.parent, ["projects"]) {
            (project, None)
        } else {
            let [project, call] = parts("parent", &request.parent, ["projects", "calls"])?;
            (project, Some(call).filter(|call| *call != "-"))
        };
        permitted(&self.identity, asking, project, "voice.recordings.list").await?;
        let list = list(request.page_size, &request.page_token, "");
        let page = self.calls.list_recordings(project, call, list).await;
        let page = page.map_err(|error| unlisted(&error))?;
        let is_full = chosen::<api::RecordingView>(request.view, "view")? == api::RecordingView::Full;
        Ok(api::ListRecordingsResponse {
            recordings: page
                .items
                .iter()
                .map(|recording| recording_to_wire(&self.identity, recording, is_full))
                .collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn delete(&self, asking: &Asking, request: &api::DeleteRecordingRequest) -> Answer<api::Recording> {
        let recording = self.find(asking, &request.name, "voice.recordings.delete").await?;
        let by = asking.by();
        let deleted = self
            .calls
            .delete_recording(&self.spool, &self.store, &recording, &by)
            .await;
        match deleted {
            Ok(()) => Ok(recording_to_wire(&self.identity, &recording, false)),
            Err(DeletionError::NotFound) => Err(Failure::not_found()),
            Err(error @ (DeletionError::Pending | DeletionError::Held | DeletionError::ProjectHeld)) => {
                Err(Failure::new(Kind::Precondition, error.to_string()))
            }
            Err(DeletionError::Database(error)) => Err(unreachable(&error)),
        }
    }
}

/// A recording as the contract has it, with links to its files if all is to be shown.
pub(super) fn recording_to_wire(identity: &Identity, recording: &Recording, is_full: bool) -> api::Recording {
    let number = |number: i64| i32::try_from(number).expect("the contract's own numbers");
    let is_kept = recording.state == RecordingState::Succeeded;
    let audio = recording.files.iter().map(|file| api::RecordingAudio {
        uri: if is_full {
            links::uri(identity, &recording.id, file.format)
        } else {
            String::new()
        },
        ..file_to_wire(file)
    });
    let trims = recording
        .trims_silence
        .then_some(api::PostProcessing::TrimSilence.into());
    api::Recording {
        name: format!(
            "projects/{}/calls/{}/recordings/{}",
            recording.project, recording.call, recording.id
        ),
        state: number(recording.state.number()),
        source: number(recording.source.number()),
        duration: recording.duration_ms.map(|ms| duration(1_000 * ms)),
        channel_count: recording.channels.into(),
        post_processing: trims.into_iter().collect(),
        error_code: number(recording.error_code.unwrap_or_default()),
        audio: audio.collect(),
        start_time: time(recording.start_us.filter(|_| is_kept)),
        create_time: time(Some(recording.create_us)),
        ready_uri: recording.ready_uri.clone().unwrap_or_default(),
    }
}

fn file_to_wire(file: &File) -> api::RecordingAudio {
    use api::recording_audio::AudioEncoding;
    let encoding = match file.format {
        Format::Wav => AudioEncoding::Pcm16bit,
        Format::Mp3 => AudioEncoding::Mp3,
    };
    api::RecordingAudio {
        mime_type: file.format.mime_type().to_owned(),
        encoding: encoding.into(),
        sample_rate: 8_000,
        size_bytes: i32::try_from(file.size_bytes).unwrap_or(i32::MAX),
        uri: String::new(),
    }
}

#[tonic::async_trait]
impl api::recordings_server::Recordings for RecordingsService {
    async fn get_recording(
        &self,
        request: Request<api::GetRecordingRequest>,
    ) -> Result<Response<api::Recording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn list_recordings(
        &self,
        request: Request<api::ListRecordingsRequest>,
    ) -> Result<Response<api::ListRecordingsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn delete_recording(
        &self,
        request: Request<api::DeleteRecordingRequest>,
    ) -> Result<Response<api::Recording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.delete(&asking, &message).await)
    }
}
