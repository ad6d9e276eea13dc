//! Accounts on both engines.

use db::testing::each_engine;
use identity::{AccountError, Identity, NewUser, UserId};

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
        let ada = identity.add_user(ADA, NOW_US).await.expect("new");
        assert_eq!(
            (&*ada.email, &*ada.display_name, ada.administrator),
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
        identity.add_user(ADA, NOW_US).await.expect("new");
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
                "the name cannot be used: it contains control characters",
            ),
        ] {
            let error = identity.add_user(new, NOW_US).await.expect_err("refused");
            assert_eq!(error.to_string(), expected, "{new:?}");
        }
        let nameless = NewUser {
            email: "grace.hopper@example.org",
            display_name: " ",
            administrator: true,
        };
        let grace = identity.add_user(nameless, NOW_US).await.expect("new");
        assert_eq!((&*grace.display_name, grace.administrator), ("grace.hopper", true));
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
                tokio::spawn(async move { identity.add_user(ADA, NOW_US).await })
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
