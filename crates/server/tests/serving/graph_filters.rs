//! Every condition that is documented, on records and on sessions, with every comparison that it has: what is found is what a reader
//! finds who reads everything and compares.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::graph::Held;
use crate::world::text;

const RECORDS: &str = "/v1.0/communications/callRecords";

/// Whether what is found stands so to what is asked for.
type Finds = fn(Ordering) -> bool;

/// As they are written, each with what it finds.
const COMPARISONS: [(&str, Finds); 6] = [
    ("eq", Ordering::is_eq),
    ("ne", Ordering::is_ne),
    ("lt", Ordering::is_lt),
    ("le", Ordering::is_le),
    ("gt", Ordering::is_gt),
    ("ge", Ordering::is_ge),
];

/// The names in a row of the documentation.
fn documented(row: &str) -> BTreeSet<&'static str> {
    let lines = include_str!("../../../../docs/call-records.md").lines();
    let mut lines = lines.filter_map(|line| line.strip_prefix(row));
    let conditions = lines.next().expect("it is documented").split(", with").next();
    let names = conditions
        .expect("split gives at least one part")
        .split('`')
        .skip(1)
        .step_by(2);
    names.map(|name| name.split("/any").next().expect("a name")).collect()
}

impl Held {
    /// Those of a list that a condition finds, which are as many as it counts.
    async fn found(&self, list: &str, filter: &str) -> BTreeSet<String> {
        let filter = filter.replace(' ', "%20").replace('+', "%2B");
        let page = self
            .world
            .get(Some(&self.ada), &format!("{list}?$filter={filter}&$count=true"))
            .await
            .ok();
        let found: BTreeSet<String> = page["value"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| text(one, "id"))
            .collect();
        assert_eq!(page["@odata.count"], found.len(), "{filter}");
        let count = self
            .world
            .get(Some(&self.ada), &format!("{list}/$count?$filter={filter}"))
            .await;
        assert_eq!(count.text, found.len().to_string(), "{filter}");
        found
    }

    /// Compares a time of each item with itself, and with a microsecond before and after.
    async fn check_time(&self, list: &str, items: &[Value], name: &str) {
        let time = |item: &Value| OffsetDateTime::parse(&text(item, name), &Rfc3339).expect("a time");
        for item in items {
            for microseconds in [-1, 0, 1] {
                let with = time(item) + Duration::microseconds(microseconds);
                let written = with.format(&Rfc3339).expect("a year of four digits");
                for (comparison, holds) in COMPARISONS {
                    let expected = items.iter().filter(|item| holds(time(item).cmp(&with)));
                    let expected: BTreeSet<String> = expected.map(|item| text(item, "id")).collect();
                    let filter = format!("{name} {comparison} {written}");
                    assert_eq!(self.found(list, &filter).await, expected, "{filter}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_condition_on_records_finds_what_it_says() {
    let held = Held::new().await;
    let record = held.read("?$expand=participants_v2").await;
    let mut names = documented("| `$filter` on records | ");
    for name in ["startDateTime", "endDateTime", "lastModifiedDateTime"] {
        assert!(names.remove(name), "{name}");
        held.check_time(RECORDS, std::slice::from_ref(&record), name).await;
    }
    assert!(names.remove("version"));
    for version in 0_i64..3 {
        for (comparison, holds) in COMPARISONS {
            let filter = format!("version {comparison} {version}");
            let found = held.found(RECORDS, &filter).await;
            assert_eq!(!found.is_empty(), holds(1.cmp(&version)), "{filter}");
        }
    }

    let participants = record["participants_v2"].as_array().expect("a list");
    let participants: Vec<String> = participants.iter().map(|one| text(one, "id")).collect();
    let modalities = record["modalities"].as_array().expect("a list").iter();
    let modalities: Vec<String> = modalities.map(|one| one.as_str().expect("a word").to_owned()).collect();
    let owner = text(&record["organizer_v2"], "id");
    let own = |value: &str| vec![value.to_owned()];
    for (name, values, others) in [
        ("type", own("groupCall"), vec!["peerToPeer", "unknown"]),
        (
            "joinWebUrl",
            own(&text(&record, "joinWebUrl")),
            vec!["https://elsewhere.example/abc-mnop-xyz"],
        ),
        ("organizer_v2/id", own(&owner), vec!["1"]),
        (
            "participants_v2",
            participants,
            vec!["00000000-0000-0000-0000-000000000000"],
        ),
        ("modalities", modalities.clone(), vec!["data"]),
    ] {
        assert!(names.remove(name), "{name}");
        let one = match name {
            "participants_v2" => format!("{name}/any(p:p/id OF)"),
            "modalities" => format!("{name}/any(m:m OF)"),
            _ => format!("{name} OF"),
        };
        let given = values.iter().map(|value| (value.as_str(), true));
        for (value, is_its_own) in given.chain(others.into_iter().map(|other| (other, false))) {
            for (comparison, expected) in [
                (one.replace("OF", &format!("eq '{value}'")), is_its_own),
                (one.replace("OF", &format!("in ('x-unlike','{value}')")), is_its_own),
                (
                    format!("not ({})", one.replace("OF", &format!("eq '{value}'"))),
                    !is_its_own,
                ),
            ] {
                // Of what has a closed list of values, nothing else can be asked.
                let is_closed = matches!(name, "type" | "modalities");
                let comparison = if is_closed {
                    comparison.replace("'x-unlike',", "")
                } else {
                    comparison
                };
                let found = held.found(RECORDS, &comparison).await;
                assert_eq!(!found.is_empty(), expected, "{comparison}");
            }
        }
    }
    for name in ["type", "joinWebUrl", "organizer_v2/id"] {
        for (comparison, _) in &COMPARISONS[2..] {
            let path = format!("{RECORDS}?$filter={name}%20{comparison}%20'1'");
            let refused = held.world.get(Some(&held.ada), &path).await;
            let why = format!("{name} compares only with eq, ne and in");
            assert_eq!(refused.status, 400, "{path}: {}", refused.text);
            assert!(refused.text.contains(&why), "{path}: {}", refused.text);
        }
    }
    for kind in ["audio", "video", "videoBasedScreenSharing"] {
        let found = held.found(RECORDS, &format!("modalities/any(m:m eq '{kind}')")).await;
        assert_eq!(!found.is_empty(), modalities.iter().any(|one| one == kind), "{kind}");
    }
    assert_eq!(names, BTreeSet::new(), "documented, and not tried");
}

#[tokio::test]
async fn every_condition_on_sessions_finds_what_it_says() {
    let held = Held::new().await;
    let mut names = documented("| `$filter` on sessions | ");
    let list = format!("{RECORDS}/{}/sessions", held.record);
    let sessions = held.read("/sessions").await["value"]
        .as_array()
        .expect("a list")
        .clone();
    assert_eq!(sessions.len(), 3);
    for name in ["startDateTime", "endDateTime"] {
        assert!(names.remove(name), "{name}");
        held.check_time(&list, &sessions, name).await;
    }
    assert_eq!(names, BTreeSet::new(), "documented, and not tried");
}
