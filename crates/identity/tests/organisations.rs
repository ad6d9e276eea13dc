//! Organisations on both engines: who trusts whom, who may see whose address, and whose people are asked before they are recorded.

use audit::By;
use db::testing::each_engine;
use identity::{Identity, NewUser, OrganisationChange, OrganisationError, Page, User};
use meeting::UserId;

const NOW_US: i64 = 1_767_225_600_000_000;

async fn user(identity: &Identity, email: &str) -> User {
    let new = NewUser {
        email,
        display_name: "",
        administrator: false,
    };
    identity.add_user(new, &By::command_line(NOW_US)).await.expect("new")
}

fn sharing(shares: bool) -> OrganisationChange {
    OrganisationChange {
        shares_email: Some(shares),
        ..OrganisationChange::default()
    }
}

fn asking(asks: bool) -> OrganisationChange {
    OrganisationChange {
        asks_to_record: Some(asks),
        ..OrganisationChange::default()
    }
}

#[tokio::test]
async fn who_trusts_whom() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let ada = user(&identity, "ada@example.org").await;
        let bo = user(&identity, "bo@example.com").await;
        let cyd = user(&identity, "cyd@mail.example.org").await;
        let nobody = UserId::parse("100000000000000000000").expect("21 digits");
        let trusts =
            async |owner: &User, user: &User| identity.same_organisation(&owner.id, user).await.expect("reads");

        // Without a domain, all accounts are one organisation.
        assert!(trusts(&ada, &bo).await && trusts(&bo, &cyd).await);
        assert!(!identity.same_organisation(&nobody, &ada).await.expect("reads"));

        identity
            .add_domain("Example.ORG ", "", &By::command_line(NOW_US))
            .await
            .expect("added");
        assert!(!trusts(&ada, &bo).await && !trusts(&bo, &ada).await && !trusts(&bo, &cyd).await);
        assert!(!trusts(&ada, &cyd).await, "a subdomain is another domain");
        assert!(trusts(&bo, &bo).await, "everybody trusts themselves");

        identity
            .add_domain("example.com", "example.org", &By::command_line(NOW_US))
            .await
            .expect("added");
        identity
            .add_domain("mail.example.org", "Mail", &By::command_line(NOW_US))
            .await
            .expect("added");
        assert!(trusts(&ada, &bo).await && trusts(&bo, &ada).await && !trusts(&ada, &cyd).await);

        assert!(
            !identity.shares_email(&ada).await.expect("reads"),
            "not unless it says so"
        );
        let set = identity
            .update_organisation(" Example.ORG", sharing(true), &By::command_line(NOW_US))
            .await
            .expect("set");
        assert_eq!((&*set.domain, set.shares_email), ("example.org", true));
        for (user, shares) in [(&ada, true), (&bo, true), (&cyd, false)] {
            assert_eq!(identity.shares_email(user).await.expect("reads"), shares);
        }

        identity
            .remove_domain("example.org", &By::command_line(NOW_US))
            .await
            .expect("removed");
        assert!(!trusts(&ada, &bo).await);
        assert!(
            identity.shares_email(&bo).await.expect("reads"),
            "the organisation has a domain left"
        );
        for domain in ["example.com", "mail.example.org"] {
            identity
                .remove_domain(domain, &By::command_line(NOW_US))
                .await
                .expect("removed");
        }
        assert!(trusts(&ada, &bo).await);
        for gone in ["example.org", "Mail", "not a domain"] {
            for change in [sharing(false), asking(true), OrganisationChange::default()] {
                let refused = identity
                    .update_organisation(gone, change, &By::command_line(NOW_US))
                    .await;
                assert!(matches!(refused, Err(OrganisationError::NotFound)), "{refused:?}");
            }
        }
    })
    .await;
}

/// The organisation of the owner says so; the installation, for whoever has none.
#[tokio::test]
async fn who_is_asked_before_they_are_recorded() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let by = By::command_line(NOW_US);
        let ada = user(&identity, "ada@example.org").await.id;
        let bo = user(&identity, "bo@mail.example.org").await.id;
        let cyd = user(&identity, "cyd@example.com").await.id;
        let nobody = UserId::parse("100000000000000000000").expect("21 digits");
        let check = async |what: &str, expected: [bool; 4]| {
            for (owner, expected) in [&ada, &bo, &cyd, &nobody].into_iter().zip(expected) {
                let asks = identity.asks_to_record(owner).await.expect("reads");
                assert_eq!(asks, expected, "{what}: {owner}");
            }
        };
        let set_installation = async |asks| {
            identity.set_installation_asks_to_record(asks, &by).await.expect("set");
            assert_eq!(identity.installation_asks_to_record().await.expect("reads"), asks);
        };
        assert!(!identity.installation_asks_to_record().await.expect("reads"));
        check("nobody has said anything", [false; 4]).await;
        set_installation(true).await;
        check("without a domain there is one rule", [true; 4]).await;

        let added = identity.add_domain("example.org", "Example", &by).await.expect("added");
        assert!(added.asks_to_record, "a new organisation begins as the installation");
        let update = async |domain, change| {
            identity
                .update_organisation(domain, change, &by)
                .await
                .expect("changed")
        };
        let told = update("example.org", asking(false)).await;
        assert_eq!((told.asks_to_record, told.shares_email), (false, false));
        check("one tells", [false, true, true, true]).await;
        let joined = identity.add_domain("mail.example.org", "Example", &by).await;
        assert!(!joined.expect("added").asks_to_record, "it has a rule already");
        check("with both its domains", [false, false, true, true]).await;
        set_installation(false).await;
        let added = identity.add_domain("example.com", "Other", &by).await.expect("added");
        assert!(!added.asks_to_record);
        update("example.com", asking(true)).await;
        check("the other asks", [false, false, true, false]).await;
        set_installation(true).await;
        check("each has said so for itself", [false, false, true, true]).await;

        let both = OrganisationChange {
            shares_email: Some(true),
            asks_to_record: Some(true),
        };
        let changed = update("mail.example.org", both).await;
        assert!(changed.asks_to_record && changed.shares_email);
        let same = update("example.org", OrganisationChange::default()).await;
        assert!(same.asks_to_record && same.shares_email, "what is not named stays");
        update("example.org", asking(false)).await;
        identity.remove_domain("mail.example.org", &by).await.expect("removed");
        check(
            "whose domain is taken away has the installation's",
            [false, true, true, true],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn domains_are_checked_and_listed() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        for (domain, organisation, expected) in [
            ("example.org", "Example", Ok("Example")),
            ("example.com", " ", Ok("example.com")),
            (
                "EXAMPLE.org",
                "Other",
                Err("the domain example.org belongs to an organisation already"),
            ),
            ("@example.net", "", Err("\"@example.net\" is not a domain name")),
            ("", "", Err("\"\" is not a domain name")),
            (
                "example.net",
                "a\nb",
                Err("the name of the organisation cannot be used"),
            ),
        ] {
            let added = identity
                .add_domain(domain, organisation, &By::command_line(NOW_US))
                .await;
            let answer = added
                .map(|domain| domain.organisation)
                .map_err(|error| error.to_string());
            assert_eq!(answer, expected.map(str::to_owned).map_err(str::to_owned), "{domain}");
        }
        let page = Page { size: 1, after: None };
        let first = identity.list_domains(page).await.expect("reads");
        assert_eq!(
            (&*first.items[0].domain, first.next.as_deref()),
            ("example.com", Some("example.com"))
        );
        let page = Page {
            after: first.next.as_deref(),
            ..page
        };
        let last = identity.list_domains(page).await.expect("reads");
        assert_eq!((&*last.items[0].domain, last.next), ("example.org", None));
        for unknown in ["example.net", "not a domain", "\0"] {
            identity
                .remove_domain(unknown, &By::command_line(NOW_US))
                .await
                .expect_err("there is none");
        }
    })
    .await;
}
