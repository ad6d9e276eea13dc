//! `sessions` of a record, and the `segments` of each: the sessions of participants, told as legs between them and this server. That
//! of a telephone call is made in [`telephone`].
//!
//! Each session is one join of one device, with its start and its end as everywhere else. A rejoin is a session more, and so a leg
//! never changes within one: each session has one segment, with the session's id and times. Of somebody who telephoned, the telephone's
//! call is a segment before that one, with its own.

use std::collections::BTreeMap;

use calls::Leg;
use meeting::{SessionEndReason, SessionId};
use odata::Options;
use register::{
    Attended, CallRecord as Stored, CallSession, Obstacle, Page, ParticipantKind, Published, Query, SessionQuality,
    TelephoneRecord,
};

use super::conditions;
use super::contexts::{self, CALL_RECORDS};
use super::endpoints::{Endpoint, ServiceEndpoint, Software};
use super::identities::{Known, Somebody};
use super::media::{self, modalities};
use super::pages::{self, Collection, Cut};
use super::primitives::{self, Moment, guid};
use super::readers::{self, id_of};
use super::reply::Reply;
use super::session::{FailureInfo, FailureStage, Segment, Session};
use super::{Asked, Graph, telephone};
use crate::failure::{Answer, Failure, Kind};

/// What went wrong, if anything did. A session that its person meant to end did not fail: by leaving, by closing the page or by coming
/// back with another one. Nor did one that ended with the meeting, for everybody.
fn failure(reason: SessionEndReason) -> Option<FailureInfo> {
    let reason = match reason {
        SessionEndReason::Silent => "Nothing was heard of the participant's device for too long.",
        SessionEndReason::Removed => "Somebody in the meeting removed the participant.",
        SessionEndReason::Crash => "The server stopped without ending the session.",
        SessionEndReason::Shutdown => "The server was stopped.",
        SessionEndReason::Left
        | SessionEndReason::Closed
        | SessionEndReason::Resumed
        | SessionEndReason::ConferenceEnded => return None,
    };
    Some(FailureInfo {
        stage: FailureStage::Midcall,
        reason: reason.into(),
    })
}

/// Why somebody did not come in who was on the way, or at the door.
fn never_came(obstacle: Obstacle) -> FailureInfo {
    let reason = match obstacle {
        // UDP is blocked, or they gave up.
        Obstacle::Unreachable => "The participant's device could not connect.",
        Obstacle::Unsecured => "The participant's device was reached, and no secure connection with it came about.",
        Obstacle::Full => "There was no room for the participant.",
        Obstacle::Denied => "The participant was refused.",
        Obstacle::Unanswered => "The participant knocked, and nobody answered.",
    };
    FailureInfo {
        stage: FailureStage::CallSetup,
        reason: reason.into(),
    }
}

async fn read(
    graph: &Graph,
    asked: &Asked,
    stored: &CallSession,
    quality: &SessionQuality,
    leg: Option<&Leg>,
    options: &Options,
    known: &mut Known,
) -> Answer<Session> {
    let accounts = &graph.installation.identity;
    let somebody = match &stored.attended {
        Ok(Attended {
            participant,
            display_name,
            ..
        }) => {
            known
                .participant(accounts, participant, &stored.kind, display_name)
                .await?
        }
        Err(_) => known.absent(accounts, &stored.id, &stored.kind).await?,
    };
    let mut session = session_of(asked, stored, quality, &somebody);
    if let Some(leg) = leg {
        let way = telephone::way_into_a_meeting(asked, leg, &somebody);
        session.parts.insert(0, way);
    }
    Ok(session.with(options))
}

/// The telephone calls by which people were in these sessions, by session: of each the way from them to this server, before the one
/// into the meeting.
async fn legs_of(graph: &Graph, record: &Stored, sessions: &[CallSession]) -> Answer<BTreeMap<String, Leg>> {
    let name = |stored: &CallSession| {
        let attended = stored.attended.as_ref().ok()?;
        let may_telephone = stored.kind != ParticipantKind::Anonymous;
        let name = || meeting::names::participant_session(&record.conference, &attended.participant, &stored.id);
        may_telephone.then(name)
    };
    let unreachable = |error: db::Error| Failure::unreachable(&error, "the calls cannot be reached");
    let calls = &graph.installation.calls;
    let found = calls
        .calls_of_sessions(sessions.iter().filter_map(name).collect())
        .await;
    let mut legs = BTreeMap::new();
    for call in found.map_err(unreachable)? {
        let of_call = calls.legs(&call.id).await.map_err(unreachable)?;
        let name = call.participant_session.unwrap_or_default();
        let session = name.rsplit('/').next().unwrap_or_default().to_owned();
        let leg = of_call.into_iter().find(|leg| leg.call.id == call.id);
        legs.extend(leg.map(|leg| (session, leg)));
    }
    Ok(legs)
}

fn session_of(asked: &Asked, stored: &CallSession, quality: &SessionQuality, somebody: &Somebody) -> Session {
    let end_reason = stored.attended.as_ref().ok().and_then(|attended| attended.end_reason);
    let report = media::report(quality);
    let segment = Segment {
        context: None,
        id: guid(stored.id.as_str()),
        start_date_time: Moment(stored.start),
        // It cannot be null, so one that goes on has lasted until now.
        end_date_time: Moment(stored.end.unwrap_or(asked.now)),
        failure_info: match &stored.attended {
            Ok(_) => end_reason.and_then(failure),
            Err(obstacle) => Some(never_came(*obstacle)),
        },
        caller: Endpoint::of(somebody, &Software::of(&report)),
        callee: Endpoint::Service(ServiceEndpoint::OF_MEETINGS),
        media: media::media(quality, &report, readers::shows_addresses(asked)),
    };
    Session {
        context: None,
        end_reason: end_reason.map(SessionEndReason::as_str),
        id: segment.id.clone(),
        modalities: modalities(register::Media::of(&quality.streams)),
        start_date_time: segment.start_date_time,
        end_date_time: segment.end_date_time,
        is_test: false,
        failure_info: segment.failure_info.clone(),
        caller: segment.caller.clone(),
        callee: segment.callee.clone(),
        segments: None,
        parts: vec![segment],
    }
}

pub(super) async fn list(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let record = readers::find(graph, asked).await?;
    let words = asked
        .options
        .order_by
        .iter()
        .flat_map(|order| order.split_ascii_whitespace());
    if asked.options.order_by.is_some()
        && !matches!(
            words.collect::<Vec<_>>()[..],
            ["startDateTime"] | ["startDateTime", "asc"]
        )
    {
        let sentence = "`$orderby` of sessions is startDateTime, which it is without it as well.";
        return Err(Failure::new(Kind::Invalid, sentence));
    }
    let mut known = Known::default();
    let page = read_page(graph, asked, &record, &asked.options, &asked.cut, &mut known).await?;
    let count = if asked.options.count {
        Some(number(graph, asked, &record).await?)
    } else {
        None
    };
    let (root, id) = (graph.root(&asked.place), id_of(&record));
    let path = format!("{CALL_RECORDS}/{id}/sessions");
    Ok(asked.reply(&Collection {
        context: contexts::collection(&root, &format!("{CALL_RECORDS}('{id}')/sessions"), &asked.options),
        count,
        next_link: pages::next_link(asked, &root, &path, page.next_page_token.as_deref()),
        value: page.items,
    }))
}

pub(super) async fn count(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let record = readers::find(graph, asked).await?;
    Ok(Reply::number(number(graph, asked, &record).await?))
}

pub(super) async fn get(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let mut session = find(graph, asked, &asked.options).await?;
    session.context = Some(context(graph, asked, "sessions"));
    Ok(asked.reply(&session))
}

pub(super) async fn list_segments(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let session = find(graph, asked, &Options::default()).await?;
    let (root, path) = (graph.root(&asked.place), segments_path(asked));
    // There are so few that all are on the first page.
    Ok(asked.reply(&Collection {
        context: contexts::collection(&root, &path, &asked.options),
        count: asked.options.count.then(|| number_of(&session.parts)),
        value: session.parts,
        next_link: None,
    }))
}

pub(super) async fn count_segments(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let session = find(graph, asked, &Options::default()).await?;
    Ok(Reply::number(number_of(&session.parts)))
}

fn number_of(segments: &[Segment]) -> i64 {
    i64::try_from(segments.len()).unwrap_or(i64::MAX)
}

pub(super) async fn get_segment(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let session = find(graph, asked, &Options::default()).await?;
    let id = primitives::id(asked.key(2)).map(|id| guid(&id));
    let found = session
        .parts
        .into_iter()
        .find(|segment| Some(&segment.id) == id.as_ref());
    let mut segment = found.ok_or_else(|| Failure::new(Kind::NotFound, "Segment not found."))?;
    segment.context = Some(contexts::entity(
        &graph.root(&asked.place),
        &segments_path(asked),
        &asked.options,
    ));
    Ok(asked.reply(&segment))
}

/// The session that a path names.
async fn find(graph: &Graph, asked: &Asked, options: &Options) -> Answer<Session> {
    let record = readers::find(graph, asked).await?;
    let not_found = || Failure::new(Kind::NotFound, "Session not found.");
    let id = primitives::id(asked.key(1)).ok_or_else(not_found)?;
    let record = match record {
        Published::Meeting(record) => record,
        Published::Telephone(record) => {
            let legs = telephone::legs(graph, &record).await?;
            let session = telephone::session(asked, &legs).filter(|session| session.id == guid(&id));
            return session.map(|session| session.with(options)).ok_or_else(not_found);
        }
    };
    let id = SessionId::parse(&id).map_err(|_| not_found())?;
    let stored = graph.installation.register.call_session(&record, &id).await;
    let stored = stored.map_err(|error| pages::unread_below(&asked.asking, error, not_found))?;
    let one = std::slice::from_ref(&stored);
    let quality = quality(graph, asked, &record, one).await?;
    let quality = quality.get(&id).cloned().unwrap_or_default();
    let leg = legs_of(graph, &record, one).await?.remove(id.as_str());
    let known = &mut Known::default();
    read(graph, asked, &stored, &quality, leg.as_ref(), options, known).await
}

/// Those that are inlined in a record.
pub(super) async fn below(
    graph: &Graph,
    asked: &Asked,
    record: &Published,
    options: &Options,
    known: &mut Known,
) -> Answer<Page<Session>> {
    let cut = pages::first(options.top, asked.preferences);
    read_page(graph, asked, record, options, &cut, known).await
}

async fn read_page(
    graph: &Graph,
    asked: &Asked,
    record: &Published,
    options: &Options,
    cut: &Cut,
    known: &mut Known,
) -> Answer<Page<Session>> {
    let record = match record {
        Published::Meeting(record) => record,
        Published::Telephone(call) => return page_of_call(graph, asked, call, options).await,
    };
    let condition = conditions::of_sessions(options.filter.as_deref().unwrap_or_default())?;
    let bound = pages::bound(options);
    let query = Query {
        filter: &bound,
        page_size: cut.size,
        page_token: &cut.cursor,
        now: asked.now,
    };
    let page = graph
        .installation
        .register
        .list_call_sessions(record, &condition, &query)
        .await;
    let page = page.map_err(|error| pages::unread(&asked.asking, error))?;
    let are_all = condition.is_empty() && cut.cursor.is_empty() && page.next_page_token.is_none();
    let mut quality = if are_all {
        let register = &graph.installation.register;
        let quality = register.call_quality_of_all(&record.conference).await;
        quality.map_err(|error| pages::unread(&asked.asking, error))?
    } else {
        quality(graph, asked, record, &page.items).await?
    };
    let legs = legs_of(graph, record, &page.items).await?;
    let signed_in = page.items.iter().filter_map(|stored| match &stored.kind {
        ParticipantKind::SignedIn(user) => Some(user),
        ParticipantKind::Anonymous | ParticipantKind::Phone => None,
    });
    known.meet(&graph.installation.identity, signed_in).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for stored in &page.items {
        let quality = quality.remove(&stored.id).unwrap_or_default();
        let leg = legs.get(stored.id.as_str());
        items.push(read(graph, asked, stored, &quality, leg, options, known).await?);
    }
    Ok(Page {
        items,
        next_page_token: page.next_page_token,
    })
}

/// The one session of a call, if it matches.
async fn page_of_call(
    graph: &Graph,
    asked: &Asked,
    record: &TelephoneRecord,
    options: &Options,
) -> Answer<Page<Session>> {
    let mut items = vec![];
    if matching(graph, asked, record, options).await? > 0 {
        let legs = telephone::legs(graph, record).await?;
        items.extend(telephone::session(asked, &legs).map(|session| session.with(options)));
    }
    Ok(Page {
        items,
        next_page_token: None,
    })
}

async fn matching(graph: &Graph, asked: &Asked, record: &TelephoneRecord, options: &Options) -> Answer<i64> {
    let condition = conditions::of_sessions(options.filter.as_deref().unwrap_or_default())?;
    let matches = graph.installation.register.is_session_of_call(record, &condition).await;
    Ok(i64::from(matches.map_err(|error| pages::unread(&asked.asking, error))?))
}

/// How the media of these sessions flowed.
async fn quality(
    graph: &Graph,
    asked: &Asked,
    record: &Stored,
    sessions: &[CallSession],
) -> Answer<BTreeMap<SessionId, SessionQuality>> {
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.id.clone()).collect();
    let quality = graph.installation.register.call_quality(&record.conference, &ids).await;
    quality.map_err(|error| pages::unread(&asked.asking, error))
}

async fn number(graph: &Graph, asked: &Asked, record: &Published) -> Answer<i64> {
    let record = match record {
        Published::Meeting(record) => record,
        Published::Telephone(call) => return matching(graph, asked, call, &asked.options).await,
    };
    let condition = conditions::of_sessions(asked.options.filter.as_deref().unwrap_or_default())?;
    let counted = graph
        .installation
        .register
        .count_call_sessions(record, &condition)
        .await;
    counted.map_err(|error| pages::unread(&asked.asking, error))
}

fn context(graph: &Graph, asked: &Asked, navigation: &str) -> String {
    let path = format!("{CALL_RECORDS}('{}')/{navigation}", asked.key(0));
    contexts::entity(&graph.root(&asked.place), &path, &asked.options)
}

fn segments_path(asked: &Asked) -> String {
    format!(
        "{CALL_RECORDS}('{}')/sessions('{}')/segments",
        asked.key(0),
        asked.key(1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the register writes for an end, and whether that is a failure.
    #[test]
    fn what_its_person_meant_is_no_failure() {
        let failed: Vec<&str> = SessionEndReason::ALL
            .iter()
            .filter(|reason| failure(**reason).is_some())
            .map(|reason| reason.as_str())
            .collect();
        assert_eq!(failed, ["silent", "removed", "crash", "shutdown"]);
    }
}
