//! `conferenceRecords`: get and list.

use api::google::apps::meet::v2beta as v2;
use identity::policy::Action;
use meeting::Micros;
use register::{ConferenceRecord, Register};

use super::access::{Call, failed};
use super::lists::{query, timestamp};
use crate::failure::Answer;
use crate::{clock, names};

const NOUN: &str = "ConferenceRecord";

pub(super) async fn get(
    register: &Register,
    call: &Call,
    request: &v2::GetConferenceRecordRequest,
) -> Answer<v2::ConferenceRecord> {
    let now = Micros(clock::now_us());
    let conference = names::conference("name", &request.name)?;
    let conference = call.allowed_to_read(register, conference, NOUN, now).await?;
    let record = register
        .conference(&conference, now)
        .await
        .map_err(|error| failed(error, NOUN))?;
    Ok(shown(&record))
}

pub(super) async fn list(
    register: &Register,
    call: &Call,
    request: &v2::ListConferenceRecordsRequest,
) -> Answer<v2::ListConferenceRecordsResponse> {
    let reader = call.entitled(Action::ListConferenceRecords, NOUN)?;
    let query = query(
        &request.filter,
        request.page_size,
        &request.page_token,
        Micros(clock::now_us()),
    );
    let app = call.confined_to(Action::ListConferenceRecords);
    let page = register
        .list_conferences(&reader, &query, app)
        .await
        .map_err(|error| failed(error, NOUN))?;
    Ok(v2::ListConferenceRecordsResponse {
        conference_records: page.items.iter().map(shown).collect(),
        next_page_token: page.next_page_token.unwrap_or_default(),
    })
}

fn shown(record: &ConferenceRecord) -> v2::ConferenceRecord {
    v2::ConferenceRecord {
        name: names::of_conference(&record.id),
        start_time: Some(timestamp(record.start)),
        end_time: record.end.map(timestamp),
        expire_time: record.expire.map(timestamp),
        space: names::of_space(&record.space),
    }
}
