//! `sederunt.v1.Meetings` as tonic calls it: what its methods do is in [`super::entry`] for those who come and go, and in
//! [`super::hosting`] for those who run the meeting.

use std::sync::Arc;

use ::api::sederunt::v1 as api;
use identity::Identity;
use media::Media;
use meeting::{Micros, Refusal};
use register::{Register, SpaceRecord};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::entry::Entry;
use super::refusals::{entry_failure, unknown_meeting};
use super::rooms::Rooms;
use crate::failure::Answer;
use crate::gate::admitted;
use crate::google::find_space;
use crate::metrics::Metrics;
use crate::{clock, limits, names};

/// The service.
#[derive(Clone)]
pub(crate) struct MeetingsService {
    pub(super) register: Register,
    pub(super) identity: Identity,
    pub(super) rooms: Rooms,
    pub(super) media: Media,
    pub(super) metrics: Arc<Metrics>,
    pub(super) public_url: Arc<str>,
    pub(super) offers: Arc<Semaphore>,
}

impl MeetingsService {
    pub(crate) fn new(
        register: Register,
        identity: Identity,
        rooms: Rooms,
        media: Media,
        metrics: Arc<Metrics>,
        public_url: &str,
    ) -> MeetingsService {
        MeetingsService {
            register,
            identity,
            rooms,
            media,
            metrics,
            public_url: public_url.into(),
            offers: Arc::new(Semaphore::new(limits::OFFERS_AT_ONCE_MAX)),
        }
    }

    /// The space of this id or code.
    pub(super) async fn space(&self, name: &str) -> Answer<SpaceRecord> {
        let name = names::space("space", name)?;
        find_space(&self.register, &name, Micros(clock::now_us()))
            .await
            .map_err(|error| unknown_meeting(&error))
    }
}

#[tonic::async_trait]
impl api::meetings_server::Meetings for MeetingsService {
    async fn join(&self, request: Request<api::JoinRequest>) -> Result<Response<api::JoinResponse>, Status> {
        let (caller, message) = admitted(request)?;
        let entry = Entry {
            space: message.space,
            offer: message.offer,
            display_name: message.display_name,
            presented: message.resume_secret,
            device: message.device,
            conference: None,
        };
        respond(self.enter(&caller, entry).await)
    }

    async fn resume(&self, request: Request<api::ResumeRequest>) -> Result<Response<api::JoinResponse>, Status> {
        let (caller, message) = admitted(request)?;
        let conference = names::conference("conference_record", &message.conference_record)?;
        let entry = Entry {
            space: message.space,
            offer: message.offer,
            display_name: message.display_name,
            presented: message.resume_secret,
            device: message.device,
            conference: Some(conference.ok_or_else(|| entry_failure(Refusal::ConferenceOver.into()))?),
        };
        respond(self.enter(&caller, entry).await)
    }

    async fn leave(&self, request: Request<api::LeaveRequest>) -> Result<Response<()>, Status> {
        let (_, message) = admitted(request)?;
        respond(MeetingsService::leave(self, message).await)
    }

    async fn get_meeting(&self, request: Request<api::GetMeetingRequest>) -> Result<Response<api::Meeting>, Status> {
        let (caller, message) = admitted(request)?;
        respond(self.preview(&caller, message).await)
    }

    async fn admit(&self, request: Request<api::AdmitRequest>) -> Result<Response<()>, Status> {
        let (caller, message) = admitted(request)?;
        respond(MeetingsService::admit(self, &caller, message).await)
    }

    async fn deny(&self, request: Request<api::DenyRequest>) -> Result<Response<()>, Status> {
        let (caller, message) = admitted(request)?;
        respond(MeetingsService::deny(self, &caller, message).await)
    }

    async fn mute(&self, request: Request<api::MuteRequest>) -> Result<Response<()>, Status> {
        let (caller, message) = admitted(request)?;
        respond(MeetingsService::mute(self, &caller, message).await)
    }

    async fn remove(&self, request: Request<api::RemoveRequest>) -> Result<Response<()>, Status> {
        let (caller, message) = admitted(request)?;
        respond(MeetingsService::remove(self, &caller, message).await)
    }

    async fn moderate(&self, request: Request<api::ModerateRequest>) -> Result<Response<api::Moderation>, Status> {
        let (caller, message) = admitted(request)?;
        respond(MeetingsService::moderate(self, &caller, message).await)
    }

    async fn end(&self, request: Request<api::EndRequest>) -> Result<Response<()>, Status> {
        let (caller, message) = admitted(request)?;
        respond(MeetingsService::end(self, &caller, message).await)
    }
}

fn respond<T>(answer: Answer<T>) -> Result<Response<T>, Status> {
    Ok(Response::new(answer?))
}
