//! `sederunt.v1.Register`: one's meetings, and who attended them with what.

use std::collections::HashMap;

use ::api::sederunt::v1::{self as api, device};
use calls::Calls;
use meeting::{DeviceKind, Micros, SpaceId};
use register::{Attendee, ConferenceRecord, ParticipantKind, ParticipantSessionRecord, Register, RegisterError};
use tonic::{Request, Response, Status};

use super::role::role_to_wire;
use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::wire::{query, timestamp};
use crate::grpc::{admitted, respond};
use crate::installation::Installation;
use crate::{clock, names};

/// The service.
#[derive(Clone, Debug)]
pub(super) struct RegisterService {
    register: Register,
    calls: Calls,
}

impl RegisterService {
    pub(super) fn new(installation: &Installation) -> RegisterService {
        RegisterService {
            register: installation.register.clone(),
            calls: installation.calls.clone(),
        }
    }

    async fn list(&self, asking: &Asking, request: &api::ListMeetingsRequest) -> Answer<api::ListMeetingsResponse> {
        let reader = asking.entitled()?;
        let now = clock::steady();
        let query = query("", request.page_size, &request.page_token, now);
        let app = asking.confined_to();
        let page = self
            .register
            .list_conferences(&reader, &query, app)
            .await
            .map_err(|error| asking.unread(error))?;
        let meetings = self.meetings(&page.items, now).await;
        Ok(api::ListMeetingsResponse {
            meetings: meetings.map_err(|error| asking.unread(error))?,
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
                conference_record: meeting::names::conference(&conference.id),
                space: meeting::names::space(&conference.space),
                meeting_code: code,
                start_time: Some(timestamp(conference.start)),
                end_time: conference.end.map(timestamp),
                expire_time: conference.expire.map(timestamp),
                participant_count: i32::try_from(participants).unwrap_or(i32::MAX),
            });
        }
        Ok(meetings)
    }

    async fn attendance(&self, asking: &Asking, request: &api::GetAttendanceRequest) -> Answer<api::Attendance> {
        let now = clock::steady();
        let conference = names::conference("name", &request.name)?;
        let conference = asking.allowed_to_read(&self.register, conference, now).await?;
        let query = query("", request.page_size, &request.page_token, now);
        let page = self.register.attendance(&conference, &query).await;
        let page = page.map_err(|error| asking.unread_child(error))?;
        let mut attendees: Vec<api::Attendee> = page.items.into_iter().map(attendee_to_wire).collect();
        for session in attendees.iter_mut().flat_map(|attendee| &mut attendee.sessions) {
            session.call = self.call_of(&session.participant_session).await?;
        }
        Ok(api::Attendance {
            attendees,
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }
}

impl RegisterService {
    /// The name of the call by which somebody was in a meeting; empty of who was not there by telephone.
    async fn call_of(&self, session: &str) -> Answer<String> {
        let call = self.calls.call_of_session(session).await;
        let call = call.map_err(|error| Failure::unreachable(&error, "the calls cannot be reached"))?;
        Ok(call.map_or_else(String::new, |call| {
            format!("projects/{}/calls/{}", call.project, call.id)
        }))
    }
}

fn attendee_to_wire(attendee: Attendee) -> api::Attendee {
    let Attendee { participant, sessions } = attendee;
    api::Attendee {
        participant: meeting::names::participant(&participant.conference, &participant.id),
        display_name: participant.display_name,
        by_phone: participant.kind == ParticipantKind::Phone,
        user: match participant.kind {
            ParticipantKind::SignedIn(user) => format!("users/{user}"),
            ParticipantKind::Anonymous | ParticipantKind::Phone => String::new(),
        },
        role: role_to_wire(participant.role).into(),
        removed: participant.removed,
        earliest_start_time: Some(timestamp(participant.earliest_start)),
        latest_end_time: participant.latest_end.map(timestamp),
        sessions: sessions.iter().map(attendee_session_to_wire).collect(),
    }
}

fn attendee_session_to_wire(session: &ParticipantSessionRecord) -> api::AttendeeSession {
    api::AttendeeSession {
        participant_session: meeting::names::participant_session(
            &session.conference,
            &session.participant,
            &session.id,
        ),
        device: match session.device {
            DeviceKind::Full => device::Kind::Full,
            DeviceKind::Companion => device::Kind::Companion,
            DeviceKind::Viewer => device::Kind::Viewer,
        }
        .into(),
        start_time: Some(timestamp(session.start)),
        end_time: session.end.map(timestamp),
        by_program: session.by_program,
        call: String::new(),
    }
}

#[tonic::async_trait]
impl api::register_server::Register for RegisterService {
    async fn list_meetings(
        &self,
        request: Request<api::ListMeetingsRequest>,
    ) -> Result<Response<api::ListMeetingsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn get_attendance(
        &self,
        request: Request<api::GetAttendanceRequest>,
    ) -> Result<Response<api::Attendance>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.attendance(&asking, &message).await)
    }
}
