//! Three views of the same meetings: Google's, Graph's, and reports of attendance. Whoever reads them over HTTP, from either engine, is
//! told the same story, to the microsecond.

use std::collections::BTreeMap;

use db::{Db, Location};
use identity::Scopes;
use meeting::{Micros, Settings};
use proptest::test_runner::TestRunner;
use register::Register;
use serde_json::Value;
use server::{Configuration, clock};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::hall::{self, Hall};
use crate::lives;
use crate::world::{Person, World, configuration, guid, text};

/// Random meetings of one owner, an hour ago.
const MEETINGS: u64 = 8;

/// A start and an end.
type Stretch = (i64, i64);

/// Everybody in a conference, with their sessions by id.
type Sessions = BTreeMap<String, BTreeMap<String, Stretch>>;

/// A conference with its times.
type Told<T> = BTreeMap<String, (Stretch, T)>;

#[tokio::test]
async fn all_views_tell_the_same_story_from_sqlite() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let on_sqlite = configuration(&data);
    let location = on_sqlite.store.location();
    check(World::with(data, on_sqlite).await, &location).await;
}

#[tokio::test]
async fn all_views_tell_the_same_story_from_postgres() {
    let location = db::testing::new_postgres().await;
    let Location::Postgres(url) = &location else {
        panic!("a PostgreSQL was asked for");
    };
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut on_postgres: Configuration = configuration(&data);
    on_postgres.store.database = Some(url.clone());
    check(World::with(data, on_postgres).await, &location).await;
}

async fn check(world: World, location: &Location) {
    let db = Db::open(location).await.expect("a second process could open it too");
    let owner = world.person_with("Owner", Scopes::ALL).await;
    let mut runner = TestRunner::deterministic();
    let mut overlaps = 0;
    for _ in 0..MEETINGS {
        let space = hall::new_space(owner.user.id.clone(), Micros(clock::now_us()));
        let settings = Settings {
            attendance_report: true,
            ..space.settings
        };
        let space = register::NewSpace { settings, ..space };
        let mut hall = Hall::of(Register::new(db.clone()), space).await;
        let an_hour_ago = Micros(clock::now_us() - 3_600_000_000);
        lives::live_through(&mut hall, an_hour_ago, lives::steps(&mut runner)).await;
        world.publish_call_records().await;

        let view = View {
            world: &world,
            owner: &owner,
            space: hall.space.id().to_string(),
        };
        let google = view.of_google().await;
        assert_eq!(view.of_graph(google.keys()).await, google);
        let presences = google.iter().map(|(id, (times, people))| {
            let people = people.iter().map(|(id, sessions)| (id.clone(), presence(sessions)));
            (id.clone(), (*times, people.collect()))
        });
        let presences: Told<BTreeMap<String, Vec<Stretch>>> = presences.collect();
        assert_eq!(view.of_attendance().await, presences);
        overlaps += google
            .values()
            .flat_map(|(_, people)| people.values())
            .filter(|sessions| presence(sessions).len() < sessions.len())
            .count();
    }
    assert!(overlaps > 0, "somebody is there on two devices at once");
}

/// Where somebody is at least once.
fn presence(sessions: &BTreeMap<String, Stretch>) -> Vec<Stretch> {
    let mut sorted: Vec<Stretch> = sessions.values().copied().collect();
    sorted.sort_unstable();
    let mut together: Vec<Stretch> = Vec::new();
    for (start, end) in sorted {
        match together.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => together.push((start, end)),
        }
    }
    together
}

/// Whoever reads of one space.
struct View<'a> {
    world: &'a World,
    owner: &'a Person,
    space: String,
}

impl View<'_> {
    async fn read(&self, path: &str) -> Value {
        self.world.get(Some(self.owner), path).await.ok()
    }

    /// All pages of a list of Google's, by twos.
    async fn listed(&self, path: &str, field: &str) -> Vec<Value> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let and = if path.contains('?') { '&' } else { '?' };
            let page = self.read(&format!("{path}{and}pageSize=2&pageToken={token}")).await;
            all.extend(page[field].as_array().into_iter().flatten().cloned());
            match page["nextPageToken"].as_str() {
                Some(next) if !next.is_empty() => next.clone_into(&mut token),
                _ => return all,
            }
        }
    }

    async fn of_google(&self) -> Told<Sessions> {
        let mut told = Told::new();
        let of_space = format!("/v2/conferenceRecords?filter=space.name%3D%22spaces/{}%22", self.space);
        for conference in self.listed(&of_space, "conferenceRecords").await {
            let name = text(&conference, "name");
            let mut people = Sessions::new();
            for participant in self.listed(&format!("/v2/{name}/participants"), "participants").await {
                let participant = text(&participant, "name");
                let path = format!("/v2/{participant}/participantSessions");
                let sessions = self.listed(&path, "participantSessions").await;
                let sessions = sessions.iter().map(|session| {
                    let id = graph_id(&text(session, "name"));
                    (id, stretch(session, "startTime", "endTime"))
                });
                people.insert(graph_id(&participant), sessions.collect());
            }
            told.insert(graph_id(&name), (stretch(&conference, "startTime", "endTime"), people));
        }
        told
    }

    async fn of_graph(&self, records: impl Iterator<Item = &String>) -> Told<Sessions> {
        let mut told = Told::new();
        for id in records {
            let path = format!("/v1.0/communications/callRecords/{id}");
            let record = self.read(&path).await;
            let mut people = Sessions::new();
            let mut next = Some(format!("{path}/sessions?$top=3"));
            while let Some(path) = next {
                let page = self.read(&path).await;
                for session in page["value"].as_array().expect("a list") {
                    let who = text(&session["caller"]["associatedIdentity"], "id");
                    let times = stretch(session, "startDateTime", "endDateTime");
                    people.entry(who).or_default().insert(text(session, "id"), times);
                }
                next = self.below(&page);
            }
            told.insert(id.clone(), (stretch(&record, "startDateTime", "endDateTime"), people));
        }
        told
    }

    async fn of_attendance(&self) -> Told<BTreeMap<String, Vec<Stretch>>> {
        let mut told = Told::new();
        let reports = format!("/v1.0/me/onlineMeetings/{}/attendanceReports", self.space);
        for report in self.read(&reports).await["value"].as_array().expect("a list") {
            let id = text(report, "id");
            let mut people = BTreeMap::new();
            let mut next = Some(format!("{reports}/{id}/attendanceRecords?$top=2"));
            while let Some(path) = next {
                let page = self.read(&path).await;
                for record in page["value"].as_array().expect("a list") {
                    let intervals = record["attendanceIntervals"].as_array().expect("a list");
                    let intervals = intervals
                        .iter()
                        .map(|one| stretch(one, "joinDateTime", "leaveDateTime"));
                    let intervals: Vec<Stretch> = intervals.collect();
                    let there_us: i64 = intervals.iter().map(|(join, leave)| leave - join).sum();
                    assert_eq!(record["totalAttendanceInSeconds"], there_us / 1_000_000, "{record}");
                    people.insert(text(record, "id"), intervals);
                }
                next = self.below(&page);
            }
            let times = stretch(report, "meetingStartDateTime", "meetingEndDateTime");
            told.insert(id, (times, people));
        }
        told
    }

    /// The path of the next page.
    fn below(&self, page: &Value) -> Option<String> {
        let link = page["@odata.nextLink"].as_str()?;
        let path = link.strip_prefix(self.world.running.public_url());
        Some(path.expect("a link of this server").to_owned())
    }
}

/// What a name of Google's ends with, as Graph writes it: the digits of a user stay.
fn graph_id(name: &str) -> String {
    let id = name.rsplit('/').next().expect("split gives at least one part");
    if id.len() == 21 { id.to_owned() } else { guid(id) }
}

fn stretch(of: &Value, start: &str, end: &str) -> Stretch {
    let micros = |field| {
        let moment = OffsetDateTime::parse(&text(of, field), &Rfc3339).expect("a time");
        let nanoseconds = moment.unix_timestamp_nanos();
        assert_eq!(nanoseconds % 1_000, 0, "{of}");
        i64::try_from(nanoseconds / 1_000).expect("a time of today")
    };
    (micros(start), micros(end))
}
