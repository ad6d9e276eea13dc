//! `sederunt.v1.Meetings` as tonic calls it: what its methods do is in [`super::entry`] for those who come and go, and in
//! [`super::hosting`] for those who run the meeting.

use ::api::sederunt::v1 as api;
use meeting::Refusal;
use tonic::{Request, Response, Status};

use super::MeetingsService;
use super::entry::Entry;
use super::refusals::entry_failure;
use crate::grpc::{admitted, respond};
use crate::names;

#[tonic::async_trait]
impl api::meetings_server::Meetings for MeetingsService {
    async fn join(&self, request: Request<api::JoinRequest>) -> Result<Response<api::JoinResponse>, Status> {
        let (asking, message) = admitted(request)?;
        let entry = Entry {
            space: message.space,
            offer: message.offer,
            display_name: message.display_name,
            presented: message.resume_secret,
            device: message.device,
            conference: None,
        };
        respond(self.enter(&asking, entry).await)
    }

    async fn resume(&self, request: Request<api::ResumeRequest>) -> Result<Response<api::JoinResponse>, Status> {
        let (asking, message) = admitted(request)?;
        let conference = names::conference("conference_record", &message.conference_record)?;
        let entry = Entry {
            space: message.space,
            offer: message.offer,
            display_name: message.display_name,
            presented: message.resume_secret,
            device: message.device,
            conference: Some(conference.ok_or_else(|| entry_failure(Refusal::ConferenceOver.into()))?),
        };
        respond(self.enter(&asking, entry).await)
    }

    async fn leave(&self, request: Request<api::LeaveRequest>) -> Result<Response<()>, Status> {
        let (_, message) = admitted(request)?;
        respond(MeetingsService::leave(self, message).await)
    }

    async fn get_meeting(&self, request: Request<api::GetMeetingRequest>) -> Result<Response<api::Meeting>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.preview(asking.caller(), message).await)
    }

    async fn check_network(
        &self,
        request: Request<api::CheckNetworkRequest>,
    ) -> Result<Response<api::CheckNetworkResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::check_network(self, &asking, message).await)
    }

    async fn admit(&self, request: Request<api::AdmitRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::admit(self, &asking, message).await)
    }

    async fn deny(&self, request: Request<api::DenyRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::deny(self, &asking, message).await)
    }

    async fn mute(&self, request: Request<api::MuteRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::mute(self, &asking, message).await)
    }

    async fn remove(&self, request: Request<api::RemoveRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::remove(self, &asking, message).await)
    }

    async fn moderate(&self, request: Request<api::ModerateRequest>) -> Result<Response<api::Moderation>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::moderate(self, &asking, message).await)
    }

    async fn dial_out(&self, request: Request<api::DialOutRequest>) -> Result<Response<api::DialOutResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::dial_out(self, &asking, &message).await)
    }

    async fn start_meeting_recording(
        &self,
        request: Request<api::StartMeetingRecordingRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::start_recording(self, &asking, &message.space).await)
    }

    async fn stop_meeting_recording(
        &self,
        request: Request<api::StopMeetingRecordingRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::stop_recording(self, &asking, &message.space).await)
    }

    async fn pause_meeting_recording(
        &self,
        request: Request<api::PauseMeetingRecordingRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::pause_recording(self, &asking, &message.space).await)
    }

    async fn resume_meeting_recording(
        &self,
        request: Request<api::ResumeMeetingRecordingRequest>,
    ) -> Result<Response<api::MeetingRecording>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::resume_recording(self, &asking, &message.space).await)
    }

    async fn answer_recording(&self, request: Request<api::AnswerRecordingRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::answer_recording(self, &asking, message).await)
    }

    async fn end(&self, request: Request<api::EndRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(MeetingsService::end(self, &asking, message).await)
    }
}
