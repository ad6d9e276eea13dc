//! Attendance reports as Graph's clients read them: the organizer, and programs with the role for it.

use identity::{AppRole, AppRoles};
use meeting::Micros;
use serde_json::{Value, json};
use server::clock;

use crate::crowds;
use crate::daemons::Program;
use crate::world::{Answer, Person, World, guid, text};

/// A meeting of Ada's on two devices, of Bob and of a guest, which is over.
struct Held {
    world: World,
    ada: Person,
    bob: Person,
    space: String,
    /// As the other contract names its conference.
    conference: String,
    reports: String,
}

impl Held {
    async fn new() -> Held {
        let world = World::new().await;
        let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
        let config = json!({"accessType": "OPEN", "attendanceReportGenerationType": "GENERATE_REPORT"});
        let space = text(&world.space_of(&ada, config).await, "name");
        let seat = world.join(&space, Some(&ada), "").await.ok();
        let companion = json!({"device": "COMPANION"});
        world.enter(&space, "join", Some(&ada), companion).await.ok();
        world.join(&space, Some(&bob), "").await.ok();
        world.join(&space, None, "Carol").await.ok();
        let reports = format!("/v1.0/me/onlineMeetings/{}/attendanceReports", &space[7..]);
        let running = world.get(Some(&ada), &reports).await.ok();
        assert_eq!(running["value"], json!([]), "it is not over");
        let end = format!("/sederunt/v1/{space}:end");
        world.post(Some(&ada), &end, &json!({})).await.ok();
        Held {
            world,
            ada,
            bob,
            space,
            conference: text(&seat, "conferenceRecord"),
            reports,
        }
    }

    fn report_id(&self) -> String {
        guid(self.conference.trim_start_matches("conferenceRecords/"))
    }

    async fn read(&self, path: &str) -> Value {
        self.world.get(Some(&self.ada), path).await.ok()
    }
}

/// The code of an error of Graph's.
#[track_caller]
fn refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.body["error"]["code"].is_string(), "{}", answer.text);
}

#[tokio::test]
async fn the_organizer_reads_who_was_there_and_for_how_long() {
    let held = Held::new().await;
    let conference = held.read(&format!("/v2/{}", held.conference)).await;
    let list = held.read(&held.reports).await;
    let report = &list["value"][0];
    assert_eq!(list["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["id"], held.report_id());
    assert_eq!(report["totalParticipantCount"], 3, "Ada is there once");
    assert_eq!(report["attendanceRecords"], json!([]));
    let records = format!("{}/{}/attendanceRecords", held.reports, held.report_id());
    for (path, number) in [(&held.reports, 1), (&records, 3)] {
        let counted = held.read(&format!("{path}?$count=true")).await;
        assert_eq!(counted["@odata.count"], number, "{path}");
        for option in ["$filter=id%20eq%20'x'", "$orderby=id", "sederunt.provisional=true"] {
            refused(&held.world.get(Some(&held.ada), &format!("{path}?{option}")).await, 400);
        }
    }
    for option in ["$top=1", "$expand=attendanceRecords"] {
        refused(
            &held
                .world
                .get(Some(&held.ada), &format!("{}?{option}", held.reports))
                .await,
            400,
        );
    }
    for (graph, meet) in [("meetingStartDateTime", "startTime"), ("meetingEndDateTime", "endTime")] {
        assert_eq!(report[graph], conference[meet], "to the microsecond");
    }

    let one = format!("{}/{}", held.reports, held.report_id());
    let expanded = held.read(&format!("{one}?$expand=attendanceRecords")).await;
    let records = expanded["attendanceRecords"].as_array().expect("records");
    let by_name = |name: &str| {
        let mut found = records
            .iter()
            .filter(|record| record["identity"]["displayName"] == name);
        found.next().expect("they were there").clone()
    };
    for (name, role, address, kind) in [
        (
            "Ada",
            "Organizer",
            json!("ada@example.org"),
            "communicationsUserIdentity",
        ),
        (
            "Bob",
            "Attendee",
            json!("bob@example.org"),
            "communicationsUserIdentity",
        ),
        ("Carol", "Attendee", Value::Null, "communicationsGuestIdentity"),
    ] {
        let record = by_name(name);
        assert_eq!(
            (&record["role"], &record["emailAddress"]),
            (&json!(role), &address),
            "{name}"
        );
        assert_eq!(record["identity"]["@odata.type"], format!("#microsoft.graph.{kind}"));
        let intervals = record["attendanceIntervals"].as_array().expect("intervals");
        assert_eq!(intervals.len(), 1, "devices at once are one presence");
        assert_eq!(record["totalAttendanceInSeconds"], intervals[0]["durationInSeconds"]);
        assert_eq!(intervals[0]["leaveDateTime"], conference["endTime"]);
    }
    let ada = by_name("Ada");
    assert_eq!(ada["id"], held.ada.user.id.as_str());
    assert_eq!(ada["identity"]["tenantId"], held.world.identity.tenant().as_str());
    assert_eq!(ada["attendanceIntervals"][0]["joinDateTime"], conference["startTime"]);

    // The same in pages.
    let mut read = Vec::new();
    let mut next = Some(format!("{one}/attendanceRecords?$top=2"));
    while let Some(path) = next {
        let page = held.read(&path).await;
        let value = page["value"].as_array().expect("a list").clone();
        assert!(value.len() <= 2);
        read.extend(value);
        let link = page["@odata.nextLink"].as_str();
        next = link.map(|link| link.trim_start_matches(held.world.running.public_url()).to_owned());
    }
    assert_eq!(&read, records);
    let selected = held.read(&format!("{}?$select=id", held.reports)).await;
    assert_eq!(selected["value"], json!([{"id": held.report_id()}]));
}

#[tokio::test]
async fn a_meeting_is_found_by_the_address_that_people_open() {
    let held = Held::new().await;
    let address = text(&held.read(&format!("/v2/{}", held.space)).await, "meetingUri");
    let asked = |address: &str| format!("/v1.0/me/onlineMeetings?$filter=JoinWebUrl%20eq%20'{address}'");
    let found = held.read(&asked(&address)).await;
    let meeting = &found["value"][0];
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(meeting["id"], held.space[7..]);
    assert_eq!(meeting["joinWebUrl"], address);
    let selected = held.read(&format!("{}&$select=id&$count=true", asked(&address))).await;
    assert_eq!(selected["value"], json!([{"id": held.space[7..]}]));
    assert_eq!(selected["@odata.count"], 1);

    let world = &held.world;
    let not_bobs = world.get(Some(&held.bob), &asked(&address)).await.ok();
    assert_eq!(not_bobs["value"], json!([]), "it is Ada's");
    for elsewhere in ["https://elsewhere.example/abc-mnop-xyz", "x"] {
        assert_eq!(held.read(&asked(elsewhere)).await["value"], json!([]));
    }
    refused(&world.get(Some(&held.ada), "/v1.0/me/onlineMeetings").await, 400);
}

#[tokio::test]
async fn a_program_reads_everybodys_by_its_role_and_others_read_nothing() {
    let held = Held::new().await;
    let (world, space) = (&held.world, &held.space[7..]);
    let role = AppRoles::of(&[AppRole::OnlineMeetingArtifactReadAll]);
    let other = AppRoles::of(&[AppRole::CallRecordsReadAll]);
    let ask = async |token: &str, path: &str| {
        let bearer = format!("Bearer {token}");
        world.send("GET", None, path, &[("authorization", &bearer)], "").await
    };
    let program = Program::make(world, role).await;
    let token = program.token(world).await;
    for user in ["ada@example.org", held.ada.user.id.as_str()] {
        let path = format!("/v1.0/users/{user}/onlineMeetings/{space}/attendanceReports");
        let list = ask(&token, &path).await.ok();
        assert_eq!(list["value"][0]["id"], held.report_id());
        let records = ask(&token, &format!("{path}/{}/attendanceRecords", held.report_id())).await;
        assert_eq!(records.ok()["value"].as_array().map(Vec::len), Some(3));
    }
    refused(&ask(&token, &held.reports).await, 400);
    for path in [
        format!("/v1.0/users/bob@example.org/onlineMeetings/{space}/attendanceReports"),
        format!("/v1.0/users/nobody@example.org/onlineMeetings/{space}/attendanceReports"),
        "/v1.0/users/ada@example.org/onlineMeetings/abc-mnop-xyz/attendanceReports".to_owned(),
    ] {
        refused(&ask(&token, &path).await, 404);
    }
    let named = format!("/v1.0/users/ada@example.org/onlineMeetings/{space}/attendanceReports");
    let without = Program::make(world, other).await.token(world).await;
    refused(&ask(&without, &named).await, 403);
    for path in [&named, &held.reports] {
        refused(&world.get(Some(&held.bob), path).await, 404);
        refused(&world.get(None, path).await, 401);
    }
}

#[tokio::test]
async fn there_are_reports_of_what_was_held_while_the_owner_wanted_them() {
    let held = Held::new().await;
    let one = format!("{}/{}", held.reports, held.report_id());
    held.read(&one).await;
    let unknown = format!("{}/821809f5-0000-4000-8000-3b5136c0e777", held.reports);
    refused(&held.world.get(Some(&held.ada), &unknown).await, 404);
    let path = format!("/v2/{}?updateMask=config.attendanceReportGenerationType", held.space);
    let off = json!({"config": {"attendanceReportGenerationType": "DO_NOT_GENERATE"}}).to_string();
    let kind = [("content-type", "application/json")];
    held.world.send("PATCH", Some(&held.ada), &path, &kind, &off).await.ok();
    let seat = held.world.join(&held.space, Some(&held.ada), "").await.ok();
    let end = format!("/sederunt/v1/{}:end", held.space);
    held.world.post(Some(&held.ada), &end, &json!({})).await.ok();

    let list = held.read(&format!("{}?$select=id", held.reports)).await;
    assert_eq!(list["value"], json!([{"id": held.report_id()}]), "what was told stays");
    held.read(&one).await;
    let conference = text(&seat, "conferenceRecord");
    let later = guid(conference.trim_start_matches("conferenceRecords/"));
    let later = format!("{}/{later}", held.reports);
    refused(&held.world.get(Some(&held.ada), &later).await, 404);
    let records = format!("{later}/attendanceRecords");
    refused(&held.world.get(Some(&held.ada), &records).await, 404);
}

#[tokio::test]
async fn a_report_is_told_for_longer_than_its_record() {
    const DAY_US: i64 = 24 * 3_600 * 1_000_000;
    let world = World::new().await;
    let owner = world.person("Owner").await;
    for (days, is_told) in [(40, true), (364, true), (366, false)] {
        let end = Micros(clock::now_us() - days * DAY_US);
        let (space, id) = crowds::held(&world, &owner, 2, end).await;
        let reports = format!("/v1.0/me/onlineMeetings/{space}/attendanceReports");
        let record = world
            .get(Some(&owner), &format!("/v1.0/communications/callRecords/{id}"))
            .await;
        refused(&record, 404);
        let list = world.get(Some(&owner), &format!("{reports}?$select=id")).await.ok();
        let one = world
            .get(Some(&owner), &format!("{reports}/{id}?$expand=attendanceRecords"))
            .await;
        if is_told {
            assert_eq!(list["value"], json!([{"id": id}]), "{days}");
            let report = one.ok();
            assert_eq!(report["totalParticipantCount"], 2);
            let attended = report["attendanceRecords"].as_array().expect("a list").iter();
            let attended: Vec<&Value> = attended.map(|one| &one["totalAttendanceInSeconds"]).collect();
            assert_eq!(attended, [60, 60], "{days}");
        } else {
            assert_eq!(list["value"], json!([]), "{days}");
            refused(&one, 404);
        }
    }
}
