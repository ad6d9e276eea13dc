//! The contract of Graph, as it is asked over HTTP: what every answer carries, errors, batches, and call records.

use std::{num::NonZeroU32, time::Duration};

use identity::Scopes;
use serde_json::{Value, json};
use server::{Configuration, Quotas};

use crate::world::{Answer, Person, World, configuration, guid, text};

impl Answer {
    /// A header of the answer.
    fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix))
    }

    /// Checks an error in Graph's shape: its status, its code, and a part of its sentence.
    #[track_caller]
    fn is_graph_error(&self, status: u16, code: &str, part: &str) {
        let error = &self.body["error"];
        assert_eq!(
            (self.status, error["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(part), "{part} is not in {message}");
        let inner = &error["innerError"];
        assert_eq!(inner["request-id"].as_str(), self.header("request-id"), "{}", self.head);
        assert_eq!(inner["client-request-id"].as_str(), self.header("client-request-id"));
        assert_eq!(inner["date"].as_str().map(str::len), Some("2026-11-21T10:00:00".len()));
    }
}

const RECORDS: &str = "/v1.0/communications/callRecords";

#[tokio::test]
async fn errors_are_told_in_graphs_words() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let nobody = world.person_with("Bob", Scopes::NONE).await;
    let calls = format!("{RECORDS}/getPstnCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)");
    let check = async |verb: &str, caller: Option<&Person>, path: &str, status: u16, code: &str, part: &str| {
        let answer = world.send(verb, caller, path, &[], "").await;
        answer.is_graph_error(status, code, part);
        answer
    };
    let unknown = check("GET", None, &calls, 401, "InvalidAuthenticationToken", "").await;
    assert_eq!(unknown.header("www-authenticate"), Some("Bearer"));
    check("GET", Some(&nobody), &calls, 403, "Forbidden", "other things").await;
    check("GET", Some(&ada), "/v1.0/planets", 404, "ResourceNotFound", "").await;
    check("GET", None, "/beta", 404, "ResourceNotFound", "").await;
    let written = check("DELETE", Some(&ada), &calls, 405, "notAllowed", "there is GET").await;
    assert_eq!(written.header("allow"), Some("GET"));
    check("GET", Some(&ada), "/v1.0/$batch", 405, "notAllowed", "POST").await;
    let option = format!("{calls}?$frobnicate=1");
    check(
        "GET",
        Some(&ada),
        &option,
        400,
        "BadRequest",
        "no query option `$frobnicate`",
    )
    .await;
    check("GET", None, &option, 401, "InvalidAuthenticationToken", "").await;
    let option = format!("{calls}?$select=id");
    let refusal = "`$select` is not for this; there are";
    check("GET", Some(&ada), &option, 400, "BadRequest", refusal).await;
    let option = "/v1.0/$metadata?$top=1";
    check("GET", Some(&ada), option, 400, "BadRequest", "it takes none").await;
    let segment = format!("{RECORDS}/getPstnCalls(");
    check("GET", Some(&ada), &segment, 400, "BadRequest", "not closed").await;
    let headers = [
        ("authorization", "Bearer nonsense"),
        ("client-request-id", "7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11"),
    ];
    let answer = world.send("GET", None, &calls, &headers, "").await;
    answer.is_graph_error(401, "InvalidAuthenticationToken", "");
    let named = answer.header("client-request-id");
    assert_eq!(named, Some("7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11"));
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_ask_again() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let configuration = Configuration {
        quotas: Quotas {
            reads_per_person: NonZeroU32::new(1),
            ..Quotas::NONE
        },
        ..configuration(&data)
    };
    let world = World::with(data, configuration).await;
    let ada = world.person("Ada").await;
    world.get(Some(&ada), RECORDS).await.ok();
    let refused = world.get(Some(&ada), RECORDS).await;
    refused.is_graph_error(429, "TooManyRequests", "");
    let wait: Option<u32> = refused.header("retry-after").and_then(|wait| wait.parse().ok());
    assert!(
        wait.is_some_and(|seconds| (1..=60).contains(&seconds)),
        "{}",
        refused.head
    );
}

#[tokio::test]
async fn calls_by_telephone_are_none_in_every_form_of_the_address() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    for path in [
        "/v1.0/communications/callRecords/getPstnCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)",
        "/beta/communications/callRecords/getPstnCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)",
        "/v1.0/communications/callRecords/microsoft.graph.callRecords.getPstnCalls(fromDateTime=2026-11-01T00%3A00%3A00%2B00%3A00toDateTime=2026-11-20T00%3A00%3A00%2B00%3A00)",
        "/v1.0/communications/callRecords/microsoft.graph.callRecords.getPstnCalls(fromDateTime=2026-11-01T00:00:00+00:00,toDateTime=2026-11-20)",
    ] {
        let answer = world.get(Some(&ada), path).await;
        assert_eq!(answer.header("x-request-id").map(str::len), Some(32));
        assert_eq!(answer.header("request-id"), answer.header("client-request-id"));
        let kind = answer.header("content-type").expect("a type");
        assert!(kind.starts_with("application/json;odata.metadata=minimal"), "{kind}");
        let version = &path[1..5];
        let context = format!(
            "{}/{version}/$metadata#Collection(microsoft.graph.callRecords.pstnCallLogRow)",
            world.running.public_url()
        );
        let expected = json!({"@odata.context": context, "@odata.count": 0, "value": []});
        assert_eq!(answer.ok(), expected, "{path}");
    }
    let call = format!(
        "{RECORDS}/microsoft.graph.callRecords.getDirectRoutingCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)"
    );
    assert_eq!(world.get(Some(&ada), &call).await.ok()["value"], json!([]));
    let long = format!("{RECORDS}/getPstnCalls(fromDateTime=2026-01-01,toDateTime=2026-11-20)");
    let refused = world.get(Some(&ada), &long).await;
    refused.is_graph_error(400, "BadRequest", "at most 90 days");
}

#[tokio::test]
async fn a_batch_is_answered_as_its_parts_would_be() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let calls = "/communications/callRecords/getPstnCalls(fromDateTime=2026-11-01,toDateTime=2026-11-20)";
    let requests = json!({"requests": [
        {"id": "1", "method": "GET", "url": calls},
        {"id": "2", "method": "GET", "url": "/planets"},
        {"id": "3", "method": "GET", "url": calls, "headers": {"Authorization": "Bearer nonsense"}},
        {"id": "4", "method": "GET", "url": calls, "dependsOn": ["1"]},
        {"id": "5", "method": "GET", "url": calls, "depends_on": ["2"]},
        {"id": "6", "method": "GET", "url": "/communications/callRecords?$filter=version eq 1"},
        {"id": "7", "method": "G T", "url": calls},
        {"id": "8", "method": "GET", "url": calls, "headers": {"a b": "c"}},
    ]});
    let answer = world.post(Some(&ada), "/v1.0/$batch", &requests).await.ok();
    let responses = answer["responses"].as_array().expect("a list");
    let seen: Vec<(String, u64)> = responses
        .iter()
        .map(|response| (text(response, "id"), response["status"].as_u64().unwrap_or_default()))
        .collect();
    let expected = [
        ("1", 200),
        ("2", 404),
        ("3", 401),
        ("4", 200),
        ("5", 424),
        ("6", 400),
        ("7", 400),
        ("8", 400),
    ];
    assert_eq!(seen, expected.map(|(id, status)| (id.to_owned(), status)));
    assert_eq!(responses[0]["body"]["value"], json!([]));
    assert_eq!(responses[1]["body"]["error"]["code"], "ResourceNotFound");
    assert_eq!(text(&responses[0]["headers"], "Content-Type"), "application/json");
    for refused in [1, 2, 4, 5, 6, 7] {
        let inner = &responses[refused]["body"]["error"]["innerError"];
        assert!(inner["request-id"].is_string(), "{refused}: {answer}");
    }
    let nobody = world.post(None, "/v1.0/%24batch", &requests).await;
    nobody.is_graph_error(401, "InvalidAuthenticationToken", "");
    let broken = world.post(Some(&ada), "/v1.0/$batch", &Value::Null).await;
    broken.is_graph_error(400, "BadRequest", "cannot be read");
    let json = [("content-type", "application/json")];
    let marked = format!("\u{feff}{requests}");
    let marked = world
        .send("POST", Some(&ada), "/v1.0/$batch", &json, &marked)
        .await
        .ok();
    assert_eq!(
        marked["responses"].as_array().map(Vec::len),
        Some(expected.len()),
        "a byte order mark says nothing"
    );
}

/// A meeting of two people and a guest, which is over: its record's id in Graph's form, and who was there.
pub(crate) struct Held {
    pub(crate) world: World,
    pub(crate) ada: Person,
    pub(crate) record: String,
    seats: Vec<Value>,
}

impl Held {
    pub(crate) async fn new() -> Held {
        let world = World::new().await;
        let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
        let space = text(&world.space_of(&ada, json!({"accessType": "OPEN"})).await, "name");
        let mut seats = Vec::new();
        for (caller, name) in [(Some(&ada), ""), (Some(&bob), ""), (None, "Carol")] {
            seats.push(world.join(&space, caller, name).await.ok());
        }
        let end = format!("/sederunt/v1/{space}:end");
        world.post(Some(&ada), &end, &json!({})).await.ok();
        world.publish_call_records().await;
        let record = guid_of(&seats[0], "conferenceRecord");
        Held {
            world,
            ada,
            record,
            seats,
        }
    }

    pub(crate) async fn read(&self, below: &str) -> Value {
        let path = format!("{RECORDS}/{}{below}", self.record);
        self.world.get(Some(&self.ada), &path).await.ok()
    }
}

/// The id that a name of the other contract ends with, as Graph writes it.
fn guid_of(seat: &Value, field: &str) -> String {
    let name = text(seat, field);
    guid(name.rsplit('/').next().expect("a name"))
}

#[tokio::test]
async fn a_record_is_told_with_all_that_is_below_it() {
    let held = Held::new().await;
    let record = held.read("?$expand=sessions($expand=segments),participants_v2").await;
    let url = held.world.running.public_url();
    let context =
        format!("{url}/v1.0/$metadata#communications/callRecords(sessions(segments()),participants_v2())/$entity");
    assert_eq!(record["@odata.context"], json!(context));
    for (property, below) in [
        ("organizer_v2", "organizer_v2/$entity"),
        ("sessions", "sessions(segments())"),
        ("participants_v2", "participants_v2"),
    ] {
        let id = &held.record;
        let context = format!("{url}/v1.0/$metadata#communications/callRecords('{id}')/{below}");
        assert_eq!(record[format!("{property}@odata.context")], json!(context));
    }
    assert_eq!(record["id"], json!(held.record));
    assert_eq!((&record["version"], &record["type"]), (&json!(1), &json!("groupCall")));
    let organizer = json!({
        "@odata.type": "#microsoft.graph.userIdentity", "id": held.ada.user.id.as_str(),
        "displayName": "Ada", "userPrincipalName": "ada@example.org",
        "tenantId": held.world.identity.tenant().as_str(),
    });
    assert_eq!(record["organizer_v2"]["identity"]["user"], organizer);
    assert_eq!(record["organizer_v2"]["id"], organizer["id"]);
    assert_eq!(record["organizer_v2"]["administrativeUnitInfos"], json!([]));
    assert_eq!(record["organizer_v2"]["identity"]["guest"], Value::Null);
    assert!(text(&record, "joinWebUrl").starts_with(url), "{record}");
    let sessions = record["sessions"].as_array().expect("a list");
    let ids: Vec<String> = sessions.iter().map(|session| text(session, "id")).collect();
    let joined = held.seats.iter().map(|seat| guid_of(seat, "participantSession"));
    assert_eq!(ids, joined.collect::<Vec<_>>(), "the oldest first");
    let ends = sessions.iter().map(|session| text(session, "endDateTime"));
    let last = text(&record, "endDateTime");
    assert!(ends.into_iter().all(|end| end == last), "one end for all: {record}");
    let session = &sessions[1];
    assert_eq!(
        session["caller"]["@odata.type"],
        "#microsoft.graph.callRecords.participantEndpoint"
    );
    assert_eq!(
        session["caller"]["userAgent"]["@odata.type"],
        "#microsoft.graph.callRecords.clientUserAgent"
    );
    let identity = &session["caller"]["associatedIdentity"];
    assert_eq!(identity["@odata.type"], "#microsoft.graph.callRecords.userIdentity");
    assert_eq!(identity["userPrincipalName"], "bob@example.org");
    assert_eq!(session["callee"]["userAgent"]["role"], "mediaController");
    assert_eq!(session["failureInfo"], Value::Null);
    assert_eq!(session["@sederunt.endReason"], "conference_ended");
    let segment = &session["segments"][0];
    for same in ["id", "startDateTime", "endDateTime", "caller", "callee"] {
        assert_eq!(segment[same], session[same], "{same}");
    }
    let guests = record["participants_v2"].as_array().expect("a list").iter();
    let guests: Vec<&Value> = guests
        .map(|one| &one["identity"]["guest"])
        .filter(|guest| !guest.is_null())
        .collect();
    let guest = json!({
        "@odata.type": "#microsoft.graph.identity", "id": guid_of(&held.seats[2], "participant"), "displayName": "Carol",
    });
    assert_eq!(guests, [&guest]);
}

#[tokio::test]
async fn what_is_read_by_itself_is_what_is_expanded() {
    let held = Held::new().await;
    let record = held.read("?$expand=sessions($expand=segments),participants_v2").await;
    let strip = |mut value: Value| {
        let properties = value.as_object_mut().expect("an object");
        properties.retain(|name, _| !name.ends_with("@odata.context"));
        value
    };
    let sessions = held.read("/sessions?$expand=segments").await;
    assert_eq!(sessions["value"], record["sessions"]);
    assert_eq!(sessions.get("@odata.nextLink"), None, "the last page has none");
    assert_eq!(held.read("/participants_v2").await["value"], record["participants_v2"]);
    assert_eq!(strip(held.read("/organizer_v2").await), record["organizer_v2"]);
    let session = &record["sessions"][0];
    let id = text(session, "id");
    assert_eq!(
        strip(held.read(&format!("/sessions('{id}')?$expand=segments")).await),
        *session
    );
    let segments = held.read(&format!("/sessions/{id}/segments")).await;
    assert_eq!(segments["value"], session["segments"]);
    assert_eq!(
        strip(held.read(&format!("/sessions/{id}/segments/{id}")).await),
        session["segments"][0]
    );
    let participant = &record["participants_v2"][0];
    let path = format!("/participants_v2/{}", text(participant, "id"));
    assert_eq!(strip(held.read(&path).await), *participant);
    for (below, number) in [
        ("/sessions/$count", "3"),
        ("/participants_v2/$count", "3"),
        ("/sessions/$count?$filter=startDateTime lt 2020-01-01T00:00:00Z", "0"),
    ] {
        let path = format!("{RECORDS}/{}{}", held.record, below.replace(' ', "%20"));
        let answer = held.world.get(Some(&held.ada), &path).await;
        assert_eq!(
            (answer.header("content-type"), answer.text.as_str()),
            (Some("text/plain"), number)
        );
    }
    // The versions and the forms of the address say the same.
    for path in [
        format!("/beta/communications/callRecords/{}", held.record),
        format!("/v1.0/communications/callRecords('{}')", held.record.to_uppercase()),
    ] {
        let other = held.world.get(Some(&held.ada), &path).await.ok();
        assert_eq!(strip(other), strip(held.read("").await), "{path}");
    }
}

#[tokio::test]
async fn pages_are_followed_by_their_links_alone() {
    let held = Held::new().await;
    let next = |page: &Value| page["@odata.nextLink"].as_str().map(str::to_owned);
    let below = |link: &str| {
        let below = link.strip_prefix(held.world.running.public_url());
        below.unwrap_or_else(|| panic!("{link} is absolute")).to_owned()
    };
    let first = format!("{RECORDS}/{}/sessions?$select=id&$count=true", held.record);
    let prefer = [("prefer", "odata.maxpagesize=1, omit-values=nulls")];
    let answer = held.world.send("GET", Some(&held.ada), &first, &prefer, "").await;
    let applied = answer.header("preference-applied");
    assert_eq!(applied, Some("odata.maxpagesize=1, omit-values=nulls"));
    let mut page = answer.ok();
    assert_eq!(page["@odata.count"], 3);
    let mut ids = Vec::new();
    loop {
        let value = page["value"].as_array().expect("a list").clone();
        assert_eq!(value.len(), 1, "{page}");
        ids.push(text(&value[0], "id"));
        assert_eq!(
            value[0].as_object().expect("an object").len(),
            1 + 1,
            "id and why it ended: {page}"
        );
        let Some(link) = next(&page) else { break };
        page = held.world.get(Some(&held.ada), &below(&link)).await.ok();
    }
    let joined = held.seats.iter().map(|seat| guid_of(seat, "participantSession"));
    assert_eq!(ids, joined.collect::<Vec<_>>());
    // What is inlined is cut as well, and its link leads on to the same.
    let record = held.read("?$expand=sessions($select=id;$top=2)").await;
    let link = text(&record, "sessions@odata.nextLink");
    let rest = held.world.get(Some(&held.ada), &below(&link)).await.ok();
    assert_eq!(text(&rest["value"][0], "id"), ids[2]);
    assert_eq!(next(&rest), None);
    // A link of one list is none of another.
    let (_, token) = link.split_once("$skiptoken=").expect("a token");
    for (path, part) in [
        (format!("{RECORDS}?$skiptoken={token}"), "of another list"),
        (
            format!(
                "{RECORDS}/{}/sessions?$filter=endDateTime%20ne%20null&$skiptoken={token}",
                held.record
            ),
            "of another list",
        ),
        (format!("{RECORDS}?$skiptoken=abc"), "none of this server's"),
    ] {
        let refused = held.world.get(Some(&held.ada), &path).await;
        refused.is_graph_error(400, "BadRequest", part);
    }
}

#[tokio::test]
async fn records_are_found_by_what_is_asked_of_them() {
    let held = Held::new().await;
    let ada = held.ada.user.id.as_str();
    let carol = guid_of(&held.seats[2], "participant");
    let url = text(&held.read("").await, "joinWebUrl");
    let list = async |options: &str| {
        let path = format!("{RECORDS}?{}", options.replace(' ', "%20"));
        held.world.get(Some(&held.ada), &path).await
    };
    for (filter, found) in [
        ("startDateTime ge 2020-01-01T00:00:00Z".to_owned(), true),
        (
            "startDateTime ge 2020-01-01T00:00:00+01:00 and version eq 1".to_owned(),
            true,
        ),
        ("endDateTime lt 2020-01-01T00:00:00Z".to_owned(), false),
        (format!("participants_v2/any(p:p/id eq '{ada}')"), true),
        (format!("participants_v2/any(x : x/id eq '{carol}')"), true),
        (
            "participants_v2/any(p:p/id eq '821809f5-0000-0000-0000-3b5136c0e777')".to_owned(),
            false,
        ),
        (format!("organizer_v2/id eq '{ada}'"), true),
        ("type eq 'groupCall'".to_owned(), true),
        ("type eq 'peerToPeer'".to_owned(), false),
        (format!("joinWebUrl eq '{url}'"), true),
        (
            "joinWebUrl eq 'https://elsewhere.example/abc-mnop-xyz'".to_owned(),
            false,
        ),
        ("not (version gt 1)".to_owned(), true),
    ] {
        let page = list(&format!("$filter={filter}&$count=true")).await.ok();
        let ids: Vec<&Value> = page["value"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["id"])
            .collect();
        let expected = if found { vec![json!(held.record)] } else { vec![] };
        assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "{filter}");
        assert_eq!(page["@odata.count"], json!(expected.len()), "{filter}");
        assert_eq!(page.get("@odata.nextLink"), None);
    }
    for (options, part) in [
        ("$filter=subject eq 'x'", "at byte 0: there is no condition on subject"),
        ("$filter=startDateTime ge yesterday", "at byte 17: expected a value"),
        ("$filter=startDateTime ge 'yesterday'", "a time such as"),
        (
            "$orderby=version",
            "`$orderby` is startDateTime or lastModifiedDateTime",
        ),
        ("$top=0", "1 at least"),
        ("$top=99999999999", "at most 2147483647"),
        ("$expand=sessions($expand=media)", "no `media` below it"),
        ("$select=subject", "no property `subject`"),
        ("$frobnicate=1", "no query option"),
        ("sederunt.provisional=true", "in no list"),
    ] {
        list(options).await.is_graph_error(400, "BadRequest", part);
    }
    let withdrawn = list("$select=participants").await.ok();
    let withdrawn = withdrawn["value"][0]["participants"].as_array().map(Vec::len);
    assert_eq!(withdrawn, Some(3), "for whoever asks for it by name");
    let page = list("expand=sessions&ORDERBY=lastModifiedDateTime+desc&$top=1000")
        .await
        .ok();
    assert_eq!(page["value"][0]["sessions"].as_array().map(Vec::len), Some(3));
    assert_eq!(page["value"][0].get("participants"), None);
}

#[tokio::test]
async fn a_record_is_for_the_owner_and_looks_to_others_as_if_it_were_not_there() {
    let held = Held::new().await;
    let eve = held.world.person("Eve").await;
    let unknown = format!("{RECORDS}/821809f5-0000-0000-0000-3b5136c0e777");
    let record = format!("{RECORDS}/{}", held.record);
    for below in ["", "/sessions", "/participants_v2", "/organizer_v2", "/sessions/$count"] {
        for path in [format!("{record}{below}"), format!("{unknown}{below}")] {
            let refused = held.world.get(Some(&eve), &path).await;
            refused.is_graph_error(404, "NotFound", "Call record not found.");
            let nobody = held.world.get(None, &path).await;
            nobody.is_graph_error(401, "InvalidAuthenticationToken", "");
        }
    }
    let list = held.world.get(Some(&eve), RECORDS).await.ok();
    assert_eq!(list["value"], json!([]));
    for (below, part) in [
        ("/sessions/821809f5-0000-0000-0000-3b5136c0e777", "Session not found."),
        ("/sessions/x", "Session not found."),
        (
            "/participants_v2/821809f5-0000-0000-0000-3b5136c0e777",
            "Participant not found.",
        ),
    ] {
        let refused = held.world.get(Some(&held.ada), &format!("{record}{below}")).await;
        refused.is_graph_error(404, "NotFound", part);
    }
    for verb in ["POST", "PATCH", "DELETE"] {
        let written = held.world.send(verb, Some(&held.ada), &record, &[], "{}").await;
        written.is_graph_error(405, "notAllowed", "there is GET");
    }
}

#[tokio::test]
async fn a_meeting_that_goes_on_is_told_to_whoever_asks_for_it_so() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let space = text(&world.space_of(&ada, json!({"accessType": "OPEN"})).await, "name");
    let seat = world.join(&space, Some(&ada), "").await.ok();
    let path = format!("{RECORDS}/{}", guid_of(&seat, "conferenceRecord"));
    let plain = world.get(Some(&ada), &path).await;
    plain.is_graph_error(404, "NotFound", "Call record not found.");
    assert_eq!(world.get(Some(&ada), RECORDS).await.ok()["value"], json!([]));
    let prefer = [("prefer", "sederunt.provisional")];
    let wished = world.send("GET", Some(&ada), &path, &prefer, "").await;
    assert_eq!(wished.header("preference-applied"), Some("sederunt.provisional"));
    let wished = wished.ok();
    let optional = world
        .get(
            Some(&ada),
            &format!("{path}?sederunt.provisional=true&$expand=sessions"),
        )
        .await
        .ok();
    for record in [&wished, &optional] {
        assert_eq!(
            (&record["version"], &record["@sederunt.provisional"]),
            (&json!(0), &json!(true))
        );
    }
    assert_eq!(optional["sessions"][0].get("@sederunt.endReason"), None);
}

#[tokio::test]
async fn who_was_refused_and_who_was_removed_are_failures() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    let host = async |verb: &str, body: Value| {
        let path = format!("/sederunt/v1/{space}:{verb}");
        world.post(Some(&owner), &path, &body).await.ok();
    };
    let last = |seat: &Value, field: &str| text(seat, field).rsplit('/').next().expect("a last part").to_owned();
    let owners = world.join(&space, Some(&owner), "").await.ok();
    let (removed, denied) = (
        world.join(&space, None, "Ada").await.ok(),
        world.join(&space, None, "Bo").await.ok(),
    );
    host("admit", json!({"session": last(&removed, "participantSession")})).await;
    host(
        "remove",
        json!({"participant": format!("participants/{}", last(&removed, "participant"))}),
    )
    .await;
    host("deny", json!({"session": last(&denied, "participantSession")})).await;

    let record = format!("{RECORDS}/{}", guid(&last(&owners, "conferenceRecord")));
    let path = format!("{record}/sessions?sederunt.provisional=true");
    let told = async {
        loop {
            let page = world.get(Some(&owner), &path).await.ok();
            let sessions = page["value"].as_array().expect("sessions").clone();
            // Who did not come in is written some moments later.
            if sessions.len() == 3 {
                break sessions;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(10), told)
        .await
        .expect("they are told of");
    let failure = |seat: &Value| {
        let id = guid(&last(seat, "participantSession"));
        let session = told.iter().find(|session| session["id"] == *id).expect("a session");
        session["failureInfo"].clone()
    };
    assert_eq!(failure(&owners), Value::Null);
    let reason = "Somebody in the meeting removed the participant.";
    assert_eq!(failure(&removed), json!({"stage": "midcall", "reason": reason}));
    let reason = "The participant was refused.";
    assert_eq!(failure(&denied), json!({"stage": "callSetup", "reason": reason}));
    let participants = format!("{record}/participants_v2?sederunt.provisional=true");
    let participants = world.get(Some(&owner), &participants).await.ok();
    assert_eq!(
        participants["value"].as_array().map(Vec::len),
        Some(2),
        "who was refused was never there"
    );
}
