//! Everybody who calls: one table of their names and their credentials.

use audit::By;
use std::time::Duration;

use identity::{AppRole, AppRoles, ClientCredentials, NewUser, Scope, Scopes, User};
use serde_json::json;
use server::clock;

use crate::robot::Robot;
use crate::world::{Answer, World, send_from};

/// By what somebody calls. Accounts and apps are told by their names.
#[derive(Clone, Copy)]
pub(crate) enum Credential {
    Nothing,
    /// A token of one's own.
    Own(&'static str, Scopes),
    /// Such a token, after its time.
    Expired(&'static str),
    /// The cookie of a browser, which shows a page of ours.
    OurPage(&'static str),
    /// The same, which shows somebody else's.
    ForeignPage(&'static str),
    /// A page of ours, with a cookie that no longer holds.
    SignedOut(&'static str),
    /// A token of an app, for somebody or for itself.
    App(&'static str, Option<&'static str>, Scopes),
    /// A token of a program that has these roles.
    Daemon(AppRoles),
}

use Credential::{App, Daemon, Expired, ForeignPage, Nothing, OurPage, Own, SignedOut};

const EVERYTHING: Scopes = Scopes::ALL;
const CREATED: Scopes = Scopes::of(&[Scope::SpaceCreated]);
const READONLY: Scopes = Scopes::of(&[Scope::SpaceReadonly]);
const SETTINGS: Scopes = Scopes::of(&[Scope::SpaceSettings]);
const PARTICIPATE: Scopes = Scopes::of(&[Scope::Participate]);
const MEDIA: Scopes = Scopes::of(&[Scope::ConferenceMediaReadonly]);
const PROFILE: Scopes = Scopes::of(&[Scope::UserinfoProfile]);
const CONTACTS: Scopes = Scopes::of(&[Scope::ContactsReadonly]);
const DIRECTORY: Scopes = Scopes::of(&[Scope::DirectoryReadonly]);
const CALL_RECORDS: Scopes = Scopes::of(&[Scope::CallRecordsReadonly]);

const OWNER: &str = "owner@example.org";
const ADMINISTRATOR: &str = "administrator@example.org";
const MAKER: &str = "maker";
const OTHER: &str = "other";

/// Every kind of caller, in the order in which rows name them. `table.md` says who each is.
pub(crate) const CALLERS: [(&str, Credential); 35] = [
    ("owner", Own(OWNER, EVERYTHING)),
    ("owner: our page", OurPage(OWNER)),
    ("owner: foreign page", ForeignPage(OWNER)),
    ("owner: signed out", SignedOut(OWNER)),
    ("owner: readonly", Own(OWNER, READONLY)),
    ("owner: settings", Own(OWNER, SETTINGS)),
    ("owner: participate", Own(OWNER, PARTICIPATE)),
    ("owner: media", Own(OWNER, MEDIA)),
    ("owner: profile", Own(OWNER, PROFILE)),
    ("owner: contacts", Own(OWNER, CONTACTS)),
    ("owner: directory", Own(OWNER, DIRECTORY)),
    ("owner: call records", Own(OWNER, CALL_RECORDS)),
    ("co-host", Own("cohost@example.org", EVERYTHING)),
    ("member", Own("member@example.org", EVERYTHING)),
    ("participant", Own("participant@example.org", EVERYTHING)),
    ("visitor", Own("visitor@example.com", EVERYTHING)),
    ("stranger", Own("stranger@example.org", EVERYTHING)),
    ("outsider", Own("outsider@example.com", EVERYTHING)),
    ("administrator", Own(ADMINISTRATOR, EVERYTHING)),
    ("administrator: our page", OurPage(ADMINISTRATOR)),
    ("administrator: foreign page", ForeignPage(ADMINISTRATOR)),
    ("administrator: readonly", Own(ADMINISTRATOR, READONLY)),
    ("administrator: app", App(OTHER, Some(ADMINISTRATOR), EVERYTHING)),
    ("maker: created", App(MAKER, Some(OWNER), CREATED)),
    ("maker: participate", App(MAKER, Some(OWNER), PARTICIPATE)),
    ("other app: created", App(OTHER, Some(OWNER), CREATED)),
    ("other app: readonly", App(OTHER, Some(OWNER), READONLY)),
    ("other app: participate", App(OTHER, Some(OWNER), PARTICIPATE)),
    ("service account", App(OTHER, None, EVERYTHING)),
    ("daemon", Daemon(AppRoles::of(&AppRole::ALL))),
    ("daemon: no role", Daemon(AppRoles::NONE)),
    ("expired", Expired(OWNER)),
    ("guest", Nothing),
    ("knocker", Nothing),
    ("nobody", Nothing),
];

/// Where browsers sign in and out.
const SESSION: &str = "/sederunt/v1/webSession";

const HOUR: Duration = Duration::from_hours(1);

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    /// As whom the server knows them, if as anybody: `users/U`, `serviceAccounts/S`, `daemons/D`.
    pub(crate) actor: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// A call that is ready to be made.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) verb: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Caller {
    pub(crate) async fn ask(&self, world: &World, call: &Call) -> Answer {
        self.ask_from([127, 0, 0, 1], world, call).await
    }

    /// The same from another address.
    pub(crate) async fn ask_from(&self, from: [u8; 4], world: &World, call: &Call) -> Answer {
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<_> = headers.collect();
        send_from(from, world.address, &call.verb, &call.path, &headers, &call.body).await
    }
}

/// All callers, in a world that knows none of them yet.
pub(crate) async fn all(world: &World) -> Vec<Caller> {
    for domain in ["example.org", "example.com"] {
        let added = world
            .identity
            .add_domain(domain, "", &By::command_line(clock::now_us()))
            .await;
        added.expect("a domain");
    }
    let robots = [Robot::make(world, MAKER).await, Robot::make(world, OTHER).await];
    let mut callers = Vec::new();
    for (name, credential) in CALLERS {
        let (headers, actor) = headers(world, &robots, credential).await;
        callers.push(Caller { name, actor, headers });
    }
    callers
}

/// What a request of theirs carries, and as whom that makes them known.
async fn headers(
    world: &World,
    robots: &[Robot],
    credential: Credential,
) -> (Vec<(&'static str, String)>, Option<String>) {
    let now_us = clock::now_us();
    let own = async |email, scopes, now_us| {
        let user = account(world, email).await;
        world
            .identity
            .issue_token(&user, scopes, HOUR, &By::command_line(now_us))
            .await
            .expect("issuable")
    };
    let bearer = |token: String| vec![("authorization", format!("Bearer {token}"))];
    let ours = format!("http://{}", world.address);
    let user = async |email| Some(account(world, email).await.resource_name());
    match credential {
        Nothing => (vec![], None),
        Own(email, scopes) => (bearer(own(email, scopes, now_us).await), user(email).await),
        Expired(email) => {
            let expired = own(email, EVERYTHING, now_us - 24 * 3_600_000_000).await;
            (bearer(expired), user(email).await)
        }
        OurPage(email) => {
            let headers = vec![("cookie", signed_in(world, email, &ours).await), ("origin", ours)];
            (headers, user(email).await)
        }
        ForeignPage(email) => {
            let cookie = signed_in(world, email, &ours).await;
            let headers = vec![("cookie", cookie), ("origin", "https://elsewhere.example".to_owned())];
            (headers, user(email).await)
        }
        SignedOut(email) => {
            let cookie = signed_in(world, email, &ours).await;
            let browser = [("cookie", cookie.as_str()), ("origin", ours.as_str())];
            world.send("DELETE", None, SESSION, &browser, "").await.ok();
            (vec![("cookie", cookie), ("origin", ours)], user(email).await)
        }
        App(name, subject, scopes) => {
            let robot = robots.iter().find(|robot| robot.name == name).expect("one of them");
            let subject = match subject {
                Some(email) => Some(account(world, email).await),
                None => None,
            };
            let actor = subject.as_ref().map_or_else(|| robot.actor(), User::resource_name);
            (bearer(robot.token(world, subject.as_ref(), scopes).await), Some(actor))
        }
        Daemon(roles) => {
            let (token, actor) = daemon_token(world, roles).await;
            (bearer(token), Some(actor))
        }
    }
}

/// The token of a new program with these roles, and its name.
async fn daemon_token(world: &World, roles: AppRoles) -> (String, String) {
    let by = By::command_line(clock::now_us());
    let daemon = world.identity.create_daemon("Reports", roles, &by).await.expect("made");
    let made = world.identity.create_daemon_secret(&daemon.client_id, None, &by).await;
    let (_, secret) = made.expect("made");
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        daemon.client_id,
        secret.expose()
    );
    let request = ClientCredentials {
        form: form.as_bytes(),
        authorization: None,
    };
    let answer = world.identity.client_credentials(request, &by).await;
    (
        answer.expect("the secret is right").access_token,
        daemon.resource_name(),
    )
}

/// The account of an address, which may be there.
async fn account(world: &World, email: &str) -> User {
    let found = world.identity.user_by_email(email).await.expect("readable");
    if let Some(user) = found {
        return user;
    }
    let new = NewUser {
        email,
        display_name: "",
        administrator: email == ADMINISTRATOR,
    };
    let added = world.identity.add_user(new, &By::command_line(clock::now_us())).await;
    added.expect("a new address")
}

/// The cookie of a browser that a link signed in.
async fn signed_in(world: &World, email: &str, origin: &str) -> String {
    let user = account(world, email).await;
    let link = world
        .identity
        .sign_in_link(&user.id, HOUR, &By::command_line(clock::now_us()))
        .await;
    let body = json!({"secret": link.expect("a link").expose()}).to_string();
    let headers = [("origin", origin)];
    let answer = world.send("POST", None, SESSION, &headers, &body);
    answer.await.cookie()
}
