//! OAuth clients on both engines: from the question to the user to the last refused token.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use db::{Db, testing::each_engine};
use identity::{
    App, AppError, AppKind, AuthenticationError, AuthorizationError, Credential, Fault, Identity, NewApp, NewUser,
    OAuthCode, Page, Principal, Secret, TokenResponse, User, limits,
};
use sha2::{Digest, Sha256};

const NOW_US: i64 = 1_767_225_600_000_000;
const SECOND_US: i64 = 1_000_000;
const WEB_URI: &str = "https://app.example.org/signed-in";
const LOOPBACK_URI: &str = "http://127.0.0.1:49152/";
const READONLY: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
const CREATED: &str = "https://www.googleapis.com/auth/meetings.space.created";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// Ada and two applications.
struct World {
    identity: Identity,
    ada: User,
    web: App,
    web_secret: Secret,
    installed: App,
}

async fn world(db: Db) -> World {
    let identity = Identity::open(db).await.expect("opens");
    let ada = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    let ada = identity.add_user(ada, NOW_US).await.expect("new");
    let web = NewApp {
        kind: AppKind::Web,
        name: "Calendar",
        redirect_uris: &[WEB_URI.to_owned()],
        secret: false,
    };
    let (web, web_secret) = identity.create_app(web, NOW_US).await.expect("made");
    let installed = NewApp {
        kind: AppKind::Installed,
        name: "Desktop",
        redirect_uris: &[],
        secret: false,
    };
    let (installed, none) = identity.create_app(installed, NOW_US).await.expect("made");
    assert_eq!(none, None);
    World {
        identity,
        ada,
        web,
        web_secret: web_secret.expect("a web application has one"),
        installed,
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// The value of a parameter in the query of an address.
fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

impl World {
    /// What the application sends the browser with.
    fn question(&self, app: &App, more: &[(&str, &str)]) -> String {
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
    async fn code(&self, app: &App, more: &[(&str, &str)]) -> String {
        let request = self
            .identity
            .authorization(&self.question(app, more))
            .await
            .expect("in order");
        let address = self
            .identity
            .approve(&request, &self.ada, NOW_US)
            .await
            .expect("approved");
        parameter(&address, "code").expect("a code")
    }

    /// Asks the token endpoint; with these parameters after those that are right.
    async fn token(&self, app: &App, pairs: &[(&str, &str)], now_us: i64) -> Result<TokenResponse, OAuthCode> {
        let mut form = vec![("client_id", &*app.client_id)];
        let secret = self.web_secret.expose();
        if app.kind == AppKind::Web {
            form.push(("client_secret", &secret));
        }
        form.extend(pairs);
        self.identity
            .token(encoded(&form).as_bytes(), None, now_us)
            .await
            .map_err(|error| error.code)
    }

    async fn redeem(&self, app: &App, code: &str) -> Result<TokenResponse, OAuthCode> {
        self.token(app, &self.redeeming(app, code), NOW_US).await
    }

    fn redeeming<'a>(&self, app: &App, code: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut pairs = vec![("grant_type", "authorization_code"), ("code", code)];
        match app.kind {
            AppKind::Web => pairs.push(("redirect_uri", WEB_URI)),
            AppKind::Installed => pairs.extend([("redirect_uri", LOOPBACK_URI), ("code_verifier", VERIFIER)]),
        }
        pairs
    }

    async fn refresh(&self, app: &App, token: &str, more: &[(&str, &str)]) -> Result<TokenResponse, OAuthCode> {
        let pairs = [&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat();
        self.token(app, &pairs, NOW_US).await
    }

    async fn caller(&self, token: &str, now_us: i64) -> Result<Principal, Fault> {
        self.identity
            .authenticate(Credential::Bearer(token), now_us)
            .await
            .map_err(|error| match error {
                AuthenticationError::Invalid(fault) => fault,
                AuthenticationError::Store(error) => panic!("{error}"),
            })
    }
}

/// After the time of the cache.
const LATER_US: i64 = NOW_US + 31 * SECOND_US;

#[tokio::test]
async fn a_code_becomes_a_token_that_acts_for_the_user_through_the_application() {
    each_engine(async |db| {
        let world = world(db).await;
        for app in [&world.web, &world.installed] {
            let question = world.question(
                app,
                &[
                    ("state", "a b&c"),
                    ("access_type", "offline"),
                    ("login_hint", "ada@example.org"),
                ],
            );
            let request = world.identity.authorization(&question).await.expect("in order");
            assert_eq!(
                (&request.app, request.login_hint.as_deref()),
                (app, Some("ada@example.org"))
            );
            assert!(!world.identity.has_consented(&request, &world.ada).await.expect("reads"));
            let address = world
                .identity
                .approve(&request, &world.ada, NOW_US)
                .await
                .expect("approved");
            assert!(address.starts_with(if app.kind == AppKind::Web {
                WEB_URI
            } else {
                LOOPBACK_URI
            }));
            assert_eq!(parameter(&address, "state").as_deref(), Some("a b&c"));
            // Remembered; but an installed application could be any program that uses its name.
            let remembered = world.identity.has_consented(&request, &world.ada).await.expect("reads");
            assert_eq!(remembered, app.kind == AppKind::Web);

            let code = parameter(&address, "code").expect("a code");
            let response = world.redeem(app, &code).await.expect("redeemed");
            assert_eq!(
                (response.expires_in, response.token_type, &*response.scope),
                (3600, "Bearer", READONLY)
            );
            let principal = world.caller(&response.access_token, NOW_US).await.expect("valid");
            assert_eq!(principal.user(), Some(&world.ada));
            assert_eq!(
                (principal.scopes.to_string(), principal.app.as_ref()),
                (READONLY.to_owned(), Some(&app.client_id))
            );
            assert!(!principal.is_first_party());

            let refresh = response.refresh_token.expect("it was asked for");
            let again = world.refresh(app, &refresh, &[]).await.expect("refreshed");
            assert_eq!(again.refresh_token, None, "the same stays good");
            world
                .refresh(app, &refresh, &[("scope", READONLY)])
                .await
                .expect("refreshed");
            assert_eq!(
                world.refresh(app, &refresh, &[("scope", CREATED)]).await,
                Err(OAuthCode::InvalidScope)
            );
            assert_eq!(
                world.caller(&again.access_token, NOW_US + 3600 * SECOND_US).await,
                Err(Fault::Expired)
            );
        }
        let once = world.code(&world.web, &[]).await;
        assert_eq!(
            world.redeem(&world.web, &once).await.expect("redeemed").refresh_token,
            None,
            "not asked for"
        );
    })
    .await;
}

#[tokio::test]
async fn questions_that_are_not_in_order() {
    each_engine(async |db| {
        let world = world(db).await;
        let (web, installed) = (&world.web.client_id, &world.installed.client_id);
        let ok = format!("response_type=code&scope=openid&client_id={web}&redirect_uri={WEB_URI}");
        world.identity.authorization(&ok).await.expect("in order");
        let challenge = "A".repeat(43);
        // Told to the user: the browser must not go where the question wants it.
        for query in [
            String::new(),
            format!("{ok}&client_id={web}"),
            ok.replace(web.as_str(), "100000000000000000000"),
            ok.replace(web.as_str(), "nobody"),
            ok.replace(WEB_URI, "https://evil.example.org/"),
            ok.replace(WEB_URI, LOOPBACK_URI),
            ok.replace(WEB_URI, ""),
            format!("{ok}&x={}", "y".repeat(limits::AUTHORIZATION_QUERY_BYTES_MAX)),
        ] {
            let refused = world.identity.authorization(&query).await.expect_err("refused");
            assert!(
                matches!(refused, AuthorizationError::Unusable(_)),
                "{query:.200} {refused:?}"
            );
        }
        // Told to the application.
        for (query, error) in [
            (ok.replace("=code", "=token"), "unsupported_response_type"),
            (ok.replace("=code", "="), "invalid_request"),
            (ok.replace("openid", ""), "invalid_request"),
            (ok.replace("openid", "+"), "invalid_scope"),
            (ok.replace("openid", "openid+calendar"), "invalid_scope"),
            (format!("{ok}&code_challenge={challenge}"), "invalid_request"),
            (
                format!("{ok}&code_challenge={challenge}&code_challenge_method=plain"),
                "invalid_request",
            ),
            (format!("{ok}&prompt=none+consent"), "invalid_request"),
            (
                ok.replace(web.as_str(), installed).replace(WEB_URI, LOOPBACK_URI),
                "invalid_request",
            ),
        ] {
            match world.identity.authorization(&format!("{query}&state=s")).await {
                Err(AuthorizationError::Redirect(address)) => {
                    assert_eq!(parameter(&address, "error").as_deref(), Some(error), "{query}");
                    assert_eq!(parameter(&address, "state").as_deref(), Some("s"), "{query}");
                    assert!(parameter(&address, "error_description").is_some_and(|text| text.ends_with('.')));
                }
                other => panic!("{query}: {other:?}"),
            }
        }
        let silent = world
            .identity
            .authorization(&format!("{ok}&prompt=none&state=s"))
            .await
            .expect("in order");
        assert!(silent.silent);
        for (address, error) in [
            (silent.refusal(), "access_denied"),
            (silent.consent_required(), "consent_required"),
            (silent.login_required(), "login_required"),
        ] {
            assert_eq!(parameter(&address, "error").as_deref(), Some(error));
            assert_eq!(parameter(&address, "state").as_deref(), Some("s"));
        }
    })
    .await;
}

#[tokio::test]
async fn codes_that_are_not_redeemed() {
    each_engine(async |db| {
        let world = world(db).await;
        let web_code = world.code(&world.web, &[]).await;
        let code = world.code(&world.installed, &[]).await;
        let expire_us = NOW_US + i64::try_from(limits::AUTHORIZATION_CODE_TTL.as_micros()).expect("minutes");
        let unknown = "A".repeat(43);
        let with = |name: &'static str, value: &'static str| -> Vec<(&str, &str)> {
            let pairs = world.redeeming(&world.installed, &code);
            pairs
                .into_iter()
                .map(|pair| if pair.0 == name { (name, value) } else { pair })
                .collect()
        };
        for (what, app, pairs, now_us, expected) in [
            (
                "of another application",
                &world.web,
                world.redeeming(&world.web, &code),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "unknown",
                &world.installed,
                world.redeeming(&world.installed, &unknown),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "malformed",
                &world.installed,
                world.redeeming(&world.installed, "x"),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "missing",
                &world.installed,
                with("code", ""),
                NOW_US,
                OAuthCode::InvalidRequest,
            ),
            (
                "too late",
                &world.installed,
                world.redeeming(&world.installed, &code),
                expire_us,
                OAuthCode::InvalidGrant,
            ),
            (
                "elsewhere",
                &world.installed,
                with("redirect_uri", "http://127.0.0.1:1/"),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "nowhere",
                &world.installed,
                with("redirect_uri", ""),
                NOW_US,
                OAuthCode::InvalidRequest,
            ),
            (
                "no verifier",
                &world.installed,
                with("code_verifier", ""),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "another verifier",
                &world.installed,
                with("code_verifier", "another-verifier-of-forty-three-characters-"),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "a verifier without a challenge",
                &world.web,
                [
                    world.redeeming(&world.web, &web_code),
                    vec![("code_verifier", VERIFIER)],
                ]
                .concat(),
                NOW_US,
                OAuthCode::InvalidGrant,
            ),
            (
                "another grant",
                &world.installed,
                with("grant_type", "password"),
                NOW_US,
                OAuthCode::UnsupportedGrantType,
            ),
            (
                "no grant",
                &world.installed,
                with("grant_type", ""),
                NOW_US,
                OAuthCode::InvalidRequest,
            ),
            (
                "twice the client",
                &world.installed,
                vec![("client_id", "1")],
                NOW_US,
                OAuthCode::InvalidRequest,
            ),
        ] {
            assert_eq!(world.token(app, &pairs, now_us).await.err(), Some(expected), "{what}");
        }
        // None of that used them up.
        world.redeem(&world.installed, &code).await.expect("redeemed");
        world.redeem(&world.web, &web_code).await.expect("redeemed");
    })
    .await;
}

#[tokio::test]
async fn a_client_proves_which_one_it_is() {
    each_engine(async |db| {
        let world = world(db).await;
        let public = NewApp {
            kind: AppKind::Installed,
            name: "With a public secret",
            redirect_uris: &[],
            secret: true,
        };
        let (public, public_secret) = world.identity.create_app(public, NOW_US).await.expect("made");
        let (right, public_secret) = (world.web_secret.expose(), public_secret.expect("asked for").expose());
        let (web, installed, public) = (&*world.web.client_id, &*world.installed.client_id, &*public.client_id);
        let basic = |id: &str, secret: &str| Some(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
        // Whoever is believed is told that their refresh token is unknown.
        let believed = OAuthCode::InvalidGrant;
        for (client_id, secret, header, expected) in [
            (web, &*right, None, believed),
            ("", "", basic(web, &right), believed),
            (web, "", None, OAuthCode::InvalidClient),
            (web, "wrong", None, OAuthCode::InvalidClient),
            (web, &public_secret, None, OAuthCode::InvalidClient),
            ("", "", basic(web, ""), OAuthCode::InvalidClient),
            (installed, "", None, believed),
            (installed, "a secret that it has not", None, OAuthCode::InvalidClient),
            (public, "", None, believed),
            (public, &public_secret, None, believed),
            (public, &right, None, OAuthCode::InvalidClient),
            ("nobody", "", None, OAuthCode::InvalidClient),
            ("", "", None, OAuthCode::InvalidClient),
            (web, &right, basic(web, &right), OAuthCode::InvalidRequest),
        ] {
            let form = encoded(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", &"A".repeat(43)),
                ("client_id", client_id),
                ("client_secret", secret),
            ]);
            let refused = world
                .identity
                .token(form.as_bytes(), header.as_deref(), NOW_US)
                .await
                .expect_err("refused");
            assert_eq!(refused.code, expected, "{client_id} {secret} {header:?}: {refused}");
        }
    })
    .await;
}

/// Of many who bring one code, one gets a token; and since the others had it too, its refresh token is taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_works_once() {
    each_engine(async |db| {
        let world = std::sync::Arc::new(world(db).await);
        let code = world.code(&world.web, &[("access_type", "offline")]).await;
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let (world, code) = (world.clone(), code.clone());
                tokio::spawn(async move { world.redeem(&world.web, &code).await })
            })
            .collect();
        let mut redeemed = Vec::new();
        for one in tries {
            match one.await.expect("no panic") {
                Ok(response) => redeemed.push(response),
                Err(code) => assert_eq!(code, OAuthCode::InvalidGrant),
            }
        }
        assert_eq!(redeemed.len(), 1);
        // The last of the others may have been refused before there was a token to take back.
        assert_eq!(world.redeem(&world.web, &code).await, Err(OAuthCode::InvalidGrant));
        let refresh = redeemed.remove(0).refresh_token.expect("asked for");
        assert_eq!(
            world.refresh(&world.web, &refresh, &[]).await,
            Err(OAuthCode::InvalidGrant)
        );
    })
    .await;
}

#[tokio::test]
async fn what_was_granted_is_remembered_and_widens() {
    each_engine(async |db| {
        let world = world(db).await;
        let both = format!("{CREATED} {READONLY}");
        world.code(&world.web, &[("scope", READONLY)]).await;
        for (more, known) in [
            (vec![("scope", READONLY)], true),
            (vec![("scope", &*both)], false),
            (vec![("scope", CREATED)], false),
            (vec![("scope", READONLY), ("prompt", "consent")], false),
        ] {
            let question = world.question(&world.web, &more);
            let request = world.identity.authorization(&question).await.expect("in order");
            let consented = world.identity.has_consented(&request, &world.ada).await.expect("reads");
            assert_eq!(consented, known, "{more:?}");
        }
        let narrow = world.code(&world.web, &[("scope", CREATED)]).await;
        let wide = world
            .code(&world.web, &[("scope", CREATED), ("include_granted_scopes", "true")])
            .await;
        for (code, scope) in [(narrow, CREATED), (wide, &both)] {
            assert_eq!(world.redeem(&world.web, &code).await.expect("redeemed").scope, scope);
        }
        let consents = world.identity.list_consents(&world.ada.id).await.expect("reads");
        let shown: Vec<_> = consents
            .iter()
            .map(|one| (&*one.name, one.scopes.to_string()))
            .collect();
        assert_eq!(shown, [("Calendar", both)]);
    })
    .await;
}

/// Whatever a token came from can be taken away, and the token with it.
#[tokio::test]
async fn tokens_that_were_taken_back() {
    each_engine(async |db| {
        let world = world(db).await;
        let tokens = async || {
            let code = world.code(&world.web, &[("access_type", "offline")]).await;
            let response = world.redeem(&world.web, &code).await.expect("redeemed");
            (response.access_token, response.refresh_token.expect("asked for"))
        };
        let gone = async |(access, refresh): (String, String), fault| {
            assert_eq!(
                world.refresh(&world.web, &refresh, &[]).await,
                Err(OAuthCode::InvalidGrant)
            );
            assert_eq!(world.caller(&access, LATER_US).await, Err(fault));
        };
        let given = tokens().await;
        world
            .caller(&given.0, NOW_US)
            .await
            .expect("valid, and now in the cache");
        let (ada, client_id) = (&world.ada.id, &world.web.client_id);

        world.identity.revoke_consent(ada, client_id).await.expect("taken back");
        gone(given.clone(), Fault::Revoked).await;

        let by_refresh = tokens().await;
        for nothing in ["", "x", &"A".repeat(43), &by_refresh.0[1..]] {
            world.identity.revoke(nothing, NOW_US).await.expect("nothing to do");
        }
        world.caller(&by_refresh.0, NOW_US).await.expect("valid");
        world.identity.revoke(&by_refresh.1, NOW_US).await.expect("given back");
        gone(by_refresh, Fault::Revoked).await;

        let by_access = tokens().await;
        world.identity.revoke(&by_access.0, NOW_US).await.expect("given back");
        gone(by_access, Fault::Revoked).await;

        // A new consent does not revive what the old one gave.
        let later_us = NOW_US + 2 * SECOND_US;
        let question = world
            .identity
            .authorization(&world.question(&world.web, &[]))
            .await
            .expect("in order");
        world
            .identity
            .approve(&question, &world.ada, later_us)
            .await
            .expect("approved");
        assert_eq!(world.caller(&given.0, LATER_US).await, Err(Fault::Revoked));
        world.identity.revoke_consent(ada, client_id).await.expect("taken back");

        let of_app = tokens().await;
        let pending = world.code(&world.web, &[]).await;
        world.identity.delete_app(client_id).await.expect("deleted");
        assert_eq!(world.redeem(&world.web, &pending).await, Err(OAuthCode::InvalidClient));
        assert_eq!(world.caller(&of_app.0, LATER_US).await, Err(Fault::Revoked));
        assert_eq!(world.identity.app(client_id).await.expect("reads"), None);

        let code = world.code(&world.installed, &[]).await;
        let response = world.redeem(&world.installed, &code).await.expect("redeemed");
        world.identity.delete_user(ada).await.expect("deleted");
        assert_eq!(
            world.caller(&response.access_token, LATER_US).await,
            Err(Fault::Revoked)
        );
        let refresh = response.refresh_token.expect("installed applications get one");
        assert_eq!(
            world.refresh(&world.installed, &refresh, &[]).await,
            Err(OAuthCode::InvalidGrant)
        );
    })
    .await;
}

#[tokio::test]
async fn applications_are_checked_and_listed() {
    each_engine(async |db| {
        let world = world(db).await;
        let uris = |uris: &[&str]| uris.iter().map(|&uri| uri.to_owned()).collect::<Vec<_>>();
        for (kind, name, redirect_uris, expected) in [
            (AppKind::Web, "\n", uris(&[WEB_URI]), "the name cannot be used: it is empty"),
            (AppKind::Web, "App", uris(&[]), "a web application needs at least one redirect URI"),
            (AppKind::Web, "App", uris(&[WEB_URI; 21]), "there are too many: delete one first"),
            (
                AppKind::Web,
                "App",
                uris(&[WEB_URI, "http://example.org/"]),
                "\"http://example.org/\" cannot be a redirect URI: it must begin with https, unless it is on this machine",
            ),
        ] {
            let new = NewApp {
                kind,
                name,
                redirect_uris: &redirect_uris,
                secret: false,
            };
            let refused = world.identity.create_app(new, NOW_US).await.expect_err("refused");
            assert_eq!(refused.to_string(), expected);
        }
        world.identity.create_service_account("robot", NOW_US).await.expect("made");
        let mut expected = vec![world.web.clone(), world.installed.clone()];
        expected.sort_by(|a, b| a.client_id.cmp(&b.client_id));
        let listing = world.identity.list_apps(Page::default()).await.expect("reads");
        assert_eq!((listing.items, listing.next), (expected, None));
        let refused = world.identity.delete_app("nobody").await;
        assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");

        let file = world.identity.clone().with_public_url("https://meet.example.org/").client_file(&world.web, Some(&world.web_secret));
        let file: serde_json::Value = serde_json::from_str(&file).expect("JSON");
        let expected = serde_json::json!({"web": {
            "client_id": world.web.client_id,
            "project_id": "sederunt",
            "auth_uri": "https://meet.example.org/oauth2/auth",
            "token_uri": "https://meet.example.org/oauth2/token",
            "client_secret": world.web_secret.expose(),
            "redirect_uris": [WEB_URI],
        }});
        assert_eq!(file, expected);
    })
    .await;
}

/// A user may use an application on many machines, and not on endlessly many.
#[tokio::test]
async fn the_oldest_refresh_token_makes_room() {
    each_engine(async |db| {
        let world = world(db).await;
        let mut tokens = Vec::new();
        for number in 0..=limits::REFRESH_TOKENS_MAX {
            let code = world.code(&world.installed, &[]).await;
            let form = world.redeeming(&world.installed, &code);
            let response = world
                .token(&world.installed, &form, NOW_US + number)
                .await
                .expect("redeemed");
            tokens.push(response.refresh_token.expect("installed applications get one"));
        }
        assert_eq!(
            world.refresh(&world.installed, &tokens[0], &[]).await,
            Err(OAuthCode::InvalidGrant)
        );
        for token in [&tokens[1], tokens.last().expect("many")] {
            world.refresh(&world.installed, token, &[]).await.expect("kept");
        }
    })
    .await;
}
