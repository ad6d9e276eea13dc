//! People whom another issuer vouches for, on both engines: whose account they get.

use audit::By;
use db::testing::each_engine;
use identity::{ExternalPerson, Identity, Introductions, NewUser, SignInError, SignInFault};

const NOW_US: i64 = 1_767_225_600_000_000;

const ADA: ExternalPerson<'static> = ExternalPerson {
    issuer: "https://issuer.example.org",
    subject: "ada-1",
    email: Some("Ada@Example.org"),
    email_verified: true,
    name: Some("Ada Lovelace"),
};

/// Of any domain, as in all tests but that of the domains.
fn anybody(create_accounts: bool) -> Introductions {
    introductions(&["*"], create_accounts)
}

fn introductions(domains: &[&str], create_accounts: bool) -> Introductions {
    Introductions {
        domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
        create_accounts,
    }
}

async fn sign_in(identity: &Identity, person: &ExternalPerson<'_>, create: bool) -> Result<String, SignInFault> {
    sign_in_by(identity, person, &anybody(create)).await
}

async fn sign_in_by(
    identity: &Identity,
    person: &ExternalPerson<'_>,
    introductions: &Introductions,
) -> Result<String, SignInFault> {
    match identity
        .sign_in_external(person, introductions, &By::command_line(NOW_US))
        .await
    {
        Ok(session) => Ok(session.user.email),
        Err(SignInError::Refused(fault)) => Err(fault),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn whose_account_it_is() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        for email in ["ada@example.org", "bo@example.org"] {
            let new = NewUser {
                email,
                display_name: "",
                administrator: false,
            };
            identity.add_user(new, &By::command_line(NOW_US)).await.expect("new");
        }
        let of = |subject, email, email_verified| ExternalPerson {
            subject,
            email,
            email_verified,
            ..ADA
        };
        let elsewhere = |subject| ExternalPerson {
            issuer: "https://other.example.org",
            ..of(subject, ADA.email, true)
        };
        // Each row finds what those before it left.
        for (what, person, create, expected) in [
            (
                "an address nobody vouches for",
                of("ada-1", ADA.email, false),
                true,
                Err(SignInFault::EmailNotVerified),
            ),
            (
                "no address",
                of("ada-1", None, true),
                true,
                Err(SignInFault::EmailNotVerified),
            ),
            ("the first time", ADA, false, Ok("ada@example.org")),
            (
                "from then on the subject counts",
                of("ada-1", Some("new@example.org"), false),
                false,
                Ok("ada@example.org"),
            ),
            (
                "even without an address",
                of("ada-1", None, false),
                false,
                Ok("ada@example.org"),
            ),
            (
                "her address passed to another",
                of("ada-2", ADA.email, true),
                true,
                Err(SignInFault::OtherPerson),
            ),
            (
                "the subject of another issuer",
                elsewhere("ada-1"),
                false,
                Ok("ada@example.org"),
            ),
            (
                "another subject there",
                elsewhere("ada-2"),
                false,
                Err(SignInFault::OtherPerson),
            ),
            (
                "a stranger",
                of("eve", Some("eve@example.org"), true),
                false,
                Err(SignInFault::NoAccount),
            ),
            (
                "a stranger who may come",
                of("eve", Some("eve@example.org"), true),
                true,
                Ok("eve@example.org"),
            ),
            ("and comes again", of("eve", None, false), false, Ok("eve@example.org")),
            (
                "an address that is none",
                of("odd", Some("odd"), true),
                true,
                Err(SignInFault::NoAccount),
            ),
        ] {
            let answer = sign_in(&identity, &person, create).await;
            assert_eq!(answer, expected.map(str::to_owned), "{what}");
        }
    })
    .await;
}

/// An issuer gives an address to somebody new: an administrator says whose the account is now.
#[tokio::test]
async fn an_account_passes_on_or_goes() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let of = |subject, email, email_verified| ExternalPerson {
            subject,
            email,
            email_verified,
            ..ADA
        };
        let first = of("eve", Some("eve@example.org"), true);
        let eve = identity
            .sign_in_external(&first, &anybody(true), &By::command_line(NOW_US))
            .await
            .expect("made")
            .user;
        assert_eq!((eve.display_name.as_str(), eve.administrator), ("Ada Lovelace", false));

        identity
            .forget_external_identities(&eve.id, &By::command_line(NOW_US))
            .await
            .expect("forgotten");
        let successor = of("eve-2", Some("eve@example.org"), true);
        assert_eq!(
            sign_in(&identity, &successor, false).await,
            Ok("eve@example.org".to_owned())
        );
        identity
            .delete_user(&eve.id, &By::command_line(NOW_US))
            .await
            .expect("deleted");
        assert_eq!(sign_in(&identity, &successor, false).await, Err(SignInFault::NoAccount));
    })
    .await;
}

/// Two tabs of a new person: one account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_person_gets_one_account() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let tries: Vec<_> = (0..6)
            .map(|_| {
                let identity = identity.clone();
                tokio::spawn(async move {
                    identity
                        .sign_in_external(&ADA, &anybody(true), &By::command_line(NOW_US))
                        .await
                })
            })
            .collect();
        let mut users = Vec::new();
        for one in tries {
            users.push(one.await.expect("no panic").expect("signed in").user.id);
        }
        users.dedup();
        assert_eq!(users.len(), 1);
    })
    .await;
}

/// A name that nobody could be shown is no reason to keep its bearer out.
#[tokio::test]
async fn an_odd_name_is_mended() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let long = "é".repeat(101);
        for (subject, name, expected) in [
            ("reversed", Some("A\u{202E}da"), "Ada"),
            ("invisible", Some("\u{FEFF}Ada\u{200B}\nLove\u{AD}lace"), "Ada Lovelace"),
            ("long", Some(long.as_str()), &"é".repeat(100)),
            ("nothing-left", Some("\u{200B}\u{FEFF}"), "nothing-left"),
            ("nothing", None, "nothing"),
        ] {
            let email = format!("{subject}@example.org");
            let odd = ExternalPerson {
                subject,
                email: Some(&email),
                name,
                ..ADA
            };
            let session = identity
                .sign_in_external(&odd, &anybody(true), &By::command_line(NOW_US))
                .await
                .expect("signed in");
            assert_eq!(session.user.display_name.as_str(), expected, "{name:?}");
        }
    })
    .await;
}

/// Whom an issuer makes known here, by the domains for which it may speak.
#[tokio::test]
async fn an_issuer_speaks_for_its_domains() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        for (email, administrator) in [
            ("ada@example.org", false),
            ("root@example.org", true),
            ("root@example.com", true),
        ] {
            let new = NewUser {
                email,
                display_name: "",
                administrator,
            };
            identity.add_user(new, &By::command_line(NOW_US)).await.expect("new");
        }
        let of = |subject, email| ExternalPerson {
            subject,
            email: Some(email),
            ..ADA
        };
        let (other, administrator) = (Err(SignInFault::OtherDomain), Err(SignInFault::Administrator));
        // Each row finds what those before it left.
        for (person, domains, expected) in [
            (of("ada", "ada@example.org"), &[][..], other),
            (
                of("ada", "ada@example.org"),
                &["example.com", "org", "ada@example.org"],
                other,
            ),
            (
                of("ada", "ada@example.org"),
                &["example.com", "Example.ORG"],
                Ok("ada@example.org"),
            ),
            (of("ada", "ada@example.org"), &[], Ok("ada@example.org")),
            (of("new", "new@sub.example.org"), &["example.org"], other),
            (of("new", "new@sub.example.org"), &["*"], Ok("new@sub.example.org")),
            (of("root", "root@example.org"), &["*"], administrator),
            (of("root", "Root@Example.org"), &["*", "example.com"], administrator),
            (of("root", "root@example.org"), &["example.org"], Ok("root@example.org")),
            (
                of("root-2", "root@example.com"),
                &["*", "example.com"],
                Ok("root@example.com"),
            ),
            // Linked before.
            (of("root", "root@example.org"), &["*"], Ok("root@example.org")),
        ] {
            let answer = sign_in_by(&identity, &person, &introductions(domains, true)).await;
            assert_eq!(answer, expected.map(str::to_owned), "{person:?} {domains:?}");
        }
    })
    .await;
}
