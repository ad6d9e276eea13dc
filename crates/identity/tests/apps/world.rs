//! Ada, two applications, and what they send.

use audit::By;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Db;
use identity::{
    App, AppKind, AuthenticationError, Credential, Fault, Identity, NewApp, NewUser, OAuthCode, Principal, Secret,
    TokenRequest, TokenResponse, User,
};
use sha2::{Digest, Sha256};

pub(crate) const NOW_US: i64 = 1_767_225_600_000_000;
pub(crate) const SECOND_US: i64 = 1_000_000;
pub(crate) const ISSUER: &str = "https://meet.example.org";
pub(crate) const WEB_URI: &str = "https://app.example.org/signed-in";
pub(crate) const LOOPBACK_URI: &str = "http://127.0.0.1:49152/";
pub(crate) const READONLY: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
pub(crate) const CREATED: &str = "https://www.googleapis.com/auth/meetings.space.created";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A while later: longer than anything is remembered of a token.
pub(crate) const LATER_US: i64 = NOW_US + 31 * SECOND_US;

/// Ada and two applications.
pub(crate) struct World {
    pub(crate) identity: Identity,
    pub(crate) ada: User,
    pub(crate) web: App,
    pub(crate) web_secret: Secret,
    pub(crate) installed: App,
}

pub(crate) async fn world(db: Db) -> World {
    let identity = Identity::open(db).await.expect("opens");
    let ada = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    let ada = identity.add_user(ada, &By::command_line(NOW_US)).await.expect("new");
    let web = NewApp {
        kind: AppKind::Web,
        name: "Calendar",
        redirect_uris: &[WEB_URI.to_owned()],
        secret: false,
    };
    let (web, web_secret) = identity.create_app(web, &By::command_line(NOW_US)).await.expect("made");
    let installed = NewApp {
        kind: AppKind::Installed,
        name: "Desktop",
        redirect_uris: &[],
        secret: false,
    };
    let (installed, none) = identity
        .create_app(installed, &By::command_line(NOW_US))
        .await
        .expect("made");
    assert_eq!(none, None);
    World {
        identity,
        ada,
        web,
        web_secret: web_secret.expect("a web application has one"),
        installed,
    }
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// A request to the token endpoint, in our own name.
pub(crate) fn token_request(form: &str) -> TokenRequest<'_> {
    TokenRequest {
        form: form.as_bytes(),
        authorization: None,
        issuer: ISSUER,
    }
}

/// The value of a parameter in the query of an address.
pub(crate) fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

impl World {
    /// What the application sends the browser with.
    pub(crate) fn question(app: &App, more: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let uri = if app.kind == AppKind::Web {
            WEB_URI
        } else {
            LOOPBACK_URI
        };
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", &app.client_id),
            ("redirect_uri", uri),
        ];
        if app.kind == AppKind::Installed {
            pairs.extend([("code_challenge", &*challenge), ("code_challenge_method", "S256")]);
        }
        if more.iter().all(|(name, _)| *name != "scope") {
            pairs.push(("scope", READONLY));
        }
        pairs.extend(more);
        encoded(&pairs)
    }

    /// The user says yes; the code that the browser brings back.
    pub(crate) async fn code(&self, app: &App, more: &[(&str, &str)]) -> String {
        let request = self
            .identity
            .authorization(&World::question(app, more))
            .await
            .expect("in order");
        let address = self
            .identity
            .approve(&request, &self.ada, &By::command_line(NOW_US))
            .await
            .expect("approved");
        parameter(&address, "code").expect("a code")
    }

    /// Asks the token endpoint; with these parameters after those that are right.
    pub(crate) async fn token(
        &self,
        app: &App,
        pairs: &[(&str, &str)],
        now_us: i64,
    ) -> Result<TokenResponse, OAuthCode> {
        let mut form = vec![("client_id", &*app.client_id)];
        let secret = self.web_secret.expose();
        if app.kind == AppKind::Web {
            form.push(("client_secret", &secret));
        }
        form.extend(pairs);
        self.identity
            .token(token_request(&encoded(&form)), &By::command_line(now_us))
            .await
            .map_err(|error| error.code)
    }

    pub(crate) async fn redeem(&self, app: &App, code: &str) -> Result<TokenResponse, OAuthCode> {
        self.token(app, &World::redeeming(app, code), NOW_US).await
    }

    pub(crate) fn redeeming<'a>(app: &App, code: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut pairs = vec![("grant_type", "authorization_code"), ("code", code)];
        match app.kind {
            AppKind::Web => pairs.push(("redirect_uri", WEB_URI)),
            AppKind::Installed => pairs.extend([("redirect_uri", LOOPBACK_URI), ("code_verifier", VERIFIER)]),
        }
        pairs
    }

    pub(crate) async fn refresh(
        &self,
        app: &App,
        token: &str,
        more: &[(&str, &str)],
    ) -> Result<TokenResponse, OAuthCode> {
        let pairs = [&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat();
        self.token(app, &pairs, NOW_US).await
    }

    pub(crate) async fn caller(&self, token: &str, now_us: i64) -> Result<Principal, Fault> {
        self.identity
            .authenticate(Credential::Bearer(token), now_us)
            .await
            .map_err(|error| match error {
                AuthenticationError::Invalid(fault) => fault,
                AuthenticationError::Store(error) => panic!("{error}"),
            })
    }
}
