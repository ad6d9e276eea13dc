//! Service accounts on both engines: key files, assertions, delegations, and tokens that they sign themselves.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use db::{Db, testing::each_engine};
use identity::{
    AppError, AuthenticationError, Caller, Credential, Fault, Identity, KeyFile, NewUser, OAuthCode, OAuthError, Page,
    Principal, Scope, Scopes, ServiceAccount, TokenResponse, User, limits,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW_US: i64 = 1_767_225_600_000_000;
const NOW: i64 = NOW_US / 1_000_000;
/// After the time of the cache.
const LATER_US: i64 = NOW_US + 31_000_000;
const READONLY: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
const CREATED: &str = "https://www.googleapis.com/auth/meetings.space.created";
const TOKEN_URI: &str = "https://meet.example.org/oauth2/token";

/// Ada, a service account, and a key of it.
struct World {
    identity: Identity,
    ada: User,
    robot: ServiceAccount,
    key: Key,
}

async fn world(db: Db) -> World {
    let identity = Identity::open(db)
        .await
        .expect("opens")
        .with_public_url("https://meet.example.org");
    let ada = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    let ada = identity.add_user(ada, NOW_US).await.expect("new");
    let robot = identity.create_service_account("robot", NOW_US).await.expect("made");
    let file = identity.create_key(&robot.client_id, NOW_US).await.expect("made");
    World {
        identity,
        ada,
        robot,
        key: Key::read(&file),
    }
}

/// A key file, as a program holds it.
struct Key {
    id: String,
    email: String,
    pair: RsaKeyPair,
}

impl Key {
    fn read(file: &KeyFile) -> Key {
        let file: Value = serde_json::from_str(file.json()).expect("JSON");
        let text = |name: &str| file[name].as_str().expect("a text").to_owned();
        let pem = text("private_key");
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).expect("base64");
        Key {
            id: text("private_key_id"),
            email: text("client_email"),
            pair: RsaKeyPair::from_pkcs8(&der).expect("a key"),
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .expect("signed");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.id})
    }

    /// The claims of an assertion, with these in place of or beside those that are right; null leaves one out.
    fn claims(&self, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": self.email, "aud": TOKEN_URI, "scope": READONLY, "iat": NOW, "exp": NOW + 3600,
        });
        let object = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            if value.is_null() {
                object.remove(name);
            } else {
                object.insert(name.clone(), value.clone());
            }
        }
        claims
    }

    fn assertion(&self, changes: &Value) -> String {
        self.sign(&self.header(), &self.claims(changes))
    }
}

impl World {
    async fn exchange(&self, assertion: &str) -> Result<TokenResponse, OAuthError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", assertion)
            .finish();
        self.identity.token(form.as_bytes(), None, NOW_US).await
    }

    async fn caller(&self, token: &str, now_us: i64) -> Result<Principal, Fault> {
        let answer = self.identity.authenticate(Credential::Bearer(token), now_us).await;
        answer.map_err(|error| match error {
            AuthenticationError::Invalid(fault) => fault,
            AuthenticationError::Store(error) => panic!("{error}"),
        })
    }

    fn robot(&self) -> Caller {
        Caller::ServiceAccount {
            client_id: self.robot.client_id.clone(),
            email: self.robot.email.clone(),
        }
    }
}

#[tokio::test]
async fn a_key_file_is_as_google_has_it_and_its_secret_stays_out_of_the_database() {
    each_engine(async |db| {
        let world = world(db.clone()).await;
        let file = world
            .identity
            .create_key(&world.robot.client_id, NOW_US + 1)
            .await
            .expect("made");
        assert_eq!(format!("{file:?}"), format!("KeyFile({}, …)", file.id));
        let mut contents: Value = serde_json::from_str(file.json()).expect("JSON");
        let pem = contents["private_key"].take();
        let pem = pem.as_str().expect("a text");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("\n-----END PRIVATE KEY-----\n"));
        assert!(pem.lines().all(|line| line.len() <= 64));
        let expected = json!({
            "type": "service_account",
            "project_id": "sederunt",
            "private_key_id": file.id,
            "private_key": null,
            "client_email": "robot@sederunt.iam.internal",
            "client_id": world.robot.client_id,
            "auth_uri": "https://meet.example.org/oauth2/auth",
            "token_uri": TOKEN_URI,
            "universe_domain": "googleapis.com",
        });
        assert_eq!(contents, expected);

        let rows = db
            .read(
                "select id, app, public_der, create_us from service_account_key where id = $1",
                vec![file.id.as_str().into()],
            )
            .await
            .expect("reads");
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let private = STANDARD.decode(body).expect("base64");
        // The public half is a part of the private one; what is secret comes after it.
        let secret = &private[private.len() - 64..];
        assert!(
            !rows[0]
                .blob(2)
                .expect("bytes")
                .windows(64)
                .any(|window| window == secret)
        );

        let ids: Vec<_> = world
            .identity
            .list_keys(&world.robot.client_id)
            .await
            .expect("reads")
            .into_iter()
            .map(|key| key.id)
            .collect();
        assert_eq!(ids, [file.id, world.key.id]);
    })
    .await;
}

#[tokio::test]
async fn an_assertion_becomes_a_token() {
    each_engine(async |db| {
        let world = world(db).await;
        let both = format!("{READONLY} {CREATED}");
        // Nobody is impersonated: it is the service account itself, which may do nothing yet.
        let google = "https://oauth2.googleapis.com/token";
        for changes in [
            json!({}),
            json!({"aud": google}),
            json!({"sub": world.key.email}),
            json!({"sub": ""}),
        ] {
            let response = world.exchange(&world.key.assertion(&changes)).await.expect("issued");
            assert_eq!(
                (response.expires_in, &*response.scope, &response.refresh_token),
                (3600, READONLY, &None)
            );
            let principal = world.caller(&response.access_token, NOW_US).await.expect("valid");
            assert_eq!(principal.caller, world.robot());
            assert_eq!(
                (principal.user(), principal.app.as_ref()),
                (None, Some(&world.robot.client_id))
            );
            assert_eq!(principal.scopes, Scopes::of(&[Scope::SpaceReadonly]));
        }
        // Libraries that do not name their key.
        let unnamed = world.key.sign(&json!({"alg": "RS256"}), &world.key.claims(&json!({})));
        world.exchange(&unnamed).await.expect("issued");

        let for_ada = |scope: &str| world.key.assertion(&json!({"sub": "Ada@example.org", "scope": scope}));
        let code = async |scope: &str| world.exchange(&for_ada(scope)).await.map_err(|error| error.code);
        assert_eq!(code(READONLY).await, Err(OAuthCode::UnauthorizedClient));
        let readonly = Scopes::of(&[Scope::SpaceReadonly]);
        let client_id = &world.robot.client_id;
        world
            .identity
            .grant_delegation(client_id, readonly, NOW_US)
            .await
            .expect("granted");
        assert_eq!(
            code(&both).await,
            Err(OAuthCode::UnauthorizedClient),
            "more than was granted"
        );
        let token = code(READONLY).await.expect("issued").access_token;
        let principal = world.caller(&token, NOW_US).await.expect("valid");
        assert_eq!(
            (principal.user(), principal.app.as_ref()),
            (Some(&world.ada), Some(client_id))
        );
        assert_eq!(principal.scopes, readonly);
        let nobody = world.key.assertion(&json!({"sub": "nobody@example.org"}));
        assert_eq!(
            world.exchange(&nobody).await.expect_err("unknown").code,
            OAuthCode::InvalidGrant
        );
    })
    .await;
}

#[tokio::test]
async fn assertions_that_are_refused() {
    each_engine(async |db| {
        let world = world(db).await;
        let other = world.identity.create_service_account("other", NOW_US).await.expect("made");
        let other = Key::read(&world.identity.create_key(&other.client_id, NOW_US).await.expect("made"));
        let with = |changes: Value| world.key.assertion(&changes);
        let headed = |header: Value| world.key.sign(&header, &world.key.claims(&json!({})));
        let good = with(json!({}));
        let (signed, _) = good.rsplit_once('.').expect("three parts");
        let grant = OAuthCode::InvalidGrant;
        for (what, assertion, expected) in [
            ("nothing", String::new(), OAuthCode::InvalidRequest),
            ("no token", "x".to_owned(), grant),
            ("too long", format!("{good}{}", "A".repeat(limits::TOKEN_BYTES_MAX)), grant),
            ("unsigned", format!("{signed}."), grant),
            ("forged", format!("{signed}.{}", "A".repeat(342)), grant),
            ("no algorithm", headed(json!({"alg": "none", "kid": world.key.id})), grant),
            ("another algorithm", headed(json!({"alg": "RS512", "kid": world.key.id})), grant),
            ("a password", headed(json!({"alg": "HS256", "kid": world.key.id})), grant),
            ("another key", headed(json!({"alg": "RS256", "kid": other.id})), grant),
            ("something critical", headed(json!({"alg": "RS256", "kid": world.key.id, "crit": ["b64"]})), grant),
            ("somebody else's name", other.assertion(&json!({"iss": world.key.email})), grant),
            ("nobody's name", with(json!({"iss": "nobody@sederunt.iam.internal"})), grant),
            ("the client id for a name", with(json!({"iss": world.robot.client_id})), grant),
            ("an impossible name", with(json!({"iss": "\0"})), grant),
            ("no name", with(json!({"iss": null})), grant),
            ("another audience", with(json!({"aud": "https://example.org/token"})), grant),
            ("an API for an audience", with(json!({"aud": "https://meet.googleapis.com/"})), grant),
            ("no audience", with(json!({"aud": null})), grant),
            ("several audiences", with(json!({"aud": [TOKEN_URI]})), grant),
            ("expired", with(json!({"iat": NOW - 4000, "exp": NOW - 60})), grant),
            ("from the future", with(json!({"iat": NOW + 61, "exp": NOW + 100})), grant),
            ("too long-lived", with(json!({"exp": NOW + 3601})), grant),
            ("for ever", with(json!({"exp": i64::MAX})), grant),
            ("since ever", with(json!({"iat": i64::MIN})), grant),
            ("no start", with(json!({"iat": null})), grant),
            ("no end", with(json!({"exp": null})), grant),
            ("no scope", with(json!({"scope": null})), OAuthCode::InvalidScope),
            ("an empty scope", with(json!({"scope": " "})), OAuthCode::InvalidScope),
            ("an unknown scope", with(json!({"scope": "calendar"})), OAuthCode::InvalidScope),
        ] {
            let refused = world.exchange(&assertion).await.expect_err(what);
            assert_eq!(refused.code, expected, "{what}: {refused}");
            assert!(refused.to_string().ends_with('.'), "{what}: {refused}");
        }
        // Clocks differ a little.
        for changes in [
            json!({"iat": NOW + 60, "exp": NOW + 3660}),
            json!({"iat": NOW - 3659, "exp": NOW - 59}),
        ] {
            world.exchange(&with(changes)).await.expect("issued");
        }
        let refused = world.exchange(&with(json!({"aud": "x"}))).await.expect_err("refused");
        assert_eq!(
            serde_json::to_value(&refused).expect("JSON"),
            json!({"error": "invalid_grant", "error_description": "The aud of the assertion is not this token endpoint."})
        );
    })
    .await;
}

#[tokio::test]
async fn tokens_that_service_accounts_sign_themselves() {
    each_engine(async |db| {
        let world = world(db).await;
        let all = Scopes::ALL;
        let readonly = Scopes::of(&[Scope::SpaceReadonly]);
        for (changes, expected) in [
            (json!({"aud": "https://meet.googleapis.com/", "scope": null}), Ok(all)),
            (json!({"aud": "https://people.googleapis.com/", "scope": null}), Ok(all)),
            (json!({"aud": "https://meet.example.org/", "scope": null}), Ok(all)),
            (json!({"aud": "https://meet.example.org", "scope": null}), Ok(all)),
            (json!({"aud": null}), Ok(readonly)),
            (json!({"aud": null, "sub": world.key.email}), Ok(readonly)),
            (json!({"aud": "https://meet.googleapis.com/"}), Ok(readonly)),
            (json!({"aud": null, "scope": null}), Err(Fault::WrongAudience)),
            (
                json!({"aud": "https://drive.googleapis.com/"}),
                Err(Fault::WrongAudience),
            ),
            (json!({"aud": TOKEN_URI}), Err(Fault::WrongAudience)),
            (
                json!({"aud": null, "sub": "ada@example.org"}),
                Err(Fault::WrongAudience),
            ),
            (json!({"aud": null, "exp": NOW + 3601}), Err(Fault::TooLongLived)),
            (
                json!({"aud": null, "iat": NOW - 4000, "exp": NOW - 60}),
                Err(Fault::Expired),
            ),
            (json!({"aud": null, "iat": NOW + 61}), Err(Fault::NotYetValid)),
            (
                json!({"aud": null, "iss": "nobody@sederunt.iam.internal"}),
                Err(Fault::UnknownKey),
            ),
            (json!({"aud": null, "iss": null}), Err(Fault::Malformed)),
        ] {
            let token = world.key.assertion(&changes);
            for _ in ["checked", "remembered"] {
                let principal = world.caller(&token, NOW_US).await;
                let found = principal.map(|principal| {
                    assert_eq!(principal.caller, world.robot(), "{changes}");
                    assert_eq!(principal.app.as_ref(), Some(&world.robot.client_id));
                    principal.scopes
                });
                assert_eq!(found, expected, "{changes}");
            }
        }
    })
    .await;
}

/// Whatever a token came from can be taken away, and the token with it.
#[tokio::test]
async fn tokens_that_were_taken_back() {
    each_engine(async |db| {
        let world = world(db).await;
        let client_id = &world.robot.client_id;
        let identity = &world.identity;
        identity
            .grant_delegation(client_id, Scopes::ALL, NOW_US)
            .await
            .expect("granted");
        let tokens = async |key: &Key| {
            let issued = async |changes: &Value| {
                let response = world.exchange(&key.assertion(changes)).await.expect("issued");
                response.access_token
            };
            [
                issued(&json!({"sub": "ada@example.org"})).await,
                issued(&json!({})).await,
                key.assertion(&json!({"aud": null})),
            ]
        };
        let faults = async |tokens: &[String; 3], now_us| {
            let mut faults = Vec::new();
            for token in tokens {
                faults.push(world.caller(token, now_us).await.err());
            }
            faults
        };
        let given = tokens(&world.key).await;
        assert_eq!(faults(&given, NOW_US).await, [None; 3]);

        let narrow = Scopes::of(&[Scope::SpaceCreated]);
        identity
            .grant_delegation(client_id, narrow, LATER_US)
            .await
            .expect("granted");
        assert_eq!(faults(&given, LATER_US).await, [Some(Fault::Revoked), None, None]);
        let listed = identity.list_delegations(Page::default()).await.expect("reads").items;
        assert_eq!(
            (listed[0].scopes, listed[0].create_us, listed.len()),
            (narrow, NOW_US, 1)
        );
        identity.delete_delegation(client_id).await.expect("taken back");
        assert_eq!(
            world
                .exchange(&world.key.assertion(&json!({"sub": "ada@example.org"})))
                .await
                .expect_err("refused")
                .code,
            OAuthCode::UnauthorizedClient
        );

        identity
            .grant_delegation(client_id, Scopes::ALL, NOW_US)
            .await
            .expect("granted");
        let spare = Key::read(&identity.create_key(client_id, NOW_US).await.expect("made"));
        let by_spare = tokens(&spare).await;
        identity.delete_key(client_id, &world.key.id).await.expect("deleted");
        let later_us = 2 * LATER_US - NOW_US;
        let gone = [Some(Fault::Revoked), Some(Fault::Revoked), Some(Fault::UnknownKey)];
        assert_eq!(faults(&given, later_us).await, gone);
        assert_eq!(faults(&by_spare, later_us).await, [None; 3]);

        identity.delete_service_account(client_id).await.expect("deleted");
        assert_eq!(faults(&by_spare, later_us + LATER_US - NOW_US).await, gone);
        assert_eq!(identity.service_account(client_id).await.expect("reads"), None);
        assert_eq!(
            identity.list_delegations(Page::default()).await.expect("reads").items,
            []
        );
    })
    .await;
}

#[tokio::test]
async fn service_accounts_are_checked_and_listed() {
    each_engine(async |db| {
        let world = world(db.clone()).await;
        let identity = &world.identity;
        let long = "a".repeat(31);
        for name in [
            "", "Robot", "1robot", "-robot", "robot-", "ro bot", "röbot", "ro.bot", "r\0", &long,
        ] {
            let refused = identity.create_service_account(name, NOW_US).await;
            assert!(matches!(refused, Err(AppError::InvalidName(_))), "{name:?} {refused:?}");
        }
        let refused = identity
            .create_service_account("robot", NOW_US)
            .await
            .expect_err("taken");
        assert_eq!(
            refused.to_string(),
            "there is a service account robot@sederunt.iam.internal already"
        );
        let found = identity
            .service_account("robot@sederunt.iam.internal")
            .await
            .expect("reads");
        assert_eq!(found.as_ref(), Some(&world.robot));
        let listing = identity.list_service_accounts(Page::default()).await.expect("reads");
        assert_eq!(listing.items, std::slice::from_ref(&world.robot));
        assert_eq!(identity.list_apps(Page::default()).await.expect("reads").items, []);

        // Making one takes half a second, so all but the last are only rows.
        let rows = (2..limits::SERVICE_ACCOUNT_KEYS_MAX).map(|number| {
            let insert = "insert into service_account_key (id, app, public_der, create_us) values ($1, $2, $3, 0)";
            let client_id = world.robot.client_id.as_str();
            db::Statement::new(
                insert,
                vec![number.to_string().into(), client_id.into(), vec![0_u8].into()],
            )
        });
        db.write(rows.collect()).await.expect("written");
        identity
            .create_key(&world.robot.client_id, NOW_US)
            .await
            .expect("the last");
        let refused = identity.create_key(&world.robot.client_id, NOW_US).await;
        assert!(matches!(refused, Err(AppError::TooMany)), "{refused:?}");

        let client_id = &*world.robot.client_id;
        let refused = identity.grant_delegation(client_id, Scopes::NONE, NOW_US).await;
        assert!(matches!(refused, Err(AppError::NoScope)), "{refused:?}");
        for unknown in ["100000000000000000000", "nobody", "\0", ""] {
            for refused in [
                identity.create_key(unknown, NOW_US).await.err(),
                identity.list_keys(unknown).await.err(),
                identity.delete_key(unknown, "x").await.err(),
                identity.delete_key(client_id, unknown).await.err(),
                identity.grant_delegation(unknown, Scopes::ALL, NOW_US).await.err(),
                identity.delete_delegation(unknown).await.err(),
                identity.delete_delegation(client_id).await.err(),
                identity.delete_service_account(unknown).await.err(),
                identity.delete_app(client_id).await.err(),
            ] {
                assert!(matches!(refused, Some(AppError::NotFound)), "{unknown:?} {refused:?}");
            }
        }
    })
    .await;
}

/// Shared, since the properties need a key and an assertion but nothing new about them.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});
static WORLD: LazyLock<World> = LazyLock::new(|| {
    // Leaked with the process: a property has no end at which to remove it.
    let folder = Box::leak(Box::new(tempfile::TempDir::new().expect("a folder")));
    let location = db::Location::Sqlite(folder.path().join("sederunt.db"));
    RUNTIME.block_on(async { world(Db::open(&location).await.expect("opens")).await })
});
static ASSERTION: LazyLock<String> = LazyLock::new(|| WORLD.key.assertion(&json!({})));

proptest! {
    #[test]
    fn no_text_is_an_assertion(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){2}") {
        prop_assert!(RUNTIME.block_on(WORLD.exchange(&text)).is_err());
        prop_assert!(RUNTIME.block_on(WORLD.caller(&text, NOW_US)).is_err());
    }

    /// Three parts that decode, and lead on to the key and its signature.
    #[test]
    fn no_shape_is_an_assertion(
        header in prop::sample::select(vec![
            r#"{"alg":"RS256"}"#, r#"{"alg":"RS256","kid":"x"}"#, r#"{"alg":"none"}"#, r#"{"alg":"ES256","kid":"1"}"#, "{}", "",
        ]),
        issuer in prop::sample::select(vec!["robot@sederunt.iam.internal", "nobody", "\\u0000", ""]),
        number in "-?[0-9]{1,20}(\\.5)?|null|\"x\"",
        signature in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let claims = format!(r#"{{"iss":"{issuer}","aud":"{TOKEN_URI}","scope":"openid","iat":{NOW},"exp":{number}}}"#);
        let token = [header.as_bytes(), claims.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(RUNTIME.block_on(WORLD.exchange(&token)).is_err());
        prop_assert!(RUNTIME.block_on(WORLD.caller(&token, NOW_US)).is_err());
    }

    #[test]
    fn no_changed_assertion_is_one(place in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8, cut in any::<bool>()) {
        let mut token = ASSERTION.clone().into_bytes();
        let place = place.index(token.len());
        if cut {
            token.remove(place);
        } else {
            prop_assume!(token[place] != byte);
            token[place] = byte;
        }
        let token = String::from_utf8(token).expect("ASCII");
        prop_assert!(RUNTIME.block_on(WORLD.exchange(&token)).is_err(), "{}", token);
    }
}
