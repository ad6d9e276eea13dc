//! Attendance reports of online meetings: who was there, and for how long.
//!
//! An online meeting is a space. Each time it was held makes one report, which has the id of its conference and is read from the
//! register whenever somebody asks, so that it never tells another story than the record. There are reports of conferences at
//! whose end the owner of the space wanted one (`attendanceReportGenerationType`): what they want later changes none. They are kept for a
//! year, longer than the records of most installations.

use identity::User;
use meeting::{ConferenceId, Role};
use register::{ConferenceRecord, Page, ParticipantKind, ParticipantRecord, Presence, Query, SpaceRecord};
use rooms::{SpaceName, find_space};
use serde::Serialize;

use super::contexts;
use super::identities::Known;
use super::organizers::Whose;
use super::pages::{self, Collection, Cut};
use super::primitives::{self, Moment, guid};
use super::reply::Reply;
use super::{Asked, Graph};
use crate::failure::{Answer, Failure};
use crate::gate::asking::as_resource;
use crate::limits;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    id: String,
    total_participant_count: i64,
    meeting_start_date_time: Moment,
    meeting_end_date_time: Moment,
    external_event_information: [(); 0],
    attendance_records: Vec<Record>,
    #[serde(rename = "attendanceRecords@odata.nextLink", skip_serializing_if = "Option::is_none")]
    records_link: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: String,
    email_address: Option<String>,
    total_attendance_in_seconds: i64,
    role: &'static str,
    registration_id: Option<String>,
    identity: Identity,
    attendance_intervals: Vec<Interval>,
    external_registration_information: Option<String>,
}

/// Somebody with an account, or whoever gave a name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    id: String,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Interval {
    join_date_time: Moment,
    leave_date_time: Moment,
    duration_in_seconds: i64,
}

/// A meeting, and whose it is.
struct OnlineMeeting {
    organizer: User,
    space: SpaceRecord,
    /// The path of its reports, below the version.
    path: String,
}

pub(super) async fn list(graph: &Graph, asked: &Asked, whose: Whose) -> Answer<Reply> {
    let meeting = OnlineMeeting::find(graph, asked, whose).await?;
    let mut reports = Vec::new();
    for conference in meeting.conferences(graph, asked).await? {
        reports.push(report(graph, asked, &conference).await?);
    }
    Ok(asked.reply(&Collection {
        context: contexts::collection(&graph.root(&asked.place), &meeting.name(), &asked.options),
        count: asked
            .options
            .count
            .then(|| i64::try_from(reports.len()).unwrap_or(i64::MAX)),
        value: reports,
        next_link: None,
    }))
}

pub(super) async fn get(graph: &Graph, asked: &Asked, whose: Whose) -> Answer<Reply> {
    let meeting = OnlineMeeting::find(graph, asked, whose).await?;
    let conference = meeting.conference(graph, asked, whose).await?;
    let mut report = report(graph, asked, &conference).await?;
    let root = graph.root(&asked.place);
    report.context = Some(contexts::entity(&root, &meeting.name(), &asked.options));
    if let Some(options) = asked.options.below("attendanceRecords") {
        let page = records(graph, asked, &conference, &pages::first(options.top, asked.preferences)).await?;
        let link =
            |cursor: &String| pages::link_below(asked, &root, &meeting.records_path(&conference), options, cursor);
        report.records_link = page.next_page_token.as_ref().map(link);
        report.attendance_records = page.items;
    }
    Ok(asked.reply(&report))
}

pub(super) async fn list_records(graph: &Graph, asked: &Asked, whose: Whose) -> Answer<Reply> {
    let meeting = OnlineMeeting::find(graph, asked, whose).await?;
    let conference = meeting.conference(graph, asked, whose).await?;
    let page = records(graph, asked, &conference, &asked.cut).await?;
    let count = if asked.options.count {
        Some(number(graph, asked, &conference).await?)
    } else {
        None
    };
    let root = graph.root(&asked.place);
    let name = format!(
        "{}('{}')/attendanceRecords",
        meeting.name(),
        guid(conference.id.as_str())
    );
    let path = meeting.records_path(&conference);
    Ok(asked.reply(&Collection {
        context: contexts::collection(&root, &name, &asked.options),
        count,
        next_link: pages::next_link(asked, &root, &path, page.next_page_token.as_deref()),
        value: page.items,
    }))
}

/// A page of those who were there.
async fn records(graph: &Graph, asked: &Asked, conference: &ConferenceRecord, cut: &Cut) -> Answer<Page<Record>> {
    let query = Query {
        page_size: cut.size_or(limits::GRAPH_PARTICIPANTS_PER_PAGE),
        page_token: &cut.cursor,
        now: asked.now,
        ..Query::default()
    };
    let register = &graph.installation.register;
    let unread = |error| pages::unread_below(&asked.asking, error, Failure::not_found);
    let page = register
        .list_reported_participants(conference, &query)
        .await
        .map_err(unread)?;
    let end = conference.end.unwrap_or(asked.now);
    let (mut items, mut known) = (Vec::with_capacity(page.items.len()), Known::default());
    for participant in page.items {
        let presence = register.presence(&participant, end, asked.now).await.map_err(unread)?;
        items.push(record(graph, participant, &presence, &mut known).await?);
    }
    Ok(Page {
        items,
        next_page_token: page.next_page_token,
    })
}

impl OnlineMeeting {
    /// The meeting of a path, if the caller may read its reports. What is secret looks like what is not there.
    async fn find(graph: &Graph, asked: &Asked, whose: Whose) -> Answer<OnlineMeeting> {
        let organizer = whose.organizer(graph, asked).await?;
        let (named, meeting, _) = whose.keys(asked);
        let space = find_space(&graph.installation.register, &SpaceName::parse(meeting), asked.now).await;
        let space = space.map_err(|error| asked.asking.unread(error))?;
        if space.owner != organizer.id {
            return Err(Failure::hidden(asked.asking.noun()));
        }
        asked.asking.allowed(&as_resource(&space, false))?;
        let user = named.map_or_else(|| "me".to_owned(), |_| format!("users/{}", organizer.id));
        let path = format!("{user}/onlineMeetings/{}/attendanceReports", space.id);
        Ok(OnlineMeeting { organizer, space, path })
    }

    /// The conferences that there are reports of, newest first.
    async fn conferences(&self, graph: &Graph, asked: &Asked) -> Answer<Vec<ConferenceRecord>> {
        let query = Query {
            page_size: limits::ATTENDANCE_REPORTS_MAX,
            now: asked.now,
            ..Query::default()
        };
        let page = graph.installation.register.list_reported(&self.space.id, &query).await;
        Ok(page.map_err(|error| asked.asking.unread(error))?.items)
    }

    /// The conference of the report in a path.
    async fn conference(&self, graph: &Graph, asked: &Asked, whose: Whose) -> Answer<ConferenceRecord> {
        let (_, _, report) = whose.keys(asked);
        let Some(id) = primitives::id(report).and_then(|id| ConferenceId::parse(&id).ok()) else {
            return Err(Failure::not_found());
        };
        let conference = graph.installation.register.reported(&id, asked.now).await;
        let conference = conference.map_err(|error| asked.asking.unread_child(error))?;
        if conference.space != self.space.id {
            return Err(Failure::not_found());
        }
        Ok(conference)
    }

    /// As `@odata.context` names its reports.
    fn name(&self) -> String {
        let (organizer, space) = (&self.organizer.id, &self.space.id);
        format!("users('{organizer}')/onlineMeetings('{space}')/attendanceReports")
    }

    fn records_path(&self, conference: &ConferenceRecord) -> String {
        format!("{}/{}/attendanceRecords", self.path, guid(conference.id.as_str()))
    }
}

/// How many were there.
async fn number(graph: &Graph, asked: &Asked, conference: &ConferenceRecord) -> Answer<i64> {
    let register = &graph.installation.register;
    let participants = register.count_reported_participants(conference).await;
    participants.map_err(|error| asked.asking.unread_child(error))
}

async fn report(graph: &Graph, asked: &Asked, conference: &ConferenceRecord) -> Answer<Report> {
    Ok(Report {
        context: None,
        id: guid(conference.id.as_str()),
        total_participant_count: number(graph, asked, conference).await?,
        meeting_start_date_time: Moment(conference.start),
        meeting_end_date_time: Moment(conference.end.unwrap_or(asked.now)),
        external_event_information: [],
        attendance_records: Vec::new(),
        records_link: None,
    })
}

async fn record(
    graph: &Graph,
    participant: ParticipantRecord,
    presence: &[Presence],
    known: &mut Known,
) -> Answer<Record> {
    let accounts = &graph.installation.identity;
    let (email_address, kind, tenant_id) = match &participant.kind {
        ParticipantKind::SignedIn(user) => (
            known.user(accounts, user).await?.map(|user| user.email.clone()),
            "#microsoft.graph.communicationsUserIdentity",
            Some(accounts.tenant().to_string()),
        ),
        ParticipantKind::Anonymous => (None, "#microsoft.graph.communicationsGuestIdentity", None),
        ParticipantKind::Phone => (None, "#microsoft.graph.communicationsPhoneIdentity", None),
    };
    let interval = |one: &Presence| Interval {
        join_date_time: Moment(one.start),
        leave_date_time: Moment(one.end),
        duration_in_seconds: one.seconds,
    };
    let id = guid(participant.id.as_str());
    Ok(Record {
        id: id.clone(),
        email_address,
        total_attendance_in_seconds: presence.iter().map(|one| one.seconds).sum(),
        role: match participant.role {
            Role::Host => "Organizer",
            Role::CoHost => "Presenter",
            Role::Contributor | Role::Viewer => "Attendee",
        },
        registration_id: None,
        identity: Identity {
            kind,
            id,
            display_name: participant.display_name,
            tenant_id,
        },
        attendance_intervals: presence.iter().map(interval).collect(),
        external_registration_information: None,
    })
}
