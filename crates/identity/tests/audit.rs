//! Every change has its line in the audit log, and nothing that was refused has one that says it was done.

use std::collections::BTreeSet;
use std::time::Duration;

use audit::{Actor, By, Query};
use db::testing::each_engine;
use identity::{
    AppKind, AppRoles, AuditEvent, ClientCredentials, ExternalPerson, Identity, Introductions, NewApp, NewUser,
    OrganisationChange, Scope, Scopes, TokenRequest, User, UserChange,
};

const NOW_US: i64 = 1_767_225_600_000_000;
const PASSWORD: &str = "correct horse battery";

const ADA: NewUser<'static> = NewUser {
    email: "ada@example.org",
    display_name: "Ada",
    administrator: false,
};

fn somebody(user: &User) -> By {
    By::remote(Actor::User(user.id.clone()), &"203.0.113.7", NOW_US)
}

fn stranger() -> By {
    By::remote(Actor::Nobody, &"203.0.113.8", NOW_US)
}

/// The lines since the last time: who, what, to whom, and whether it was refused. All are of one moment, and their order
/// means nothing.
struct Reader<'a> {
    identity: &'a Identity,
    seen: BTreeSet<String>,
}

impl Reader<'_> {
    async fn news(&mut self) -> Vec<String> {
        let query = Query {
            size: 1000,
            ..Query::default()
        };
        let (mut events, _) = self.identity.audit_events(&query).await.expect("reads");
        events.retain(|line| self.seen.insert(line.event.id.clone()));
        let in_words = |line: &AuditEvent| {
            let refused = if line.event.refused { "refused " } else { "" };
            let actor = line.actor_email.as_deref().unwrap_or(&line.event.actor);
            let subject = line.subject_email.as_deref().unwrap_or(&line.event.subject);
            let collection = subject.split('/').next().unwrap_or_default();
            format!("{actor} {refused}{} {collection}", line.event.action)
        };
        events.iter().map(in_words).collect()
    }

    async fn expect(&mut self, expected: &[(&str, &str, &str)]) {
        let line = |(actor, action, subject): &(&str, &str, &str)| format!("{actor} {action} {subject}");
        let mut expected: Vec<String> = expected.iter().map(line).collect();
        let mut news = self.news().await;
        expected.sort();
        news.sort();
        assert_eq!(news, expected);
    }
}

#[tokio::test]
async fn what_happens_to_accounts() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let server = By::command_line(NOW_US);
        let root = identity
            .add_user(
                NewUser {
                    email: "root@example.org",
                    administrator: true,
                    ..ADA
                },
                &server,
            )
            .await
            .expect("new");
        log.expect(&[
            ("commandLine", "user.create", "root@example.org"),
            ("commandLine", "user.promote", "root@example.org"),
        ])
        .await;

        let by_root = somebody(&root);
        let ada = identity.add_user(ADA, &by_root).await.expect("new");
        identity.add_user(ADA, &by_root).await.expect_err("taken");
        let made = ("root@example.org", "user.create", "ada@example.org");
        log.expect(&[made]).await;

        let change = UserChange {
            display_name: Some("Ada L."),
            administrator: Some(true),
        };
        identity.update_user(&ada.id, change, &by_root).await.expect("changed");
        log.expect(&[
            ("root@example.org", "user.promote", "ada@example.org"),
            ("root@example.org", "user.rename", "ada@example.org"),
        ])
        .await;
        let change = UserChange {
            administrator: Some(false),
            ..UserChange::default()
        };
        identity.update_user(&ada.id, change, &by_root).await.expect("changed");
        identity
            .update_user(&root.id, change, &by_root)
            .await
            .expect_err("the last");
        log.expect(&[("root@example.org", "user.demote", "ada@example.org")])
            .await;

        let change = UserChange {
            display_name: Some("Ada"),
            ..UserChange::default()
        };
        let by_ada = somebody(&ada);
        identity.update_user(&ada.id, change, &by_ada).await.expect("changed");
        log.news().await;
        identity.delete_user(&ada.id, &by_root).await.expect("deleted");
        identity.delete_user(&ada.id, &by_root).await.expect_err("gone");
        identity.delete_user(&root.id, &by_root).await.expect_err("the last");
        log.expect(&[("root@example.org", "user.delete", "users")]).await;
        let of_ada = Query {
            actor: format!("users/{}", ada.id),
            ..Query::default()
        };
        let lines = identity.log().list(&of_ada).await.expect("reads").events;
        let clients: Vec<_> = lines.into_iter().map(|line| line.client).collect();
        assert_eq!(clients, [None], "what she did stays, and from where does not");
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_the_ways_in() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        log.news().await;
        let server = By::command_line(NOW_US);
        let by_ada = somebody(&ada);
        identity.set_password(&ada.id, PASSWORD, &by_ada).await.expect("set");
        identity
            .set_password(&ada.id, "short", &by_ada)
            .await
            .expect_err("refused");
        log.expect(&[("ada@example.org", "password.set", "ada@example.org")])
            .await;
        identity.remove_password(&ada.id, &server).await.expect("removed");
        log.expect(&[("commandLine", "password.remove", "ada@example.org")])
            .await;
        identity
            .issue_token(&ada, Scopes::MEET, Duration::from_mins(1), &server)
            .await
            .expect("issued");
        log.expect(&[("commandLine", "token.issue", "ada@example.org")]).await;
        identity
            .forget_external_identities(&ada.id, &server)
            .await
            .expect("forgotten");
        log.expect(&[("commandLine", "provider.unlink", "ada@example.org")])
            .await;
    })
    .await;
}

#[tokio::test]
async fn who_signs_in_by_a_link() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let root = NewUser {
            email: "root@example.org",
            ..ADA
        };
        let root = identity.add_user(root, &By::command_line(NOW_US)).await.expect("new");
        let ada = identity.add_user(ADA, &somebody(&root)).await.expect("new");
        log.news().await;

        let minute = Duration::from_mins(1);
        let link = identity.sign_in_link(&ada.id, minute, &somebody(&root)).await;
        let secret = link.expect("a link").expose();
        let session = identity.redeem(&secret, &stranger()).await.expect("signed in");
        log.expect(&[
            ("ada@example.org", "sign_in.link", "ada@example.org"),
            ("root@example.org", "user.invite", "ada@example.org"),
        ])
        .await;
        let [made] = &identity.links_made_for(&ada).await.expect("reads")[..] else {
            panic!("one link was made for her")
        };
        assert_eq!(made.made_by.as_ref().map(|user| &user.id), Some(&root.id));
        assert_eq!(
            (made.create_us, made.use_us, made.client.as_deref()),
            (NOW_US, Some(NOW_US), Some("203.0.113.8"))
        );
        assert_eq!(identity.links_made_for(&root).await.expect("reads"), []);

        for secret in [&*secret, "nonsense"] {
            identity.redeem(secret, &stranger()).await.expect_err("refused");
        }
        log.expect(&[("nobody", "refused sign_in.link", ""); 2]).await;

        for _ in 0..2 {
            identity
                .end_web_session(&session.secret.expose(), &stranger())
                .await
                .expect("signed out");
        }
        log.expect(&[("ada@example.org", "sign_out", "ada@example.org")]).await;
    })
    .await;
}

#[tokio::test]
async fn who_signs_in_by_password_or_provider() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        log.news().await;

        let by_ada = somebody(&ada);
        identity.set_password(&ada.id, PASSWORD, &by_ada).await.expect("set");
        log.news().await;
        let sign_in = async |email, password| {
            identity
                .sign_in_with_password(email, password, "a browser", &stranger())
                .await
        };
        sign_in("ada@example.org", PASSWORD).await.expect("signed in");
        log.expect(&[("ada@example.org", "sign_in.password", "ada@example.org")])
            .await;
        sign_in("ada@example.org", "wrong").await.expect_err("refused");
        sign_in("nobody@example.org", "wrong").await.expect_err("refused");
        log.expect(&[
            ("nobody", "refused sign_in.password", ""),
            ("nobody", "refused sign_in.password", "ada@example.org"),
        ])
        .await;

        let person = ExternalPerson {
            issuer: "https://id.example.org",
            subject: "1",
            email: Some("eve@example.org"),
            email_verified: true,
            name: None,
        };
        let by_provider = async |create_accounts| {
            let introductions = Introductions {
                domains: vec!["*".to_owned()],
                create_accounts,
            };
            identity.sign_in_external(&person, &introductions, &stranger()).await
        };
        by_provider(false).await.expect_err("refused");
        by_provider(true).await.expect("signed in");
        log.expect(&[
            ("nobody", "refused sign_in.provider", ""),
            ("eve@example.org", "sign_in.provider", "eve@example.org"),
            ("eve@example.org", "user.create", "eve@example.org"),
        ])
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_apps_and_consents() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        log.news().await;
        let by = somebody(&ada);
        let who = "ada@example.org";

        let redirect_uris = ["https://app.example.org/back".to_owned()];
        let new = NewApp {
            kind: AppKind::Web,
            name: "Minutes",
            redirect_uris: &redirect_uris,
            secret: true,
        };
        let (app, secret) = identity.create_app(new, &by).await.expect("made");
        log.expect(&[(who, "app.create", "apps")]).await;

        let query = format!(
            "response_type=code&client_id={}&redirect_uri=https%3A%2F%2Fapp.example.org%2Fback\
             &scope=openid+profile&access_type=offline",
            app.client_id
        );
        let request = identity.authorization(&query).await.expect("in order");
        let mut code = String::new();
        for _ in 0..2 {
            let address = identity.approve(&request, &ada, &by).await.expect("approved");
            code = address
                .split(['?', '&'])
                .find_map(|pair| pair.strip_prefix("code="))
                .expect("a code")
                .to_owned();
        }
        log.expect(&[(who, "consent.give", "apps")]).await;
        let form = format!(
            "grant_type=authorization_code&code={code}&client_id={}&client_secret={}\
             &redirect_uri=https%3A%2F%2Fapp.example.org%2Fback",
            app.client_id,
            secret.expect("a web app has one").expose()
        );
        let request = TokenRequest {
            form: form.as_bytes(),
            authorization: None,
            issuer: identity.public_url(),
        };
        identity.token(request, &stranger()).await.expect("issued");
        log.expect(&[(who, "token.issue", who)]).await;
        for _ in 0..2 {
            identity
                .revoke_consent(&ada.id, &app.client_id, &by)
                .await
                .expect("taken back");
        }
        log.expect(&[(who, "consent.revoke", "apps")]).await;
        identity.delete_app(&app.client_id, &by).await.expect("deleted");
        identity.delete_app(&app.client_id, &by).await.expect_err("gone");
        log.expect(&[(who, "app.delete", "apps")]).await;
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_service_accounts() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        log.news().await;
        let by = somebody(&ada);
        let who = "ada@example.org";

        let robot = identity.create_service_account("robot", &by).await.expect("made");
        identity.create_service_account("robot", &by).await.expect_err("taken");
        log.expect(&[(who, "service_account.create", "serviceAccounts")]).await;
        let key = identity.create_key(&robot.client_id, &by).await.expect("made");
        log.expect(&[(who, "key.create", "serviceAccounts")]).await;
        let scopes = Scopes::of(&[Scope::SpaceReadonly]);
        identity
            .grant_delegation(&robot.client_id, scopes, &by)
            .await
            .expect("granted");
        log.expect(&[(who, "grant.create", "grants")]).await;
        identity
            .delete_delegation(&robot.client_id, &by)
            .await
            .expect("taken back");
        identity
            .delete_delegation(&robot.client_id, &by)
            .await
            .expect_err("gone");
        log.expect(&[(who, "grant.delete", "grants")]).await;
        identity
            .delete_key(&robot.client_id, &key.id, &by)
            .await
            .expect("deleted");
        identity
            .delete_key(&robot.client_id, &key.id, &by)
            .await
            .expect_err("gone");
        log.expect(&[(who, "key.delete", "serviceAccounts")]).await;
        identity
            .delete_service_account(&robot.client_id, &by)
            .await
            .expect("deleted");
        log.expect(&[(who, "service_account.delete", "serviceAccounts")]).await;
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_daemons() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        log.news().await;
        let by = somebody(&ada);
        let who = "ada@example.org";

        let daemon = identity
            .create_daemon("Reports", AppRoles::NONE, &by)
            .await
            .expect("made");
        let id = &*daemon.client_id;
        log.expect(&[(who, "daemon.create", "daemons")]).await;
        identity.set_daemon_roles(id, AppRoles::NONE, &by).await.expect("set");
        log.expect(&[(who, "daemon.roles", "daemons")]).await;
        let (credential, secret) = identity.create_daemon_secret(id, None, &by).await.expect("made");
        identity
            .create_daemon_certificate(id, b"", &by)
            .await
            .expect_err("no certificate");
        log.expect(&[(who, "credential.create", "daemons")]).await;

        for (secret, lines) in [(&*secret.expose(), 1), (&*secret.expose(), 0), ("wrong", 0)] {
            let form = format!(
                "grant_type=client_credentials&client_id={id}&client_secret={secret}\
                 &scope=http%3A%2F%2Flocalhost%3A8080%2F.default"
            );
            let request = ClientCredentials {
                form: form.as_bytes(),
                authorization: None,
            };
            let answer = identity.client_credentials(request, &stranger()).await;
            assert_eq!(answer.is_ok(), secret != "wrong");
            // One line stands for all of an hour.
            let itself = daemon.resource_name();
            log.expect(&[(&*itself, "token.issue", "daemons")][..lines]).await;
        }

        identity
            .delete_daemon_credential(id, &credential.id, &by)
            .await
            .expect("deleted");
        identity
            .delete_daemon_credential(id, &credential.id, &by)
            .await
            .expect_err("gone");
        log.expect(&[(who, "credential.delete", "daemons")]).await;
        identity.delete_daemon(id, &by).await.expect("deleted");
        identity.delete_daemon(id, &by).await.expect_err("gone");
        log.expect(&[(who, "daemon.delete", "daemons")]).await;
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_organisations() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("opens");
        let mut log = Reader {
            identity: &identity,
            seen: BTreeSet::new(),
        };
        let ada = identity.add_user(ADA, &By::command_line(NOW_US)).await.expect("new");
        log.news().await;
        let by = somebody(&ada);
        let who = "ada@example.org";

        identity.add_domain("example.org", "", &by).await.expect("added");
        identity.add_domain("example.org", "", &by).await.expect_err("taken");
        log.expect(&[(who, "domain.create", "domains")]).await;
        identity
            .update_organisation("example.org", OrganisationChange::default(), &by)
            .await
            .expect("there is nothing to change");
        log.expect(&[]).await;
        let change = OrganisationChange {
            shares_email: Some(true),
            asks_to_record: Some(true),
        };
        identity
            .update_organisation("example.org", change, &by)
            .await
            .expect("changed");
        log.expect(&[(who, "domain.update", "domains"); 2]).await;
        identity
            .update_organisation("example.net", change, &by)
            .await
            .expect_err("there is none");
        log.expect(&[]).await;
        identity.set_installation_asks_to_record(true, &by).await.expect("set");
        log.expect(&[(who, "meeting_policy.set", "meetingPolicy")]).await;
        identity.remove_domain("example.org", &by).await.expect("removed");
        identity.remove_domain("example.org", &by).await.expect_err("gone");
        log.expect(&[(who, "domain.delete", "domains")]).await;
    })
    .await;
}
