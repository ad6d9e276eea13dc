//! Who somebody is, as applications are told: ID tokens, the keys that sign them, and what a token is good for.

use std::collections::BTreeSet;

use audit::By;
use db::testing::each_engine;
use identity::{Credential, Expected, Identity, IssuerKeys, Profile, limits};
use serde_json::{Value, json};

use crate::world::*;

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";

/// The key set, as whoever checks tokens fetches it.
async fn published(world: &World, now_us: i64) -> (IssuerKeys, BTreeSet<String>) {
    let set = world.identity.openid_key_set(now_us).await.expect("keys");
    let ids = set.keys.iter().filter_map(|key| key.common.key_id.clone()).collect();
    let json = serde_json::to_vec(&set).expect("JSON");
    (IssuerKeys::parse(&json).expect("a key set"), ids)
}

#[tokio::test]
async fn an_id_token_says_what_the_scopes_allow() {
    each_engine(async |db| {
        let world = world(db).await;
        let (keys, _) = published(&world, NOW_US).await;
        for (scope, name, email) in [
            ("openid", None, None),
            ("openid profile", Some("Ada"), None),
            ("openid email", None, Some("ada@example.org")),
            ("openid profile email", Some("Ada"), Some("ada@example.org")),
        ] {
            let asked = [("scope", scope), ("nonce", "n-1"), ("access_type", "offline")];
            let code = world.code(&world.web, &asked).await;
            let response = world.redeem(&world.web, &code).await.expect("redeemed");
            let token = response.id_token.expect("openid was asked for");
            let expected = Expected {
                issuer: ISSUER,
                client_id: &world.web.client_id,
                nonce: "n-1",
            };
            let verified = keys.verify(&token, &expected, NOW_US).expect("it holds");
            assert_eq!(verified.subject, world.ada.id.as_str(), "{scope}");
            assert_eq!(
                (verified.name.as_deref(), verified.email.as_deref()),
                (name, email),
                "{scope}"
            );
            assert_eq!(verified.email_verified, email.is_some(), "{scope}");

            let refresh = response.refresh_token.expect("offline");
            let again = world.refresh(&world.web, &refresh, &[]).await.expect("refreshed");
            let claims = world
                .identity
                .id_token_info(&again.id_token.expect("as before"), NOW_US)
                .await;
            let claims = claims.expect("keys").expect("it holds");
            assert_eq!(
                (&claims["nonce"], &claims["aud"]),
                (&Value::Null, &json!(world.web.client_id))
            );
            // It says who somebody is, and opens nothing.
            let refused = world.identity.authenticate(Credential::Bearer(&token), NOW_US).await;
            refused.expect_err("no access token");
        }
        let code = world.code(&world.web, &[("scope", "profile email")]).await;
        let response = world.redeem(&world.web, &code).await.expect("redeemed");
        assert_eq!(response.id_token, None, "not asked for");
    })
    .await;
}

/// A key is published a period before it signs and one after, and is the same for every process.
#[tokio::test]
async fn keys_change_and_nobody_notices() {
    each_engine(async |db| {
        let another = Identity::open(db.clone()).await.expect("opens");
        let world = world(db).await;
        let period_us = i64::try_from(limits::OPENID_KEY_PERIOD.as_micros()).expect("days");
        let (_, first) = published(&world, NOW_US).await;
        assert_eq!(first.len(), 2, "its own and the next");
        let same = another.openid_certificates(NOW_US).await.expect("keys");
        assert_eq!(same.keys().cloned().collect::<BTreeSet<_>>(), first);
        assert!(
            same.values()
                .all(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----\n"))
        );

        let (_, second) = published(&world, NOW_US + period_us).await;
        assert!(second.is_superset(&first) && second.len() == 3, "{first:?} {second:?}");
        let (_, third) = published(&world, NOW_US + 2 * period_us).await;
        assert_eq!(
            (third.len(), third.intersection(&second).count()),
            (3, 2),
            "the oldest is gone"
        );
        // A server that was away for long begins again.
        let (_, later) = published(&world, NOW_US + 9 * period_us).await;
        assert_eq!((later.len(), later.intersection(&third).count()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn a_token_tells_what_it_is_good_for() {
    each_engine(async |db| {
        let world = world(db).await;
        let scope = format!("openid {EMAIL} {READONLY}");
        let code = world.code(&world.web, &[("scope", &scope)]).await;
        let response = world.redeem(&world.web, &code).await.expect("redeemed");
        let info = world
            .identity
            .token_info(&response.access_token, NOW_US + SECOND_US)
            .await;
        let info = info.expect("it holds");
        assert_eq!((info.expires_in, info.expire), (3599, NOW_US / SECOND_US + 3600));
        assert_eq!(info.principal.app.as_deref(), Some(&*world.web.client_id));
        let profile = Profile::of(&info.principal).expect("it may");
        assert_eq!(
            json!(profile),
            json!({"sub": world.ada.id.as_str(), "email": "ada@example.org", "email_verified": true})
        );
        let id_token = response.id_token.expect("openid was asked for");
        for (token, now_us) in [
            (&*id_token, NOW_US),
            ("x", NOW_US),
            (&response.access_token, NOW_US + 3600 * SECOND_US),
        ] {
            world
                .identity
                .token_info(token, now_us)
                .await
                .expect_err("no access token that holds");
        }
        for (token, now_us, holds) in [
            (&*id_token, NOW_US, true),
            (&id_token, NOW_US + 3600 * SECOND_US, false),
            (&id_token[1..], NOW_US, false),
            (&response.access_token, NOW_US, false),
            ("", NOW_US, false),
        ] {
            let told = world.identity.id_token_info(token, now_us).await.expect("keys");
            assert_eq!(told.is_some(), holds, "{token}");
        }
        let by = By::command_line(NOW_US);
        world
            .identity
            .revoke_consent(&world.ada.id, &world.web.client_id, &by)
            .await
            .expect("taken back");
        let refused = world.identity.token_info(&response.access_token, NOW_US).await;
        refused.expect_err("nothing is left of it");
    })
    .await;
}
