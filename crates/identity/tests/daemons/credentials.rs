//! What becomes of a token when something behind it is taken away, and what is refused to whoever sets a daemon up.

use std::time::Duration;

use audit::By;
use db::testing::each_engine;
use identity::{
    AppError, AppRole, AppRoles, CertificateError, DaemonCredentialError, DaemonCredentialKind, Fault, Page, limits,
};
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn a_token_has_the_roles_of_this_moment_and_ends_with_its_credential() {
    each_engine(async |db| {
        let world = world(db).await;
        let (identity, daemon, by) = (&world.identity, &*world.daemon.client_id, By::command_line(NOW_US));
        let by_secret = world.token().await;
        let assertion = world
            .certificate
            .sign(&world.certificate.header(), &world.claims(&json!({})));
        let by_certificate = world.ask_by(&assertion, NOW_US).await.expect("signed in");
        for token in [&by_secret, &by_certificate] {
            assert_eq!(world.roles(token, NOW_US).await, Ok(ROLES));
        }

        for roles in [
            AppRoles::NONE,
            AppRoles::of(&[AppRole::PstnCallsReadAll]),
            AppRoles::of(&AppRole::ALL),
        ] {
            identity.set_daemon_roles(daemon, roles, &by).await.expect("set");
            assert_eq!(world.roles(&by_secret, NOW_US).await, Ok(roles), "at once");
        }

        let deleted = identity.delete_daemon_credential(daemon, &world.secret_id, &by);
        deleted.await.expect("it was there");
        assert_eq!(world.roles(&by_secret, NOW_US).await, Err(Fault::Revoked));
        assert!(world.roles(&by_certificate, NOW_US).await.is_ok(), "the other goes on");
        assert_eq!(
            world.roles(&by_certificate, NOW_US + 3600 * SECOND_US).await,
            Err(Fault::Expired)
        );

        identity.delete_daemon(daemon, &by).await.expect("it was there");
        assert_eq!(world.roles(&by_certificate, NOW_US).await, Err(Fault::Revoked));
        let gone = identity.list_daemon_credentials(daemon).await;
        assert!(matches!(gone, Err(AppError::NotFound)), "{gone:?}");
    })
    .await;
}

#[tokio::test]
async fn what_a_daemon_signs_in_with_is_listed_without_being_told() {
    each_engine(async |db| {
        let world = world(db).await;
        let (identity, daemon) = (&world.identity, &*world.daemon.client_id);
        let later = By::command_line(NOW_US + 1);
        let (for_ever, _) = identity.create_daemon_secret(daemon, None, &later).await.expect("made");
        let credentials = identity.list_daemon_credentials(daemon).await.expect("read");
        assert_eq!(credentials[0], for_ever, "newest first");
        let mut seen: Vec<_> = credentials.iter().map(|one| (one.kind, one.expire_us)).collect();
        seen[1..].sort_by_key(|(kind, _)| *kind == DaemonCredentialKind::Certificate);
        let day_us = 86_400 * SECOND_US;
        let expected = [
            (DaemonCredentialKind::Secret, None),
            (DaemonCredentialKind::Secret, Some(NOW_US + day_us)),
            (DaemonCredentialKind::Certificate, Some(2_082_758_400 * SECOND_US)),
        ];
        assert_eq!(seen, expected);

        let listed = identity.list_daemons(Page::default()).await.expect("read").items;
        assert_eq!(listed, std::slice::from_ref(&world.daemon));
        let clients = identity.list_apps(Page::default()).await.expect("read").items;
        assert_eq!(clients, [], "it asks nobody for consent");
        assert!(identity.app(daemon).await.expect("read").is_none());
        let environment = identity.daemon_environment(daemon, None);
        let tenant = identity.tenant();
        let expected =
            format!("AZURE_AUTHORITY_HOST={PUBLIC_URL}\nAZURE_TENANT_ID={tenant}\nAZURE_CLIENT_ID={daemon}\n");
        assert_eq!(environment, expected);
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_to_whoever_sets_one_up() {
    each_engine(async |db| {
        let world = world(db).await;
        let (identity, daemon, by) = (&world.identity, &*world.daemon.client_id, By::command_line(NOW_US));
        let expired = Certificate::make([2020, 2025]);
        for (pem, expected) in [
            ("", CertificateError::NotOne),
            (&*expired.pem, CertificateError::Expired),
        ] {
            let taken = identity.create_daemon_certificate(daemon, pem.as_bytes(), &by).await;
            let why = match taken {
                Err(DaemonCredentialError::Certificate(why)) => why,
                other => panic!("{other:?}"),
            };
            assert_eq!(why, expected);
        }
        let again = world.certificate.pem.as_bytes();
        let again = identity.create_daemon_certificate(daemon, again, &by).await;
        assert!(matches!(again, Err(DaemonCredentialError::Taken)), "{again:?}");
        for ttl in [Duration::ZERO, limits::DAEMON_SECRET_TTL_MAX + Duration::from_secs(1)] {
            let made = identity.create_daemon_secret(daemon, Some(ttl), &by).await;
            assert!(matches!(made, Err(DaemonCredentialError::InvalidTtl)), "{ttl:?}");
        }
        for _ in 2..limits::DAEMON_CREDENTIALS_MAX {
            identity
                .create_daemon_secret(daemon, None, &by)
                .await
                .expect("there is room");
        }
        let over = identity.create_daemon_secret(daemon, None, &by).await;
        assert!(
            matches!(over, Err(DaemonCredentialError::App(AppError::TooMany))),
            "{over:?}"
        );

        let unnamed = identity.create_daemon("\n", ROLES, &by).await;
        assert!(matches!(unnamed, Err(AppError::InvalidName(_))), "{unnamed:?}");
        for unknown in ["", "x", "821809f5-0000-4000-8000-3b5136c0e777", "100000000000000000001"] {
            let deleted = identity.delete_daemon(unknown, &by).await;
            assert!(matches!(deleted, Err(AppError::NotFound)), "{unknown}: {deleted:?}");
        }
        let unknown = identity.delete_daemon_credential(daemon, "\0", &by).await;
        assert!(matches!(unknown, Err(AppError::NotFound)), "{unknown:?}");
    })
    .await;
}
