//! Who somebody is, as apps are told; and the paths under which Google's libraries ask, whatever the server is called.

use identity::{AppKind, Expected, IssuerKeys, Scopes};
use serde_json::{Value, json};
use server::clock;

use crate::oauth::{BACK, Program, error, form, location, value};
use crate::sign_in::Browser;
use crate::world::{Answer, World, text};

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";

/// Asks with a bearer token, by a host's name if one is given.
async fn ask(world: &World, method: &str, path: &str, token: &str, host: Option<&str>) -> Answer {
    let bearer = format!("Bearer {token}");
    let named = host.map(|host| ("host", host));
    let headers: Vec<_> = [("authorization", &*bearer)].into_iter().chain(named).collect();
    world.send(method, None, path, &headers, "").await
}

#[tokio::test]
async fn an_app_learns_who_somebody_is() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let browser = Browser::signed_in(&world, &ada).await;
    let program = Program::register(&world, AppKind::Web).await;
    let public_url = world.running.public_url().to_owned();
    for (host, issuer) in [
        (None, &*public_url),
        (Some("oauth2.googleapis.com"), "https://accounts.google.com"),
    ] {
        let code = program
            .code(&world, &browser, &[("scope", "openid email profile"), ("nonce", "n")])
            .await;
        let tokens = program.redeems(&world, &code, host).await.ok();
        let keys = ask(&world, "GET", "/oauth2/v3/certs", "", host).await;
        assert!(
            keys.head.contains("cache-control: public, max-age=3600"),
            "{}",
            keys.head
        );
        let keys = IssuerKeys::parse(keys.text.as_bytes()).expect("a key set");
        let expected = Expected {
            issuer,
            client_id: &program.id,
            nonce: "n",
        };
        let verified = keys.verify(&text(&tokens, "id_token"), &expected, clock::now_us());
        let verified = verified.expect("it holds");
        assert_eq!(verified.subject, ada.user.id.as_str());
        assert_eq!(
            (verified.email.as_deref(), verified.name.as_deref()),
            (Some("ada@example.org"), Some("Ada"))
        );

        let token = text(&tokens, "access_token");
        let id = ada.user.id.as_str();
        let openid =
            json!({"sub": id, "email": "ada@example.org", "email_verified": true, "name": "Ada", "given_name": "Ada"});
        let older =
            json!({"id": id, "email": "ada@example.org", "verified_email": true, "name": "Ada", "given_name": "Ada"});
        for (path, expected) in [
            ("/oauth2/v3/userinfo", &openid),
            ("/v1/userinfo", &openid),
            ("/oauth2/v2/userinfo?alt=json", &older),
            ("/userinfo/v2/me", &older),
        ] {
            assert_eq!(&ask(&world, "GET", path, &token, host).await.ok(), expected, "{path}");
        }
        let in_query = format!("/oauth2/v1/userinfo?access_token={token}");
        assert_eq!(world.get(None, &in_query).await.ok(), older);
        looks_at_tokens(&world, &program, &token, &text(&tokens, "id_token")).await;
    }
}

/// `tokeninfo`, in the ways in which libraries ask.
async fn looks_at_tokens(world: &World, program: &Program, token: &str, id_token: &str) {
    for told in [
        ask(world, "POST", "/tokeninfo", token, None).await,
        world
            .get(None, &format!("/oauth2/v3/tokeninfo?access_token={token}"))
            .await,
        form(world, "/tokeninfo", &[], [("access_token", token)].iter()).await,
    ] {
        let told = told.ok();
        assert_eq!(
            (&told["aud"], &told["email"]),
            (&json!(program.id), &json!("ada@example.org"))
        );
        let left: u64 = text(&told, "expires_in").parse().expect("a number");
        assert!((3500..=3600).contains(&left), "{left}");
    }
    let older = world
        .get(None, &format!("/oauth2/v2/tokeninfo?access_token={token}"))
        .await
        .ok();
    assert_eq!(
        (&older["audience"], older["expires_in"].is_u64()),
        (&json!(program.id), true)
    );
    let told = world.get(None, &format!("/tokeninfo?id_token={id_token}")).await.ok();
    assert_eq!((&told["aud"], &told["nonce"]), (&json!(program.id), &json!("n")));
    for path in [
        "/tokeninfo",
        "/tokeninfo?access_token=x",
        &format!("/tokeninfo?id_token={token}"),
    ] {
        error(&world.get(None, path).await, 400, "invalid_token");
    }
}

#[tokio::test]
async fn who_may_not_ask_who_somebody_is() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let named = world
        .person_with(
            "Bo",
            "openid".parse().map(|scope| Scopes::of(&[scope])).expect("a scope"),
        )
        .await;
    for path in ["/oauth2/v3/userinfo", "/oauth2/v2/userinfo"] {
        let nobody = world.get(None, path).await;
        assert_eq!(nobody.status, 401);
        assert!(nobody.head.contains("www-authenticate: Bearer"), "{}", nobody.head);
        assert_eq!(world.get(Some(&ada), path).await.status, 403, "for meetings alone");
        let told = world.get(Some(&named), path).await.ok();
        assert_eq!(
            told.as_object().map(serde_json::Map::len),
            Some(1),
            "openid alone gives the id alone: {told}"
        );
    }
    // A page of ours has a cookie, which is no token for an app.
    let browser = Browser::signed_in(&world, &ada).await;
    let answer = browser.ask(&world, "GET", "/oauth2/v3/userinfo", &Value::Null).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn where_everything_is_follows_from_the_name() {
    let world = World::new().await;
    let path = "/.well-known/openid-configuration";
    let own = world.get(None, path).await.ok();
    let public_url = world.running.public_url();
    assert_eq!(own["issuer"], public_url);
    let googles = world
        .send("GET", None, path, &[("host", "accounts.google.com")], "")
        .await
        .ok();
    assert_eq!(googles["issuer"], "https://accounts.google.com");
    for (field, path) in [
        ("authorization_endpoint", "/o/oauth2/v2/auth"),
        ("token_endpoint", "/token"),
        ("revocation_endpoint", "/revoke"),
        ("userinfo_endpoint", "/v1/userinfo"),
        ("jwks_uri", "/oauth2/v3/certs"),
    ] {
        assert!(text(&own, field).starts_with(public_url), "{field}");
        assert!(text(&googles, field).ends_with(&format!(".com{path}")), "{field}");
        for url in [text(&own, field), text(&googles, field)] {
            let (_, path) = url
                .split_once("://")
                .and_then(|(_, rest)| rest.split_once('/'))
                .expect("a path");
            let answer = world.get(None, &format!("/{path}")).await;
            assert_ne!(answer.status, 404, "{url}: {}", answer.text);
        }
    }
    let certificates = world.get(None, "/oauth2/v1/certs").await.ok();
    let certificates = certificates.as_object().expect("by the names of the keys");
    assert!(
        certificates
            .values()
            .all(|pem| pem.as_str().is_some_and(|pem| pem.contains("BEGIN CERTIFICATE")))
    );
    assert_eq!(world.post(None, path, &json!({})).await.status, 405);
}

#[tokio::test]
async fn tokens_are_had_and_given_back_at_googles_paths() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, &world.person("Ada").await).await;
    let program = Program::register(&world, AppKind::Web).await;
    for (path, revoke, method) in [
        ("/token", "/revoke", "POST"),
        ("/oauth2/v4/token", "/o/oauth2/revoke", "GET"),
        ("/oauth2/v3/token", "/oauth2/revoke", "POST"),
        ("/o/oauth2/token", "/revoke", "GET"),
    ] {
        let offline = [("access_type", "offline"), ("scope", EMAIL)];
        let code = program.code(&world, &browser, &offline).await;
        let refresh = text(&program.redeems(&world, &code, None).await.ok(), "refresh_token");
        let grant = [
            ("client_id", &*program.id),
            ("client_secret", &*program.secret),
            ("grant_type", "refresh_token"),
            ("refresh_token", &*refresh),
        ];
        assert_eq!(form(&world, path, &[], grant.iter()).await.ok()["scope"], EMAIL);
        assert_eq!(
            world
                .send(method, None, &format!("{revoke}?token={refresh}"), &[], "")
                .await
                .status,
            200
        );
        error(&form(&world, path, &[], grant.iter()).await, 400, "invalid_grant");
    }
}

/// People are signed in under the public URL, so a browser that comes by one of Google's names goes there.
#[tokio::test]
async fn a_person_is_asked_under_the_public_url() {
    let world = World::new().await;
    let program = Program::register(&world, AppKind::Web).await;
    let asks = program.asks(&[]);
    let (_, query) = asks.split_once('?').expect("a query");
    for path in ["/o/oauth2/v2/auth", "/o/oauth2/auth"] {
        let asked = format!("{path}?{query}");
        let named = [("host", "accounts.google.com")];
        let (there, kept) = location(&world.send("GET", None, &asked, &named, "").await);
        assert_eq!(there, format!("{}/oauth2/auth", world.running.public_url()));
        assert_eq!(value(&kept, "redirect_uri"), BACK);
        let (page, _) = location(&world.get(None, &asked).await);
        assert_eq!(page, "/consent", "by our own name it is asked here");
    }
}

/// An app that is a page of another origin: a browser asks first, and lets it read the answer.
#[tokio::test]
async fn pages_of_other_origins_get_tokens() {
    let world = World::new().await;
    let program = Program::register(&world, AppKind::Web).await;
    let origin = ("origin", "https://app.example.org");
    for (path, method, open) in [
        ("/oauth2/token", "POST", true),
        ("/token", "POST", true),
        ("/oauth2/revoke", "POST", true),
        ("/oauth2/v3/userinfo", "GET", true),
        ("/oauth2/v3/certs", "GET", true),
        ("/.well-known/openid-configuration", "GET", true),
        ("/oauth2/auth", "GET", false),
    ] {
        let asks_first = [
            origin,
            ("access-control-request-method", method),
            ("access-control-request-headers", "content-type,x-requested-with"),
        ];
        let preflight = world.send("OPTIONS", None, path, &asks_first, "").await;
        let answer = world.send(method, None, path, &[origin], "").await;
        for head in [&preflight.head, &answer.head] {
            assert_eq!(head.contains("access-control-allow-origin: *"), open, "{path}: {head}");
        }
        let allowed = preflight
            .head
            .contains("access-control-allow-headers: content-type,x-requested-with");
        assert_eq!((preflight.status == 204, allowed), (open, open), "{path}");
    }
    let refused = form(&world, "/oauth2/token", &[origin], [("client_id", &*program.id)].iter()).await;
    error(&refused, 400, "invalid_request");
    assert!(
        refused.head.contains("access-control-allow-origin: *"),
        "a page reads why"
    );
}
