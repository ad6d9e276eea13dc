//! What an application may ask the user, and what is remembered of their answer.

use db::testing::each_engine;
use identity::{AuthorizationError, limits};

use crate::world::*;

#[tokio::test]
async fn questions_that_are_not_in_order() {
    each_engine(async |db| {
        let world = world(db).await;
        let (web, installed) = (&world.web.client_id, &world.installed.client_id);
        let ok = format!("response_type=code&scope=openid&client_id={web}&redirect_uri={WEB_URI}");
        world.identity.authorization(&ok).await.expect("in order");
        let challenge = "A".repeat(43);
        // Told to the user: the browser must not go where the question wants it.
        for query in [
            String::new(),
            format!("{ok}&client_id={web}"),
            ok.replace(web.as_str(), "100000000000000000000"),
            ok.replace(web.as_str(), "nobody"),
            ok.replace(WEB_URI, "https://evil.example.org/"),
            ok.replace(WEB_URI, LOOPBACK_URI),
            ok.replace(WEB_URI, ""),
            format!("{ok}&x={}", "y".repeat(limits::AUTHORIZATION_QUERY_BYTES_MAX)),
        ] {
            let refused = world.identity.authorization(&query).await.expect_err("refused");
            assert!(
                matches!(refused, AuthorizationError::Unusable(_)),
                "{query:.200} {refused:?}"
            );
        }
        // Told to the application.
        for (query, error) in [
            (ok.replace("=code", "=token"), "unsupported_response_type"),
            (ok.replace("=code", "="), "invalid_request"),
            (ok.replace("openid", ""), "invalid_request"),
            (ok.replace("openid", "+"), "invalid_scope"),
            (ok.replace("openid", "calendar+drive.file"), "invalid_scope"),
            (format!("{ok}&code_challenge={challenge}"), "invalid_request"),
            (
                format!("{ok}&code_challenge={challenge}&code_challenge_method=plain"),
                "invalid_request",
            ),
            (format!("{ok}&prompt=none+consent"), "invalid_request"),
            (
                ok.replace(web.as_str(), installed).replace(WEB_URI, LOOPBACK_URI),
                "invalid_request",
            ),
        ] {
            match world.identity.authorization(&format!("{query}&state=s")).await {
                Err(AuthorizationError::Redirect(address)) => {
                    assert_eq!(parameter(&address, "error").as_deref(), Some(error), "{query}");
                    assert_eq!(parameter(&address, "state").as_deref(), Some("s"), "{query}");
                    assert!(parameter(&address, "error_description").is_some_and(|text| text.ends_with('.')));
                }
                other => panic!("{query}: {other:?}"),
            }
        }
        let silent = world
            .identity
            .authorization(&format!("{ok}&prompt=none&state=s"))
            .await
            .expect("in order");
        assert!(silent.silent);
        for (address, error) in [
            (silent.refusal(), "access_denied"),
            (silent.consent_required(), "consent_required"),
            (silent.login_required(), "login_required"),
        ] {
            assert_eq!(parameter(&address, "error").as_deref(), Some(error));
            assert_eq!(parameter(&address, "state").as_deref(), Some("s"));
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_granted_is_remembered_and_widens() {
    each_engine(async |db| {
        let world = world(db).await;
        let both = format!("{CREATED} {READONLY}");
        world.code(&world.web, &[("scope", READONLY)]).await;
        for (more, known) in [
            (vec![("scope", READONLY)], true),
            (vec![("scope", &*both)], false),
            (vec![("scope", CREATED)], false),
            (vec![("scope", READONLY), ("prompt", "consent")], false),
        ] {
            let question = World::question(&world.web, &more);
            let request = world.identity.authorization(&question).await.expect("in order");
            let consented = world.identity.has_consented(&request, &world.ada).await.expect("reads");
            assert_eq!(consented, known, "{more:?}");
        }
        let narrow = world.code(&world.web, &[("scope", CREATED)]).await;
        let wide = world
            .code(&world.web, &[("scope", CREATED), ("include_granted_scopes", "true")])
            .await;
        for (code, scope) in [(narrow, CREATED), (wide, &both)] {
            assert_eq!(world.redeem(&world.web, &code).await.expect("redeemed").scope, scope);
        }
        let question = World::question(&world.web, &[("scope", &*both)]);
        let request = world.identity.authorization(&question).await.expect("in order");
        let consented = world.identity.has_consented(&request, &world.ada).await.expect("reads");
        assert!(consented, "what was allowed at two times is allowed together");
    })
    .await;
}
