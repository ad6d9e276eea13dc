//! What service accounts sign: which of it becomes a token, or is one.

use audit::By;
use db::testing::each_engine;
use identity::{Fault, OAuthCode, Permission, ProjectRole, Scope, Scopes, limits};
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn an_assertion_becomes_a_token() {
    each_engine(async |db| {
        let world = world(db).await;
        let both = format!("{READONLY} {CREATED}");
        // Nobody is impersonated: it is the service account itself, which may do nothing yet.
        let google = "https://oauth2.googleapis.com/token";
        for changes in [
            json!({}),
            json!({"aud": google}),
            json!({"aud": "https://www.googleapis.com/oauth2/v4/token"}),
            json!({"aud": "https://www.googleapis.com/oauth2/v3/token"}),
            json!({"aud": "https://accounts.google.com/o/oauth2/token"}),
            json!({"sub": world.key.email}),
            json!({"sub": ""}),
            // What only Google has is left out.
            json!({"scope": format!("https://www.googleapis.com/auth/calendar {READONLY} https://mail.google.com/")}),
        ] {
            let response = world.exchange(&world.key.assertion(&changes)).await.expect("issued");
            assert_eq!(
                (response.expires_in, &*response.scope, &response.refresh_token),
                (3600, READONLY, &None)
            );
            let principal = world.caller(&response.access_token, NOW_US).await.expect("valid");
            assert_eq!(principal.caller, world.robot());
            assert_eq!(
                (principal.user(), principal.app.as_ref()),
                (None, Some(&world.robot.client_id))
            );
            assert_eq!(principal.scopes, Scopes::of(&[Scope::SpaceReadonly]));
        }
        // Libraries that do not name their key.
        let unnamed = world.key.sign(&json!({"alg": "RS256"}), &world.key.claims(&json!({})));
        world.exchange(&unnamed).await.expect("issued");

        let for_ada = |scope: &str| world.key.assertion(&json!({"sub": "Ada@example.org", "scope": scope}));
        let code = async |scope: &str| world.exchange(&for_ada(scope)).await.map_err(|error| error.code);
        assert_eq!(code(READONLY).await, Err(OAuthCode::UnauthorizedClient));
        let readonly = Scopes::of(&[Scope::SpaceReadonly]);
        let client_id = &world.robot.client_id;
        world
            .identity
            .grant_delegation(client_id, readonly, &By::command_line(NOW_US))
            .await
            .expect("granted");
        assert_eq!(
            code(&both).await,
            Err(OAuthCode::UnauthorizedClient),
            "more than was granted"
        );
        let token = code(READONLY).await.expect("issued").access_token;
        let principal = world.caller(&token, NOW_US).await.expect("valid");
        assert_eq!(
            (principal.user(), principal.app.as_ref()),
            (Some(&world.ada), Some(client_id))
        );
        assert_eq!(principal.scopes, readonly);
        let nobody = world.key.assertion(&json!({"sub": "nobody@example.org"}));
        assert_eq!(
            world.exchange(&nobody).await.expect_err("unknown").code,
            OAuthCode::InvalidGrant
        );
    })
    .await;
}

/// What the two kinds of clients of the contract for calls sign, and a third that asks at our own path.
#[tokio::test]
async fn a_service_account_of_a_project_signs_in_for_calls() {
    each_engine(async |db| {
        let world = world(db).await;
        let (identity, by) = (&world.identity, By::command_line(NOW_US));
        identity.create_project("support", "Support", &by).await.expect("new");
        let made = identity
            .create_project_service_account("robot", "support", ProjectRole::Editor, &by)
            .await;
        let robot = made.expect("made");
        let key = Key::read(&identity.create_key(&robot.client_id, &by).await.expect("made"));
        let voice = "https://api.enfonica.com/auth/voice";
        let service = |host: &str, name: &str| format!("https://{host}/enfonica.voice.v1beta1.{name}");
        let vendors = "https://oauth2.api.enfonica.com/token";
        for changes in [
            json!({"aud": vendors, "sub": key.email, "scope": service("voice.api.enfonica.com", "Recordings")}),
            json!({"aud": vendors, "sub": key.email, "scope": service("meet.example.org", "Calls")}),
            json!({"aud": vendors, "scope": voice}),
            json!({"aud": vendors, "scope": format!("https://api.enfonica.com/auth/messaging {voice}")}),
            json!({"aud": "https://meet.example.org/token", "scope": voice}),
            json!({"scope": "voice"}),
        ] {
            let response = world.exchange(&key.assertion(&changes)).await.expect("issued");
            assert_eq!(
                (&*response.scope, response.expires_in, response.token_type),
                (voice, 3600, "Bearer")
            );
            let caller = world.caller(&response.access_token, NOW_US).await.expect("valid");
            let may = async |project: &str, permission| {
                let permission = Permission(permission);
                identity
                    .may_in_project(&caller, project, permission)
                    .await
                    .expect("reads")
            };
            assert!(may("support", "voice.recordings.delete").await);
            assert!(!may("support", "voice.sipDomains.create").await);
            assert!(!may("sales", "voice.calls.get").await);
        }
        let numbers = "https://numbering.api.enfonica.com/enfonica.numbering.v1beta1.PhoneNumberInstances";
        let changes =
            json!({"aud": vendors, "scope": format!("{numbers} {}", service("voice.api.enfonica.com", "Calls"))});
        let response = world.exchange(&key.assertion(&changes)).await.expect("issued");
        assert_eq!(
            response.scope,
            format!("{voice} https://api.enfonica.com/auth/numbering")
        );
        for (changes, code, description) in [
            (
                json!({"scope": "https://messaging.api.enfonica.com/enfonica.messaging.v1.Messages"}),
                OAuthCode::InvalidScope,
                "no such scope",
            ),
            (
                json!({"scope": "enfonica.voice.v1beta1.Calls"}),
                OAuthCode::InvalidScope,
                "no such scope",
            ),
            (json!({"scope": null}), OAuthCode::InvalidScope, "No scope"),
            (
                json!({"aud": "https://oauth2.api.enfonica.com/tokens", "scope": voice}),
                OAuthCode::InvalidGrant,
                "token endpoint",
            ),
            (
                json!({"sub": "ada@example.org", "scope": voice}),
                OAuthCode::UnauthorizedClient,
                "delegation",
            ),
            (
                json!({"iss": "robot@sales.iam.internal", "scope": voice}),
                OAuthCode::InvalidGrant,
                "not signed",
            ),
        ] {
            let refused = world.exchange(&key.assertion(&changes)).await.expect_err("refused");
            let told = serde_json::to_value(&refused).expect("JSON");
            assert_eq!(refused.code, code, "{changes}: {told}");
            assert!(
                told["error_description"]
                    .as_str()
                    .expect("a text")
                    .contains(description),
                "{changes}: {told}"
            );
        }
        // With a delegation it acts for people, and then may what they may.
        let delegation = Scopes::of(&[Scope::Voice]);
        identity
            .grant_delegation(&robot.client_id, delegation, &by)
            .await
            .expect("granted");
        let for_ada = key.assertion(&json!({"aud": vendors, "sub": "ada@example.org", "scope": voice}));
        let token = world.exchange(&for_ada).await.expect("issued").access_token;
        let caller = world.caller(&token, NOW_US).await.expect("valid");
        assert_eq!(caller.user(), Some(&world.ada));
    })
    .await;
}

#[tokio::test]
async fn assertions_that_are_refused() {
    each_engine(async |db| {
        let world = world(db).await;
        let other = world.identity.create_service_account("other", &By::command_line(NOW_US)).await.expect("made");
        let other = Key::read(&world.identity.create_key(&other.client_id, &By::command_line(NOW_US)).await.expect("made"));
        let with = |changes: Value| world.key.assertion(&changes);
        let headed = |header: Value| world.key.sign(&header, &world.key.claims(&json!({})));
        let good = with(json!({}));
        let (signed, _) = good.rsplit_once('.').expect("three parts");
        let grant = OAuthCode::InvalidGrant;
        for (what, assertion, expected) in [
            ("nothing", String::new(), OAuthCode::InvalidRequest),
            ("no token", "x".to_owned(), grant),
            ("too long", format!("{good}{}", "A".repeat(limits::TOKEN_BYTES_MAX)), grant),
            ("unsigned", format!("{signed}."), grant),
            ("forged", format!("{signed}.{}", "A".repeat(342)), grant),
            ("no algorithm", headed(json!({"alg": "none", "kid": world.key.id})), grant),
            ("another algorithm", headed(json!({"alg": "RS512", "kid": world.key.id})), grant),
            ("a password", headed(json!({"alg": "HS256", "kid": world.key.id})), grant),
            ("another key", headed(json!({"alg": "RS256", "kid": other.id})), grant),
            ("something critical", headed(json!({"alg": "RS256", "kid": world.key.id, "crit": ["b64"]})), grant),
            ("somebody else's name", other.assertion(&json!({"iss": world.key.email})), grant),
            ("nobody's name", with(json!({"iss": "nobody@sederunt.iam.internal"})), grant),
            ("the client id for a name", with(json!({"iss": world.robot.client_id})), grant),
            ("an impossible name", with(json!({"iss": "\0"})), grant),
            ("no name", with(json!({"iss": null})), grant),
            ("another audience", with(json!({"aud": "https://example.org/token"})), grant),
            ("an API for an audience", with(json!({"aud": "https://meet.googleapis.com/"})), grant),
            ("no audience", with(json!({"aud": null})), grant),
            ("several audiences", with(json!({"aud": [TOKEN_URI]})), grant),
            ("expired", with(json!({"iat": NOW - 3900, "exp": NOW - 300})), grant),
            ("from the future", with(json!({"iat": NOW + 301, "exp": NOW + 400})), grant),
            ("not yet", with(json!({"nbf": NOW + 301})), grant),
            ("too long-lived", with(json!({"exp": NOW + 3901})), grant),
            ("for ever", with(json!({"exp": i64::MAX})), grant),
            ("since ever", with(json!({"iat": i64::MIN})), grant),
            ("no start", with(json!({"iat": null})), grant),
            ("no end", with(json!({"exp": null})), grant),
            ("no scope", with(json!({"scope": null})), OAuthCode::InvalidScope),
            ("an empty scope", with(json!({"scope": " "})), OAuthCode::InvalidScope),
            ("an unknown scope", with(json!({"scope": "calendar"})), OAuthCode::InvalidScope),
        ] {
            let refused = world.exchange(&assertion).await.expect_err(what);
            assert_eq!(refused.code, expected, "{what}: {refused}");
            assert!(refused.to_string().ends_with('.'), "{what}: {refused}");
        }
        // Clocks differ a little.
        for changes in [
            json!({"iat": NOW + 300, "exp": NOW + 3900}),
            json!({"nbf": NOW + 300}),
            json!({"iat": NOW - 3899, "exp": NOW - 299}),
            // Dated back by the library, and written with a fraction.
            json!({"iat": NOW - 30, "exp": NOW + 3600}),
            json!({"exp": NOW + 3900}),
            json!({"iat": 1_767_225_599.75, "exp": 1_767_229_200.25}),
        ] {
            world.exchange(&with(changes)).await.expect("issued");
        }
        let refused = world.exchange(&with(json!({"aud": "x"}))).await.expect_err("refused");
        assert_eq!(
            serde_json::to_value(&refused).expect("JSON"),
            json!({"error": "invalid_grant", "error_description": "The aud of the assertion is not this token endpoint."})
        );
    })
    .await;
}

/// An assertion with a name counts once, until it expires; one without counts until then, as Google's libraries mean it.
#[tokio::test]
async fn a_named_assertion_counts_once() {
    each_engine(async |db| {
        let world = world(db).await;
        let other = world
            .identity
            .create_service_account("other", &By::command_line(NOW_US))
            .await
            .expect("made");
        let other = Key::read(
            &world
                .identity
                .create_key(&other.client_id, &By::command_line(NOW_US))
                .await
                .expect("made"),
        );
        let named = json!({"jti": "one"});
        let refused_us = NOW_US + (3600 + 300) * 1_000_000 - 1;
        for (what, assertion, now_us, counts) in [
            ("without a name", world.key.assertion(&json!({})), NOW_US, true),
            ("again", world.key.assertion(&json!({})), NOW_US, true),
            ("by its name", world.key.assertion(&named), NOW_US, true),
            ("again", world.key.assertion(&named), NOW_US, false),
            ("to the last moment", world.key.assertion(&named), refused_us, false),
            (
                "another name",
                world.key.assertion(&json!({"jti": "two"})),
                NOW_US,
                true,
            ),
            ("somebody else's", other.assertion(&named), NOW_US, true),
            (
                "wrongly addressed",
                world.key.assertion(&json!({"jti": "three", "aud": "x"})),
                NOW_US,
                false,
            ),
            (
                "which used nothing up",
                world.key.assertion(&json!({"jti": "three"})),
                NOW_US,
                true,
            ),
        ] {
            let answer = world.exchange_at(&assertion, now_us).await;
            assert_eq!(answer.is_ok(), counts, "{what}: {answer:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn tokens_that_service_accounts_sign_themselves() {
    each_engine(async |db| {
        let world = world(db).await;
        let all = Scopes::ALL;
        let readonly = Scopes::of(&[Scope::SpaceReadonly]);
        for (changes, expected) in [
            (json!({"aud": "https://meet.googleapis.com/", "scope": null}), Ok(all)),
            (json!({"aud": "https://people.googleapis.com/", "scope": null}), Ok(all)),
            (json!({"aud": "https://meet.example.org/", "scope": null}), Ok(all)),
            (json!({"aud": "https://meet.example.org", "scope": null}), Ok(all)),
            (json!({"aud": null}), Ok(readonly)),
            (json!({"aud": null, "sub": world.key.email}), Ok(readonly)),
            (json!({"aud": "https://meet.googleapis.com/"}), Ok(readonly)),
            (json!({"aud": null, "scope": null}), Err(Fault::WrongAudience)),
            (
                json!({"aud": "https://drive.googleapis.com/"}),
                Err(Fault::WrongAudience),
            ),
            (json!({"aud": TOKEN_URI}), Err(Fault::WrongAudience)),
            (
                json!({"aud": null, "sub": "ada@example.org"}),
                Err(Fault::WrongAudience),
            ),
            (json!({"aud": null, "exp": NOW + 3901}), Err(Fault::TooLongLived)),
            (
                json!({"aud": null, "iat": NOW - 3900, "exp": NOW - 300}),
                Err(Fault::Expired),
            ),
            (json!({"aud": null, "iat": NOW + 301}), Err(Fault::NotYetValid)),
            (
                json!({"aud": null, "iss": "nobody@sederunt.iam.internal"}),
                Err(Fault::UnknownKey),
            ),
            (json!({"aud": null, "iss": null}), Err(Fault::Malformed)),
        ] {
            let token = world.key.assertion(&changes);
            for _ in ["checked", "remembered"] {
                let principal = world.caller(&token, NOW_US).await;
                let found = principal.map(|principal| {
                    assert_eq!(principal.caller, world.robot(), "{changes}");
                    assert_eq!(principal.app.as_ref(), Some(&world.robot.client_id));
                    principal.scopes
                });
                assert_eq!(found, expected, "{changes}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_service_account_shows_others_who_it_is() {
    each_engine(async |db| {
        let world = world(db).await;
        let check = async |changes: Value, scope: &str| {
            let response = world.exchange(&world.key.assertion(&changes)).await.expect("issued");
            assert_eq!(response.scope, scope, "{changes}");
            let principal = world.caller(&response.access_token, NOW_US).await.expect("valid");
            assert_eq!(principal.scopes.to_string(), scope, "{changes}");
            let token = response.id_token.expect("it was asked for");
            let told = world.identity.id_token_info(&token, NOW_US).await.expect("keys");
            let expected = json!({
                "iss": world.identity.public_url(), "aud": "https://app.example", "azp": world.robot.client_id,
                "sub": world.robot.client_id, "email": world.robot.email, "email_verified": true,
                "iat": NOW, "exp": NOW + 3600,
            });
            assert_eq!(told, Some(expected), "{changes}");
            world.caller(&token, NOW_US).await.expect_err("it opens nothing here");
        };
        check(json!({"target_audience": "https://app.example", "scope": null}), "").await;
        check(json!({"target_audience": "https://app.example", "scope": " "}), "").await;
        check(json!({"target_audience": "https://app.example"}), READONLY).await;
        let response = world.exchange(&world.key.assertion(&json!({}))).await.expect("issued");
        assert_eq!(response.id_token, None, "nobody asked for one");
        for (changes, expected) in [
            (json!({"target_audience": "", "scope": null}), OAuthCode::InvalidScope),
            (
                json!({"target_audience": "https://app.example", "sub": "ada@example.org"}),
                OAuthCode::UnauthorizedClient,
            ),
        ] {
            let refused = world
                .exchange(&world.key.assertion(&changes))
                .await
                .map_err(|error| error.code);
            assert_eq!(refused, Err(expected), "{changes}");
        }
    })
    .await;
}
