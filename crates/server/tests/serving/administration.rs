//! Administration over REST: who may, and what each answer is.

use audit::By;
use identity::Scopes;
use serde_json::{Value, json};
use server::clock;

use crate::world::{Answer, Person, World, text};

const V1: &str = "/sederunt/v1";

pub(crate) async fn administrator(world: &World) -> Person {
    let user = world.identity.user_by_email("administrator@localhost").await;
    let user = user.expect("readable").expect("every installation has one");
    let lifetime = std::time::Duration::from_mins(1);
    let token = world
        .identity
        .issue_token(&user, Scopes::MEET, lifetime, &By::command_line(clock::now_us()))
        .await
        .expect("issued");
    Person { user, token }
}

pub(crate) async fn send(world: &World, caller: &Person, method: &str, path: &str, body: &Value) -> Answer {
    let kind = [("content-type", "application/json")];
    let path = format!("{V1}/{path}");
    let body = if method == "GET" || method == "DELETE" {
        String::new()
    } else {
        body.to_string()
    };
    world.send(method, Some(caller), &path, &kind, &body).await
}

#[tokio::test]
async fn only_administrators_administer() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let root = administrator(&world).await;
    let narrow = Scopes::of(&[identity::Scope::SpaceReadonly]);
    let lifetime = std::time::Duration::from_mins(1);
    let narrow = world
        .identity
        .issue_token(&root.user, narrow, lifetime, &By::command_line(clock::now_us()))
        .await;
    let narrow = Person {
        token: narrow.expect("issued"),
        ..root.clone()
    };
    for (method, path) in [
        ("GET", "users"),
        ("POST", "users"),
        ("PATCH", "users/100000000000000000001"),
        ("DELETE", "users/100000000000000000001"),
        ("POST", "users/100000000000000000001:invite"),
        ("GET", "apps"),
        ("POST", "apps"),
        ("DELETE", "apps/100000000000000000001"),
        ("GET", "serviceAccounts"),
        ("POST", "serviceAccounts"),
        ("DELETE", "serviceAccounts/100000000000000000001"),
        ("GET", "serviceAccounts/100000000000000000001/keys"),
        ("POST", "serviceAccounts/100000000000000000001/keys"),
        ("DELETE", "serviceAccounts/100000000000000000001/keys/k"),
        ("GET", "grants"),
        ("POST", "grants"),
        ("DELETE", "grants/100000000000000000001"),
        ("GET", "domains"),
        ("POST", "domains"),
        ("PATCH", "domains/example.org"),
        ("DELETE", "domains/example.org"),
        ("GET", "auditEvents"),
        ("POST", "auditEvents:export"),
    ] {
        let body = json!({});
        send(&world, &ada, method, path, &body)
            .await
            .refused(403, "PERMISSION_DENIED", "ADMINISTRATOR_NEEDED");
        send(&world, &narrow, method, path, &body).await.refused(
            403,
            "PERMISSION_DENIED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        );
        let path = format!("{V1}/{path}");
        let answer = world
            .send(method, None, &path, &[("content-type", "application/json")], "")
            .await;
        answer.refused(401, "UNAUTHENTICATED", "CREDENTIALS_MISSING");
    }
}

#[tokio::test]
async fn accounts() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await;
    let bo = json!({"email": "Bo@Example.org", "displayName": "Bo"});
    let made = ask("POST", "users", &bo).await.ok();
    assert_eq!(made["email"], "bo@example.org");
    let name = text(&made, "name");
    ask("POST", "users", &bo).await.refused(409, "ALREADY_EXISTS", "");
    ask("POST", "users", &json!({"email": "nobody"}))
        .await
        .refused(400, "INVALID_ARGUMENT", "email");
    let invisible = json!({"email": "cyd@example.org", "displayName": "Cyd\u{200b}"});
    let refused = ask("POST", "users", &invisible).await;
    refused.refused(400, "INVALID_ARGUMENT", "the name holds the control character U+200B");

    let changed = ask("PATCH", &name, &json!({"administrator": true})).await.ok();
    assert_eq!(
        (&changed["displayName"], &changed["administrator"]),
        (&json!("Bo"), &json!(true))
    );
    let changed = ask("PATCH", &name, &json!({"displayName": "Bo B.", "administrator": false}))
        .await
        .ok();
    assert_eq!(
        (&changed["displayName"], &changed["administrator"]),
        (&json!("Bo B."), &Value::Null)
    );
    ask("PATCH", &name, &json!({"displayName": "Bo\u{ad}"})).await.refused(
        400,
        "INVALID_ARGUMENT",
        "the name holds the control character U+00AD",
    );
    let own = format!("users/{}", root.user.id);
    ask("PATCH", &own, &json!({"administrator": false})).await.refused(
        400,
        "FAILED_PRECONDITION",
        "LAST_ADMINISTRATOR",
    );

    let page = ask("GET", "users?pageSize=1", &Value::Null).await.ok();
    let next = format!("users?pageSize=1&pageToken={}", text(&page, "nextPageToken"));
    let rest = ask("GET", &next, &Value::Null).await.ok();
    assert_eq!(
        (&page["users"][0]["email"], &rest["users"][0]["email"]),
        (&json!("administrator@localhost"), &json!("bo@example.org"))
    );
    assert_eq!(rest["nextPageToken"], Value::Null);

    let link = ask("POST", &format!("{name}:invite"), &json!({})).await.ok();
    let link_text = text(&link, "link");
    let (_, secret) = link_text.split_once("/sign-in#").expect("a link to the page");
    assert!(link["expireTime"].is_string());
    let signed_in = world
        .identity
        .redeem(secret, &By::command_line(clock::now_us()))
        .await
        .expect("it works");
    assert_eq!(signed_in.user.email, "bo@example.org");

    assert_eq!(ask("DELETE", &name, &Value::Null).await.ok(), json!({}));
    ask("DELETE", &name, &Value::Null).await.refused(404, "NOT_FOUND", "");
    ask("POST", &format!("{name}:invite"), &json!({}))
        .await
        .refused(404, "NOT_FOUND", "");
    ask("PATCH", "users/me", &json!({})).await.refused(404, "NOT_FOUND", "");
}

#[tokio::test]
async fn a_person_is_forgotten_with_their_account() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let owner = world.person("Owner").await;
    let ada = world.person("Ada").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let seat = world.join(&space, Some(&ada), "").await.ok();
    let record = text(&seat, "conferenceRecord");
    let name = format!("users/{}?forget=true", ada.user.id);
    send(&world, &root, "DELETE", &name, &Value::Null)
        .await
        .refused(400, "FAILED_PRECONDITION", "STILL_MEETING");
    world
        .post(Some(&owner), &format!("/v2/{space}:endActiveConference"), &json!({}))
        .await
        .ok();

    send(&world, &root, "DELETE", &name, &Value::Null).await.ok();
    let users = send(&world, &root, "GET", "users", &Value::Null).await.ok();
    assert!(!users.to_string().contains("ada@example.org"));
    let participants = world
        .get(Some(&owner), &format!("/v2/{record}/participants"))
        .await
        .ok();
    let participants = participants.to_string();
    assert!(
        !participants.contains("Ada") && !participants.contains(ada.user.id.as_str()),
        "{participants}"
    );
    assert!(participants.contains("earliestStartTime"), "{participants}");
}

#[tokio::test]
async fn apps() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await;

    let app = json!({"displayName": "Minutes", "kind": "WEB", "redirectUris": ["https://app.example.org/back"]});
    let made = ask("POST", "apps", &app).await.ok();
    let file: Value = serde_json::from_str(&text(&made, "clientFile")).expect("JSON");
    assert_eq!(file["web"]["client_secret"], made["clientSecret"]);
    assert_eq!(
        file["web"]["token_uri"],
        format!("{}/oauth2/token", world.running.public_url())
    );
    let name = text(&made["app"], "name");
    let apps = ask("GET", "apps", &Value::Null).await.ok();
    assert_eq!(
        (&apps["apps"][0]["name"], &apps["apps"][0]["kind"]),
        (&json!(name), &json!("WEB"))
    );
    assert!(!apps.to_string().contains(&text(&made, "clientSecret")));
    ask("POST", "apps", &json!({"displayName": "x"}))
        .await
        .refused(400, "INVALID_ARGUMENT", "kind");
    ask("POST", "apps", &json!({"displayName": "x", "kind": "WEB"}))
        .await
        .refused(400, "INVALID_ARGUMENT", "redirect_uris");
    assert_eq!(ask("DELETE", &name, &Value::Null).await.ok(), json!({}));
    ask("DELETE", &name, &Value::Null).await.refused(404, "NOT_FOUND", "");
}

#[tokio::test]
async fn service_accounts_with_keys_and_grants() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await;
    let account = ask("POST", "serviceAccounts", &json!({"accountId": "reports"}))
        .await
        .ok();
    ask("POST", "serviceAccounts", &json!({"accountId": "reports"}))
        .await
        .refused(409, "ALREADY_EXISTS", "");
    ask("POST", "serviceAccounts", &json!({"accountId": "Re ports"}))
        .await
        .refused(400, "INVALID_ARGUMENT", "account_id");
    let account_name = text(&account, "name");
    let keys = format!("{account_name}/keys");
    let key = ask("POST", &keys, &json!({})).await.ok();
    let file: Value = serde_json::from_str(&text(&key, "keyFile")).expect("JSON");
    assert_eq!(
        (&file["type"], &file["client_email"]),
        (&json!("service_account"), &account["email"])
    );
    assert_eq!(
        file["token_uri"],
        format!("{}/oauth2/token", world.running.public_url())
    );
    let key = text(&key["key"], "name");
    assert_eq!(ask("GET", &keys, &Value::Null).await.ok()["keys"][0]["name"], key);

    let client_id = account_name.trim_start_matches("serviceAccounts/").to_owned();
    let grant = json!({"clientId": client_id, "scopes": ["meetings.space.readonly"]});
    let granted = ask("POST", "grants", &grant).await.ok();
    assert_eq!(
        granted["scopes"],
        json!(["https://www.googleapis.com/auth/meetings.space.readonly"])
    );
    let unknown = json!({"clientId": client_id, "scopes": ["everything"]});
    ask("POST", "grants", &unknown)
        .await
        .refused(400, "INVALID_ARGUMENT", "scopes");
    let nobody = json!({"clientId": "100000000000000000001", "scopes": ["meetings.space.readonly"]});
    ask("POST", "grants", &nobody).await.refused(404, "NOT_FOUND", "");
    assert_eq!(
        ask("GET", "grants", &Value::Null).await.ok()["grants"][0]["clientId"],
        client_id
    );
    assert_eq!(
        ask("DELETE", &format!("grants/{client_id}"), &Value::Null).await.ok(),
        json!({})
    );
    assert_eq!(ask("DELETE", &key, &Value::Null).await.ok(), json!({}));
    assert_eq!(ask("GET", &keys, &Value::Null).await.ok(), json!({}));
    assert_eq!(ask("DELETE", &account_name, &Value::Null).await.ok(), json!({}));
    assert_eq!(ask("GET", "serviceAccounts", &Value::Null).await.ok(), json!({}));
}

#[tokio::test]
async fn domains() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await;
    let domain = json!({"domain": "Example.org", "organisation": "Example"});
    let added = ask("POST", "domains", &domain).await.ok();
    assert_eq!(added, json!({"name": "domains/example.org", "organisation": "Example"}));
    ask("POST", "domains", &domain).await.refused(409, "ALREADY_EXISTS", "");
    ask("POST", "domains", &json!({"domain": "a b"}))
        .await
        .refused(400, "INVALID_ARGUMENT", "domain");
    assert_eq!(
        ask("GET", "domains", &Value::Null).await.ok()["domains"],
        json!([added])
    );
    let sharing = json!({"name": "domains/example.org", "organisation": "Example", "sharesEmail": true});
    let asking = json!({"name": "domains/example.org", "organisation": "Example", "asksToRecord": true});
    for (body, expected) in [
        (json!({}), &added),
        (json!({"sharesEmail": true}), &sharing),
        (json!({}), &sharing),
        (json!({"sharesEmail": false, "asksToRecord": true}), &asking),
        (json!({"asksToRecord": false}), &added),
    ] {
        let changed = ask("PATCH", "domains/example.org", &body).await.ok();
        assert_eq!(&changed, expected, "{body}");
    }
    assert_eq!(ask("DELETE", "domains/example.org", &Value::Null).await.ok(), json!({}));
    ask("DELETE", "domains/example.org", &Value::Null)
        .await
        .refused(404, "NOT_FOUND", "");
    for body in [json!({}), json!({"sharesEmail": true})] {
        ask("PATCH", "domains/example.org", &body)
            .await
            .refused(404, "NOT_FOUND", "");
    }
}

/// What is said for one domain of an organisation holds for the people of all: their addresses go to whoever has met them.
#[tokio::test]
async fn an_organisation_shares_addresses() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await;
    for domain in ["example.org", "example.com"] {
        let body = json!({"domain": domain, "organisation": "Example"});
        ask("POST", "domains", &body).await.ok();
    }
    let ada = world.person("Ada").await;
    let shares = async || world.identity.shares_email(&ada.user).await.expect("readable");
    assert!(!shares().await);
    ask("PATCH", "domains/example.com", &json!({"sharesEmail": true}))
        .await
        .ok();
    assert!(shares().await);
}

/// Every list comes in pages, and none ends before its end.
#[tokio::test]
async fn lists_have_pages() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let ask = async |method, path: &str, body: &Value| send(&world, &root, method, path, body).await;
    for number in 0..3 {
        let domain = json!({"domain": format!("d{number}.example.org")});
        ask("POST", "domains", &domain).await.ok();
        let app = json!({"displayName": "Minutes", "kind": "INSTALLED"});
        ask("POST", "apps", &app).await.ok();
        let account = json!({"accountId": format!("reports{number}")});
        let account = ask("POST", "serviceAccounts", &account).await.ok();
        let client_id = text(&account, "name").replace("serviceAccounts/", "");
        let grant = json!({"clientId": client_id, "scopes": ["meetings.space.readonly"]});
        ask("POST", "grants", &grant).await.ok();
    }
    for list in ["domains", "apps", "serviceAccounts", "grants"] {
        let (mut names, mut token) = (Vec::new(), String::new());
        for expected in [2, 1] {
            let page = format!("{list}?pageSize=2&pageToken={token}");
            let page = ask("GET", &page, &Value::Null).await.ok();
            let items = page[list].as_array().expect("a list");
            assert_eq!(items.len(), expected, "{list}: {page}");
            names.extend(items.iter().map(|item| text(item, "name")));
            token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
        }
        assert_eq!(token, "", "{list}");
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((names.len(), &names), (3, &sorted), "{list}");
        ask("GET", &format!("{list}?pageSize=-1"), &Value::Null)
            .await
            .refused(400, "INVALID_ARGUMENT", "page_size");
    }
}
