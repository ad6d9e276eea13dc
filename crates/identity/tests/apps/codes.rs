//! Codes: what they become, for whom, and how often.

use audit::By;
use db::testing::each_engine;
use identity::{AppKind, AuthorizationError, Fault, NewApp, OAuthCode, limits};

use crate::world::*;

#[tokio::test]
async fn a_code_becomes_a_token_that_acts_for_the_user_through_the_application() {
    each_engine(async |db| {
        let world = world(db).await;
        for app in [&world.web, &world.installed] {
            let question = World::question(
                app,
                &[
                    ("state", "a b&c"),
                    ("access_type", "offline"),
                    ("login_hint", "ada@example.org"),
                ],
            );
            let request = world.identity.authorization(&question).await.expect("in order");
            assert_eq!(
                (&request.app, request.login_hint.as_deref()),
                (app, Some("ada@example.org"))
            );
            assert!(!world.identity.has_consented(&request, &world.ada).await.expect("reads"));
            let address = world
                .identity
                .approve(&request, &world.ada, &By::command_line(NOW_US))
                .await
                .expect("approved");
            assert!(address.starts_with(if app.kind == AppKind::Web {
                WEB_URI
            } else {
                LOOPBACK_URI
            }));
            assert_eq!(parameter(&address, "state").as_deref(), Some("a b&c"));
            // Remembered; but an installed application could be any program that uses its name.
            let remembered = world.identity.has_consented(&request, &world.ada).await.expect("reads");
            assert_eq!(remembered, app.kind == AppKind::Web);

            let code = parameter(&address, "code").expect("a code");
            let response = world.redeem(app, &code).await.expect("redeemed");
            assert_eq!(
                (response.expires_in, response.token_type, &*response.scope),
                (3600, "Bearer", READONLY)
            );
            let principal = world.caller(&response.access_token, NOW_US).await.expect("valid");
            assert_eq!(principal.user(), Some(&world.ada));
            assert_eq!(
                (principal.scopes.to_string(), principal.app.as_ref()),
                (READONLY.to_owned(), Some(&app.client_id))
            );
            assert!(!principal.is_first_party());

            let refresh = response.refresh_token.expect("it was asked for");
            let again = world.refresh(app, &refresh, &[]).await.expect("refreshed");
            world
                .refresh(app, &refresh, &[("scope", READONLY)])
                .await
                .expect("refreshed");
            assert_eq!(
                world.refresh(app, &refresh, &[("scope", CREATED)]).await,
                Err(OAuthCode::InvalidScope)
            );
            assert_eq!(
                world.caller(&again.access_token, NOW_US + 3600 * SECOND_US).await,
                Err(Fault::Expired)
            );
        }
        let once = world.code(&world.web, &[]).await;
        assert_eq!(
            world.redeem(&world.web, &once).await.expect("redeemed").refresh_token,
            None,
            "not asked for"
        );
    })
    .await;
}

/// An installed application with a secret may leave PKCE out, unless the operator insists; its code then takes the secret.
#[tokio::test]
async fn a_secret_stands_in_for_pkce() {
    each_engine(async |db| {
        let world = world(db).await;
        let new = NewApp {
            kind: AppKind::Installed,
            name: "Older",
            redirect_uris: &[],
            secret: true,
        };
        let made = world.identity.create_app(new, &By::command_line(NOW_US)).await;
        let (app, secret) = made.expect("made");
        let secret = secret.expect("asked for").expose();
        let question = encoded(&[
            ("response_type", "code"),
            ("client_id", &app.client_id),
            ("redirect_uri", "http://localhost:8085/"),
            ("scope", READONLY),
        ]);
        let insisting = world.identity.clone().with_pkce_required(true);
        let refused = insisting.authorization(&question).await;
        assert!(matches!(refused, Err(AuthorizationError::Redirect(_))), "{refused:?}");

        let request = world.identity.authorization(&question).await.expect("in order");
        let by = By::command_line(NOW_US);
        let address = world
            .identity
            .approve(&request, &world.ada, &by)
            .await
            .expect("approved");
        let code = parameter(&address, "code").expect("a code");
        let trade = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", "http://localhost:8085/"),
        ];
        for (what, more, expected) in [
            ("nothing", vec![], Some(OAuthCode::InvalidClient)),
            (
                "a verifier",
                vec![("code_verifier", VERIFIER)],
                Some(OAuthCode::InvalidClient),
            ),
            (
                "both",
                vec![("client_secret", &*secret), ("code_verifier", VERIFIER)],
                Some(OAuthCode::InvalidGrant),
            ),
            ("the secret", vec![("client_secret", &*secret)], None),
        ] {
            let answer = world.token(&app, &[&trade[..], &more].concat(), NOW_US).await;
            assert_eq!(answer.err(), expected, "{what}");
        }
    })
    .await;
}

/// A program that also asks for what only Google has gets what there is, and is told what that is.
#[tokio::test]
async fn scopes_of_other_services_are_left_out() {
    each_engine(async |db| {
        let world = world(db).await;
        let calendar = "https://www.googleapis.com/auth/calendar";
        let asked =
            format!("{calendar} {READONLY} https://www.googleapis.com/auth/drive.file https://mail.google.com/");
        let code = world
            .code(&world.web, &[("scope", &asked), ("access_type", "offline")])
            .await;
        let response = world.redeem(&world.web, &code).await.expect("redeemed");
        assert_eq!(response.scope, READONLY);
        let refresh = response.refresh_token.expect("it was asked for");
        for (scope, expected) in [
            (&*asked, Ok(READONLY)),
            (READONLY, Ok(READONLY)),
            (calendar, Err(OAuthCode::InvalidScope)),
            (&format!("{calendar} {CREATED}"), Err(OAuthCode::InvalidScope)),
        ] {
            let answer = world.refresh(&world.web, &refresh, &[("scope", scope)]).await;
            let found = answer.as_ref().map(|response| &*response.scope).map_err(|&code| code);
            assert_eq!(found, expected, "{scope}");
        }
    })
    .await;
}

#[tokio::test]
async fn codes_that_are_not_redeemed() {
    each_engine(async |db| {
        let world = world(db).await;
        let web_code = world.code(&world.web, &[]).await;
        let code = world.code(&world.installed, &[]).await;
        let expire_us = NOW_US + i64::try_from(limits::AUTHORIZATION_CODE_TTL.as_micros()).expect("minutes");
        let unknown = "A".repeat(43);
        let other_verifier = "another-verifier-of-forty-three-characters-";
        // Each with one thing that is not as it should be.
        for (what, name, value, expected) in [
            ("unknown", "code", &*unknown, OAuthCode::InvalidGrant),
            ("malformed", "code", "x", OAuthCode::InvalidGrant),
            ("missing", "code", "", OAuthCode::InvalidRequest),
            (
                "elsewhere",
                "redirect_uri",
                "http://127.0.0.1:1/",
                OAuthCode::InvalidGrant,
            ),
            ("nowhere", "redirect_uri", "", OAuthCode::InvalidRequest),
            ("no verifier", "code_verifier", "", OAuthCode::InvalidGrant),
            (
                "another verifier",
                "code_verifier",
                other_verifier,
                OAuthCode::InvalidGrant,
            ),
            (
                "another grant",
                "grant_type",
                "password",
                OAuthCode::UnsupportedGrantType,
            ),
            ("no grant", "grant_type", "", OAuthCode::InvalidRequest),
        ] {
            let mut pairs = World::redeeming(&world.installed, &code);
            for pair in pairs.iter_mut().filter(|pair| pair.0 == name) {
                pair.1 = value;
            }
            let refused = world.token(&world.installed, &pairs, NOW_US).await;
            assert_eq!(refused.err(), Some(expected), "{what}");
        }
        let right = World::redeeming(&world.installed, &code);
        let without_challenge = [
            World::redeeming(&world.web, &web_code),
            vec![("code_verifier", VERIFIER)],
        ]
        .concat();
        for (what, app, pairs, now_us, expected) in [
            ("too late", &world.installed, right, expire_us, OAuthCode::InvalidGrant),
            (
                "of another application",
                &world.web,
                World::redeeming(&world.web, &code),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "a verifier without a challenge",
                &world.web,
                without_challenge,
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "twice the client",
                &world.installed,
                vec![("client_id", "1")],
                NOW_US,
                OAuthCode::InvalidRequest,
            ),
        ] {
            assert_eq!(world.token(app, &pairs, now_us).await.err(), Some(expected), "{what}");
        }
        // None of that used them up.
        world.redeem(&world.installed, &code).await.expect("redeemed");
        world.redeem(&world.web, &web_code).await.expect("redeemed");
    })
    .await;
}

/// Of many who bring one code, one gets a token; and since the others had it too, all that it got is taken back. What
/// another code gave stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_works_once() {
    each_engine(async |db| {
        let world = std::sync::Arc::new(world(db).await);
        let of_another = world.code(&world.web, &[]).await;
        let of_another = world.redeem(&world.web, &of_another).await.expect("redeemed");
        for access_type in ["offline", "online"] {
            let code = world.code(&world.web, &[("access_type", access_type)]).await;
            let tries: Vec<_> = (0..8)
                .map(|_| {
                    let (world, code) = (world.clone(), code.clone());
                    tokio::spawn(async move { world.redeem(&world.web, &code).await })
                })
                .collect();
            let mut redeemed = Vec::new();
            for one in tries {
                match one.await.expect("no panic") {
                    Ok(response) => redeemed.push(response),
                    Err(code) => assert_eq!(code, OAuthCode::InvalidGrant),
                }
            }
            assert_eq!(redeemed.len(), 1);
            // The last of the others may have been refused before there was a token to take back.
            assert_eq!(world.redeem(&world.web, &code).await, Err(OAuthCode::InvalidGrant));
            let response = redeemed.remove(0);
            assert_eq!(
                world.caller(&response.access_token, NOW_US).await,
                Err(Fault::Revoked),
                "{access_type}"
            );
            if let Some(refresh) = response.refresh_token {
                let refused = world.refresh(&world.web, &refresh, &[]).await;
                assert_eq!(refused, Err(OAuthCode::InvalidGrant));
            }
        }
        world
            .caller(&of_another.access_token, LATER_US)
            .await
            .expect("its own code");
    })
    .await;
}

/// A code is forgotten once nothing of what it gave can still be valid, and not before.
#[tokio::test]
async fn an_access_token_outlives_its_code() {
    each_engine(async |db| {
        let world = world(db).await;
        let code = world.code(&world.web, &[]).await;
        let response = world.redeem(&world.web, &code).await.expect("redeemed");
        let last_us = NOW_US + 3600 * SECOND_US - 1;
        let question = world.identity.authorization(&World::question(&world.web, &[])).await;
        let approved = world
            .identity
            .approve(&question.expect("in order"), &world.ada, &By::command_line(last_us))
            .await;
        approved.expect("approved, and the old ones swept out");
        world
            .caller(&response.access_token, last_us)
            .await
            .expect("still valid");
    })
    .await;
}
