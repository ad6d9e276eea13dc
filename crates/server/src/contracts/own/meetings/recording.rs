//! Recording a meeting: start, stop, pause, resume. For the owner of the space and its co-hosts, as everything that runs a meeting.

use ::api::sederunt::v1 as api;
use meeting::{ConferenceId, Input, RecordingEndReason, RecordingId, Refusal, Space, SpaceId};
use register::SpaceRecord;

use super::MeetingsService;
use super::entry::hash;
use super::refusals::{entry_failure, host_needed};
use crate::contracts::own::recordings::as_it_is;
use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::{names, random};

impl MeetingsService {
    pub(super) async fn start_recording(&self, asking: &Asking, space: &str) -> Answer<api::MeetingRecording> {
        let record = self.hosted(asking, space).await?;
        let by = asking.caller().user().ok_or_else(host_needed)?.id.clone();
        let recording = RecordingId::from_random(random::bytes());
        let start = Input::StartRecording {
            recording: recording.clone(),
            by: Some(by),
            asks: self.asks_when_it_begins(&record).await?,
        };
        let space = record.id;
        let started = self.rooms.input_by(space.clone(), start, asking.by()).await;
        started.map_err(entry_failure)?;
        // It may have failed already.
        let conference = self
            .rooms
            .look(&space, |space| Some(space.conference()?.id().clone()))
            .await;
        let conference = conference.flatten();
        let conference = conference.ok_or_else(|| entry_failure(Refusal::NoActiveConference.into()))?;
        as_it_is(&self.register, &conference, &recording).await
    }

    pub(super) async fn stop_recording(&self, asking: &Asking, space: &str) -> Answer<api::MeetingRecording> {
        let stop = |recording| Input::StopRecording {
            recording: Some(recording),
            reason: RecordingEndReason::Stopped,
        };
        self.change_recording(asking, space, stop).await
    }

    pub(super) async fn pause_recording(&self, asking: &Asking, space: &str) -> Answer<api::MeetingRecording> {
        self.change_recording(asking, space, |_| Input::PauseRecording).await
    }

    pub(super) async fn resume_recording(&self, asking: &Asking, space: &str) -> Answer<api::MeetingRecording> {
        self.change_recording(asking, space, |_| Input::ResumeRecording).await
    }

    /// What somebody in the meeting says to being recorded. Who holds the secret of a session may: the caller's account does not matter.
    pub(super) async fn answer_recording(&self, asking: &Asking, request: api::AnswerRecordingRequest) -> Answer<()> {
        let (_, _, session) = names::participant_session("participant_session", &request.participant_session)?;
        let session = session.ok_or_else(|| entry_failure(Refusal::UnknownSession.into()))?;
        let space = self.named(&request.space).await?;
        let answer = Input::AnswerRecording {
            session,
            secret: hash(&request.resume_secret),
            agrees: request.agrees,
        };
        let answered = self.rooms.input_by(space, answer, asking.by()).await;
        answered.map_err(entry_failure)
    }

    async fn change_recording(
        &self,
        asking: &Asking,
        space: &str,
        input: impl FnOnce(RecordingId) -> Input,
    ) -> Answer<api::MeetingRecording> {
        let space = self.hosted(asking, space).await?.id;
        let (conference, recording) = self.going_on(&space).await?;
        let changed = self.rooms.input_by(space, input(recording.clone()), asking.by()).await;
        changed.map_err(entry_failure)?;
        as_it_is(&self.register, &conference, &recording).await
    }

    /// Whether people are asked by a recording that begins now.
    pub(super) async fn asks_when_it_begins(&self, space: &SpaceRecord) -> Answer<bool> {
        let asks = self.identity.asks_to_record(&space.owner).await;
        asks.map_err(|error| Failure::unreachable(&error, "whether people are asked cannot be looked up"))
    }

    /// The recording that goes on in a space.
    async fn going_on(&self, space: &SpaceId) -> Answer<(ConferenceId, RecordingId)> {
        let see = |space: &Space| {
            let conference = space.conference()?;
            Some((conference.id().clone(), conference.recording().now()?.id.clone()))
        };
        let seen = self.rooms.look(space, see).await.flatten();
        seen.ok_or_else(|| entry_failure(Refusal::NotRecording.into()))
    }
}
