//! The contract that has no descriptors: its operations by name, and what each is asked.

use std::collections::BTreeSet;

use expect_test::expect_file;

use crate::callers::{Call, Caller};
use crate::cases::Case;
use crate::cast::Cast;
use crate::conference::{self, Conference};
use crate::methods::{Contract, Method};
use crate::subscriptions;
use crate::table::{Seen, Table};
use crate::world::{self, World};

const GRAPH: Contract = Contract {
    packages: "graph.",
    title: "Graph's call records",
};

/// Every operation, with the path that it is asked at: of the record, the session and the participant that are there.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("batch.Send", "POST", "/v1.0/$batch"),
    ("metadata.Get", "GET", "/v1.0/$metadata"),
    ("subscriptions.Create", "POST", "/v1.0/subscriptions"),
    ("subscriptions.List", "GET", "/v1.0/subscriptions"),
    ("subscriptions.Get", "GET", "/v1.0/subscriptions/SUBSCRIPTION"),
    ("subscriptions.Update", "PATCH", "/v1.0/subscriptions/SUBSCRIPTION"),
    ("subscriptions.Delete", "DELETE", "/v1.0/subscriptions/SUBSCRIPTION"),
    (
        "subscriptions.Reauthorize",
        "POST",
        "/v1.0/subscriptions/SUBSCRIPTION/reauthorize",
    ),
    ("callRecords.List", "GET", "/v1.0/communications/callRecords"),
    (
        "callRecords.ListCount",
        "GET",
        "/v1.0/communications/callRecords/$count",
    ),
    ("callRecords.Get", "GET", "/v1.0/communications/callRecords/RECORD"),
    (
        "callRecords.GetOrganizer",
        "GET",
        "/v1.0/communications/callRecords/RECORD/organizer_v2",
    ),
    (
        "participants.List",
        "GET",
        "/v1.0/communications/callRecords/RECORD/participants_v2",
    ),
    (
        "participants.ListCount",
        "GET",
        "/v1.0/communications/callRecords/RECORD/participants_v2/$count",
    ),
    (
        "participants.Get",
        "GET",
        "/v1.0/communications/callRecords/RECORD/participants_v2/PARTICIPANT",
    ),
    (
        "sessions.List",
        "GET",
        "/v1.0/communications/callRecords/RECORD/sessions",
    ),
    (
        "sessions.ListCount",
        "GET",
        "/v1.0/communications/callRecords/RECORD/sessions/$count",
    ),
    (
        "sessions.Get",
        "GET",
        "/v1.0/communications/callRecords/RECORD/sessions/SESSION",
    ),
    (
        "segments.List",
        "GET",
        "/v1.0/communications/callRecords/RECORD/sessions/SESSION/segments",
    ),
    (
        "segments.ListCount",
        "GET",
        "/v1.0/communications/callRecords/RECORD/sessions/SESSION/segments/$count",
    ),
    (
        "segments.Get",
        "GET",
        "/v1.0/communications/callRecords/RECORD/sessions/SESSION/segments/SESSION",
    ),
    (
        "callRecords.ListPstnCalls",
        "GET",
        "/v1.0/communications/callRecords/getPstnCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)",
    ),
    (
        "callRecords.ListDirectRoutingCalls",
        "GET",
        "/v1.0/communications/callRecords/getDirectRoutingCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)",
    ),
    (
        "onlineMeetings.ListOwn",
        "GET",
        "/v1.0/me/onlineMeetings?$filter=JoinWebUrl%20eq%20'ADDRESS'",
    ),
    (
        "attendanceReports.ListOwn",
        "GET",
        "/v1.0/me/onlineMeetings/SPACE/attendanceReports",
    ),
    (
        "attendanceReports.GetOwn",
        "GET",
        "/v1.0/me/onlineMeetings/SPACE/attendanceReports/RECORD",
    ),
    (
        "attendanceRecords.ListOwn",
        "GET",
        "/v1.0/me/onlineMeetings/SPACE/attendanceReports/RECORD/attendanceRecords",
    ),
    (
        "onlineMeetings.List",
        "GET",
        "/v1.0/users/owner@example.org/onlineMeetings?$filter=JoinWebUrl%20eq%20'ADDRESS'",
    ),
    (
        "attendanceReports.List",
        "GET",
        "/v1.0/users/owner@example.org/onlineMeetings/SPACE/attendanceReports",
    ),
    (
        "attendanceReports.Get",
        "GET",
        "/v1.0/users/owner@example.org/onlineMeetings/SPACE/attendanceReports/RECORD",
    ),
    (
        "attendanceRecords.List",
        "GET",
        "/v1.0/users/owner@example.org/onlineMeetings/SPACE/attendanceReports/RECORD/attendanceRecords",
    ),
    ("unknown.Refuse", "GET", "/v1.0/planets"),
];

/// A batch of nothing that anybody may not.
const BATCH: &str = r#"{"requests":[{"id":"1","method":"GET","url":"/$metadata"}]}"#;

#[test]
fn every_operation_is_in_the_table() {
    let source = include_str!("../../src/contracts/graph/operations.rs");
    let quoted = source.split(['"']).skip(1).step_by(2);
    let declared: BTreeSet<String> = quoted
        .filter(|text| {
            text.split_once('/')
                .is_some_and(|(_, verb)| verb.starts_with(char::is_uppercase))
        })
        .map(|name| name.replace('/', "."))
        .collect();
    let asked = OPERATIONS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(declared, asked);
}

#[tokio::test]
async fn who_may_call_what_of_graph() {
    let cast = Cast::gather().await;
    let callers = cast.callers();
    let ids = conference_that_is_over(&cast.world, &cast.space, &callers, cast.caller("owner")).await;
    let mut table = Table::new(GRAPH);
    for (name, verb, template) in OPERATIONS {
        let path = ids
            .iter()
            .fold((*template).to_owned(), |path, (word, id)| path.replace(word, id));
        let method = Method {
            version: "v1.0".to_owned(),
            name: (*name).to_owned(),
            verb: (*verb).to_owned(),
            template: (*template).to_owned(),
        };
        for case in subscriptions::cases(template) {
            let mut seen = Vec::new();
            for caller in &callers {
                seen.push((caller.name, ask(&cast.world, verb, &path, case, caller).await));
            }
            table.add(&method, case, seen);
        }
    }
    expect_file!["table/graph.md"].assert_eq(&table.to_string());
}

/// What a caller sees who asks for a path, which may name a subscription.
async fn ask(world: &World, verb: &str, path: &str, case: Case, caller: &Caller) -> Seen {
    let outbox = world.outbox();
    let named = path.contains("SUBSCRIPTION");
    let made = if named {
        Some(subscriptions::make(&outbox, case, caller).await)
    } else {
        None
    };
    let id = made.as_ref().map_or("", |made| made.id.as_str());
    let body = match verb {
        "POST" => BATCH.to_owned(),
        "PATCH" => subscriptions::renewal(),
        _ => String::new(),
    };
    let call = Call {
        verb: verb.to_owned(),
        path: path.replace("SUBSCRIPTION", id),
        body,
    };
    let answer = caller.ask(world, &call).await;
    if let Some(made) = &made {
        if answer.status >= 400 {
            subscriptions::holds(&outbox, made).await;
        }
        subscriptions::end(&outbox, made).await;
    }
    Seen::of(&answer)
}

/// Holds a conference and publishes its record: what stands for it, its session and its participant in paths, and their ids.
async fn conference_that_is_over(
    world: &World,
    space: &str,
    callers: &[Caller],
    host: &Caller,
) -> [(&'static str, String); 5] {
    // Its owner wants reports, or there would be none to read.
    let wish = Call {
        verb: "PATCH".to_owned(),
        path: format!("/v2/{space}?updateMask=config.attendanceReportGenerationType"),
        body: r#"{"config":{"attendanceReportGenerationType":"GENERATE_REPORT"}}"#.to_owned(),
    };
    host.ask(world, &wish).await.ok();
    let look = Call {
        verb: "GET".to_owned(),
        path: format!("/v2/{space}"),
        body: String::new(),
    };
    let address = host.ask(world, &look).await.ok()["meetingUri"].clone();
    let held = Conference::begin(world, space, callers, host).await;
    let seat = held.seat("participant").expect("they were in it").clone();
    conference::end(world, space, host).await;
    world.publish_call_records().await;
    let record = seat.record.rsplit('/').next().expect("a name");
    [
        ("RECORD", world::guid(record)),
        ("SESSION", world::guid(seat.session_id())),
        ("PARTICIPANT", seat.participant_id().to_owned()),
        ("SPACE", space.trim_start_matches("spaces/").to_owned()),
        ("ADDRESS", address.as_str().expect("it has a code").to_owned()),
    ]
}
