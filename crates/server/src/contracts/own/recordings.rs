//! `sederunt.v1.Recordings`: recordings of conferences, and their files. Who may read is who may read the conference, by the same
//! policy as everywhere; who may delete is the owner of its space.

use std::fmt::Write as _;

use ::api::sederunt::v1::{self as api, meeting_recording as recording, meeting_recording_file::Source};
use meeting::{ConferenceId, Micros, RecordingEndReason, RecordingId};
use register::{Composition, RecordedFile, RecordingAnswer, RecordingRecord, RecordingState, Register};
use tonic::{Request, Response, Status};

use super::recording_links::Links;
use crate::clock;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::{Asking, as_resource};
use crate::grpc::wire::{query, timestamp};
use crate::grpc::{admitted, respond};
use crate::installation::Installation;
use crate::names;
use crate::recorded::Recordings;

/// The service.
#[derive(Clone)]
pub(super) struct RecordingsService {
    register: Register,
    recordings: Recordings,
    links: Links,
}

impl RecordingsService {
    pub(super) fn new(installation: &Installation) -> RecordingsService {
        RecordingsService {
            register: installation.register.clone(),
            recordings: installation.meeting_recordings.clone(),
            links: Links::new(installation),
        }
    }

    async fn list(
        &self,
        asking: &Asking,
        request: &api::ListMeetingRecordingsRequest,
    ) -> Answer<api::ListMeetingRecordingsResponse> {
        let now = clock::steady();
        let conference = names::conference("parent", &request.parent)?;
        let conference = asking.allowed_to_read(&self.register, conference, now).await?;
        let query = query("", request.page_size, &request.page_token, now);
        let page = self.register.list_recordings(&conference, &query).await;
        let page = page.map_err(|error| asking.unread(error))?;
        Ok(api::ListMeetingRecordingsResponse {
            recordings: page.items.iter().map(recording_to_wire).collect(),
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }

    async fn get(&self, asking: &Asking, request: &api::GetMeetingRecordingRequest) -> Answer<api::MeetingRecording> {
        let now = clock::steady();
        let (conference, id) = names::recording("name", &request.name)?;
        let conference = asking.allowed_to_read(&self.register, conference, now).await?;
        let id = id.ok_or_else(Failure::not_found)?;
        let record = self.register.recording(&conference, &id, now).await;
        let record = record.map_err(|error| asking.unread_child(error))?;
        self.whole(asking, &record, now).await
    }

    /// A recording with everything that is known of it.
    async fn whole(&self, asking: &Asking, record: &RecordingRecord, now: Micros) -> Answer<api::MeetingRecording> {
        let unread = |error| asking.unread_child(error);
        let files = self.register.recording_files(&record.id).await.map_err(unread)?;
        let pauses = self.register.pauses(&record.id).await.map_err(unread)?;
        let answers = self.register.recording_answers(&record.id).await.map_err(unread)?;
        let (archive_uri, player_uri) = match record.state {
            RecordingState::FilesMade => (self.links.archive(record), self.links.player(record)),
            _ => Default::default(),
        };
        let shown = recording_to_wire(record);
        let owns = self.owns(asking, &record.conference, now).await?;
        let composition = self.composition(record, &files).await?;
        Ok(api::MeetingRecording {
            pauses: pauses
                .into_iter()
                .map(|(start, end)| recording::Pause {
                    start_time: Some(timestamp(start)),
                    end_time: end.map(timestamp),
                })
                .collect(),
            answers: answers.iter().map(|answer| answer_to_wire(record, answer)).collect(),
            progress_percent: match record.state {
                RecordingState::Ended => i32::from(self.recordings.progress_percent(&record.id)),
                _ => 0,
            },
            files: files.iter().map(|file| self.file_to_wire(record, file)).collect(),
            archive_uri,
            player_uri,
            deletable: owns,
            composable: owns && self.recordings.composes(),
            composition: composition.into(),
            composed_percent: i32::from(self.recordings.composed_percent(&record.id).unwrap_or(0)),
            ..shown
        })
    }

    fn file_to_wire(&self, record: &RecordingRecord, file: &RecordedFile) -> api::MeetingRecordingFile {
        let source = match file.source.as_deref() {
            Some("microphone") => Source::Microphone,
            Some("camera") => Source::Camera,
            Some("screen") => Source::Screen,
            _ => Source::Unspecified,
        };
        api::MeetingRecordingFile {
            file_name: file.name.clone(),
            media_type: file.media_type.clone(),
            size_bytes: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
            sha256: hexadecimal(&file.sha256),
            session: file.session.as_ref().map(ToString::to_string).unwrap_or_default(),
            source: source.into(),
            start_time: Some(timestamp(file.start)),
            duration: Some(prost_types::Duration {
                seconds: file.duration_us / 1_000_000,
                nanos: i32::try_from(file.duration_us % 1_000_000).expect("below a million") * 1_000,
            }),
            uri: self.links.file(record, &file.name),
        }
    }

    /// Whether the caller is the owner of the conference's space.
    async fn owns(&self, asking: &Asking, conference: &ConferenceId, now: Micros) -> Answer<bool> {
        let unread = |error| asking.unread_child(error);
        let conference = self.register.conference(conference, now).await.map_err(unread)?;
        let space = self
            .register
            .space_by_id(&conference.space, now)
            .await
            .map_err(unread)?;
        Ok(asking.may(identity::policy::Action::UpdateSpace, &as_resource(&space, false)))
    }

    /// How far the one video of all is.
    async fn composition(&self, record: &RecordingRecord, files: &[RecordedFile]) -> Answer<recording::Composition> {
        if files.iter().any(|file| file.name == recorder::COMPOSED) {
            return Ok(recording::Composition::Made);
        }
        let composition = self.register.composition(&record.id).await;
        Ok(match composition.map_err(|error| Failure::broken(&error))? {
            None => recording::Composition::Unspecified,
            Some(Composition::Failed) => recording::Composition::NotMade,
            Some(Composition::Wanted) if self.recordings.composed_percent(&record.id).is_some() => {
                recording::Composition::BeingMade
            }
            Some(Composition::Wanted) => recording::Composition::Waiting,
        })
    }

    /// The recording of this name, if the caller is the owner of its space.
    async fn owned(&self, asking: &Asking, name: &str, now: Micros) -> Answer<RecordingRecord> {
        asking.entitled()?;
        let (conference, id) = names::recording("name", name)?;
        let conference = conference.ok_or_else(|| Failure::hidden(asking.noun()))?;
        let record = self.register.conference(&conference, now).await;
        let record = record.map_err(|error| asking.unread(error))?;
        let space = self.register.space_by_id(&record.space, now).await;
        let space = space.map_err(|error| asking.unread(error))?;
        asking.allowed(&as_resource(&space, false))?;
        let id = id.ok_or_else(Failure::not_found)?;
        let record = self.register.recording(&conference, &id, now).await;
        record.map_err(|error| asking.unread_child(error))
    }

    async fn compose(
        &self,
        asking: &Asking,
        request: &api::ComposeMeetingRecordingRequest,
    ) -> Answer<api::MeetingRecording> {
        let now = clock::steady();
        let record = self.owned(asking, &request.name, now).await?;
        let refused = |sentence: &'static str, reason| Failure::new(Kind::Precondition, sentence).because(reason);
        if record.state != RecordingState::FilesMade {
            return Err(refused("The files of the recording are not there.", "FILES_MISSING"));
        }
        if !self.recordings.composes() {
            return Err(refused(
                "This server has no `ffmpeg` to compose it.",
                "COMPOSER_MISSING",
            ));
        }
        let (conference, id) = (&record.conference, &record.id);
        let wanted = self
            .register
            .want_composition(conference, id, recorder::COMPOSED, &asking.by())
            .await;
        if wanted.map_err(|error| Failure::broken(&error))? {
            self.recordings.compose(id);
        }
        self.whole(asking, &record, now).await
    }

    async fn cancel(
        &self,
        asking: &Asking,
        request: &api::CancelMeetingRecordingCompositionRequest,
    ) -> Answer<api::MeetingRecording> {
        let now = clock::steady();
        let record = self.owned(asking, &request.name, now).await?;
        let unwanted = self.register.unwant_composition(&record.id).await;
        if unwanted.map_err(|error| Failure::broken(&error))? {
            self.recordings.give_up_composing(&record.id).await;
        }
        self.whole(asking, &record, now).await
    }

    async fn delete(&self, asking: &Asking, request: &api::DeleteMeetingRecordingRequest) -> Answer<()> {
        let now = clock::steady();
        let owned = self.owned(asking, &request.name, now).await?;
        let (conference, id) = (owned.conference, owned.id);
        let deleted = self.register.delete_recording(&conference, &id, &asking.by()).await;
        if deleted.map_err(|error| asking.unread_child(error))? {
            self.recordings.look_for_leftovers();
            return Ok(());
        }
        let record = self.register.recording(&conference, &id, now).await;
        let record = record.map_err(|error| asking.unread_child(error))?;
        Err(undeleted(&record))
    }
}

fn answer_to_wire(record: &RecordingRecord, answer: &RecordingAnswer) -> recording::Answer {
    recording::Answer {
        participant: meeting::names::participant(&record.conference, &answer.participant),
        time: Some(timestamp(answer.at)),
        agrees: answer.agrees,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}

/// Why a recording is still there.
fn undeleted(record: &RecordingRecord) -> Failure {
    if record.is_held {
        let sentence = "The recording is under a legal hold, which an administrator of this server can lift.";
        Failure::new(Kind::Precondition, sentence).because("RECORDING_HELD")
    } else {
        let sentence = "The recording goes on; it can be deleted when it is over.";
        Failure::new(Kind::Precondition, sentence).because("STILL_RECORDING")
    }
}

/// A recording as lists have it.
pub(super) fn recording_to_wire(record: &RecordingRecord) -> api::MeetingRecording {
    use recording::{EndReason, State};
    let state = match record.state {
        RecordingState::Started => State::Started,
        RecordingState::Ended => State::Ended,
        RecordingState::FilesMade => State::FileGenerated,
        RecordingState::Failed => State::Failed,
    };
    let end_reason = match record.end_reason {
        None => EndReason::Unspecified,
        Some(RecordingEndReason::Stopped) => EndReason::Stopped,
        Some(RecordingEndReason::ConferenceEnded) => EndReason::ConferenceEnded,
        Some(RecordingEndReason::DiskFull) => EndReason::DiskFull,
        Some(RecordingEndReason::TooLong) => EndReason::TooLong,
        Some(RecordingEndReason::Failed) => EndReason::BrokenOff,
        Some(RecordingEndReason::Crash | RecordingEndReason::Shutdown) => EndReason::ServerStopped,
    };
    api::MeetingRecording {
        name: meeting::names::recording(&record.conference, &record.id),
        state: state.into(),
        start_time: Some(timestamp(record.start)),
        end_time: record.end.map(timestamp),
        end_reason: end_reason.into(),
        paused: record.is_paused && record.end.is_none(),
        starter: record.by.as_ref().map(meeting::names::user).unwrap_or_default(),
        held: record.is_held,
        asks: record.asks,
        ..api::MeetingRecording::default()
    }
}

/// The recording of this conference as the register has it, for whoever just changed it.
pub(super) async fn as_it_is(
    register: &Register,
    conference: &ConferenceId,
    id: &RecordingId,
) -> Answer<api::MeetingRecording> {
    let record = register.recording(conference, id, clock::steady()).await;
    let record = record.map_err(|error| Failure::broken(&error))?;
    Ok(recording_to_wire(&record))
}

#[tonic::async_trait]
impl api::recordings_server::Recordings for RecordingsService {
    async fn list_meeting_recordings(
        &self,
        request: Request<api::ListMeetingRecordingsRequest>,
    ) -> Result<Response<api::ListMeetingRecordingsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn get_meeting_recording(
        &self,
        request: Request<api::GetMeetingRecordingRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn compose_meeting_recording(
        &self,
        request: Request<api::ComposeMeetingRecordingRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.compose(&asking, &message).await)
    }

    async fn cancel_meeting_recording_composition(
        &self,
        request: Request<api::CancelMeetingRecordingCompositionRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.cancel(&asking, &message).await)
    }

    async fn delete_meeting_recording(
        &self,
        request: Request<api::DeleteMeetingRecordingRequest>,
    ) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.delete(&asking, &message).await)
    }
}
