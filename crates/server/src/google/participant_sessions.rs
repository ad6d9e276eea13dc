//! `conferenceRecords.participants.participantSessions`: get and list.

use api::google::apps::meet::v2beta as v2;
use identity::policy::Action;
use meeting::Micros;
use register::{ParticipantSessionRecord, Register, RegisterError};

use super::access::{Call, child_failed, failed};
use super::lists::{query, timestamp};
use crate::failure::{Answer, Failure};
use crate::{clock, names};

const NOUN: &str = "ParticipantSession";

pub(super) async fn get(
    register: &Register,
    call: &Call,
    request: &v2::GetParticipantSessionRequest,
) -> Answer<v2::ParticipantSession> {
    let now = Micros(clock::now_us());
    let (conference, participant, session) = names::participant_session("name", &request.name)?;
    let reader = call.entitled(Action::ReadConferenceRecord, NOUN)?;
    if call.confined_to(Action::ReadConferenceRecord).is_some() {
        call.allowed_to_read(register, conference.clone(), NOUN, now).await?;
    }
    if let (Some(conference), Some(participant), Some(session)) = (&conference, &participant, &session) {
        let found = register
            .participant_session_for_reader(conference, participant, session, &reader, now)
            .await;
        match found {
            Ok(record) => return Ok(shown(&record)),
            Err(RegisterError::NotFound) => {}
            Err(error) => return Err(failed(error, NOUN)),
        }
    }
    // Not there, or not for this caller: who may read the conference is told which.
    call.allowed_to_read(register, conference, NOUN, now).await?;
    Err(Failure::not_found())
}

pub(super) async fn list(
    register: &Register,
    call: &Call,
    request: &v2::ListParticipantSessionsRequest,
) -> Answer<v2::ListParticipantSessionsResponse> {
    let now = Micros(clock::now_us());
    let (conference, participant) = names::participant("parent", &request.parent)?;
    let conference = call.allowed_to_read(register, conference, NOUN, now).await?;
    let participant = participant.ok_or_else(Failure::not_found)?;
    let query = query(&request.filter, request.page_size, &request.page_token, now);
    let page = register
        .list_participant_sessions(&conference, &participant, &query)
        .await
        .map_err(|error| child_failed(error, NOUN))?;
    Ok(v2::ListParticipantSessionsResponse {
        participant_sessions: page.items.iter().map(shown).collect(),
        next_page_token: page.next_page_token.unwrap_or_default(),
    })
}

fn shown(record: &ParticipantSessionRecord) -> v2::ParticipantSession {
    v2::ParticipantSession {
        name: names::of_participant_session(&record.conference, &record.participant, &record.id),
        start_time: Some(timestamp(record.start)),
        end_time: record.end.map(timestamp),
    }
}
