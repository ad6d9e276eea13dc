//! Passwords on both engines: who gets in, what strangers learn, and how often one may guess.

use std::error::Error;

use db::{Db, testing::each_engine};
use identity::{AuthenticationError, Credential, Fault, Identity, NewUser, PasswordError, SignInError, User, limits};
use meeting::UserId;

const NOW_US: i64 = 1_767_225_600_000_000;
const WINDOW_US: i64 = 15 * 60 * 1_000_000;
const PASSWORD: &str = "correct horse battery";
const HERE: &str = "192.0.2.1";

async fn with_ada(db: Db) -> (Identity, User) {
    let identity = Identity::open(db).await.expect("opens");
    let new = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    let ada = identity.add_user(new, NOW_US).await.expect("new");
    (identity, ada)
}

/// What the browser is told, and what the log says.
fn told<T>(answer: Result<T, SignInError>) -> Result<T, (String, String)> {
    answer.map_err(|error| {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        (error.to_string(), source)
    })
}

#[tokio::test]
async fn a_password_signs_in_and_the_answer_does_not_tell_who_has_an_account() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let before = identity
            .sign_in_with_password("ada@example.org", PASSWORD, HERE, NOW_US)
            .await;
        assert!(before.is_err(), "nothing was set");
        identity
            .set_password(&ada.id, PASSWORD, None, NOW_US)
            .await
            .expect("set");

        let session = identity
            .sign_in_with_password(" Ada@Example.org", PASSWORD, HERE, NOW_US)
            .await
            .expect("right");
        assert_eq!(session.user, ada);
        let cookie = session.secret.expose();
        let principal = identity
            .authenticate(Credential::Cookie(&cookie), NOW_US)
            .await
            .expect("signed in");
        assert!(principal.is_first_party());

        let bo = NewUser {
            email: "bo@example.org",
            display_name: "",
            administrator: false,
        };
        identity.add_user(bo, NOW_US).await.expect("new");
        let long = "x".repeat(limits::PASSWORD_BYTES_MAX + 1);
        let wrong = "the address or the password is wrong";
        for (email, password, reason) in [
            ("ada@example.org", "Correct horse battery", "the password is wrong"),
            ("ada@example.org", "", "the password is wrong"),
            ("ada@example.org", &long, "the password is wrong"),
            (
                "bo@example.org",
                PASSWORD,
                "there is no account with this address and a password",
            ),
            (
                "eve@example.org",
                PASSWORD,
                "there is no account with this address and a password",
            ),
            (
                "no\0body",
                PASSWORD,
                "there is no account with this address and a password",
            ),
            ("", "", "there is no account with this address and a password"),
        ] {
            let answer = told(identity.sign_in_with_password(email, password, HERE, NOW_US).await);
            assert_eq!(
                answer.err(),
                Some((wrong.to_owned(), reason.to_owned())),
                "{email:?} {password:.30}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_signs_others_out() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let set = async |password, keep: Option<&str>| identity.set_password(&ada.id, password, keep, NOW_US).await;
        set(PASSWORD, None).await.expect("set");
        let sign_in = async |password| {
            identity
                .sign_in_with_password("ada@example.org", password, HERE, NOW_US)
                .await
        };
        let here = sign_in(PASSWORD).await.expect("right").secret.expose();
        let there = sign_in(PASSWORD).await.expect("right").secret.expose();
        set("another long one", Some(&here)).await.expect("set");
        assert!(sign_in(PASSWORD).await.is_err());
        for (cookie, stays) in [(&here, true), (&there, false)] {
            let caller = identity.authenticate(Credential::Cookie(cookie), NOW_US).await;
            assert_eq!(caller.is_ok(), stays);
        }
        sign_in("another long one").await.expect("right");
        assert!(sign_in(PASSWORD).await.is_err());

        for (password, expected) in [
            ("short", "the password is too short: it needs 10 characters at least"),
            (
                "€€€€€€€€€",
                "the password is too short: it needs 10 characters at least",
            ),
            (
                &"x".repeat(limits::PASSWORD_BYTES_MAX + 1),
                "the password is longer than 1024 bytes",
            ),
        ] {
            let refused = set(password, None).await.expect_err("refused");
            assert_eq!(refused.to_string(), expected);
        }
        let nobody = UserId::parse("100000000000000000000").expect("21 digits");
        let refused = identity.set_password(&nobody, PASSWORD, None, NOW_US).await;
        assert!(matches!(refused, Err(PasswordError::UnknownUser)), "{refused:?}");

        identity.remove_password(&ada.id).await.expect("removed");
        assert!(sign_in("another long one").await.is_err());
    })
    .await;
}

/// The right password too is refused once too many were tried, also all at once; and nothing tells whose address it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_limited() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        identity
            .set_password(&ada.id, PASSWORD, None, NOW_US)
            .await
            .expect("set");
        for email in ["ada@example.org", "nobody@example.org"] {
            let tries: Vec<_> = (0..limits::PASSWORD_ATTEMPTS_MAX + 3)
                .map(|number| {
                    let identity = identity.clone();
                    let password = format!("guess number {number}");
                    tokio::spawn(async move { identity.sign_in_with_password(email, &password, HERE, NOW_US).await })
                })
                .collect();
            let mut wrong = 0;
            for one in tries {
                let (answer, _) = told(one.await.expect("no panic")).expect_err("a guess");
                if answer == "the address or the password is wrong" {
                    wrong += 1;
                } else {
                    assert_eq!(answer, "too many attempts for this address; try again in 15 minutes");
                }
            }
            assert_eq!(wrong, limits::PASSWORD_ATTEMPTS_MAX, "{email}");
        }
        let sign_in = async |now_us| {
            identity
                .sign_in_with_password("ada@example.org", PASSWORD, HERE, now_us)
                .await
        };
        assert!(sign_in(NOW_US + WINDOW_US - 1).await.is_err());
        sign_in(NOW_US + WINDOW_US).await.expect("the time is over");
        // Whoever guesses from elsewhere is counted apart.
        for number in 0..=limits::PASSWORD_ATTEMPTS_MAX {
            let guess = format!("guess number {number}");
            let elsewhere = identity.sign_in_with_password("ada@example.org", &guess, "elsewhere", NOW_US + WINDOW_US);
            elsewhere.await.expect_err("a guess");
        }
        // Signing in clears the count.
        for _ in 0..2 * limits::PASSWORD_ATTEMPTS_MAX {
            sign_in(NOW_US + WINDOW_US).await.expect("right");
        }
    })
    .await;
}

#[tokio::test]
async fn an_administrator_with_a_password_needs_no_link() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let administrator = identity
            .administrator("administrator@localhost", NOW_US)
            .await
            .expect("made");
        let again = identity.administrator("other@localhost", NOW_US).await.expect("found");
        assert_eq!(administrator, again);
        let link = async || identity.administrator_link("administrator@localhost", NOW_US).await;
        assert!(link().await.expect("reads").is_some());
        identity
            .set_password(&administrator.id, PASSWORD, None, NOW_US)
            .await
            .expect("set");
        assert_eq!(link().await.expect("reads"), None);
    })
    .await;
}

/// Everything of an account goes with it.
#[tokio::test]
async fn a_deleted_user_is_out() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        identity
            .set_password(&ada.id, PASSWORD, None, NOW_US)
            .await
            .expect("set");
        let session = identity
            .sign_in_with_password("ada@example.org", PASSWORD, HERE, NOW_US)
            .await
            .expect("right");
        identity
            .sign_in_link(&ada.id, limits::SIGN_IN_LINK_TTL, NOW_US)
            .await
            .expect("a link");
        identity.delete_user(&ada.id).await.expect("deleted");
        let caller = identity
            .authenticate(Credential::Cookie(&session.secret.expose()), NOW_US)
            .await;
        assert!(matches!(
            caller,
            Err(AuthenticationError::Invalid(Fault::UnknownSession))
        ));
        assert!(
            identity
                .sign_in_with_password("ada@example.org", PASSWORD, HERE, NOW_US)
                .await
                .is_err()
        );
    })
    .await;
}
