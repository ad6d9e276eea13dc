//! Tokens through the accounts, on both engines: one key for all processes, one answer to all that is wrong.

use audit::By;
use std::time::Duration;

use db::{
    Db,
    testing::{each_engine, each_location},
};
use identity::{AuthenticationError, Credential, Fault, Identity, NewUser, Principal, Scope, Scopes, UserChange};

const NOW_US: i64 = 1_767_225_600_000_000;
const HOUR: Duration = Duration::from_hours(1);
const ADA: NewUser<'static> = NewUser {
    email: "ada@example.org",
    display_name: "Ada",
    administrator: false,
};

async fn open(location: &db::Location) -> Identity {
    Identity::open(Db::open(location).await.expect("opens"))
        .await
        .expect("has a key")
}

#[tokio::test]
async fn a_token_of_the_command_line_is_good_at_the_running_server() {
    each_location(async |location| {
        let server = open(&location).await;
        let command_line = open(&location).await;
        let ada = command_line
            .add_user(ADA, &By::command_line(NOW_US))
            .await
            .expect("new");
        let scopes = Scopes::of(&[Scope::SpaceReadonly]);
        let token = command_line
            .issue_token(&ada, scopes, HOUR, &By::command_line(NOW_US))
            .await
            .expect("issued");
        for _ in ["checked", "remembered"] {
            let principal = server
                .authenticate(Credential::Bearer(&token), NOW_US)
                .await
                .expect("valid");
            assert_eq!((principal.user(), principal.scopes), (Some(&ada), scopes));
        }
        let late_us = NOW_US + 3_600_000_000;
        let error = server
            .authenticate(Credential::Bearer(&token), late_us)
            .await
            .expect_err("expired");
        assert!(
            matches!(error, AuthenticationError::Invalid(Fault::Expired)),
            "{error:?}"
        );
    })
    .await;
}

/// What is remembered of a token is no right: whatever another process writes counts with the next request.
#[tokio::test]
async fn what_changes_elsewhere_counts_at_once() {
    each_location(async |location| {
        let (server, command_line) = (open(&location).await, open(&location).await);
        let by = By::command_line(NOW_US);
        let ada = command_line.add_user(ADA, &by).await.expect("new");
        let token = command_line
            .issue_token(&ada, Scopes::MEET, HOUR, &by)
            .await
            .expect("issued");
        let caller = async || {
            let principal = server.authenticate(Credential::Bearer(&token), NOW_US).await;
            principal.map(|principal| principal.user().map(|user| user.display_name.to_string()))
        };
        for (changer, name) in [
            (&command_line, "Ada Lovelace"),
            (&server, "Ada King"),
            (&command_line, "Ada"),
        ] {
            let change = UserChange {
                display_name: Some(name),
                administrator: None,
            };
            changer.update_user(&ada.id, change, &by).await.expect("renamed");
            for _ in ["read", "remembered"] {
                assert_eq!(caller().await.expect("valid").as_deref(), Some(name));
            }
        }
        command_line.delete_user(&ada.id, &by).await.expect("removed");
        let error = caller().await.expect_err("removed");
        assert!(
            matches!(error, AuthenticationError::Invalid(Fault::UnknownUser)),
            "{error:?}"
        );
    })
    .await;
}

/// Processes that open a new database at once agree on its key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_key_is_made_once() {
    each_location(async |location| {
        let opening: Vec<_> = (0..6)
            .map(|_| {
                let location = location.clone();
                tokio::spawn(async move { open(&location).await })
            })
            .collect();
        let mut processes = Vec::new();
        for one in opening {
            processes.push(one.await.expect("no panic"));
        }
        let ada = processes[0]
            .add_user(ADA, &By::command_line(NOW_US))
            .await
            .expect("new");
        for signer in &processes {
            let token = signer
                .issue_token(&ada, Scopes::MEET, HOUR, &By::command_line(NOW_US))
                .await
                .expect("issued");
            for checker in &processes {
                checker
                    .authenticate(Credential::Bearer(&token), NOW_US)
                    .await
                    .expect("the same key");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whatever_is_wrong_is_told_in_the_same_words() {
    each_engine(async |db| {
        let identity = Identity::open(db.clone()).await.expect("opens");
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        let token = identity
            .issue_token(&ada, Scopes::MEET, HOUR, &By::command_line(NOW_US))
            .await
            .expect("issued");
        let orphan = {
            let removed = NewUser {
                email: "eve@example.org",
                ..ADA
            };
            let eve = identity
                .add_user(removed, &By::command_line(NOW_US))
                .await
                .expect("new");
            let delete = db::Statement::new("delete from account where id = $1", vec![eve.id.as_str().into()]);
            db.write(vec![delete.expect(1)]).await.expect("removed");
            identity
                .issue_token(&eve, Scopes::MEET, HOUR, &By::command_line(NOW_US))
                .await
                .expect("issued")
        };
        let (signed, _) = token.rsplit_once('.').expect("three parts");
        let forged = format!("{signed}.{}", "A".repeat(86));
        let unknown = "A".repeat(43);
        for (credential, now_us, expected) in [
            (Credential::Bearer(&forged), NOW_US, Fault::WrongSignature),
            (Credential::Bearer(&token), i64::MAX, Fault::Expired),
            (Credential::Bearer(&orphan), NOW_US, Fault::UnknownUser),
            (Credential::Bearer(""), NOW_US, Fault::Malformed),
            (Credential::Bearer("\0"), NOW_US, Fault::Malformed),
            (Credential::Cookie(""), NOW_US, Fault::Malformed),
            (Credential::Cookie(&token), NOW_US, Fault::Malformed),
            (Credential::Cookie(&unknown), NOW_US, Fault::UnknownSession),
        ] {
            let error = identity.authenticate(credential, now_us).await.expect_err("refused");
            assert_eq!(error.to_string(), "Request had invalid authentication credentials.");
            assert!(
                matches!(error, AuthenticationError::Invalid(fault) if fault == expected),
                "{error:?}"
            );
        }
        let nobody = identity.authenticate(Credential::None, NOW_US).await.expect("no error");
        assert_eq!(nobody, Principal::ANONYMOUS);
    })
    .await;
}
