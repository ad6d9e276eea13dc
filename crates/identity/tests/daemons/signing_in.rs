//! How a daemon gets a token, and what it is told when it does not.

use audit::By;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use db::testing::each_engine;
use identity::{OAuthCode, OAuthError};
use serde_json::{Value, json};

use crate::world::*;

/// The code and the number of a refusal.
fn told(answer: Result<String, OAuthError>) -> Result<(), (OAuthCode, Option<u32>)> {
    answer.map(drop).map_err(|error| (error.code, error.number))
}

#[tokio::test]
async fn by_a_secret() {
    each_engine(async |db| {
        let world = world(db).await;
        let other = world
            .identity
            .create_daemon("Other", ROLES, &By::command_line(NOW_US))
            .await
            .expect("made");
        let right = Ok(());
        let refused = |code, number: u32| Err((code, Some(number)));
        let scope = refused(OAuthCode::InvalidScope, 1_002_012);
        let wrong = refused(OAuthCode::InvalidClient, 7_000_215);
        let neither = refused(OAuthCode::InvalidClient, 7_000_216);
        let nobody = refused(OAuthCode::UnauthorizedClient, 700_016);
        let upper = world.daemon.client_id.to_uppercase();
        for (rows, expected) in [
            (&[][..], right),
            // What the libraries send with it.
            (
                &[("client_info", "1"), ("claims", "{}"), ("x-client-SKU", "MSAL.Python")],
                right,
            ),
            (&[("client_id", &*upper)], right),
            (&[("scope", "https://MEET.example.org//.default")], right),
            (
                &[(
                    "scope",
                    "https://graph.microsoft.com/.default openid profile offline_access",
                )],
                right,
            ),
            (&[("scope", "https://elsewhere.example.org/.default")], scope),
            (&[("scope", "https://meet.example.org/CallRecords.Read.All")], scope),
            (&[("scope", "openid")], scope),
            (&[("scope", "/.default")], scope),
            (&[("scope", "")], Err((OAuthCode::InvalidRequest, None))),
            (&[("client_secret", "wrong")], wrong),
            (&[("client_secret", &*"A".repeat(43))], wrong),
            (&[("client_secret", &*world.secret_id)], wrong),
            (&[("client_id", &*other.client_id)], wrong),
            (&[("client_secret", "")], neither),
            (&[("client_secret", ""), ("client_assertion", "x")], neither),
            (
                &[("client_assertion", "x"), ("client_assertion_type", ASSERTION_TYPE)],
                neither,
            ),
            (&[("client_id", "")], Err((OAuthCode::InvalidClient, None))),
            (&[("client_id", "100000000000000000001")], nobody),
            (&[("client_id", "821809f5-0000-4000-8000-3b5136c0e777")], nobody),
            (&[("grant_type", "")], Err((OAuthCode::InvalidRequest, None))),
            (
                &[("grant_type", "password")],
                refused(OAuthCode::UnsupportedGrantType, 70_003),
            ),
        ] {
            let answer = told(world.ask(&world.form(rows), NOW_US).await);
            assert_eq!(answer, expected, "{rows:?}");
        }
        let (last_us, over_us) = (NOW_US + 86_399 * SECOND_US, NOW_US + 86_400 * SECOND_US);
        assert_eq!(told(world.ask(&world.form(&[]), last_us).await), right);
        let expired = refused(OAuthCode::InvalidClient, 7_000_222);
        assert_eq!(told(world.ask(&world.form(&[]), over_us).await), expired);
    })
    .await;
}

#[tokio::test]
async fn by_a_certificate() {
    each_engine(async |db| {
        let world = world(db).await;
        let ours = &world.certificate;
        let (newer, older) = (ours.header(), ours.older_header());
        let time = Err((OAuthCode::InvalidClient, Some(700_024)));
        let audience = Err((OAuthCode::InvalidClient, Some(700_023)));
        let unsigned = Err((OAuthCode::InvalidClient, Some(700_027)));
        let malformed = Err((OAuthCode::InvalidClient, Some(50_013)));
        let tenant = world.identity.tenant().as_str();
        let elsewhere = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
        for (header, changes, expected) in [
            (&newer, json!({}), Ok(())),
            (&older, json!({}), Ok(())),
            (
                &json!({"alg": "RS256", "x5t#S256": newer["x5t#S256"]}),
                json!({}),
                Ok(()),
            ),
            (&newer, json!({"aud": world.identity.tenant_issuer()}), Ok(())),
            (
                &newer,
                json!({"iat": NOW, "jti": null, "nbf": null, "exp": NOW + 3600}),
                Ok(()),
            ),
            // Clocks differ.
            (&newer, json!({"nbf": NOW + 299, "exp": NOW - 299}), Ok(())),
            (&newer, json!({"exp": NOW - 300}), time),
            (&newer, json!({"nbf": NOW + 301}), time),
            (&newer, json!({"iat": NOW + 301}), time),
            (&newer, json!({"exp": NOW + 3600 + 301}), time),
            (
                &newer,
                json!({"aud": "https://meet.example.org/oauth2/token"}),
                audience,
            ),
            (&newer, json!({"aud": elsewhere}), audience),
            (&newer, json!({"aud": null}), malformed),
            (&newer, json!({"exp": null}), malformed),
            (
                &newer,
                json!({"iss": "821809f5-0000-4000-8000-3b5136c0e777"}),
                malformed,
            ),
            (&newer, json!({"sub": "somebody"}), malformed),
            (&json!({"alg": "PS256"}), json!({}), unsigned),
            (&json!({"alg": "PS256", "x5t": "AAAA"}), json!({}), unsigned),
            (&json!({"alg": "PS256", "x5t": "!"}), json!({}), malformed),
            (&json!({"alg": "none", "x5t": older["x5t"]}), json!({}), unsigned),
            (&json!({"alg": "HS256", "x5t": older["x5t"]}), json!({}), unsigned),
            (
                &json!({"alg": "PS256", "x5t": older["x5t"], "crit": ["x"]}),
                json!({}),
                unsigned,
            ),
        ] {
            let assertion = ours.sign(header, &world.claims(&changes));
            let answer = told(world.ask_by(&assertion, NOW_US).await);
            assert_eq!(answer, expected, "{header} {changes}");
        }
        for broken in ["", "x", "a.b", "a.b.c", "....", &"a".repeat(20_000)] {
            let answer = told(world.ask_by(broken, NOW_US).await);
            let expected = if broken.is_empty() {
                Err((OAuthCode::InvalidClient, Some(7_000_216)))
            } else {
                malformed
            };
            assert!(answer == expected || broken.len() > 16_000, "{broken:.20}: {answer:?}");
        }
        // Another's key under our fingerprint, and a message that is not the one which was signed.
        let theirs = Certificate::make([2020, 2036]);
        let claims = world.claims(&json!({}));
        assert_eq!(
            told(world.ask_by(&theirs.sign(&newer, &claims), NOW_US).await),
            unsigned
        );
        assert_eq!(
            told(world.ask_by(&theirs.sign(&theirs.header(), &claims), NOW_US).await),
            unsigned
        );
    })
    .await;
}

/// Python's library for programs that wait for many things at once leaves the padding of base64 where it is, and in the
/// fingerprint too.
#[tokio::test]
async fn by_an_assertion_with_padding() {
    each_engine(async |db| {
        let world = world(db).await;
        let mut header = world.certificate.header();
        let fingerprint = header["x5t#S256"].as_str().expect("a text").to_owned();
        header["x5t#S256"] = Value::from(fingerprint + "=");
        let padded = |text: &[u8]| URL_SAFE.encode(text);
        let message = [&header, &world.claims(&json!({}))].map(|part| padded(part.to_string().as_bytes()));
        let message = message.join(".");
        let signature = world.certificate.pss_signature(message.as_bytes());
        let assertion = format!("{message}.{}", padded(&signature));
        assert!(assertion.contains('='), "{assertion}");
        assert_eq!(told(world.ask_by(&assertion, NOW_US).await), Ok(()));
    })
    .await;
}

/// Microsoft's libraries keep an assertion with its `jti`, and send it with each request of ten minutes.
#[tokio::test]
async fn an_assertion_may_come_again_until_it_expires() {
    each_engine(async |db| {
        let world = world(db).await;
        let assertion = world
            .certificate
            .sign(&world.certificate.header(), &world.claims(&json!({})));
        for _ in 0..3 {
            assert_eq!(told(world.ask_by(&assertion, NOW_US).await), Ok(()));
        }
        let over_us = NOW_US + (600 + 300) * SECOND_US;
        let expired = Err((OAuthCode::InvalidClient, Some(700_024)));
        assert_eq!(told(world.ask_by(&assertion, over_us).await), expired);
    })
    .await;
}

#[tokio::test]
async fn there_is_one_tenant_for_ever() {
    each_engine(async |db| {
        let world = world(db.clone()).await;
        let tenant = world.identity.tenant().clone();
        let again = identity::Identity::open(db).await.expect("opens");
        assert_eq!(*again.tenant(), tenant);
        for (named, ours) in [
            (tenant.as_str(), true),
            (&*tenant.as_str().to_uppercase(), true),
            ("821809f5-0000-4000-8000-3b5136c0e777", false),
            ("organizations", false),
            ("common", false),
            ("", false),
        ] {
            let checked = again.check_tenant(named).map_err(|error| (error.code, error.number));
            let refused = Err((OAuthCode::InvalidRequest, Some(90_002)));
            assert_eq!(checked, if ours { Ok(()) } else { refused }, "{named}");
        }
    })
    .await;
}
