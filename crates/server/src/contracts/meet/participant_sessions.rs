//! `conferenceRecords.participants.participantSessions`: get and list.

use api::google::apps::meet::v2beta as v2;
use register::{ParticipantSessionRecord, Register, RegisterError};

use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::wire::{query, timestamp};
use crate::{clock, names};

pub(super) async fn get(
    register: &Register,
    asking: &Asking,
    request: &v2::GetParticipantSessionRequest,
) -> Answer<v2::ParticipantSession> {
    let now = clock::steady();
    let (conference, participant, session) = names::participant_session("name", &request.name)?;
    let reader = asking.entitled()?;
    if asking.confined_to().is_some() {
        asking.allowed_to_read(register, conference.clone(), now).await?;
    }
    if let (Some(conference), Some(participant), Some(session)) = (&conference, &participant, &session) {
        let found = register
            .participant_session_for_reader(conference, participant, session, &reader, now)
            .await;
        match found {
            Ok(record) => return Ok(participant_session_to_wire(&record)),
            Err(RegisterError::NotFound) => {}
            Err(error) => return Err(asking.unread(error)),
        }
    }
    // Not there, or not for this caller: who may read the conference is told which.
    asking.allowed_to_read(register, conference, now).await?;
    Err(Failure::not_found())
}

pub(super) async fn list(
    register: &Register,
    asking: &Asking,
    request: &v2::ListParticipantSessionsRequest,
) -> Answer<v2::ListParticipantSessionsResponse> {
    let now = clock::steady();
    let (conference, participant) = names::participant("parent", &request.parent)?;
    let conference = asking.allowed_to_read(register, conference, now).await?;
    let participant = participant.ok_or_else(Failure::not_found)?;
    let query = query(&request.filter, request.page_size, &request.page_token, now);
    let page = register
        .list_participant_sessions(&conference, &participant, &query)
        .await
        .map_err(|error| asking.unread_child(error))?;
    Ok(v2::ListParticipantSessionsResponse {
        participant_sessions: page.items.iter().map(participant_session_to_wire).collect(),
        next_page_token: page.next_page_token.unwrap_or_default(),
    })
}

fn participant_session_to_wire(record: &ParticipantSessionRecord) -> v2::ParticipantSession {
    v2::ParticipantSession {
        name: meeting::names::participant_session(&record.conference, &record.participant, &record.id),
        start_time: Some(timestamp(record.start)),
        end_time: record.end.map(timestamp),
    }
}
