//! How an application loses what it was given.

use audit::By;
use db::testing::each_engine;
use identity::{Fault, OAuthCode, limits};

use crate::world::*;

/// Whatever a token came from can be taken away, and the token with it.
#[tokio::test]
async fn tokens_that_were_taken_back() {
    each_engine(async |db| {
        let world = world(db).await;
        let tokens = async || {
            let code = world.code(&world.web, &[("access_type", "offline")]).await;
            let response = world.redeem(&world.web, &code).await.expect("redeemed");
            (response.access_token, response.refresh_token.expect("asked for"))
        };
        let gone = async |(access, refresh): (String, String), fault| {
            assert_eq!(
                world.refresh(&world.web, &refresh, &[]).await,
                Err(OAuthCode::InvalidGrant)
            );
            assert_eq!(world.caller(&access, NOW_US).await, Err(fault));
        };
        let given = tokens().await;
        world.caller(&given.0, NOW_US).await.expect("valid, and now remembered");
        let (ada, client_id) = (&world.ada.id, &world.web.client_id);

        let another = format!("{client_id}\0");
        let by = By::command_line(NOW_US);
        world
            .identity
            .revoke_consent(ada, &another, &by)
            .await
            .expect("nothing to do");
        world.caller(&given.0, NOW_US).await.expect("another app's");
        world
            .identity
            .revoke_consent(ada, client_id, &By::command_line(NOW_US))
            .await
            .expect("taken back");
        gone(given.clone(), Fault::Revoked).await;

        let by_refresh = tokens().await;
        for nothing in ["", "x", &"A".repeat(43), &by_refresh.0[1..]] {
            world
                .identity
                .revoke(nothing, &By::command_line(NOW_US))
                .await
                .expect("nothing to do");
        }
        world.caller(&by_refresh.0, NOW_US).await.expect("valid");
        world
            .identity
            .revoke(&by_refresh.1, &By::command_line(NOW_US))
            .await
            .expect("given back");
        gone(by_refresh, Fault::Revoked).await;

        let by_access = tokens().await;
        world
            .identity
            .revoke(&by_access.0, &By::command_line(NOW_US))
            .await
            .expect("given back");
        gone(by_access, Fault::Revoked).await;

        // A new consent does not revive what the old one gave.
        let later_us = NOW_US + 2 * SECOND_US;
        let question = world
            .identity
            .authorization(&World::question(&world.web, &[]))
            .await
            .expect("in order");
        world
            .identity
            .approve(&question, &world.ada, &By::command_line(later_us))
            .await
            .expect("approved");
        assert_eq!(world.caller(&given.0, LATER_US).await, Err(Fault::Revoked));
        world
            .identity
            .revoke_consent(ada, client_id, &By::command_line(NOW_US))
            .await
            .expect("taken back");

        let of_app = tokens().await;
        let pending = world.code(&world.web, &[]).await;
        world
            .identity
            .delete_app(client_id, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        assert_eq!(world.redeem(&world.web, &pending).await, Err(OAuthCode::InvalidClient));
        assert_eq!(world.caller(&of_app.0, LATER_US).await, Err(Fault::Revoked));
        assert_eq!(world.identity.app(client_id).await.expect("reads"), None);

        let code = world.code(&world.installed, &[]).await;
        let response = world.redeem(&world.installed, &code).await.expect("redeemed");
        world
            .identity
            .delete_user(ada, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        assert_eq!(
            world.caller(&response.access_token, LATER_US).await,
            Err(Fault::Revoked)
        );
        let refresh = response.refresh_token.expect("installed applications get one");
        assert_eq!(
            world.refresh(&world.installed, &refresh, &[]).await,
            Err(OAuthCode::InvalidGrant)
        );
    })
    .await;
}

/// A user may use an application on many machines, and not on endlessly many.
#[tokio::test]
async fn the_oldest_refresh_token_makes_room() {
    each_engine(async |db| {
        let world = world(db).await;
        let mut tokens = Vec::new();
        for number in 0..=limits::REFRESH_TOKENS_MAX {
            let code = world.code(&world.installed, &[]).await;
            let form = World::redeeming(&world.installed, &code);
            let response = world
                .token(&world.installed, &form, NOW_US + number)
                .await
                .expect("redeemed");
            tokens.push(response.refresh_token.expect("installed applications get one"));
        }
        assert_eq!(
            world.refresh(&world.installed, &tokens[0], &[]).await,
            Err(OAuthCode::InvalidGrant)
        );
        for token in [&tokens[1], tokens.last().expect("many")] {
            world.refresh(&world.installed, token, &[]).await.expect("kept");
        }
    })
    .await;
}
