//! The audit log over REST: what an administrator reads in it, and what somebody is told of links that were made for them; and
//! who may read metrics.

use serde_json::{Value, json};
use server::Configuration;

use crate::administration::{administrator, send};
use crate::sign_in::Browser;
use crate::world::{World, configuration, text};

/// Each line in a word: who, from where, what, to whom.
fn lines(answer: &Value) -> Vec<String> {
    let field = |event: &Value, name: &str| event[name].as_str().unwrap_or("-").to_owned();
    let line = |event: &Value| {
        let [actor, client, action, subject] =
            ["actorEmail", "clientAddress", "action", "subjectEmail"].map(|name| field(event, name));
        let refused = if event["refused"] == true { " refused" } else { "" };
        format!("{actor} {client} {action} {subject}{refused}")
    };
    answer["auditEvents"]
        .as_array()
        .into_iter()
        .flatten()
        .map(line)
        .collect()
}

#[tokio::test]
async fn an_administrator_reads_who_did_what_and_from_where() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ada = world.person("Ada").await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await.ok();

    let invitation = ask("POST", &format!("users/{}:invite", ada.user.id), &json!({})).await;
    let link = text(&invitation, "link");
    let (_, secret) = link.split_once("/sign-in#").expect("a link to the page");
    let browser = Browser::with_link(&world, secret).await;
    let wrong = json!({"email": "ada@example.org", "password": "wrong"});
    let refused = Browser::of(&world)
        .ask(&world, "POST", "/sederunt/v1/webSession", &wrong)
        .await;
    refused.refused(401, "UNAUTHENTICATED", "");

    let about = "auditEvents?subject=ada@example.org&pageSize=3";
    let seen = ask("GET", about, &Value::Null).await;
    assert_eq!(
        lines(&seen),
        [
            "- 127.0.0.1 sign_in.password ada@example.org refused",
            "ada@example.org 127.0.0.1 sign_in.link ada@example.org",
            "administrator@localhost 127.0.0.1 user.invite ada@example.org",
        ]
    );
    let next = format!("{about}&pageToken={}", text(&seen, "nextPageToken"));
    let rest = ask("GET", &next, &Value::Null).await;
    assert_eq!(
        lines(&rest),
        ["- - token.issue ada@example.org", "- - user.create ada@example.org"]
    );
    let invited = ask(
        "GET",
        "auditEvents?action=user.invite&actor=administrator@localhost",
        &Value::Null,
    )
    .await;
    assert_eq!(lines(&invited).len(), 1);
    let time = text(&invited["auditEvents"][0], "time");
    for (filter, found) in [("startTime", 1), ("endTime", 0)] {
        let path = format!("auditEvents?action=user.invite&actor=administrator@localhost&{filter}={time}");
        assert_eq!(lines(&ask("GET", &path, &Value::Null).await).len(), found, "{filter}");
    }

    let taken = ask("POST", "auditEvents:export", &json!({"action": "audit."})).await;
    assert_eq!(lines(&taken), ["administrator@localhost 127.0.0.1 audit.export -"]);

    let told = browser
        .ask(&world, "GET", "/sederunt/v1/madeLinks", &Value::Null)
        .await
        .ok();
    let [made] = &told["links"].as_array().expect("a list")[..] else {
        panic!("{told}")
    };
    assert_eq!(
        (&made["madeBy"], &made["clientAddress"]),
        (&json!(root.user.display_name.as_str()), &json!("127.0.0.1"))
    );
    assert!(made["createTime"].is_string() && made["useTime"].is_string(), "{made}");
    let stranger = world.get(None, "/sederunt/v1/madeLinks").await;
    stranger.refused(401, "UNAUTHENTICATED", "");
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_on_a_port_of_their_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let metrics_address = free.local_addr().expect("bound");
    drop(free);
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut public = Configuration {
        metrics_listen: Some(metrics_address),
        ..configuration(&data)
    };
    public.store.public_url = Some("https://meet.example.org".to_owned());
    let mut world = World::with(data, public).await;
    let refused = world.get(None, "/metrics").await;
    assert_eq!(refused.status, 403, "a proxy on this machine brings everybody");
    assert!(!refused.text.contains("sederunt_"), "{}", refused.text);

    world.address = metrics_address;
    let page = world.get(None, "/metrics").await;
    assert!(page.text.contains("sederunt_request_seconds"), "{}", page.text);
    assert_eq!(world.get(None, "/healthz").await.status, 404);
}

#[tokio::test]
async fn what_hosts_do_to_others_and_to_records_is_written_down() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let post = async |path: &str, body: &Value| world.post(Some(&owner), path, body).await.ok();
    for name in ["Ada", "Bo"] {
        world.join(&space, None, name).await.ok();
    }
    post(&format!("/v2/{space}:endActiveConference"), &json!({})).await;
    let kept = json!({"policy": "DAYS", "days": 7});
    let path = format!("/sederunt/v1/{space}/retention");
    let kind = [("content-type", "application/json")];
    world
        .send("PATCH", Some(&owner), &path, &kind, &kept.to_string())
        .await
        .ok();

    let seen = send(
        &world,
        &root,
        "GET",
        "auditEvents?actor=owner@example.org",
        &Value::Null,
    )
    .await;
    let lines: Vec<_> = seen.ok()["auditEvents"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| {
            [
                text(line, "action"),
                text(line, "subject").split('/').next().expect("a word").to_owned(),
            ]
        })
        .collect();
    assert_eq!(
        lines,
        [["retention.set", "spaces"], ["meeting.end", "conferenceRecords"]]
    );
}
