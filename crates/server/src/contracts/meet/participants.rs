//! `conferenceRecords.participants`: get and list.

use api::google::apps::meet::v2beta as v2;
use register::{ParticipantKind, ParticipantRecord, Register};
use tonic::metadata::MetadataMap;
use transcode::Mask;

use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::wire::{query, timestamp};
use crate::{clock, names};

/// The field `total_size` of `ListParticipantsResponse`.
const TOTAL_SIZE: u32 = 3;

pub(super) async fn get(
    register: &Register,
    asking: &Asking,
    request: &v2::GetParticipantRequest,
) -> Answer<v2::Participant> {
    let now = clock::steady();
    let (conference, participant) = names::participant("name", &request.name)?;
    let conference = asking.allowed_to_read(register, conference, now).await?;
    let participant = participant.ok_or_else(Failure::not_found)?;
    let record = register.participant(&conference, &participant, now).await;
    record
        .map(participant_to_wire)
        .map_err(|error| asking.unread_child(error))
}

/// A list, and how long it is in all if that is `counted`: it visits every participant, so only a field mask asks for it.
pub(super) async fn list(
    register: &Register,
    asking: &Asking,
    request: &v2::ListParticipantsRequest,
    counted: bool,
) -> Answer<v2::ListParticipantsResponse> {
    let now = clock::steady();
    let conference = names::conference("parent", &request.parent)?;
    let conference = asking.allowed_to_read(register, conference, now).await?;
    let query = query(&request.filter, request.page_size, &request.page_token, now);
    let page = register
        .list_participants(&conference, &query)
        .await
        .map_err(|error| asking.unread(error))?;
    let total = if counted {
        let total = register.count_participants(&conference, &request.filter, now).await;
        total.map_err(|error| asking.unread(error))?
    } else {
        0
    };
    Ok(v2::ListParticipantsResponse {
        participants: page.items.into_iter().map(participant_to_wire).collect(),
        next_page_token: page.next_page_token.unwrap_or_default(),
        total_size: i32::try_from(total).unwrap_or(i32::MAX),
    })
}

/// Whether the field mask of a request asks for `total_size`.
pub(super) fn wants_total(metadata: &MetadataMap) -> Answer<bool> {
    let Some(mask) = metadata.get("x-goog-fieldmask") else {
        return Ok(false);
    };
    let text = mask
        .to_str()
        .map_err(|_| Failure::field("fields", "expected field names"))?;
    if text.is_empty() {
        return Ok(false);
    }
    let response = api::descriptor_pool()
        .get_message_by_name("google.apps.meet.v2beta.ListParticipantsResponse")
        .expect("the descriptors are those of the services");
    match Mask::parse(text, &response).map_err(|error| Failure::field("fields", error.to_string()))? {
        Mask::Everything => Ok(true),
        Mask::Fields(fields) => Ok(fields.contains_key(&TOTAL_SIZE)),
    }
}

fn participant_to_wire(record: ParticipantRecord) -> v2::Participant {
    use v2::participant::User;
    let display_name = record.display_name;
    let user = match record.kind {
        ParticipantKind::SignedIn(user) => User::SignedinUser(v2::SignedinUser {
            user: format!("users/{user}"),
            display_name,
        }),
        ParticipantKind::Anonymous => User::AnonymousUser(v2::AnonymousUser { display_name }),
        ParticipantKind::Phone => User::PhoneUser(v2::PhoneUser { display_name }),
    };
    v2::Participant {
        name: meeting::names::participant(&record.conference, &record.id),
        earliest_start_time: Some(timestamp(record.earliest_start)),
        latest_end_time: record.latest_end.map(timestamp),
        user: Some(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_asks_for_the_total() {
        for (mask, expected) in [
            (None, Some(false)),
            (Some("*"), Some(true)),
            (Some("totalSize"), Some(true)),
            (Some("participants/name,total_size"), Some(true)),
            (Some("participants/name"), Some(false)),
            (Some("participants(name),nextPageToken"), Some(false)),
            (Some("nonsense"), None),
            (Some("participants("), None),
        ] {
            let mut metadata = MetadataMap::new();
            if let Some(mask) = mask {
                metadata.insert("x-goog-fieldmask", mask.parse().expect("a valid row"));
            }
            assert_eq!(wants_total(&metadata).ok(), expected, "{mask:?}");
        }
    }
}
