//! A browser: the one-time link, the password, the cookie, and what a page of another origin cannot do with it.

use std::time::Duration;

use audit::By;
use serde_json::{Value, json};
use server::{Configuration, clock};

use crate::world::{Answer, Person, World, configuration};

const SESSION: &str = "/sederunt/v1/webSession";

/// A page of ours, with the cookie that it may have.
pub(crate) struct Browser {
    origin: String,
    cookie: Option<String>,
}

impl Browser {
    pub(crate) fn of(world: &World) -> Browser {
        Browser {
            origin: format!("http://{}", world.address),
            cookie: None,
        }
    }

    /// Somebody's browser, signed in by a link.
    pub(crate) async fn signed_in(world: &World, person: &Person) -> Browser {
        let by = By::command_line(clock::now_us());
        let link = world
            .identity
            .sign_in_link(&person.user.id, Duration::from_mins(1), &by);
        Browser::with_link(world, &link.await.expect("a link").expose()).await
    }

    /// The browser of whoever has this link.
    pub(crate) async fn with_link(world: &World, secret: &str) -> Browser {
        let mut browser = Browser::of(world);
        let answer = browser.ask(world, "POST", SESSION, &json!({"secret": secret})).await;
        browser.cookie = Some(answer.cookie());
        browser
    }

    pub(crate) async fn ask(&self, world: &World, method: &str, path: &str, body: &Value) -> Answer {
        let mut headers = vec![("content-type", "application/json"), ("origin", &*self.origin)];
        if let Some(cookie) = &self.cookie {
            headers.push(("cookie", cookie));
        }
        world.send(method, None, path, &headers, &body.to_string()).await
    }
}

async fn link(world: &World, lifetime: Duration) -> String {
    let person = world.person("Ada").await;
    let link = world
        .identity
        .sign_in_link(&person.user.id, lifetime, &By::command_line(clock::now_us()))
        .await;
    link.expect("a link").expose()
}

#[tokio::test]
async fn a_link_signs_one_browser_in_once() {
    let world = World::new().await;
    let secret = link(&world, Duration::from_mins(1)).await;
    let mut browser = Browser::of(&world);
    assert_eq!(
        browser.ask(&world, "GET", SESSION, &json!({})).await.ok(),
        json!({"user": null, "provider": null})
    );
    let space = browser.ask(&world, "POST", "/v2/spaces", &json!({})).await;
    space.refused(401, "UNAUTHENTICATED", "");

    let signed_in = browser.ask(&world, "POST", SESSION, &json!({"secret": secret})).await;
    let cookie = signed_in.cookie();
    assert_eq!(signed_in.ok()["user"]["displayName"], "Ada");
    browser.cookie = Some(cookie);
    let again = Browser::of(&world)
        .ask(&world, "POST", SESSION, &json!({"secret": secret}))
        .await;
    again.refused(401, "UNAUTHENTICATED", "");

    assert_eq!(
        browser.ask(&world, "GET", SESSION, &json!({})).await.ok()["user"]["email"],
        "ada@example.org"
    );
    browser.ask(&world, "POST", "/v2/spaces", &json!({})).await.ok();

    assert_eq!(browser.ask(&world, "DELETE", SESSION, &json!({})).await.ok(), json!({}));
    assert_eq!(
        browser.ask(&world, "GET", SESSION, &json!({})).await.ok(),
        json!({"user": null, "provider": null})
    );
    browser
        .ask(&world, "POST", "/v2/spaces", &json!({}))
        .await
        .refused(401, "UNAUTHENTICATED", "");
}

#[tokio::test]
async fn a_link_takes_nobodys_place_unasked() {
    let world = World::new().await;
    let (ada, bo) = (world.person("Ada").await, world.person("Bo").await);
    let link_of = async |person: &Person| {
        let by = By::command_line(clock::now_us());
        let link = world
            .identity
            .sign_in_link(&person.user.id, Duration::from_mins(1), &by);
        link.await.expect("a link").expose()
    };
    let browser = Browser::signed_in(&world, &ada).await;
    let here = format!("users/{}", ada.user.id);
    let secret = link_of(&bo).await;
    for body in [
        json!({"secret": secret}),
        json!({"secret": secret, "insteadOf": ""}),
        json!({"secret": secret, "insteadOf": format!("users/{}", bo.user.id)}),
    ] {
        let answer = browser.ask(&world, "POST", SESSION, &body).await;
        assert!(
            answer.head.contains(" 400 ") && !answer.head.contains("set-cookie"),
            "{}",
            answer.head
        );
        let error = &answer.body["error"];
        assert_eq!(error["status"], "FAILED_PRECONDITION", "{error}");
        let info = &error["details"][0];
        assert_eq!(info["reason"], "OTHER_ACCOUNT");
        assert_eq!(
            info["metadata"],
            json!({"displayName": "Bo", "email": "bo@example.org"})
        );
    }
    let still = browser.ask(&world, "GET", SESSION, &json!({})).await.ok();
    assert_eq!(still["user"]["displayName"], "Ada");

    // Asked, the page says whose place it is; the link has stayed unused.
    let confirmed = json!({"secret": secret, "insteadOf": here});
    let answer = browser.ask(&world, "POST", SESSION, &confirmed).await.ok();
    assert_eq!(answer["user"]["displayName"], "Bo");

    // One's own link, or a cookie that opens nothing any more, is nobody's place.
    for (mut browser, signed_out, person) in [
        (browser, false, &ada),
        (Browser::signed_in(&world, &ada).await, true, &bo),
    ] {
        if signed_out {
            let cookie = browser.cookie.clone();
            browser.ask(&world, "DELETE", SESSION, &json!({})).await.ok();
            browser.cookie = cookie;
        }
        let body = json!({"secret": link_of(person).await});
        let answer = browser.ask(&world, "POST", SESSION, &body).await.ok();
        assert_eq!(answer["user"]["name"], format!("users/{}", person.user.id));
    }
    let nonsense = json!({"secret": "A".repeat(43)});
    let browser = Browser::signed_in(&world, &ada).await;
    browser
        .ask(&world, "POST", SESSION, &nonsense)
        .await
        .refused(401, "UNAUTHENTICATED", "");
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_use_the_cookie() {
    let world = World::new().await;
    let secret = link(&world, Duration::from_mins(1)).await;
    let mut browser = Browser::of(&world);
    let elsewhere = "https://evil.example".to_owned();
    browser.origin.clone_from(&elsewhere);
    browser
        .ask(&world, "POST", SESSION, &json!({"secret": secret}))
        .await
        .refused(403, "PERMISSION_DENIED", "");
    browser.origin = format!("http://{}", world.address);
    let signed_in = browser.ask(&world, "POST", SESSION, &json!({"secret": secret})).await;
    browser.cookie = Some(signed_in.cookie());

    browser.origin = elsewhere;
    browser
        .ask(&world, "POST", "/v2/spaces", &json!({}))
        .await
        .refused(401, "UNAUTHENTICATED", "ORIGIN_NOT_ALLOWED");
    browser
        .ask(&world, "DELETE", SESSION, &json!({}))
        .await
        .refused(403, "PERMISSION_DENIED", "ORIGIN_NOT_ALLOWED");
    let read = browser.ask(&world, "GET", "/v2/conferenceRecords", &json!({})).await;
    assert_eq!(
        read.status, 200,
        "reading changes nothing, and the browser keeps the answer from the page"
    );
    assert!(!read.head.contains("access-control-allow-credentials"), "{}", read.head);
}

/// Behind a proxy that passes on no `Host`, or one without its port, as most do where nobody says otherwise.
#[tokio::test]
async fn a_page_at_the_address_that_people_open_signs_in_whatever_a_proxy_makes_of_it() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut configuration = configuration(&data);
    configuration.store.public_url = Some("https://meet.example.org:8443".to_owned());
    let world = World::with(data, configuration).await;
    let mut browser = Browser::of(&world);
    browser.origin = "https://meet.example.org:8443".to_owned();
    let secret = link(&world, Duration::from_mins(1)).await;
    let signed_in = browser.ask(&world, "POST", SESSION, &json!({"secret": secret})).await;
    assert!(signed_in.head.contains("set-cookie: __Host-"), "{}", signed_in.head);
    browser.cookie = signed_in
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next())
        .map(str::to_owned);
    signed_in.ok();
    browser.ask(&world, "POST", "/v2/spaces", &json!({})).await.ok();

    browser.origin = "https://meet.example.org".to_owned();
    let refused = browser.ask(&world, "DELETE", SESSION, &json!({})).await;
    refused.refused(403, "PERMISSION_DENIED", "ORIGIN_NOT_ALLOWED");
    let metadata = &refused.body["error"]["details"][0]["metadata"];
    let host = world.address.to_string();
    assert_eq!(
        *metadata,
        json!({"origin": "https://meet.example.org", "host": host, "publicUrl": "https://meet.example.org:8443"}),
        "the page can say what is wrong"
    );
}

#[tokio::test]
async fn links_that_do_not_hold() {
    let world = World::new().await;
    let expired = link(&world, Duration::ZERO).await;
    for body in [
        json!({"secret": expired}),
        json!({"secret": "A".repeat(43)}),
        json!({"secret": ""}),
    ] {
        Browser::of(&world)
            .ask(&world, "POST", SESSION, &body)
            .await
            .refused(401, "UNAUTHENTICATED", "");
    }
    for body in [
        json!({}),
        json!(3),
        json!({"secret": 3}),
        json!({"secret": "A".repeat(100_000)}),
        json!({"email": "ada@example.org"}),
    ] {
        Browser::of(&world)
            .ask(&world, "POST", SESSION, &body)
            .await
            .refused(400, "INVALID_ARGUMENT", "");
    }
}

#[tokio::test]
async fn the_administrator_is_asked_in_until_they_came() {
    let world = World::new().await;
    let link = world.running.administrator_link().expect("a new folder").to_owned();
    let (page, secret) = link.split_once("/sign-in#").expect("a link to the page");
    assert_eq!(page, world.running.public_url());
    let user = Browser::of(&world)
        .ask(&world, "POST", SESSION, &json!({"secret": secret}))
        .await
        .ok();
    assert_eq!(user["user"]["administrator"], true);
    let World { running, data, .. } = world;
    running.drain().await;
    assert_eq!(World::on(data).await.running.administrator_link(), None);
}

const PASSWORD: &str = "/sederunt/v1/password";

#[tokio::test]
async fn a_password_signs_in_until_it_is_another() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let browser = Browser::signed_in(&world, &ada).await;
    let other = Browser::signed_in(&world, &ada).await;
    let sign_in = |email: &str, password: &str| json!({"email": email, "password": password});
    let stranger = Browser::of(&world);
    let refused = stranger
        .ask(&world, "POST", SESSION, &sign_in("ada@example.org", "never set one"))
        .await;
    refused.refused(401, "UNAUTHENTICATED", "");

    let set = |password: &str| json!({"password": password});
    for (who, body, http, status) in [
        (&stranger, set("correct horse battery"), 401, "UNAUTHENTICATED"),
        (&browser, set("short"), 400, "INVALID_ARGUMENT"),
        (&browser, set(&"x".repeat(5_000)), 400, "INVALID_ARGUMENT"),
        (&browser, json!({}), 400, "INVALID_ARGUMENT"),
    ] {
        who.ask(&world, "PUT", PASSWORD, &body).await.refused(http, status, "");
    }
    assert_eq!(
        browser
            .ask(&world, "PUT", PASSWORD, &set("correct horse battery"))
            .await
            .ok(),
        json!({})
    );
    let who = |answer: Answer| answer.ok()["user"]["email"].clone();
    assert_eq!(
        who(browser.ask(&world, "GET", SESSION, &json!({})).await),
        "ada@example.org"
    );
    assert_eq!(who(other.ask(&world, "GET", SESSION, &json!({})).await), Value::Null);

    let right = sign_in("Ada@Example.org", "correct horse battery");
    let signed_in = stranger.ask(&world, "POST", SESSION, &right).await;
    let mut by_password = Browser::of(&world);
    by_password.cookie = Some(signed_in.cookie());
    assert!(signed_in.cookie().starts_with("sederunt_session="));
    assert_eq!(signed_in.ok()["user"]["displayName"], "Ada");

    // Whoever came by the password is asked for it again; whoever came by a link a moment ago may have forgotten it.
    let change = |old: Value| json!({"password": "correct horse battery", "oldPassword": old});
    for (who, old, status) in [
        (&by_password, Value::Null, 403),
        (&by_password, json!("not this one"), 403),
        (&by_password, json!("correct horse battery"), 200),
        (&browser, Value::Null, 401),
    ] {
        let answer = who.ask(&world, "PUT", PASSWORD, &change(old)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    for (email, password) in [
        ("ada@example.org", "another horse battery"),
        ("bo@example.org", "correct horse battery"),
        ("", ""),
    ] {
        let refused = stranger.ask(&world, "POST", SESSION, &sign_in(email, password)).await;
        refused.refused(401, "UNAUTHENTICATED", "");
    }
}

#[tokio::test]
async fn who_guesses_is_made_to_wait() {
    let world = World::new().await;
    world.person("Ada").await;
    let stranger = Browser::of(&world);
    let guess = json!({"email": "ada@example.org", "password": "not this one either"});
    for _ in 0..100 {
        let answer = stranger.ask(&world, "POST", SESSION, &guess).await;
        if answer.status == 429 {
            return answer.refused(429, "RESOURCE_EXHAUSTED", "");
        }
    }
    panic!("a hundred guesses were answered");
}

#[tokio::test]
async fn a_page_of_another_origin_sets_no_password() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let mut browser = Browser::signed_in(&world, &ada).await;
    browser.origin = "https://evil.example".to_owned();
    browser
        .ask(&world, "PUT", PASSWORD, &json!({"password": "correct horse battery"}))
        .await
        .refused(403, "PERMISSION_DENIED", "");
}

/// By HTTPS, also that of a proxy, the cookie is one that no page of a neighbouring name can plant.
#[tokio::test]
async fn a_cookie_is_of_this_host_alone() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut configuration = configuration(&data);
    configuration.store.public_url = Some("https://meet.example.org".to_owned());
    let world = World::with(data, configuration).await;
    let mut browser = Browser::of(&world);
    let secret = link(&world, Duration::from_mins(1)).await;
    let signed_in = browser.ask(&world, "POST", SESSION, &json!({"secret": secret})).await;
    let set = signed_in
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let set = set.expect("a cookie");
    assert!(set.starts_with("__Host-sederunt_session="), "{set}");
    assert!(
        set.contains("; Path=/; ") && set.ends_with("; Secure") && !set.contains("Domain"),
        "{set}"
    );

    let ours = signed_in.cookie();
    let planted = ours.strip_prefix("__Host-").expect("the prefix").to_owned();
    for (cookie, http) in [(ours, 200), (planted, 401)] {
        browser.cookie = Some(cookie);
        let answer = browser.ask(&world, "POST", "/v2/spaces", &json!({})).await;
        assert_eq!(answer.status, http, "{}", answer.text);
    }
}

#[tokio::test]
async fn without_tokens_whoever_is_on_this_machine_is_the_administrator() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let configuration = Configuration {
        without_tokens: true,
        ..configuration(&data)
    };
    let world = World::with(data, configuration).await;
    let port = world.address.port();
    let mut browser = Browser::of(&world);
    let session = browser.ask(&world, "GET", SESSION, &json!({})).await.ok();
    assert_eq!(session["user"]["administrator"], true);
    browser.ask(&world, "POST", "/v2/spaces", &json!({})).await.ok();
    browser.ask(&world, "GET", "/sederunt/v1/users", &json!({})).await.ok();
    world.post(None, "/v2/spaces", &json!({})).await.ok();

    // A cookie of another server that ran here.
    browser.cookie = Some(format!("sederunt_session={}", "A".repeat(43)));
    browser.ask(&world, "POST", "/v2/spaces", &json!({})).await.ok();
    browser.cookie = None;
    for origin in ["https://evil.example".to_owned(), format!("http://localhost:{port}")] {
        browser.origin = origin;
        let answer = browser.ask(&world, "POST", "/v2/spaces", &json!({})).await;
        answer.refused(401, "UNAUTHENTICATED", "");
        let session = browser.ask(&world, "GET", SESSION, &json!({})).await.ok();
        assert_eq!(session["user"], Value::Null);
    }
    let wrong = [("authorization", "Bearer a.b.c"), ("content-type", "application/json")];
    let answer = world.send("POST", None, "/v2/spaces", &wrong, "{}").await;
    answer.refused(401, "UNAUTHENTICATED", "ACCESS_TOKEN_INVALID");
}
