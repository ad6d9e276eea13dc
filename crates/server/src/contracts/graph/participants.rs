//! `participants_v2` and `organizer_v2` of a record: everybody who was in it, guests as well, and whose space it was held in.

use meeting::ParticipantId;
use odata::Options;
use register::{Page, ParticipantRecord, Published, Query, TelephoneRecord};
use serde::Serialize;

use super::contexts::{self, CALL_RECORDS};
use super::identities::{CommunicationsIdentitySet, IdentitySet, Known, Somebody};
use super::pages::{self, Collection, Cut};
use super::primitives;
use super::readers::{find, id_of};
use super::reply::Reply;
use super::{Asked, Graph, telephone};
use crate::failure::{Answer, Failure, Kind};
use crate::limits;

/// `microsoft.graph.callRecords.participant`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    id: String,
    administrative_unit_infos: [(); 0],
    identity: CommunicationsIdentitySet,
}

/// `microsoft.graph.callRecords.organizer`: the same in all but its type.
pub(super) type Organizer = Participant;

impl Participant {
    pub(super) fn new(somebody: &Somebody) -> Participant {
        Participant {
            context: None,
            id: somebody.id().to_owned(),
            administrative_unit_infos: [],
            identity: somebody.communications_set(),
        }
    }

    async fn read(graph: &Graph, stored: &ParticipantRecord, known: &mut Known) -> Answer<Participant> {
        let accounts = &graph.installation.identity;
        let somebody = known.participant(accounts, &stored.id, &stored.kind, &stored.display_name);
        Ok(Participant::new(&somebody.await?))
    }
}

pub(super) async fn list(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let record = find(graph, asked).await?;
    let page = read_page(graph, asked, &record, &asked.cut, &mut Known::default()).await?;
    let count = if asked.options.count {
        Some(number(graph, asked, &record).await?)
    } else {
        None
    };
    let (root, id) = (graph.root(&asked.place), id_of(&record));
    let path = format!("{CALL_RECORDS}/{id}/participants_v2");
    Ok(asked.reply(&Collection {
        context: contexts::collection(
            &root,
            &format!("{CALL_RECORDS}('{id}')/participants_v2"),
            &asked.options,
        ),
        count,
        next_link: pages::next_link(asked, &root, &path, page.next_page_token.as_deref()),
        value: page.items,
    }))
}

pub(super) async fn count(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let record = find(graph, asked).await?;
    Ok(Reply::number(number(graph, asked, &record).await?))
}

pub(super) async fn get(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let record = find(graph, asked).await?;
    let not_found = || Failure::new(Kind::NotFound, "Participant not found.");
    let mut participant = match &record {
        Published::Meeting(meeting) => {
            let id = primitives::id(asked.key(1)).and_then(|id| ParticipantId::parse(&id).ok());
            let (id, register) = (id.ok_or_else(not_found)?, &graph.installation.register);
            let stored = register.participant(&meeting.conference, &id, asked.now).await;
            let stored = stored.map_err(|error| pages::unread_below(&asked.asking, error, not_found))?;
            Participant::read(graph, &stored, &mut Known::default()).await?
        }
        Published::Telephone(call) => {
            let everybody = everybody(graph, call).await?;
            let found = everybody.iter().find(|one| one.id() == asked.key(1));
            found.map(Participant::new).ok_or_else(not_found)?
        }
    };
    participant.context = Some(context(graph, asked, &record, "participants_v2"));
    Ok(asked.reply(&participant))
}

pub(super) async fn organizer(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let record = find(graph, asked).await?;
    let mut known = Known::default();
    let organizer = match &record {
        Published::Meeting(meeting) => meeting.organizer.as_ref(),
        Published::Telephone(_) => return Err(Failure::new(Kind::NotFound, "Nobody organizes a call.")),
    };
    let user = match organizer {
        Some(id) => known.user(&graph.installation.identity, id).await?,
        None => None,
    };
    let user = user.ok_or_else(|| Failure::new(Kind::NotFound, "The organizer's account is gone."))?;
    let mut organizer = Organizer::new(&Somebody::user(&graph.installation.identity, user));
    organizer.context = Some(context(graph, asked, &record, "organizer_v2"));
    Ok(asked.reply(&organizer))
}

/// Those who are inlined in a record.
pub(super) async fn below(
    graph: &Graph,
    asked: &Asked,
    record: &Published,
    options: &Options,
    known: &mut Known,
) -> Answer<Page<Participant>> {
    read_page(
        graph,
        asked,
        record,
        &pages::first(options.top, asked.preferences),
        known,
    )
    .await
}

/// Those whom the withdrawn property of a record names: at most as many as it ever had.
pub(super) async fn withdrawn(
    graph: &Graph,
    asked: &Asked,
    record: &Published,
    known: &mut Known,
) -> Answer<Vec<IdentitySet>> {
    let record = match record {
        Published::Meeting(record) => record,
        Published::Telephone(call) => return Ok(everybody(graph, call).await?.iter().map(Somebody::set).collect()),
    };
    let query = Query {
        page_size: limits::WITHDRAWN_PARTICIPANTS_MAX,
        now: asked.now,
        ..Query::default()
    };
    let register = &graph.installation.register;
    let page = register.list_participants(&record.conference, &query).await;
    let page = page.map_err(|error| pages::unread(&asked.asking, error))?;
    let mut sets = Vec::with_capacity(page.items.len());
    for stored in &page.items {
        let accounts = &graph.installation.identity;
        let somebody = known.participant(accounts, &stored.id, &stored.kind, &stored.display_name);
        sets.push(somebody.await?.set());
    }
    Ok(sets)
}

/// Everybody who was on a telephone in a call.
async fn everybody(graph: &Graph, call: &TelephoneRecord) -> Answer<Vec<Somebody>> {
    Ok(telephone::everybody(&telephone::legs(graph, call).await?))
}

async fn read_page(
    graph: &Graph,
    asked: &Asked,
    record: &Published,
    cut: &Cut,
    known: &mut Known,
) -> Answer<Page<Participant>> {
    let record = match record {
        Published::Meeting(record) => record,
        Published::Telephone(call) => {
            return pages::of_all(everybody(graph, call).await?.iter().map(Participant::new), cut);
        }
    };
    let query = Query {
        filter: "",
        page_size: cut.size_or(limits::GRAPH_PARTICIPANTS_PER_PAGE),
        page_token: &cut.cursor,
        now: asked.now,
    };
    let page = graph
        .installation
        .register
        .list_participants(&record.conference, &query)
        .await;
    let page = page.map_err(|error| pages::unread(&asked.asking, error))?;
    let mut items = Vec::with_capacity(page.items.len());
    for stored in &page.items {
        items.push(Participant::read(graph, stored, known).await?);
    }
    Ok(Page {
        items,
        next_page_token: page.next_page_token,
    })
}

async fn number(graph: &Graph, asked: &Asked, record: &Published) -> Answer<i64> {
    let record = match record {
        Published::Meeting(record) => record,
        Published::Telephone(call) => {
            let everybody = everybody(graph, call).await?;
            return Ok(i64::try_from(everybody.len()).unwrap_or(i64::MAX));
        }
    };
    let register = &graph.installation.register;
    let counted = register.count_participants(&record.conference, "", asked.now).await;
    counted.map_err(|error| pages::unread(&asked.asking, error))
}

fn context(graph: &Graph, asked: &Asked, record: &Published, navigation: &str) -> String {
    let path = format!("{CALL_RECORDS}('{}')/{navigation}", id_of(record));
    contexts::entity(&graph.root(&asked.place), &path, &asked.options)
}
