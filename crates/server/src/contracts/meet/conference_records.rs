//! `conferenceRecords`: get and list.

use api::google::apps::meet::v2beta as v2;
use register::{ConferenceRecord, Register};

use crate::failure::Answer;
use crate::gate::asking::Asking;
use crate::grpc::wire::{query, timestamp};
use crate::{clock, names};

pub(super) async fn get(
    register: &Register,
    asking: &Asking,
    request: &v2::GetConferenceRecordRequest,
) -> Answer<v2::ConferenceRecord> {
    let now = clock::steady();
    let conference = names::conference("name", &request.name)?;
    let conference = asking.allowed_to_read(register, conference, now).await?;
    let record = register
        .conference(&conference, now)
        .await
        .map_err(|error| asking.unread(error))?;
    Ok(conference_to_wire(&record))
}

pub(super) async fn list(
    register: &Register,
    asking: &Asking,
    request: &v2::ListConferenceRecordsRequest,
) -> Answer<v2::ListConferenceRecordsResponse> {
    let reader = asking.entitled()?;
    let query = query(&request.filter, request.page_size, &request.page_token, clock::steady());
    let app = asking.confined_to();
    let page = register
        .list_conferences(&reader, &query, app)
        .await
        .map_err(|error| asking.unread(error))?;
    Ok(v2::ListConferenceRecordsResponse {
        conference_records: page.items.iter().map(conference_to_wire).collect(),
        next_page_token: page.next_page_token.unwrap_or_default(),
    })
}

fn conference_to_wire(record: &ConferenceRecord) -> v2::ConferenceRecord {
    v2::ConferenceRecord {
        name: meeting::names::conference(&record.id),
        start_time: Some(timestamp(record.start)),
        end_time: record.end.map(timestamp),
        expire_time: record.expire.map(timestamp),
        space: meeting::names::space(&record.space),
    }
}
