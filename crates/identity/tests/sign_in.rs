//! One-time links and browser sessions on both engines.

use audit::By;
use std::{error::Error, time::Duration};

use db::{
    Db,
    testing::{each_engine, each_location},
};
use identity::{
    AuthenticationError, Credential, Fault, Identity, NewUser, Principal, Scopes, SignInError, User, limits,
};

const NOW_US: i64 = 1_767_225_600_000_000;
const TTL: Duration = Duration::from_mins(1);
const TTL_US: i64 = 60_000_000;

async fn with_ada(db: Db) -> (Identity, User) {
    let identity = Identity::open(db).await.expect("opens");
    let new = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    let ada = identity.add_user(new, &By::command_line(NOW_US)).await.expect("new");
    (identity, ada)
}

/// Who a cookie is, or what the log says of it.
async fn caller(identity: &Identity, cookie: &str, now_us: i64) -> Result<Principal, Fault> {
    identity
        .authenticate(Credential::Cookie(cookie), now_us)
        .await
        .map_err(|error| match error {
            AuthenticationError::Invalid(fault) => fault,
            AuthenticationError::Store(error) => panic!("{error}"),
        })
}

#[tokio::test]
async fn a_link_becomes_a_session_until_it_ends() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let link = identity
            .sign_in_link(&ada.id, TTL, &By::command_line(NOW_US))
            .await
            .expect("a link")
            .expose();
        assert_eq!(
            caller(&identity, &link, NOW_US).await,
            Err(Fault::UnknownSession),
            "a link is no session"
        );

        let holder = identity.link_holder(&link, NOW_US).await.expect("a link that holds");
        let session = identity
            .redeem(&link, &By::command_line(NOW_US + TTL_US - 1))
            .await
            .expect("asking does not use it up");
        assert_eq!(holder, session.user);
        assert_eq!(session.user, ada);
        let cookie = session.secret.expose();
        assert_ne!(cookie, link);
        let principal = caller(&identity, &cookie, NOW_US).await.expect("signed in");
        assert_eq!((principal.user(), principal.scopes), (Some(&ada), Scopes::MEET));
        assert!(caller(&identity, &cookie, session.expire_us - 1).await.is_ok());
        assert_eq!(caller(&identity, &cookie, session.expire_us).await, Err(Fault::Expired));

        for nothing in ["", "nonsense", &link] {
            identity
                .end_web_session(nothing, &By::command_line(NOW_US))
                .await
                .expect("no session, nothing to end");
        }
        assert!(caller(&identity, &cookie, NOW_US).await.is_ok());
        identity
            .end_web_session(&cookie, &By::command_line(NOW_US))
            .await
            .expect("signed out");
        assert_eq!(
            caller(&identity, &cookie, NOW_US).await,
            Err(Fault::UnknownSession),
            "at once"
        );
    })
    .await;
}

/// Whatever is wrong with a link, its bearer is told the same, and the log the difference.
#[tokio::test]
async fn links_that_do_not_sign_in() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let link = async |ttl| {
            identity
                .sign_in_link(&ada.id, ttl, &By::command_line(NOW_US))
                .await
                .expect("a link")
                .expose()
        };
        let (used, expired, endless) = (link(TTL).await, link(TTL).await, link(Duration::MAX).await);
        identity
            .redeem(&used, &By::command_line(NOW_US))
            .await
            .expect("the first time");
        let limit_us = i64::try_from(limits::SIGN_IN_LINK_TTL_MAX.as_micros()).expect("days");
        let unknown = "A".repeat(43);
        for (secret, now_us, reason) in [
            (&*used, NOW_US, "the link was used before"),
            (&expired, NOW_US + TTL_US, "the link has expired"),
            (&endless, NOW_US + limit_us, "the link has expired"),
            (&unknown, NOW_US, "the secret is unknown"),
            ("", NOW_US, "the secret is malformed"),
            ("é\0", NOW_US, "the secret is malformed"),
        ] {
            let unheld = identity.link_holder(secret, now_us).await.expect_err("refused");
            let error = identity
                .redeem(secret, &By::command_line(now_us))
                .await
                .expect_err("refused");
            assert_eq!(unheld.to_string(), error.to_string());
            assert_eq!(
                error.to_string(),
                "this sign-in link is not valid, or not any more; ask for a new one"
            );
            assert_eq!(
                error.source().map(ToString::to_string).as_deref(),
                Some(reason),
                "{secret:?}"
            );
        }
    })
    .await;
}

/// Two processes on one database, and many browsers at each: one gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_works_once_under_concurrency() {
    each_location(async |location| {
        let (identity, ada) = with_ada(Db::open(&location).await.expect("opens")).await;
        let other = Identity::open(Db::open(&location).await.expect("opens"))
            .await
            .expect("opens");
        for _ in 0..5 {
            let link = identity
                .sign_in_link(&ada.id, TTL, &By::command_line(NOW_US))
                .await
                .expect("a link")
                .expose();
            let tries: Vec<_> = (0..16)
                .map(|number| {
                    let identity = if number % 2 == 0 {
                        identity.clone()
                    } else {
                        other.clone()
                    };
                    let link = link.clone();
                    tokio::spawn(async move { identity.redeem(&link, &By::command_line(NOW_US)).await })
                })
                .collect();
            let mut sessions = Vec::new();
            for one in tries {
                match one.await.expect("no panic") {
                    Ok(session) => sessions.push(session),
                    Err(SignInError::InvalidLink(_)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            assert_eq!(sessions.len(), 1);
            assert!(caller(&other, &sessions[0].secret.expose(), NOW_US).await.is_ok());
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_administrator_gets_a_link_until_it_has_been_used() {
    each_engine(async |db| {
        let (identity, _) = with_ada(db).await;
        let link = async |now_us| {
            identity
                .administrator_link("administrator@localhost", &By::command_line(now_us))
                .await
                .expect("no error")
        };
        let unread = link(NOW_US).await.expect("a new installation");
        let again = link(NOW_US + 1).await.expect("nobody has signed in");
        assert_ne!(unread, again);
        let replaced = identity.redeem(&unread.expose(), &By::command_line(NOW_US + 2)).await;
        assert!(matches!(replaced, Err(SignInError::InvalidLink(_))), "{replaced:?}");
        let session = identity
            .redeem(&again.expose(), &By::command_line(NOW_US + 2))
            .await
            .expect("valid");
        assert_eq!(
            (&*session.user.email, session.user.administrator),
            ("administrator@localhost", true)
        );
        assert_eq!(link(NOW_US + 3).await, None);
        assert_eq!(
            link(session.expire_us + 1).await,
            None,
            "not even when the session is over"
        );
    })
    .await;
}

#[tokio::test]
async fn an_ordinary_user_is_not_made_administrator_by_their_address() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let error = identity
            .administrator_link("ada@example.org", &By::command_line(NOW_US))
            .await
            .expect_err("taken");
        assert_eq!(
            error.to_string(),
            "there is a user with the address ada@example.org already"
        );
        assert_eq!(identity.user(&ada.id).await.expect("reads"), Some(ada));
    })
    .await;
}

/// Rows of the past go as new ones come.
#[tokio::test]
async fn expired_sessions_and_unused_links_are_swept_out() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db.clone()).await;
        let rows = async |table: &str| {
            let rows = db
                .read(&format!("select count(*) from {table}"), vec![])
                .await
                .expect("reads");
            rows[0].int(0).expect("a count")
        };
        let mut now_us = NOW_US;
        for _ in 0..3 {
            identity
                .sign_in_link(&ada.id, TTL, &By::command_line(now_us))
                .await
                .expect("a link nobody opens");
            let link = identity
                .sign_in_link(&ada.id, TTL, &By::command_line(now_us))
                .await
                .expect("a link")
                .expose();
            now_us = identity
                .redeem(&link, &By::command_line(now_us))
                .await
                .expect("valid")
                .expire_us;
        }
        assert_eq!(rows("web_session").await, 1);
        assert_eq!(rows("sign_in_link").await, 3 + 1, "three used, and the last unused one");
    })
    .await;
}
