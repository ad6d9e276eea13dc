//! Service accounts and their keys: how they are made, listed and ended.

use audit::By;
use base64::{Engine, engine::general_purpose::STANDARD};
use db::testing::each_engine;
use identity::{AppError, Fault, OAuthCode, Page, ProjectError, ProjectRole, Scope, Scopes, limits};
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn a_key_file_is_as_google_has_it_and_its_secret_stays_out_of_the_database() {
    each_engine(async |db| {
        let world = world(db.clone()).await;
        let file = world
            .identity
            .create_key(&world.robot.client_id, &By::command_line(NOW_US + 1))
            .await
            .expect("made");
        assert_eq!(format!("{file:?}"), format!("KeyFile({}, …)", file.id));
        let mut contents: Value = serde_json::from_str(file.json()).expect("JSON");
        let pem = contents["private_key"].take();
        let pem = pem.as_str().expect("a text");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("\n-----END PRIVATE KEY-----\n"));
        assert!(pem.lines().all(|line| line.len() <= 64));
        let expected = json!({
            "type": "service_account",
            "project_id": "sederunt",
            "private_key_id": file.id,
            "private_key": null,
            "client_email": "robot@sederunt.iam.internal",
            "client_id": world.robot.client_id,
            "auth_uri": "https://meet.example.org/oauth2/auth",
            "token_uri": TOKEN_URI,
            "universe_domain": "googleapis.com",
        });
        assert_eq!(contents, expected);

        let rows = db
            .read(
                "select id, app, public_der, create_us from service_account_key where id = $1",
                vec![file.id.as_str().into()],
            )
            .await
            .expect("reads");
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let private = STANDARD.decode(body).expect("base64");
        // The public half is a part of the private one; what is secret comes after it.
        let secret = &private[private.len() - 64..];
        assert!(
            !rows[0]
                .blob(2)
                .expect("bytes")
                .windows(64)
                .any(|window| window == secret)
        );

        let ids: Vec<_> = world
            .identity
            .list_keys(&world.robot.client_id)
            .await
            .expect("reads")
            .into_iter()
            .map(|key| key.id)
            .collect();
        assert_eq!(ids, [file.id, world.key.id]);
    })
    .await;
}

#[tokio::test]
async fn a_service_account_of_a_project_has_its_address_and_its_role_there() {
    each_engine(async |db| {
        let world = world(db.clone()).await;
        let (identity, by) = (&world.identity, By::command_line(NOW_US));
        for project in ["support", "sederunt"] {
            identity.create_project(project, "Project", &by).await.expect("new");
        }
        let make = async |name: &str, project: &str| {
            identity
                .create_project_service_account(name, project, ProjectRole::Viewer, &by)
                .await
        };
        let robot = make("robot", "support").await.expect("made");
        assert_eq!(
            (robot.email.as_str(), robot.project()),
            ("robot@support.iam.internal", "support")
        );
        assert!(!robot.is_of_installation() && world.robot.is_of_installation());
        let file = identity.create_key(&robot.email, &by).await;
        let file: Value = serde_json::from_str(file.expect("made").json()).expect("JSON");
        assert_eq!(file["project_id"], "support");
        assert_eq!(file["client_email"], robot.email);

        let members = async |project: &str| {
            let members = identity.project_members(project).await.expect("reads");
            members
                .into_iter()
                .map(|member| (member.member, member.role))
                .collect::<Vec<_>>()
        };
        let member = format!("serviceAccounts/{}", robot.client_id);
        assert_eq!(members("support").await, [(member, ProjectRole::Viewer)]);
        for (name, project, expected) in [
            (
                "robot",
                "support",
                "there is a service account robot@support.iam.internal already",
            ),
            ("robot", "gone", "there is no such"),
            ("other", "\0", "there is no such"),
            // Its addresses would be those of the installation's own.
            ("other", "sederunt", "there is no such"),
            ("Other", "support", "lower-case letters"),
        ] {
            let refused = make(name, project).await.expect_err(project);
            assert!(refused.to_string().contains(expected), "{name} {project}: {refused}");
        }
        assert_eq!(members("support").await.len(), 1);
        identity
            .delete_service_account(&robot.client_id, &by)
            .await
            .expect("it is there");
        assert_eq!(members("support").await, []);
        let gone = identity
            .remove_project_member("support", "serviceAccounts/1", &by)
            .await;
        assert!(matches!(gone, Err(ProjectError::NotFound)), "{gone:?}");
    })
    .await;
}

#[tokio::test]
async fn service_accounts_are_checked_and_listed() {
    each_engine(async |db| {
        let world = world(db.clone()).await;
        let identity = &world.identity;
        let long = "a".repeat(31);
        for name in [
            "", "Robot", "1robot", "-robot", "robot-", "ro bot", "röbot", "ro.bot", "r\0", &long,
        ] {
            let refused = identity.create_service_account(name, &By::command_line(NOW_US)).await;
            assert!(
                matches!(refused, Err(AppError::InvalidServiceAccountName)),
                "{name:?} {refused:?}"
            );
        }
        let refused = identity
            .create_service_account("robot", &By::command_line(NOW_US))
            .await
            .expect_err("taken");
        assert_eq!(
            refused.to_string(),
            "there is a service account robot@sederunt.iam.internal already"
        );
        let found = identity
            .service_account("robot@sederunt.iam.internal")
            .await
            .expect("reads");
        assert_eq!(found.as_ref(), Some(&world.robot));
        let listing = identity.list_service_accounts(Page::default()).await.expect("reads");
        assert_eq!(listing.items, std::slice::from_ref(&world.robot));
        assert_eq!(identity.list_apps(Page::default()).await.expect("reads").items, []);

        // Making one takes half a second, so all but the last are only rows.
        let rows = (2..limits::SERVICE_ACCOUNT_KEYS_MAX).map(|number| {
            let insert = "insert into service_account_key (id, app, public_der, create_us) values ($1, $2, $3, 0)";
            let client_id = world.robot.client_id.as_str();
            db::Statement::new(
                insert,
                vec![number.to_string().into(), client_id.into(), vec![0_u8].into()],
            )
        });
        db.write(rows.collect()).await.expect("written");
        identity
            .create_key(&world.robot.client_id, &By::command_line(NOW_US))
            .await
            .expect("the last");
        let refused = identity
            .create_key(&world.robot.client_id, &By::command_line(NOW_US))
            .await;
        assert!(matches!(refused, Err(AppError::TooMany)), "{refused:?}");

        let client_id = &*world.robot.client_id;
        let refused = identity
            .grant_delegation(client_id, Scopes::NONE, &By::command_line(NOW_US))
            .await;
        assert!(matches!(refused, Err(AppError::NoScope)), "{refused:?}");
        for unknown in ["100000000000000000000", "nobody", "\0", ""] {
            for refused in [
                identity.create_key(unknown, &By::command_line(NOW_US)).await.err(),
                identity.list_keys(unknown).await.err(),
                identity.delete_key(unknown, "x", &By::command_line(NOW_US)).await.err(),
                identity
                    .delete_key(client_id, unknown, &By::command_line(NOW_US))
                    .await
                    .err(),
                identity
                    .grant_delegation(unknown, Scopes::ALL, &By::command_line(NOW_US))
                    .await
                    .err(),
                identity
                    .delete_delegation(unknown, &By::command_line(NOW_US))
                    .await
                    .err(),
                identity
                    .delete_delegation(client_id, &By::command_line(NOW_US))
                    .await
                    .err(),
                identity
                    .delete_service_account(unknown, &By::command_line(NOW_US))
                    .await
                    .err(),
                identity.delete_app(client_id, &By::command_line(NOW_US)).await.err(),
            ] {
                assert!(matches!(refused, Some(AppError::NotFound)), "{unknown:?} {refused:?}");
            }
        }
    })
    .await;
}

/// Whatever a token came from can be taken away, and the token with it.
#[tokio::test]
async fn tokens_that_were_taken_back() {
    each_engine(async |db| {
        let world = world(db).await;
        let client_id = &world.robot.client_id;
        let identity = &world.identity;
        identity
            .grant_delegation(client_id, Scopes::ALL, &By::command_line(NOW_US))
            .await
            .expect("granted");
        let tokens = async |key: &Key| {
            let issued = async |changes: &Value| {
                let response = world.exchange(&key.assertion(changes)).await.expect("issued");
                response.access_token
            };
            [
                issued(&json!({"sub": "ada@example.org"})).await,
                issued(&json!({})).await,
                key.assertion(&json!({"aud": null})),
            ]
        };
        let faults = async |tokens: &[String; 3], now_us| {
            let mut faults = Vec::new();
            for token in tokens {
                faults.push(world.caller(token, now_us).await.err());
            }
            faults
        };
        let given = tokens(&world.key).await;
        assert_eq!(faults(&given, NOW_US).await, [None; 3]);

        let narrow = Scopes::of(&[Scope::SpaceCreated]);
        identity
            .grant_delegation(client_id, narrow, &By::command_line(LATER_US))
            .await
            .expect("granted");
        assert_eq!(faults(&given, LATER_US).await, [Some(Fault::Revoked), None, None]);
        let listed = identity.list_delegations(Page::default()).await.expect("reads").items;
        assert_eq!(
            (listed[0].scopes, listed[0].create_us, listed.len()),
            (narrow, NOW_US, 1)
        );
        identity
            .delete_delegation(client_id, &By::command_line(NOW_US))
            .await
            .expect("taken back");
        assert_eq!(
            world
                .exchange(&world.key.assertion(&json!({"sub": "ada@example.org"})))
                .await
                .expect_err("refused")
                .code,
            OAuthCode::UnauthorizedClient
        );

        identity
            .grant_delegation(client_id, Scopes::ALL, &By::command_line(NOW_US))
            .await
            .expect("granted");
        let spare = Key::read(
            &identity
                .create_key(client_id, &By::command_line(NOW_US))
                .await
                .expect("made"),
        );
        let by_spare = tokens(&spare).await;
        identity
            .delete_key(client_id, &world.key.id, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        let later_us = 2 * LATER_US - NOW_US;
        let gone = [Some(Fault::Revoked), Some(Fault::Revoked), Some(Fault::UnknownKey)];
        assert_eq!(faults(&given, later_us).await, gone);
        assert_eq!(faults(&by_spare, later_us).await, [None; 3]);

        identity
            .delete_service_account(client_id, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        assert_eq!(faults(&by_spare, later_us + LATER_US - NOW_US).await, gone);
        assert_eq!(identity.service_account(client_id).await.expect("reads"), None);
        assert_eq!(
            identity.list_delegations(Page::default()).await.expect("reads").items,
            []
        );
    })
    .await;
}
