//! Passwords on both engines: who gets in, what strangers learn, and how often one may guess.

use audit::By;
use std::{error::Error, time::Duration};

use db::{Db, testing::each_engine};
use identity::{
    AuthenticationError, Credential, Fault, Identity, NewUser, PasswordChange, PasswordError, Scopes, SignInError,
    User, limits,
};
use meeting::UserId;

const NOW_US: i64 = 1_767_225_600_000_000;
const WINDOW_US: i64 = 15 * 60 * 1_000_000;
/// A second later, and a second after that.
const SET_US: i64 = NOW_US + 1_000_000;
const LATER_US: i64 = NOW_US + 2_000_000;
const PASSWORD: &str = "correct horse battery";
const HERE: &str = "192.0.2.1";
const ANOTHER: &str = "another long one";
const LINK_TTL: Duration = limits::SIGN_IN_LINK_TTL;

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
            .sign_in_with_password("ada@example.org", PASSWORD, HERE, &By::command_line(NOW_US))
            .await;
        assert!(before.is_err(), "nothing was set");
        identity
            .set_password(&ada.id, PASSWORD, &By::command_line(NOW_US))
            .await
            .expect("set");

        let session = identity
            .sign_in_with_password(" Ada@Example.org", PASSWORD, HERE, &By::command_line(NOW_US))
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
        identity.add_user(bo, &By::command_line(NOW_US)).await.expect("new");
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
            let answer = told(
                identity
                    .sign_in_with_password(email, password, HERE, &By::command_line(NOW_US))
                    .await,
            );
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
async fn a_new_password_replaces_the_old_one() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let set = async |password| {
            identity
                .set_password(&ada.id, password, &By::command_line(NOW_US))
                .await
        };
        set(PASSWORD).await.expect("set");
        let sign_in = async |password| {
            identity
                .sign_in_with_password("ada@example.org", password, HERE, &By::command_line(NOW_US))
                .await
        };
        sign_in(PASSWORD).await.expect("right");
        set(ANOTHER).await.expect("set");
        assert!(sign_in(PASSWORD).await.is_err());
        sign_in(ANOTHER).await.expect("right");

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
            let refused = set(password).await.expect_err("refused");
            assert_eq!(refused.to_string(), expected);
        }
        let nobody = UserId::parse("100000000000000000000").expect("21 digits");
        let refused = identity
            .set_password(&nobody, PASSWORD, &By::command_line(NOW_US))
            .await;
        assert!(matches!(refused, Err(PasswordError::UnknownUser)), "{refused:?}");

        identity
            .remove_password(&ada.id, &By::command_line(NOW_US))
            .await
            .expect("removed");
        assert!(sign_in(ANOTHER).await.is_err());
    })
    .await;
}

/// Who may set their own password, by how their browser signed in, how long ago, and the old password that they give.
#[tokio::test]
async fn whoever_changes_a_password_proves_that_it_is_theirs() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let change = async |session: Option<&str>, old: Option<&str>, now_us| {
            let change = PasswordChange {
                user: &ada,
                session,
                old,
                new: PASSWORD,
            };
            let changed = identity.change_password(change, &By::command_line(now_us)).await;
            changed.map_err(|refused| refused.to_string())
        };
        change(None, None, NOW_US).await.expect("there was none");

        let by = By::command_line(NOW_US);
        let signed_in = identity.sign_in_with_password("ada@example.org", PASSWORD, HERE, &by);
        let by_password = signed_in.await.expect("right").secret.expose();
        let link = identity
            .sign_in_link(&ada.id, LINK_TTL, &By::command_line(NOW_US))
            .await
            .expect("a link");
        let by_link = identity
            .redeem(&link.expose(), &By::command_line(NOW_US))
            .await
            .expect("signed in");
        let by_link = by_link.secret.expose();
        let forgotten_us = i64::try_from(limits::FORGOTTEN_PASSWORD_TTL.as_micros()).expect("minutes");
        let wrong = Err("the old password is missing or wrong".to_owned());
        for (session, old, later_us, expected) in [
            (Some(&*by_password), None, 0, wrong.clone()),
            (Some(&by_password), Some("another one"), 0, wrong.clone()),
            (None, None, 0, wrong.clone()),
            (Some(&by_link), None, forgotten_us, wrong.clone()),
            (Some(&by_link), None, forgotten_us - 1, Ok(())),
            (Some(&by_link), Some(PASSWORD), forgotten_us, Ok(())),
            (None, Some(PASSWORD), 0, Ok(())),
        ] {
            assert_eq!(
                change(session, old, NOW_US + later_us).await,
                expected,
                "{session:?} {old:?}"
            );
        }
        // It is no way to guess.
        for _ in 0..limits::PASSWORD_ATTEMPTS_MAX {
            assert_eq!(change(None, Some("a guess"), NOW_US).await, wrong);
        }
        assert_eq!(
            change(None, Some(PASSWORD), NOW_US).await,
            Err("too many attempts for this address; try again in 15 minutes".to_owned())
        );
    })
    .await;
}

/// A new password ends whatever else could act as its person, and nothing of anybody else's.
#[tokio::test]
async fn credentials_end_with_the_password() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        let bo = NewUser {
            email: "bo@example.org",
            display_name: "",
            administrator: false,
        };
        let bo = identity.add_user(bo, &By::command_line(NOW_US)).await.expect("new");
        let given = async |user: &User| {
            let link = async || {
                identity
                    .sign_in_link(&user.id, LINK_TTL, &By::command_line(NOW_US))
                    .await
                    .expect("a link")
                    .expose()
            };
            let browser = identity
                .redeem(&link().await, &By::command_line(NOW_US))
                .await
                .expect("signed in");
            let token = identity
                .issue_token(user, Scopes::MEET, limits::TOKEN_TTL, &By::command_line(NOW_US))
                .await
                .expect("signed");
            (browser.secret.expose(), token, link().await)
        };
        let holds = async |(cookie, token, link): &(String, String, String)| {
            let cookie = identity
                .authenticate(Credential::Cookie(cookie), LATER_US)
                .await
                .is_ok();
            let token = identity.authenticate(Credential::Bearer(token), LATER_US).await.is_ok();
            [
                cookie,
                token,
                identity.redeem(link, &By::command_line(LATER_US)).await.is_ok(),
            ]
        };
        let of_bo = given(&bo).await;

        let (here, there) = (given(&ada).await, given(&ada).await);
        let change = PasswordChange {
            user: &ada,
            session: Some(&here.0),
            old: None,
            new: PASSWORD,
        };
        identity
            .change_password(change, &By::command_line(SET_US))
            .await
            .expect("there was none");
        assert_eq!(holds(&there).await, [false; 3], "changed");
        assert_eq!(holds(&here).await, [true, false, false], "changed here");

        for operator in [Operator::Sets, Operator::Removes] {
            let before = given(&ada).await;
            match operator {
                Operator::Sets => identity
                    .set_password(&ada.id, PASSWORD, &By::command_line(SET_US))
                    .await
                    .expect("set"),
                Operator::Removes => identity
                    .remove_password(&ada.id, &By::command_line(SET_US))
                    .await
                    .expect("removed"),
            }
            assert_eq!(holds(&before).await, [false; 3], "{operator:?}");
            assert_eq!(holds(&here).await, [false; 3], "{operator:?}, here");
        }
        assert_eq!(holds(&of_bo).await, [true; 3]);
        let token = identity
            .issue_token(&ada, Scopes::MEET, limits::TOKEN_TTL, &By::command_line(SET_US))
            .await
            .expect("signed");
        let since = identity.authenticate(Credential::Bearer(&token), LATER_US).await;
        since.expect("issued since");
    })
    .await;
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Sets,
    Removes,
}

/// The right password too is refused once too many were tried, also all at once; and nothing tells whose address it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_limited() {
    each_engine(async |db| {
        let (identity, ada) = with_ada(db).await;
        identity
            .set_password(&ada.id, PASSWORD, &By::command_line(NOW_US))
            .await
            .expect("set");
        for email in ["ada@example.org", "nobody@example.org"] {
            let tries: Vec<_> = (0..limits::PASSWORD_ATTEMPTS_MAX + 3)
                .map(|number| {
                    let identity = identity.clone();
                    let password = format!("guess number {number}");
                    tokio::spawn(async move {
                        identity
                            .sign_in_with_password(email, &password, HERE, &By::command_line(NOW_US))
                            .await
                    })
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
                .sign_in_with_password("ada@example.org", PASSWORD, HERE, &By::command_line(now_us))
                .await
        };
        assert!(sign_in(NOW_US + WINDOW_US - 1).await.is_err());
        sign_in(NOW_US + WINDOW_US).await.expect("the time is over");
        // Whoever guesses from elsewhere is counted apart.
        for number in 0..=limits::PASSWORD_ATTEMPTS_MAX {
            let guess = format!("guess number {number}");
            let by = By::command_line(NOW_US + WINDOW_US);
            let elsewhere = identity.sign_in_with_password("ada@example.org", &guess, "elsewhere", &by);
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
            .administrator("administrator@localhost", &By::command_line(NOW_US))
            .await
            .expect("made");
        let again = identity
            .administrator("other@localhost", &By::command_line(NOW_US))
            .await
            .expect("found");
        assert_eq!(administrator, again);
        let link = async || {
            identity
                .administrator_link("administrator@localhost", &By::command_line(NOW_US))
                .await
        };
        assert!(link().await.expect("reads").is_some());
        identity
            .set_password(&administrator.id, PASSWORD, &By::command_line(NOW_US))
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
            .set_password(&ada.id, PASSWORD, &By::command_line(NOW_US))
            .await
            .expect("set");
        let session = identity
            .sign_in_with_password("ada@example.org", PASSWORD, HERE, &By::command_line(NOW_US))
            .await
            .expect("right");
        identity
            .sign_in_link(&ada.id, limits::SIGN_IN_LINK_TTL, &By::command_line(NOW_US))
            .await
            .expect("a link");
        identity
            .delete_user(&ada.id, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        let caller = identity
            .authenticate(Credential::Cookie(&session.secret.expose()), NOW_US)
            .await;
        assert!(matches!(
            caller,
            Err(AuthenticationError::Invalid(Fault::UnknownSession))
        ));
        assert!(
            identity
                .sign_in_with_password("ada@example.org", PASSWORD, HERE, &By::command_line(NOW_US))
                .await
                .is_err()
        );
    })
    .await;
}
