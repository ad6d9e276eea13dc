//! The applications themselves: how they are made, and how they prove which one they are.

use audit::By;
use base64::{Engine, engine::general_purpose::STANDARD};
use db::testing::each_engine;
use identity::{AppError, AppKind, NewApp, OAuthCode, Page, TokenRequest};

use crate::world::*;

#[tokio::test]
async fn a_client_proves_which_one_it_is() {
    each_engine(async |db| {
        let world = world(db).await;
        let public = NewApp {
            kind: AppKind::Installed,
            name: "With a public secret",
            redirect_uris: &[],
            secret: true,
        };
        let (public, public_secret) = world
            .identity
            .create_app(public, &By::command_line(NOW_US))
            .await
            .expect("made");
        let (right, public_secret) = (world.web_secret.expose(), public_secret.expect("asked for").expose());
        let (web, installed, public) = (&*world.web.client_id, &*world.installed.client_id, &*public.client_id);
        let basic = |id: &str, secret: &str| Some(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
        // Whoever is believed is told that their refresh token is unknown.
        let believed = OAuthCode::InvalidGrant;
        for (client_id, secret, header, expected) in [
            (web, &*right, None, believed),
            ("", "", basic(web, &right), believed),
            (web, "", None, OAuthCode::InvalidClient),
            (web, "wrong", None, OAuthCode::InvalidClient),
            (web, &public_secret, None, OAuthCode::InvalidClient),
            ("", "", basic(web, ""), OAuthCode::InvalidClient),
            (installed, "", None, believed),
            (installed, "a secret that it has not", None, OAuthCode::InvalidClient),
            (public, "", None, believed),
            (public, &public_secret, None, believed),
            (public, &right, None, OAuthCode::InvalidClient),
            ("nobody", "", None, OAuthCode::InvalidClient),
            ("", "", None, OAuthCode::InvalidClient),
            (web, &right, basic(web, &right), OAuthCode::InvalidRequest),
        ] {
            let form = encoded(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", &"A".repeat(43)),
                ("client_id", client_id),
                ("client_secret", secret),
            ]);
            let request = TokenRequest {
                authorization: header.as_deref(),
                ..token_request(&form)
            };
            let refused = world.identity.token(request, &By::command_line(NOW_US)).await;
            let refused = refused.expect_err("refused");
            assert_eq!(refused.code, expected, "{client_id} {secret} {header:?}: {refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn applications_are_checked_and_listed() {
    each_engine(async |db| {
        let world = world(db).await;
        let uris = |uris: &[&str]| uris.iter().map(|&uri| uri.to_owned()).collect::<Vec<_>>();
        for (kind, name, redirect_uris, expected) in [
            (AppKind::Web, "\n", uris(&[WEB_URI]), "a name is required"),
            (AppKind::Web, "App", uris(&[]), "a web application needs at least one redirect URI"),
            (AppKind::Web, "App", uris(&[WEB_URI; 21]), "there are too many: delete one first"),
            (
                AppKind::Web,
                "App",
                uris(&[WEB_URI, "http://example.org/"]),
                "\"http://example.org/\" cannot be a redirect URI: it must begin with https, unless it is on this machine",
            ),
        ] {
            let new = NewApp {
                kind,
                name,
                redirect_uris: &redirect_uris,
                secret: false,
            };
            let refused = world.identity.create_app(new, &By::command_line(NOW_US)).await.expect_err("refused");
            assert_eq!(refused.to_string(), expected);
        }
        world.identity.create_service_account("robot", &By::command_line(NOW_US)).await.expect("made");
        let mut expected = vec![world.web.clone(), world.installed.clone()];
        expected.sort_by(|a, b| a.client_id.cmp(&b.client_id));
        let listing = world.identity.list_apps(Page::default()).await.expect("reads");
        assert_eq!((listing.items, listing.next), (expected, None));
        let refused = world.identity.delete_app("nobody", &By::command_line(NOW_US)).await;
        assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");

        let identity = world.identity.clone().with_public_url("https://meet.example.org/");
        let read = |file: &str| serde_json::from_str::<serde_json::Value>(file).expect("JSON");
        let installed = read(&identity.client_file(&world.installed, None));
        assert_eq!(installed["installed"]["redirect_uris"], serde_json::json!(["http://localhost"]));
        let file = read(&identity.client_file(&world.web, Some(&world.web_secret)));
        let expected = serde_json::json!({"web": {
            "client_id": world.web.client_id,
            "project_id": "sederunt",
            "auth_uri": "https://meet.example.org/oauth2/auth",
            "token_uri": "https://meet.example.org/oauth2/token",
            "client_secret": world.web_secret.expose(),
            "redirect_uris": [WEB_URI],
        }});
        assert_eq!(file, expected);
    })
    .await;
}
