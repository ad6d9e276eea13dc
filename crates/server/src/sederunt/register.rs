//! `sederunt.v1.Register`: one's meetings, and who attended them with what.

use std::collections::HashMap;

use ::api::sederunt::v1::{self as api, device, role};
use identity::policy::Action;
use meeting::{DeviceKind, Micros, Role, SpaceId};
use register::{Attendee, ConferenceRecord, ParticipantKind, ParticipantSessionRecord, Register, RegisterError};
use tonic::{Request, Response, Status};

use crate::failure::Answer;
use crate::google::{Call, called, child_failed, failed, query, timestamp};
use crate::{clock, names};

const NOUN: &str = "ConferenceRecord";

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct RegisterService {
    register: Register,
}

impl RegisterService {
    pub(crate) fn new(register: Register) -> RegisterService {
        RegisterService { register }
    }

    async fn list(&self, call: &Call, request: &api::ListMeetingsRequest) -> Answer<api::ListMeetingsResponse> {
        let reader = call.entitled(Action::ListConferenceRecords, NOUN)?;
        let now = Micros(clock::now_us());
        let query = query("", request.page_size, &request.page_token, now);
        let app = call.confined_to(Action::ListConferenceRecords);
        let page = self
            .register
            .list_conferences(&reader, &query, app)
            .await
            .map_err(|error| failed(error, NOUN))?;
        let meetings = self.meetings(&page.items, now).await;
        Ok(api::ListMeetingsResponse {
            meetings: meetings.map_err(|error| failed(error, NOUN))?,
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }

    /// The conferences of a page, with what the register keeps elsewhere. Most of a page are often of one space.
    async fn meetings(
        &self,
        conferences: &[ConferenceRecord],
        now: Micros,
    ) -> Result<Vec<api::PastMeeting>, RegisterError> {
        let mut codes: HashMap<&SpaceId, String> = HashMap::new();
        let mut meetings = Vec::with_capacity(conferences.len());
        for conference in conferences {
            let code = if let Some(code) = codes.get(&conference.space) {
                code.clone()
            } else {
                let space = self.register.space_by_id(&conference.space, now).await?;
                let code = space.code.map(|code| code.to_string()).unwrap_or_default();
                codes.insert(&conference.space, code.clone());
                code
            };
            let participants = match self.register.count_participants(&conference.id, "", now).await {
                // It expired since the page was read.
                Err(RegisterError::NotFound) => continue,
                counted => counted?,
            };
            meetings.push(api::PastMeeting {
                conference_record: names::of_conference(&conference.id),
                space: names::of_space(&conference.space),
                meeting_code: code,
                start_time: Some(timestamp(conference.start)),
                end_time: conference.end.map(timestamp),
                expire_time: conference.expire.map(timestamp),
                participant_count: i32::try_from(participants).unwrap_or(i32::MAX),
            });
        }
        Ok(meetings)
    }

    async fn attendance(&self, call: &Call, request: &api::GetAttendanceRequest) -> Answer<api::Attendance> {
        let now = Micros(clock::now_us());
        let conference = names::conference("name", &request.name)?;
        let conference = call.allowed_to_read(&self.register, conference, NOUN, now).await?;
        let query = query("", request.page_size, &request.page_token, now);
        let page = self.register.attendance(&conference, &query).await;
        let page = page.map_err(|error| child_failed(error, NOUN))?;
        Ok(api::Attendance {
            attendees: page.items.into_iter().map(shown).collect(),
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }
}

fn shown(attendee: Attendee) -> api::Attendee {
    let Attendee { participant, sessions } = attendee;
    api::Attendee {
        participant: names::of_participant(&participant.conference, &participant.id),
        display_name: participant.display_name,
        user: match participant.kind {
            ParticipantKind::SignedIn(user) => format!("users/{user}"),
            ParticipantKind::Anonymous => String::new(),
        },
        role: shown_role(participant.role).into(),
        removed: participant.removed,
        earliest_start_time: Some(timestamp(participant.earliest_start)),
        latest_end_time: participant.latest_end.map(timestamp),
        sessions: sessions.iter().map(shown_session).collect(),
    }
}

fn shown_session(session: &ParticipantSessionRecord) -> api::AttendeeSession {
    api::AttendeeSession {
        participant_session: names::of_participant_session(&session.conference, &session.participant, &session.id),
        device: match session.device {
            DeviceKind::Full => device::Kind::Full,
            DeviceKind::Companion => device::Kind::Companion,
            DeviceKind::Viewer => device::Kind::Viewer,
        }
        .into(),
        start_time: Some(timestamp(session.start)),
        end_time: session.end.map(timestamp),
    }
}

/// A role as the wire has it.
pub(crate) fn shown_role(role: Role) -> role::Kind {
    match role {
        Role::Host => role::Kind::Host,
        Role::CoHost => role::Kind::Cohost,
        Role::Contributor => role::Kind::Contributor,
        Role::Viewer => role::Kind::Viewer,
    }
}

#[tonic::async_trait]
impl api::register_server::Register for RegisterService {
    async fn list_meetings(
        &self,
        request: Request<api::ListMeetingsRequest>,
    ) -> Result<Response<api::ListMeetingsResponse>, Status> {
        let (call, message) = called(request)?;
        Ok(Response::new(self.list(&call, &message).await?))
    }

    async fn get_attendance(
        &self,
        request: Request<api::GetAttendanceRequest>,
    ) -> Result<Response<api::Attendance>, Status> {
        let (call, message) = called(request)?;
        Ok(Response::new(self.attendance(&call, &message).await?))
    }
}
