//! Organisations on both engines: who trusts whom, and who may see whose address.

use audit::By;
use db::testing::each_engine;
use identity::{Identity, NewUser, OrganisationError, Page, User};
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
            .set_shares_email(" Example.ORG", true, &By::command_line(NOW_US))
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
            let refused = identity.set_shares_email(gone, false, &By::command_line(NOW_US)).await;
            assert!(matches!(refused, Err(OrganisationError::NotFound)), "{refused:?}");
        }
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
