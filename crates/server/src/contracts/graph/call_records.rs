//! `communications/callRecords`: the conferences and telephone calls that are over, and one that goes on for whoever asks for it by name.
//!
//! A conference is a group call, a telephone call one of two who speak ([`telephone`](super::telephone)). Its record is told as the register publishes it: version 1 soon after the end, and a higher one
//! whenever more has become known. While it goes on there is a **provisional** record for who asks so
//! (`Prefer: sederunt.provisional`, or the option of that name), by its id alone: clients that know nothing of it see only what is over.

use odata::Options;
use register::{CallRecord as Meeting, Order, Published, Query, TelephoneRecord};
use serde::Serialize;

use super::conditions;
use super::contexts::{self, CALL_RECORDS};
use super::identities::{IdentitySet, Known, Somebody};
use super::media::{Modality, modalities};
use super::pages::{self, Collection};
use super::participants::{self, Organizer, Participant};
use super::primitives::{Moment, guid};
use super::readers::{find, whose};
use super::reply::Reply;
use super::session::Session;
use super::sessions;
use super::{Asked, Graph};
use crate::failure::{Answer, Failure, Kind};
use crate::links;

/// `microsoft.graph.callRecords.callRecord`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallRecord {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    /// Of a meeting that goes on: an annotation of our own.
    #[serde(rename = "@sederunt.provisional", skip_serializing_if = "std::ops::Not::not")]
    is_provisional: bool,
    id: String,
    version: i64,
    #[serde(rename = "type")]
    kind: CallType,
    modalities: Vec<Modality>,
    last_modified_date_time: Moment,
    start_date_time: Moment,
    end_date_time: Moment,
    join_web_url: Option<String>,
    /// The older form of `organizer_v2`.
    organizer: Option<IdentitySet>,
    /// The older form of `participants_v2`, which has been withdrawn: for whoever selects it by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<IdentitySet>>,
    #[serde(rename = "organizer_v2@odata.context", skip_serializing_if = "Option::is_none")]
    organizer_context: Option<String>,
    #[serde(rename = "organizer_v2")]
    organizer_v2: Option<Organizer>,
    #[serde(rename = "participants_v2@odata.context", skip_serializing_if = "Option::is_none")]
    participants_context: Option<String>,
    #[serde(rename = "participants_v2", skip_serializing_if = "Option::is_none")]
    participants_v2: Option<Vec<Participant>>,
    #[serde(rename = "participants_v2@odata.nextLink", skip_serializing_if = "Option::is_none")]
    participants_next_link: Option<String>,
    #[serde(rename = "sessions@odata.context", skip_serializing_if = "Option::is_none")]
    sessions_context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<Vec<Session>>,
    #[serde(rename = "sessions@odata.nextLink", skip_serializing_if = "Option::is_none")]
    sessions_next_link: Option<String>,
}

/// `callType`: a meeting, or a telephone call.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum CallType {
    GroupCall,
    PeerToPeer,
}

pub(super) async fn get(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let stored = find(graph, asked).await?;
    let mut record = CallRecord::read(graph, asked, &stored, &mut Known::default()).await?;
    record.context = Some(contexts::entity(
        &graph.root(&asked.place),
        CALL_RECORDS,
        &asked.options,
    ));
    Ok(asked.reply(&record))
}

pub(super) async fn list(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let whose = whose(asked)?;
    let order = order(asked.options.order_by.as_deref())?;
    let condition = condition(graph, asked)?;
    let bound = pages::bound(&asked.options);
    let query = Query {
        filter: &bound,
        page_size: asked.cut.size,
        page_token: &asked.cut.cursor,
        now: asked.now,
    };
    let register = &graph.installation.register;
    let unread = |error| pages::unread(&asked.asking, error);
    let page = register
        .list_call_records(whose, order, condition.clone(), &query)
        .await
        .map_err(unread)?;
    let count = if asked.options.count {
        let counted = register.count_call_records(whose, condition, asked.now).await;
        Some(counted.map_err(unread)?)
    } else {
        None
    };
    let mut known = Known::default();
    let mut value = Vec::with_capacity(page.items.len());
    for stored in &page.items {
        value.push(CallRecord::read(graph, asked, stored, &mut known).await?);
    }
    let root = graph.root(&asked.place);
    Ok(asked.reply(&Collection {
        context: contexts::collection(&root, CALL_RECORDS, &asked.options),
        count,
        value,
        next_link: pages::next_link(asked, &root, CALL_RECORDS, page.next_page_token.as_deref()),
    }))
}

/// How many records match.
pub(super) async fn count(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let whose = whose(asked)?;
    let condition = condition(graph, asked)?;
    let register = &graph.installation.register;
    let counted = register.count_call_records(whose, condition, asked.now).await;
    let counted = counted.map_err(|error| pages::unread(&asked.asking, error))?;
    Ok(Reply::number(counted))
}

fn condition(graph: &Graph, asked: &Asked) -> Answer<filter::Predicate> {
    let text = asked.options.filter.as_deref().unwrap_or_default();
    Ok(conditions::of_records(text, &graph.installation.public_url)?)
}

/// Records stand by their start or by their last change, one way or the other.
fn order(text: Option<&str>) -> Answer<Order> {
    let words: Vec<&str> = text.unwrap_or("startDateTime desc").split_ascii_whitespace().collect();
    match words.as_slice() {
        ["startDateTime", "desc"] => Ok(Order::NewestFirst),
        ["startDateTime"] | ["startDateTime", "asc"] => Ok(Order::OldestFirst),
        ["lastModifiedDateTime", "desc"] => Ok(Order::LatestChangeFirst),
        ["lastModifiedDateTime"] | ["lastModifiedDateTime", "asc"] => Ok(Order::EarliestChangeFirst),
        _ => {
            let sentence = "`$orderby` is startDateTime or lastModifiedDateTime, alone, with asc or desc.";
            Err(Failure::new(Kind::Invalid, sentence))
        }
    }
}

impl CallRecord {
    /// A record with what is wanted below it.
    async fn read(graph: &Graph, asked: &Asked, stored: &Published, known: &mut Known) -> Answer<CallRecord> {
        let mut record = match stored {
            Published::Meeting(meeting) => {
                let organizer = match &meeting.organizer {
                    Some(id) => {
                        let accounts = &graph.installation.identity;
                        let user = known.user(accounts, id).await?;
                        user.map(|user| Somebody::user(accounts, user))
                    }
                    None => None,
                };
                CallRecord::of_meeting(graph, asked, meeting, organizer.as_ref())
            }
            Published::Telephone(call) => CallRecord::of_call(asked, call),
        };
        if let Some(options) = asked.options.below("sessions") {
            let page = sessions::below(graph, asked, stored, options, known).await?;
            let more = page.next_page_token;
            record.sessions_next_link = more.map(|cursor| link(graph, asked, &record.id, "sessions", options, &cursor));
            record.sessions_context = Some(named(graph, asked, &record.id, "sessions", options));
            record.sessions = Some(page.items);
        }
        if let Some(options) = asked.options.below("participants_v2") {
            let page = participants::below(graph, asked, stored, options, known).await?;
            let more = page.next_page_token;
            record.participants_next_link =
                more.map(|cursor| link(graph, asked, &record.id, "participants_v2", options, &cursor));
            record.participants_context = Some(named(graph, asked, &record.id, "participants_v2", options));
            record.participants_v2 = Some(page.items);
        }
        if asked.options.select.iter().any(|name| name == "participants") {
            record.participants = Some(participants::withdrawn(graph, asked, stored, known).await?);
        }
        Ok(record)
    }

    fn of_meeting(graph: &Graph, asked: &Asked, stored: &Meeting, organizer: Option<&Somebody>) -> CallRecord {
        let public_url = &graph.installation.public_url;
        let id = guid(stored.conference.as_str());
        CallRecord {
            context: None,
            is_provisional: stored.version == 0,
            version: stored.version,
            kind: CallType::GroupCall,
            modalities: modalities(stored.media),
            last_modified_date_time: Moment(stored.modified.unwrap_or(asked.now)),
            start_date_time: Moment(stored.start),
            // It cannot be null, so a meeting that goes on has lasted until now.
            end_date_time: Moment(stored.end.unwrap_or(asked.now)),
            join_web_url: stored.code.as_ref().map(|code| links::meeting_uri(public_url, code)),
            organizer: organizer.map(Somebody::set),
            participants: None,
            organizer_context: organizer.map(|_| {
                let name = format!("{CALL_RECORDS}('{id}')/organizer_v2");
                contexts::entity(&graph.root(&asked.place), &name, &Options::default())
            }),
            organizer_v2: organizer.map(Organizer::new),
            id,
            participants_context: None,
            participants_v2: None,
            participants_next_link: None,
            sessions_context: None,
            sessions: None,
            sessions_next_link: None,
        }
    }

    fn of_call(asked: &Asked, stored: &TelephoneRecord) -> CallRecord {
        CallRecord {
            context: None,
            is_provisional: stored.version == 0,
            id: stored.call.clone(),
            version: stored.version,
            kind: CallType::PeerToPeer,
            modalities: modalities(stored.media),
            last_modified_date_time: Moment(stored.modified.unwrap_or(asked.now)),
            start_date_time: Moment(stored.start),
            end_date_time: Moment(stored.end.unwrap_or(asked.now)),
            join_web_url: None,
            organizer: None,
            participants: None,
            organizer_context: None,
            organizer_v2: None,
            participants_context: None,
            participants_v2: None,
            participants_next_link: None,
            sessions_context: None,
            sessions: None,
            sessions_next_link: None,
        }
    }
}

/// The type of a collection that is told with a record.
fn named(graph: &Graph, asked: &Asked, id: &str, collection: &str, options: &Options) -> String {
    let name = format!("{CALL_RECORDS}('{id}')/{collection}");
    contexts::collection(&graph.root(&asked.place), &name, options)
}

/// Where a collection of a record goes on that was cut.
fn link(graph: &Graph, asked: &Asked, id: &str, collection: &str, options: &Options, cursor: &str) -> String {
    let path = format!("{CALL_RECORDS}/{id}/{collection}");
    pages::link_below(asked, &graph.root(&asked.place), &path, options, cursor)
}
