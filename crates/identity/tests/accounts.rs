//! Accounts on both engines.

use audit::By;
use db::{Statement, testing::each_engine};
use identity::{AccountError, Identity, NewUser, Page, User, UserChange};
use meeting::UserId;

const NOW_US: i64 = 1_767_225_600_000_000;

const ADA: NewUser<'static> = NewUser {
    email: " Ada@Example.ORG",
    display_name: " Ada Lovelace ",
    administrator: false,
};

#[tokio::test]
async fn a_user_is_found_by_id_and_by_any_spelling_of_the_address() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        assert_eq!(
            (&*ada.email, ada.display_name.as_str(), ada.administrator),
            ("ada@example.org", "Ada Lovelace", false)
        );
        assert_eq!(identity.user(&ada.id).await.expect("reads"), Some(ada.clone()));
        for spelling in ["ada@example.org", "ADA@EXAMPLE.ORG\t"] {
            assert_eq!(
                identity.user_by_email(spelling).await.expect("reads"),
                Some(ada.clone()),
                "{spelling}"
            );
        }
        for other in ["bob@example.org", "", "ada", "ada@example.org\0"] {
            assert_eq!(identity.user_by_email(other).await.expect("reads"), None, "{other:?}");
        }
        let stranger = UserId::parse("100000000000000000000").expect("21 digits");
        assert_eq!(identity.user(&stranger).await.expect("reads"), None);
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_account() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        for (new, expected) in [
            (
                NewUser {
                    email: "ada@EXAMPLE.org",
                    ..ADA
                },
                "there is a user with the address ada@example.org already",
            ),
            (
                NewUser { email: "ada", ..ADA },
                "\"ada\" is not an e-mail address: it has no @",
            ),
            (
                NewUser {
                    email: "eve@example.org",
                    display_name: "E\u{202E}ve",
                    ..ADA
                },
                "the name holds the control character U+202E",
            ),
            (
                NewUser {
                    email: "eve@example.org",
                    display_name: "\u{200B}Eve",
                    ..ADA
                },
                "the name holds the control character U+200B",
            ),
        ] {
            let error = identity
                .add_user(new, &By::command_line(NOW_US))
                .await
                .expect_err("refused");
            assert_eq!(error.to_string(), expected, "{new:?}");
        }
        let nameless = NewUser {
            email: "grace.hopper@example.org",
            display_name: " ",
            administrator: true,
        };
        let grace = identity
            .add_user(nameless, &By::command_line(NOW_US))
            .await
            .expect("new");
        assert_eq!(
            (grace.display_name.as_str(), grace.administrator),
            ("grace.hopper", true)
        );
    })
    .await;
}

/// Rows are older than the rule of names: what breaks it is not shown, and no part of an address takes its place.
#[tokio::test]
async fn a_name_that_was_kept_before_the_rule_is_mended() {
    each_engine(async |db| {
        let identity = Identity::open(db.clone()).await.expect("opens");
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        for (kept, expected) in [
            ("\u{FEFF}Ada\u{200B} Love\u{AD}lace", "Ada Lovelace"),
            ("\u{200B}\u{AD}", "Nameless"),
        ] {
            let update = Statement::new(
                "update account set display_name = $1 where id = $2",
                vec![kept.into(), ada.id.as_str().into()],
            );
            db.write(vec![update.expect(1)]).await.expect("written");
            let found = identity.user(&ada.id).await.expect("reads").expect("there");
            assert_eq!(found.display_name.as_str(), expected, "{kept:?}");
        }
    })
    .await;
}

/// Of many who take one address at once, one gets it.
#[tokio::test]
async fn an_address_is_given_once() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let identity = identity.clone();
                tokio::spawn(async move { identity.add_user(ADA, &By::command_line(NOW_US)).await })
            })
            .collect();
        let mut made = 0;
        for one in tries {
            match one.await.expect("no panic") {
                Ok(_) => made += 1,
                Err(AccountError::EmailTaken(email)) => assert_eq!(email, "ada@example.org"),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(made, 1);
    })
    .await;
}

async fn user(identity: &Identity, name: &str, administrator: bool) -> User {
    let email = format!("{name}@example.org");
    let new = NewUser {
        email: &email,
        display_name: name,
        administrator,
    };
    identity.add_user(new, &By::command_line(NOW_US)).await.expect("new")
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut expected = Vec::new();
        for name in ["ada", "bo", "cyd", "dee", "eve"] {
            expected.push(user(&identity, name, false).await);
        }
        for size in [1, 2, 4, 5, 6, 0, usize::MAX] {
            let (mut after, mut found, mut pages) = (None, Vec::new(), 0);
            loop {
                let page = Page {
                    size,
                    after: after.as_deref(),
                };
                let listing = identity.list_users(page).await.expect("reads");
                found.extend(listing.items);
                pages += 1;
                after = listing.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "in pages of {size}");
            let full = if size == 0 { 5 } else { size };
            assert_eq!(pages, 5_usize.div_ceil(full), "pages of {size}");
        }
    })
    .await;
}

#[tokio::test]
async fn accounts_change_but_the_last_administrator_stays() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let (ada, bo) = (user(&identity, "ada", true).await, user(&identity, "bo", false).await);
        let set = |administrator| UserChange {
            administrator: Some(administrator),
            ..UserChange::default()
        };
        let named = |display_name| UserChange {
            display_name: Some(display_name),
            ..UserChange::default()
        };
        let nobody = UserId::parse("100000000000000000000").expect("21 digits");
        for (id, change, expected) in [
            (&bo.id, named(" Bo Peep "), Ok(("Bo Peep", false))),
            (&bo.id, named("\n"), Err("a name is required")),
            (
                &bo.id,
                named("Bo\u{AD}"),
                Err("the name holds the control character U+00AD"),
            ),
            (
                &ada.id,
                set(false),
                Err("this is the last administrator: make somebody else one first"),
            ),
            (&ada.id, set(true), Ok(("ada", true))),
            (&bo.id, set(true), Ok(("Bo Peep", true))),
            (&ada.id, set(false), Ok(("ada", false))),
            (
                &bo.id,
                set(false),
                Err("this is the last administrator: make somebody else one first"),
            ),
            (&bo.id, UserChange::default(), Ok(("Bo Peep", true))),
            (&nobody, set(true), Err("there is no such user")),
        ] {
            let changed = identity.update_user(id, change, &By::command_line(NOW_US)).await;
            let answer = changed
                .as_ref()
                .map(|user| (user.display_name.as_str(), user.administrator))
                .map_err(ToString::to_string);
            assert_eq!(answer, expected.map_err(str::to_owned), "{change:?}");
            if let Ok(changed) = changed {
                assert_eq!(identity.user(id).await.expect("reads"), Some(changed));
            }
        }
        let refused = identity
            .delete_user(&bo.id, &By::command_line(NOW_US))
            .await
            .expect_err("the last");
        assert!(matches!(refused, AccountError::LastAdministrator), "{refused}");
        identity
            .delete_user(&ada.id, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        let gone = identity
            .delete_user(&ada.id, &By::command_line(NOW_US))
            .await
            .expect_err("gone");
        assert!(matches!(gone, AccountError::NotFound), "{gone}");
        assert_eq!(identity.user_by_email("ada@example.org").await.expect("reads"), None);
    })
    .await;
}

/// Administrators who remove each other at the same moment: one of them remains.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_always_administrates() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        for round in 0..5 {
            let mut administrators = identity.list_users(Page::default()).await.expect("reads").items;
            while administrators.len() < 4 {
                let name = format!("user{round}-{}", administrators.len());
                administrators.push(user(&identity, &name, true).await);
            }
            let removing: Vec<_> = administrators
                .into_iter()
                .map(|user| {
                    let identity = identity.clone();
                    tokio::spawn(async move { identity.delete_user(&user.id, &By::command_line(NOW_US)).await })
                })
                .collect();
            let mut refused = 0;
            for one in removing {
                match one.await.expect("no panic") {
                    Ok(()) => {}
                    Err(AccountError::LastAdministrator) => refused += 1,
                    Err(error) => panic!("{error:?}"),
                }
            }
            assert_eq!(refused, 1);
        }
    })
    .await;
}
