//! A browser: the one-time link, the cookie, and what a page of another origin cannot do with it.

use std::time::Duration;

use serde_json::{Value, json};
use server::clock;

use crate::world::{Answer, World};

const SESSION: &str = "/sederunt/v1/webSession";

struct Browser {
    origin: String,
    cookie: Option<String>,
}

impl Browser {
    fn of(world: &World) -> Browser {
        Browser {
            origin: format!("http://{}", world.address),
            cookie: None,
        }
    }

    async fn ask(&self, world: &World, method: &str, path: &str, body: &Value) -> Answer {
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
        .sign_in_link(&person.user.id, lifetime, clock::now_us())
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
        json!({"user": null})
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
        json!({"user": null})
    );
    browser
        .ask(&world, "POST", "/v2/spaces", &json!({}))
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
        .refused(403, "PERMISSION_DENIED", "");
    let read = browser.ask(&world, "GET", "/v2/conferenceRecords", &json!({})).await;
    assert_eq!(
        read.status, 200,
        "reading changes nothing, and the browser keeps the answer from the page"
    );
    assert!(!read.head.contains("access-control-allow-credentials"), "{}", read.head);
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
