//! The administrator's lists on both engines, page by page: nothing is left out, nothing comes twice, and the order is that
//! of the keys.

use audit::By;
use std::fmt::Debug;

use db::testing::each_engine;
use identity::{AppKind, AppRoles, Identity, Listing, NewApp, NewUser, Page, Scope, Scopes};

const NOW_US: i64 = 1_767_225_600_000_000;
/// Of each thing.
const COUNT: usize = 5;

/// Walks through a list in pages of several sizes.
async fn check<T, E: Debug>(
    what: &str,
    mut expected: Vec<String>,
    list: impl AsyncFn(Page<'_>) -> Result<Listing<T>, E>,
    key_of: impl Fn(T) -> String,
) {
    expected.sort();
    assert_eq!(expected.len(), COUNT, "{what}");
    for (size, pages) in [(1, 5), (2, 3), (4, 2), (5, 1), (6, 1), (0, 1), (usize::MAX, 1)] {
        let (mut found, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = Page {
                size,
                after: after.as_deref(),
            };
            let listing = list(page).await.expect("reads");
            sizes.push(listing.items.len());
            found.extend(listing.items.into_iter().map(&key_of));
            match listing.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "{what} in pages of {size}");
        assert_eq!(sizes.len(), pages, "{what} in pages of {size}: {sizes:?}");
        let is_full = |length: &usize| *length == size || size == 0;
        assert!(sizes[..pages - 1].iter().all(is_full), "{what}: {sizes:?}");
    }
}

#[tokio::test]
async fn every_list_is_whole() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let (mut users, mut domains, mut apps, mut accounts) = (vec![], vec![], vec![], vec![]);
        let mut daemons = vec![];
        for number in 0..COUNT {
            let email = format!("user{number}@example.org");
            let new = NewUser {
                email: &email,
                display_name: "",
                administrator: false,
            };
            users.push(
                identity
                    .add_user(new, &By::command_line(NOW_US))
                    .await
                    .expect("new")
                    .email,
            );
            let domain = format!("d{number}.example.org");
            let added = identity.add_domain(&domain, "Example", &By::command_line(NOW_US)).await;
            domains.push(added.expect("added").domain);
            let new = NewApp {
                kind: AppKind::Installed,
                name: "App",
                redirect_uris: &[],
                secret: false,
            };
            let (app, _) = identity.create_app(new, &By::command_line(NOW_US)).await.expect("made");
            apps.push(app.client_id);
            let daemon = identity
                .create_daemon("Reports", AppRoles::NONE, &By::command_line(NOW_US))
                .await;
            daemons.push(daemon.expect("made").client_id);
            let account = identity
                .create_service_account(&format!("robot{number}"), &By::command_line(NOW_US))
                .await;
            let account = account.expect("made").client_id;
            let scopes = Scopes::of(&[Scope::SpaceReadonly]);
            let granted = identity
                .grant_delegation(&account, scopes, &By::command_line(NOW_US))
                .await;
            granted.expect("granted");
            accounts.push(account);
        }
        let behind_none = Page {
            size: 0,
            after: Some("\0"),
        };
        let behind_none = identity.list_users(behind_none).await.expect("reads");
        assert!(behind_none.items.is_empty() && behind_none.next.is_none());
        check(
            "users",
            users,
            async |page| identity.list_users(page).await,
            |user| user.email,
        )
        .await;
        check(
            "domains",
            domains,
            async |page| identity.list_domains(page).await,
            |domain| domain.domain,
        )
        .await;
        check(
            "apps",
            apps,
            async |page| identity.list_apps(page).await,
            |app| app.client_id,
        )
        .await;
        check(
            "daemons",
            daemons,
            async |page| identity.list_daemons(page).await,
            |daemon| daemon.client_id,
        )
        .await;
        let service_accounts = async |page: Page<'_>| identity.list_service_accounts(page).await;
        check("service accounts", accounts.clone(), service_accounts, |account| {
            account.client_id
        })
        .await;
        check(
            "grants",
            accounts,
            async |page| identity.list_delegations(page).await,
            |grant| grant.client_id,
        )
        .await;
    })
    .await;
}
