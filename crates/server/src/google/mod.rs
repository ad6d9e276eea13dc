//! `google.apps.meet.v2` and `v2beta`: one file per resource, and here the two services that tonic calls.
//!
//! A method of a service takes the caller and the message from the request and hands both on: what it does is written in the
//! file of its resource. Methods that are not here answer UNIMPLEMENTED, by the generated default.

mod access;
mod conference_records;
mod lists;
mod participant_sessions;
mod participants;
mod space_config;
mod spaces;

use api::google::apps::meet::v2beta as v2;
use register::Register;
use tonic::{Request, Response, Status};

use crate::failure::Answer;
use crate::gate::admitted;

pub(crate) use access::id_of;
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

fn respond<T>(answer: Answer<T>) -> Result<Response<T>, Status> {
    Ok(Response::new(answer?))
}

#[tonic::async_trait]
impl v2::spaces_service_server::SpacesService for Spaces {
    async fn create_space(&self, request: Request<v2::CreateSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (caller, message) = admitted(request)?;
        respond(self.create(&caller, message).await)
    }

    async fn get_space(&self, request: Request<v2::GetSpaceRequest>) -> Result<Response<v2::Space>, Status> {
        let (caller, message) = admitted(request)?;
        respond(self.get(&caller, &message).await)
    }

    async fn end_active_conference(
        &self,
        request: Request<v2::EndActiveConferenceRequest>,
    ) -> Result<Response<()>, Status> {
        let (caller, message) = admitted(request)?;
        respond(self.end_active_conference(&caller, &message).await)
    }
}

#[tonic::async_trait]
impl v2::conference_records_service_server::ConferenceRecordsService for ConferenceRecords {
    async fn get_conference_record(
        &self,
        request: Request<v2::GetConferenceRecordRequest>,
    ) -> Result<Response<v2::ConferenceRecord>, Status> {
        let (caller, message) = admitted(request)?;
        respond(conference_records::get(&self.register, &caller, &message).await)
    }

    async fn list_conference_records(
        &self,
        request: Request<v2::ListConferenceRecordsRequest>,
    ) -> Result<Response<v2::ListConferenceRecordsResponse>, Status> {
        let (caller, message) = admitted(request)?;
        respond(conference_records::list(&self.register, &caller, &message).await)
    }

    async fn get_participant(
        &self,
        request: Request<v2::GetParticipantRequest>,
    ) -> Result<Response<v2::Participant>, Status> {
        let (caller, message) = admitted(request)?;
        respond(participants::get(&self.register, &caller, &message).await)
    }

    async fn list_participants(
        &self,
        request: Request<v2::ListParticipantsRequest>,
    ) -> Result<Response<v2::ListParticipantsResponse>, Status> {
        let counted = participants::wants_total(request.metadata())?;
        let (caller, message) = admitted(request)?;
        respond(participants::list(&self.register, &caller, &message, counted).await)
    }

    async fn get_participant_session(
        &self,
        request: Request<v2::GetParticipantSessionRequest>,
    ) -> Result<Response<v2::ParticipantSession>, Status> {
        let (caller, message) = admitted(request)?;
        respond(participant_sessions::get(&self.register, &caller, &message).await)
    }

    async fn list_participant_sessions(
        &self,
        request: Request<v2::ListParticipantSessionsRequest>,
    ) -> Result<Response<v2::ListParticipantSessionsResponse>, Status> {
        let (caller, message) = admitted(request)?;
        respond(participant_sessions::list(&self.register, &caller, &message).await)
    }
}
