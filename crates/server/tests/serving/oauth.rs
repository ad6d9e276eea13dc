//! OAuth as programs and browsers meet it. What a grant is worth is tested in `identity`, and with Google's own library in
//! `tests/sdk`.

use audit::By;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{AppKind, NewApp};
use serde_json::{Value, json};
use server::clock;
use sha2::{Digest, Sha256};

use crate::sign_in::Browser;
use crate::world::{self, Answer, World, text};

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
pub(crate) const BACK: &str = "https://app.example.org/back";
const READONLY: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
const CREATED: &str = "https://www.googleapis.com/auth/meetings.space.created";
const SETTINGS: &str = "https://www.googleapis.com/auth/meetings.space.settings";
const MEDIA: &str = "https://www.googleapis.com/auth/meetings.conference.media.readonly";
const PARTICIPATE: &str = "urn:sederunt:scope:meetings.participate";

/// A program, and what it knows of itself.
pub(crate) struct Program {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Program {
    pub(crate) async fn register(world: &World, kind: AppKind) -> Program {
        let redirect_uris = match kind {
            AppKind::Web => vec![BACK.to_owned()],
            AppKind::Installed => vec![],
        };
        let new = NewApp {
            kind,
            name: "Minutes",
            redirect_uris: &redirect_uris,
            secret: true,
        };
        let (app, secret) = world
            .identity
            .create_app(new, &By::command_line(clock::now_us()))
            .await
            .expect("created");
        Program {
            id: app.client_id,
            secret: secret.expect("asked for").expose(),
        }
    }

    /// Where it sends people; rows replace or add parameters, and an empty value takes one away.
    pub(crate) fn asks(&self, rows: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let usual = [
            ("response_type", "code"),
            ("client_id", &*self.id),
            ("redirect_uri", BACK),
            ("scope", READONLY),
            ("state", "x y/&="),
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual
            .iter()
            .filter(|(name, _)| rows.iter().all(|(other, _)| other != name));
        let pairs = kept.chain(rows).filter(|(_, value)| !value.is_empty());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        format!("/oauth2/auth?{}", query.finish())
    }

    /// The code that it gets, once whoever sits at the browser has agreed; or has agreed before.
    pub(crate) async fn code(&self, world: &World, browser: &Browser, rows: &[(&str, &str)]) -> String {
        let (page, query) = location(&browser.ask(world, "GET", &self.asks(rows), &Value::Null).await);
        if page == BACK {
            return value(&query, "code");
        }
        let answer = decide(world, browser, &value(&query, "request"), true).await.ok();
        let (_, answer) = split(&text(&answer, "redirect"));
        value(&answer, "code")
    }

    /// Trades a code for tokens, by the name of a host if one is given.
    pub(crate) async fn redeems(&self, world: &World, code: &str, host: Option<&str>) -> Answer {
        let named: Vec<_> = host.map(|host| ("host", host)).into_iter().collect();
        let fields = [
            ("client_id", &*self.id),
            ("client_secret", &*self.secret),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        form(world, "/oauth2/token", &named, fields.iter()).await
    }

    /// What it may do, once whoever sits at the browser has agreed: the value of its `authorization` header.
    async fn agreed(&self, world: &World, browser: &Browser, scope: &str) -> String {
        let code = self.code(world, browser, &[("scope", scope)]).await;
        let tokens = self.redeems(world, &code, None).await.ok();
        assert_eq!(tokens["scope"], scope);
        format!("Bearer {}", text(&tokens, "access_token"))
    }

    /// Trades a code, or something else, for a token.
    async fn trades(&self, world: &World, fields: &[(&str, &str)]) -> Answer {
        let credentials = [("client_id", &*self.id), ("client_secret", &*self.secret)];
        form(world, "/oauth2/token", &[], credentials.iter().chain(fields)).await
    }
}

pub(crate) async fn form<'a>(
    world: &World,
    path: &str,
    headers: &[(&str, &str)],
    fields: impl Iterator<Item = &'a (&'a str, &'a str)>,
) -> Answer {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let headers = [&[("content-type", "application/x-www-form-urlencoded")], headers].concat();
    world.send("POST", None, path, &headers, &body.finish()).await
}

/// Where an answer sends the browser: the address, and its parameters.
#[track_caller]
pub(crate) fn location(answer: &Answer) -> (String, Vec<(String, String)>) {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let line = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
    split(line.expect("a location"))
}

fn split(address: &str) -> (String, Vec<(String, String)>) {
    let (page, query) = address.split_once('?').expect("a query");
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    (page.to_owned(), pairs)
}

#[track_caller]
pub(crate) fn value(pairs: &[(String, String)], name: &str) -> String {
    let found = pairs.iter().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {pairs:?}")).1.clone()
}

/// The error of OAuth's own form.
#[track_caller]
pub(crate) fn error(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (status, &json!(code)),
        "{}",
        answer.text
    );
    assert!(answer.body["error_description"].is_string(), "{}", answer.text);
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
}

/// What the consent page asks for, and its answer.
async fn decide(world: &World, browser: &Browser, asked: &str, approve: bool) -> Answer {
    let body = json!({"request": asked, "approve": approve});
    browser.ask(world, "POST", "/oauth2/consent", &body).await
}

#[tokio::test]
async fn a_person_agrees_and_the_program_acts_for_them() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let browser = Browser::signed_in(&world, &ada).await;
    let program = Program::register(&world, AppKind::Web).await;
    let (page, query) = location(&browser.ask(&world, "GET", &program.asks(&[]), &Value::Null).await);
    assert_eq!(page, "/consent");
    let asked = value(&query, "request");

    let shown = format!("/oauth2/consent?request={asked}");
    let shown = browser.ask(&world, "GET", &shown, &Value::Null).await.ok();
    assert_eq!(shown["app"], json!({"name": "Minutes", "kind": "WEB"}));
    assert_eq!(shown["scopes"][0]["scope"], READONLY);
    assert!(
        shown["scopes"][0]["description"]
            .as_str()
            .is_some_and(|words| words.contains("meetings"))
    );
    assert_eq!(shown["user"]["email"], "ada@example.org");

    let answer = decide(&world, &browser, &asked, true).await.ok();
    let (back, answer) = split(&text(&answer, "redirect"));
    assert_eq!((back.as_str(), value(&answer, "state").as_str()), (BACK, "x y/&="));
    let code = value(&answer, "code");
    let trade = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = program.trades(&world, &trade).await;
    assert!(tokens.head.contains("cache-control: no-store"), "{}", tokens.head);
    let tokens = tokens.ok();
    assert_eq!(
        (&tokens["token_type"], &tokens["scope"]),
        (&json!("Bearer"), &json!(READONLY))
    );
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let acts = async |method, path| world.send(method, None, path, &[("authorization", &*bearer)], "").await;
    acts("GET", "/v2/conferenceRecords").await.ok();
    acts("POST", "/v2/spaces")
        .await
        .refused(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    acts("GET", "/sederunt/v1/users")
        .await
        .refused(403, "PERMISSION_DENIED", "FIRST_PARTY_NEEDED");

    // Once.
    error(&program.trades(&world, &trade).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_program_is_in_no_meeting_unless_the_person_agreed_to_that() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let browser = Browser::signed_in(&world, &ada).await;
    let space = text(&world.space_of(&ada, json!({"accessType": "OPEN"})).await, "name");
    let everything_of_googles = [CREATED, READONLY, SETTINGS, MEDIA].join(" ");
    for (scope, may) in [
        (READONLY, false),
        (CREATED, false),
        (SETTINGS, false),
        (MEDIA, false),
        (&everything_of_googles, false),
        (PARTICIPATE, true),
    ] {
        // Another each time, so that nothing was agreed to before.
        let program = Program::register(&world, AppKind::Web).await;
        let bearer = program.agreed(&world, &browser, scope).await;
        let headers = [("content-type", "application/json"), ("authorization", &*bearer)];
        let call = async |method, verb, body: Value| {
            let path = format!("/sederunt/v1/{space}:{verb}");
            world.send(method, None, &path, &headers, &body.to_string()).await
        };
        let preview = call("GET", "preview", json!({})).await.ok();
        assert_eq!(preview["entry"], if may { "WALK_IN" } else { "REFUSED" }, "{scope}");
        let client = world::client().await;
        let joined = call("POST", "join", json!({"offer": client.sdp()})).await;
        if may {
            world.connect(client, &joined.ok()).await;
            call("POST", "mute", json!({})).await.ok();
        } else {
            for refused in [joined, call("POST", "mute", json!({})).await] {
                refused.refused(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
            }
        }
        let records = world.get(Some(&ada), "/v2/conferenceRecords").await.ok();
        let was_there = records["conferenceRecords"]
            .as_array()
            .is_some_and(|records| records.len() == 1);
        assert_eq!(was_there, may, "{scope}: {records}");
    }
}

#[tokio::test]
async fn what_was_agreed_to_is_not_asked_again() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, &world.person("Ada").await).await;
    let program = Program::register(&world, AppKind::Web).await;
    let open =
        async |rows: &[(&str, &str)]| location(&browser.ask(&world, "GET", &program.asks(rows), &Value::Null).await);
    let (page, query) = open(&[("prompt", "none")]).await;
    assert_eq!(page, BACK);
    assert_eq!(value(&query, "error"), "consent_required");
    let silent = program.asks(&[("prompt", "none")]);
    let (page, query) = location(&Browser::of(&world).ask(&world, "GET", &silent, &Value::Null).await);
    assert_eq!(
        (page.as_str(), value(&query, "error").as_str()),
        (BACK, "login_required")
    );

    let (_, query) = open(&[]).await;
    decide(&world, &browser, &value(&query, "request"), true).await.ok();
    for (rows, expected) in [
        (&[][..], BACK),
        (&[("prompt", "none")], BACK),
        (&[("prompt", "consent")], "/consent"),
        (&[("scope", CREATED)], "/consent"),
    ] {
        let (page, query) = open(rows).await;
        assert_eq!(page, expected, "{rows:?}");
        assert_eq!(
            query.iter().any(|(name, _)| name == "code"),
            expected == BACK,
            "{rows:?}"
        );
    }
    let (page, _) = location(
        &Browser::of(&world)
            .ask(&world, "GET", &program.asks(&[]), &Value::Null)
            .await,
    );
    assert_eq!(page, "/consent", "a browser without a person asks for one");
}

#[tokio::test]
async fn a_person_refuses() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, &world.person("Ada").await).await;
    let program = Program::register(&world, AppKind::Web).await;
    let (_, query) = location(&browser.ask(&world, "GET", &program.asks(&[]), &Value::Null).await);
    let asked = value(&query, "request");
    let answer = decide(&world, &browser, &asked, false).await.ok();
    let (back, answer) = split(&text(&answer, "redirect"));
    assert_eq!(
        (back.as_str(), value(&answer, "error").as_str()),
        (BACK, "access_denied")
    );
    assert_eq!(value(&answer, "state"), "x y/&=");

    let stranger = decide(&world, &Browser::of(&world), &asked, true).await;
    stranger.refused(401, "UNAUTHENTICATED", "");
    let foreign = [("content-type", "application/json"), ("origin", "https://evil.example")];
    let body = json!({"request": asked, "approve": true}).to_string();
    let answer = world.send("POST", None, "/oauth2/consent", &foreign, &body).await;
    answer.refused(403, "PERMISSION_DENIED", "");
    for asked in ["", "%%%", "AAAA"] {
        let answer = decide(&world, &browser, asked, true).await;
        answer.refused(400, "INVALID_ARGUMENT", "");
    }
}

#[tokio::test]
async fn nobody_is_sent_where_nobody_registered() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, &world.person("Ada").await).await;
    let program = Program::register(&world, AppKind::Web).await;
    for rows in [
        &[("redirect_uri", "https://evil.example/back")][..],
        &[("redirect_uri", "https://app.example.org/back/../x")],
        &[("redirect_uri", "")],
        &[("client_id", "123456789012345678901")],
        &[("client_id", "")],
    ] {
        let answer = browser.ask(&world, "GET", &program.asks(rows), &Value::Null).await;
        assert_eq!(answer.status, 400, "{rows:?}");
        assert!(!answer.head.contains("location:"), "{rows:?}");
        assert!(answer.head.contains("content-type: text/plain"), "{rows:?}");
    }
    for (rows, code) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("scope", "everything")], "invalid_scope"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
    ] {
        let (page, query) = location(&browser.ask(&world, "GET", &program.asks(rows), &Value::Null).await);
        assert_eq!(
            (page.as_str(), value(&query, "error").as_str()),
            (BACK, code),
            "{rows:?}"
        );
        assert_eq!(value(&query, "state"), "x y/&=", "{rows:?}");
    }
}

#[tokio::test]
async fn a_program_on_a_machine_comes_back_to_any_port_with_its_verifier() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, &world.person("Ada").await).await;
    let program = Program::register(&world, AppKind::Installed).await;
    let here = "http://localhost:53219/";
    let (page, query) = location(
        &browser
            .ask(&world, "GET", &program.asks(&[("redirect_uri", here)]), &Value::Null)
            .await,
    );
    assert_eq!(page, "/consent");
    let answer = decide(&world, &browser, &value(&query, "request"), true).await.ok();
    let (_, answer) = split(&text(&answer, "redirect"));
    let code = value(&answer, "code");
    let trade = |verifier| {
        [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", here),
            ("code_verifier", verifier),
        ]
    };
    let tokens = program.trades(&world, &trade(VERIFIER)).await.ok();
    let refresh = text(&tokens, "refresh_token");
    let refreshed = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    program.trades(&world, &refreshed).await.ok();
    let given_back = form(&world, "/oauth2/revoke", &[], [("token", &*refresh)].iter()).await;
    assert_eq!(given_back.ok(), json!({}));
    error(&program.trades(&world, &refreshed).await, 400, "invalid_grant");
    let unknown = format!("/oauth2/revoke?token={refresh}");
    assert_eq!(world.send("POST", None, &unknown, &[], "").await.status, 200);
}

#[tokio::test]
async fn what_the_token_endpoint_refuses() {
    let world = World::new().await;
    let program = Program::register(&world, AppKind::Web).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
    error(&program.trades(&world, &refresh).await, 400, "invalid_grant");
    error(&program.trades(&world, &[]).await, 400, "invalid_request");
    let grant = [("grant_type", "password")];
    error(&program.trades(&world, &grant).await, 400, "unsupported_grant_type");
    let assertion = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", "a.b.c"),
    ];
    error(&program.trades(&world, &assertion).await, 400, "invalid_grant");

    let right = format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", program.id, program.secret))
    );
    let wrong = format!("Basic {}", STANDARD.encode(format!("{}:wrong", program.id)));
    let path = "/oauth2/token";
    let answer = form(&world, path, &[("authorization", &right)], refresh.iter()).await;
    error(&answer, 400, "invalid_grant");
    for (header, fields) in [(Some(&wrong), &refresh[..]), (None, &refresh)] {
        let headers: Vec<_> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = form(&world, path, &headers, fields.iter()).await;
        error(&answer, 401, "invalid_client");
        assert!(answer.head.contains("www-authenticate: Basic"), "{}", answer.head);
    }
    let json = [("content-type", "application/json")];
    error(
        &world.send("POST", None, path, &json, "{}").await,
        400,
        "invalid_request",
    );
    let long = format!("grant_type={}", "x".repeat(100_000));
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    error(
        &world.send("POST", None, path, &kind, &long).await,
        400,
        "invalid_request",
    );
    assert_eq!(world.get(None, path).await.status, 405);
}
