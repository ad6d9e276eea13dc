//! `google.apps.meet.v2` and `v2beta`: one file per resource, and here the two services that tonic calls.
//!
//! A method of a service takes the call and the message from the request and hands both on: what it does is written in the
//! file of its resource. Who may call what is `crates/server/tests/access/table.md`.

mod access;
mod artifacts;
mod conference_records;
mod lists;
mod members;
mod participant_sessions;
mod participants;
mod space_config;
mod spaces;
mod update_mask;

use api::google::apps::meet::v2beta as v2;
use register::Register;
use tonic::{Request, Response, Status};

use artifacts::{ListRequest, RECORDING, SMART_NOTE, TRANSCRIPT, TRANSCRIPT_ENTRY};

use crate::failure::Answer;
use crate::gate::{Method, admitted};

pub(crate) use access::{Call, child_failed, failed, id_of};
pub(crate) use lists::{query, timestamp};
pub(crate) use spaces::{Spaces, find as find_space};

/// `ConferenceRecordsService`: the register, read.
#[derive(Clone, Debug)]
pub(crate) struct ConferenceRecords {
    register: Register,
}

impl ConferenceRecords {
    pub(crate) fn new(register: Register) -> ConferenceRecords {
        ConferenceRecords { register }
    }
}

/// The call and its message.
pub(crate) fn called<T>(request: Request<T>) -> Result<(Call, T), Status> {
    let method = request.extensions().get::<&'static Method>().copied();
    let (caller, message) = admitted(request)?;
    let method = method.ok_or_else(|| Status::unimplemented("the gate knows no such method"))?;
    Ok((Call::new(caller, method), message))
}

fn respond<T>(answer: Answer<T>) -> Result<Response<T>, Status> {
    Ok(Response::new(answer?))
}

#[tonic::async_trait]
impl v2::spaces_service_server::SpacesService for Spaces {
    async fn create_space(&self, request: Request<v2::CreateSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (call, message) = called(request)?;
        respond(self.create(&call, message).await)
    }

    async fn get_space(&self, request: Request<v2::GetSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (call, message) = called(request)?;
        respond(self.get(&call, &message).await)
    }

    async fn update_space(&self, request: Request<v2::UpdateSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (call, message) = called(request)?;
        respond(self.update(&call, message).await)
    }

    async fn connect_active_conference(
        &self,
        request: Request<v2::ConnectActiveConferenceRequest>,
    ) -> Result<Response<v2::ConnectActiveConferenceResponse>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::connect_active_conference(self, &call, &message).await)
    }

    async fn end_active_conference(
        &self,
        request: Request<v2::EndActiveConferenceRequest>,
    ) -> Result<Response<()>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::end_active_conference(self, &call, &message).await)
    }

    async fn create_member(&self, request: Request<v2::CreateMemberRequest>) -> Result<Response<v2::Member>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::create_member(self, &call, message).await)
    }

    async fn get_member(&self, request: Request<v2::GetMemberRequest>) -> Result<Response<v2::Member>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::get_member(self, &call, &message).await)
    }

    async fn list_members(
        &self,
        request: Request<v2::ListMembersRequest>,
    ) -> Result<Response<v2::ListMembersResponse>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::list_members(self, &call, &message).await)
    }

    async fn update_member(&self, request: Request<v2::UpdateMemberRequest>) -> Result<Response<v2::Member>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::update_member(self, &call, message).await)
    }

    async fn batch_update_members(
        &self,
        request: Request<v2::BatchUpdateMembersRequest>,
    ) -> Result<Response<v2::BatchUpdateMembersResponse>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::batch_update_members(self, &call, message).await)
    }

    async fn delete_member(&self, request: Request<v2::DeleteMemberRequest>) -> Result<Response<()>, Status> {
        let (call, message) = called(request)?;
        respond(Spaces::delete_member(self, &call, &message).await)
    }
}

#[tonic::async_trait]
impl v2::conference_records_service_server::ConferenceRecordsService for ConferenceRecords {
    async fn get_conference_record(
        &self,
        request: Request<v2::GetConferenceRecordRequest>,
    ) -> Result<Response<v2::ConferenceRecord>, Status> {
        let (call, message) = called(request)?;
        respond(conference_records::get(&self.register, &call, &message).await)
    }

    async fn list_conference_records(
        &self,
        request: Request<v2::ListConferenceRecordsRequest>,
    ) -> Result<Response<v2::ListConferenceRecordsResponse>, Status> {
        let (call, message) = called(request)?;
        respond(conference_records::list(&self.register, &call, &message).await)
    }

    async fn get_participant(
        &self,
        request: Request<v2::GetParticipantRequest>,
    ) -> Result<Response<v2::Participant>, Status> {
        let (call, message) = called(request)?;
        respond(participants::get(&self.register, &call, &message).await)
    }

    async fn list_participants(
        &self,
        request: Request<v2::ListParticipantsRequest>,
    ) -> Result<Response<v2::ListParticipantsResponse>, Status> {
        let counted = participants::wants_total(request.metadata())?;
        let (call, message) = called(request)?;
        respond(participants::list(&self.register, &call, &message, counted).await)
    }

    async fn get_participant_session(
        &self,
        request: Request<v2::GetParticipantSessionRequest>,
    ) -> Result<Response<v2::ParticipantSession>, Status> {
        let (call, message) = called(request)?;
        respond(participant_sessions::get(&self.register, &call, &message).await)
    }

    async fn list_participant_sessions(
        &self,
        request: Request<v2::ListParticipantSessionsRequest>,
    ) -> Result<Response<v2::ListParticipantSessionsResponse>, Status> {
        let (call, message) = called(request)?;
        respond(participant_sessions::list(&self.register, &call, &message).await)
    }

    async fn get_recording(
        &self,
        request: Request<v2::GetRecordingRequest>,
    ) -> Result<Response<v2::Recording>, Status> {
        let (call, message) = called(request)?;
        respond(RECORDING.get(&self.register, &call, &message.name).await)
    }

    async fn list_recordings(
        &self,
        request: Request<v2::ListRecordingsRequest>,
    ) -> Result<Response<v2::ListRecordingsResponse>, Status> {
        let (call, message) = called(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(RECORDING.list(&self.register, &call, &list).await)
    }

    async fn get_transcript(
        &self,
        request: Request<v2::GetTranscriptRequest>,
    ) -> Result<Response<v2::Transcript>, Status> {
        let (call, message) = called(request)?;
        respond(TRANSCRIPT.get(&self.register, &call, &message.name).await)
    }

    async fn list_transcripts(
        &self,
        request: Request<v2::ListTranscriptsRequest>,
    ) -> Result<Response<v2::ListTranscriptsResponse>, Status> {
        let (call, message) = called(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(TRANSCRIPT.list(&self.register, &call, &list).await)
    }

    async fn get_transcript_entry(
        &self,
        request: Request<v2::GetTranscriptEntryRequest>,
    ) -> Result<Response<v2::TranscriptEntry>, Status> {
        let (call, message) = called(request)?;
        respond(TRANSCRIPT_ENTRY.get(&self.register, &call, &message.name).await)
    }

    async fn list_transcript_entries(
        &self,
        request: Request<v2::ListTranscriptEntriesRequest>,
    ) -> Result<Response<v2::ListTranscriptEntriesResponse>, Status> {
        let (call, message) = called(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(TRANSCRIPT_ENTRY.list(&self.register, &call, &list).await)
    }

    async fn get_smart_note(
        &self,
        request: Request<v2::GetSmartNoteRequest>,
    ) -> Result<Response<v2::SmartNote>, Status> {
        let (call, message) = called(request)?;
        respond(SMART_NOTE.get(&self.register, &call, &message.name).await)
    }

    async fn list_smart_notes(
        &self,
        request: Request<v2::ListSmartNotesRequest>,
    ) -> Result<Response<v2::ListSmartNotesResponse>, Status> {
        let (call, message) = called(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(SMART_NOTE.list(&self.register, &call, &list).await)
    }
}
