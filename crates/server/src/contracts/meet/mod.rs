//! `google.apps.meet.v2` and `v2beta`: the table of their operations, one file per resource, and here the two services that tonic
//! calls.
//!
//! A method of a service takes the caller and the message from the request and hands both on: what it does is written in the
//! file of its resource. Who may call what is `crates/server/tests/access/`.

mod artifacts;
mod conference_records;
mod members;
mod operations;
mod participant_sessions;
mod participants;
mod recordings;
mod space_config;
mod spaces;

use std::sync::Arc;

use api::google::apps::meet::v2beta as v2;
use identity::Scopes;
use register::Register;
use tonic::{Request, Response, Status};

use artifacts::{ListRequest, SMART_NOTE, TRANSCRIPT, TRANSCRIPT_ENTRY};
use recordings::Recordings;
use spaces::Spaces;

use crate::gate::asking::Asking;
use crate::grpc::{Contract, Declared, Description, admitted, respond};
use crate::installation::Installation;

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation) -> Contract {
    let records = ConferenceRecords {
        register: installation.register.clone(),
        public_url: Arc::clone(&installation.public_url),
    };
    Contract {
        declared: &DECLARED,
        services: vec![
            Arc::new(v2::SpacesServiceMethods(Arc::new(Spaces::new(installation)))),
            Arc::new(v2::ConferenceRecordsServiceMethods(Arc::new(records))),
        ],
    }
}

/// What it is.
pub(crate) const DECLARED: Declared = Declared {
    packages: &["google.apps.meet.v2beta", "google.apps.meet.v2"],
    host: "meet.googleapis.com",
    operations: operations::OPERATIONS,
    descriptions: &[
        described("google.apps.meet.v2", "v2"),
        described("google.apps.meet.v2beta", "v2beta"),
    ],
};

const fn described(package: &'static str, version: &'static str) -> Description {
    Description {
        package,
        name: "meet",
        version,
        title: "Meetings",
        scopes: Scopes::MEET,
    }
}

/// Whether the caller knows what only v2beta has.
fn is_beta(asking: &Asking) -> bool {
    asking.method_name().starts_with("google.apps.meet.v2beta.")
}

/// `ConferenceRecordsService`: the register, read.
#[derive(Clone, Debug)]
struct ConferenceRecords {
    register: Register,
    public_url: Arc<str>,
}

impl ConferenceRecords {
    fn recordings(&self) -> Recordings<'_> {
        Recordings {
            register: &self.register,
            public_url: &self.public_url,
        }
    }
}

#[tonic::async_trait]
impl v2::spaces_service_server::SpacesService for Spaces {
    async fn create_space(&self, request: Request<v2::CreateSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.create(&asking, message).await)
    }

    async fn get_space(&self, request: Request<v2::GetSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn update_space(&self, request: Request<v2::UpdateSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.update(&asking, message).await)
    }

    async fn connect_active_conference(
        &self,
        request: Request<v2::ConnectActiveConferenceRequest>,
    ) -> Result<Response<v2::ConnectActiveConferenceResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::connect_active_conference(self, &asking, &message).await)
    }

    async fn end_active_conference(
        &self,
        request: Request<v2::EndActiveConferenceRequest>,
    ) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::end_active_conference(self, &asking, &message).await)
    }

    async fn create_member(&self, request: Request<v2::CreateMemberRequest>) -> Result<Response<v2::Member>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::create_member(self, &asking, message).await)
    }

    async fn get_member(&self, request: Request<v2::GetMemberRequest>) -> Result<Response<v2::Member>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::get_member(self, &asking, &message).await)
    }

    async fn list_members(
        &self,
        request: Request<v2::ListMembersRequest>,
    ) -> Result<Response<v2::ListMembersResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::list_members(self, &asking, &message).await)
    }

    async fn update_member(&self, request: Request<v2::UpdateMemberRequest>) -> Result<Response<v2::Member>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::update_member(self, &asking, message).await)
    }

    async fn batch_update_members(
        &self,
        request: Request<v2::BatchUpdateMembersRequest>,
    ) -> Result<Response<v2::BatchUpdateMembersResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::batch_update_members(self, &asking, message).await)
    }

    async fn delete_member(&self, request: Request<v2::DeleteMemberRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(Spaces::delete_member(self, &asking, &message).await)
    }
}

#[tonic::async_trait]
impl v2::conference_records_service_server::ConferenceRecordsService for ConferenceRecords {
    async fn get_conference_record(
        &self,
        request: Request<v2::GetConferenceRecordRequest>,
    ) -> Result<Response<v2::ConferenceRecord>, Status> {
        let (asking, message) = admitted(request)?;
        respond(conference_records::get(&self.register, &asking, &message).await)
    }

    async fn list_conference_records(
        &self,
        request: Request<v2::ListConferenceRecordsRequest>,
    ) -> Result<Response<v2::ListConferenceRecordsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(conference_records::list(&self.register, &asking, &message).await)
    }

    async fn get_participant(
        &self,
        request: Request<v2::GetParticipantRequest>,
    ) -> Result<Response<v2::Participant>, Status> {
        let (asking, message) = admitted(request)?;
        respond(participants::get(&self.register, &asking, &message).await)
    }

    async fn list_participants(
        &self,
        request: Request<v2::ListParticipantsRequest>,
    ) -> Result<Response<v2::ListParticipantsResponse>, Status> {
        let counted = participants::wants_total(request.metadata())?;
        let (asking, message) = admitted(request)?;
        respond(participants::list(&self.register, &asking, &message, counted).await)
    }

    async fn get_participant_session(
        &self,
        request: Request<v2::GetParticipantSessionRequest>,
    ) -> Result<Response<v2::ParticipantSession>, Status> {
        let (asking, message) = admitted(request)?;
        respond(participant_sessions::get(&self.register, &asking, &message).await)
    }

    async fn list_participant_sessions(
        &self,
        request: Request<v2::ListParticipantSessionsRequest>,
    ) -> Result<Response<v2::ListParticipantSessionsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(participant_sessions::list(&self.register, &asking, &message).await)
    }

    async fn get_recording(
        &self,
        request: Request<v2::GetRecordingRequest>,
    ) -> Result<Response<v2::Recording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.recordings().get(&asking, &message).await)
    }

    async fn list_recordings(
        &self,
        request: Request<v2::ListRecordingsRequest>,
    ) -> Result<Response<v2::ListRecordingsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.recordings().list(&asking, &message).await)
    }

    async fn get_transcript(
        &self,
        request: Request<v2::GetTranscriptRequest>,
    ) -> Result<Response<v2::Transcript>, Status> {
        let (asking, message) = admitted(request)?;
        respond(TRANSCRIPT.get(&self.register, &asking, &message.name).await)
    }

    async fn list_transcripts(
        &self,
        request: Request<v2::ListTranscriptsRequest>,
    ) -> Result<Response<v2::ListTranscriptsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(TRANSCRIPT.list(&self.register, &asking, &list).await)
    }

    async fn get_transcript_entry(
        &self,
        request: Request<v2::GetTranscriptEntryRequest>,
    ) -> Result<Response<v2::TranscriptEntry>, Status> {
        let (asking, message) = admitted(request)?;
        respond(TRANSCRIPT_ENTRY.get(&self.register, &asking, &message.name).await)
    }

    async fn list_transcript_entries(
        &self,
        request: Request<v2::ListTranscriptEntriesRequest>,
    ) -> Result<Response<v2::ListTranscriptEntriesResponse>, Status> {
        let (asking, message) = admitted(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(TRANSCRIPT_ENTRY.list(&self.register, &asking, &list).await)
    }

    async fn get_smart_note(
        &self,
        request: Request<v2::GetSmartNoteRequest>,
    ) -> Result<Response<v2::SmartNote>, Status> {
        let (asking, message) = admitted(request)?;
        respond(SMART_NOTE.get(&self.register, &asking, &message.name).await)
    }

    async fn list_smart_notes(
        &self,
        request: Request<v2::ListSmartNotesRequest>,
    ) -> Result<Response<v2::ListSmartNotesResponse>, Status> {
        let (asking, message) = admitted(request)?;
        let list = ListRequest {
            parent: &message.parent,
            page_size: message.page_size,
            page_token: &message.page_token,
        };
        respond(SMART_NOTE.list(&self.register, &asking, &list).await)
    }
}
