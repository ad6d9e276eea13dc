//! Ada, a service account, and a key of it.

use audit::By;
use aws_lc_rs::signature::RsaKeyPair;
use base64::{Engine, engine::general_purpose::STANDARD};
use db::Db;
use identity::{
    AuthenticationError, Caller, Credential, Fault, Identity, KeyFile, NewUser, OAuthError, Principal, ServiceAccount,
    TokenRequest, TokenResponse, User,
};
use serde_json::{Value, json};

use crate::signing::{changed, rsa_signature, signed_token};

pub(crate) const NOW_US: i64 = 1_767_225_600_000_000;
pub(crate) const NOW: i64 = NOW_US / 1_000_000;
/// A while later: longer than anything is remembered of a token.
pub(crate) const LATER_US: i64 = NOW_US + 31_000_000;
pub(crate) const READONLY: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
pub(crate) const CREATED: &str = "https://www.googleapis.com/auth/meetings.space.created";
pub(crate) const TOKEN_URI: &str = "https://meet.example.org/oauth2/token";

/// Ada, a service account, and a key of it.
pub(crate) struct World {
    pub(crate) identity: Identity,
    pub(crate) ada: User,
    pub(crate) robot: ServiceAccount,
    pub(crate) key: Key,
}

pub(crate) async fn world(db: Db) -> World {
    let identity = Identity::open(db)
        .await
        .expect("opens")
        .with_public_url("https://meet.example.org");
    let ada = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    let ada = identity.add_user(ada, &By::command_line(NOW_US)).await.expect("new");
    let robot = identity
        .create_service_account("robot", &By::command_line(NOW_US))
        .await
        .expect("made");
    let file = identity
        .create_key(&robot.client_id, &By::command_line(NOW_US))
        .await
        .expect("made");
    World {
        identity,
        ada,
        robot,
        key: Key::read(&file),
    }
}

/// A key file, as a program holds it.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) pair: RsaKeyPair,
}

impl Key {
    pub(crate) fn read(file: &KeyFile) -> Key {
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

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        signed_token(header, claims, |message| rsa_signature(&self.pair, message))
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.id})
    }

    /// The claims of an assertion, with these in place of or beside those that are right; null leaves one out.
    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let right = json!({
            "iss": self.email, "aud": TOKEN_URI, "scope": READONLY, "iat": NOW, "exp": NOW + 3600,
        });
        changed(right, changes)
    }

    pub(crate) fn assertion(&self, changes: &Value) -> String {
        self.sign(&self.header(), &self.claims(changes))
    }
}

impl World {
    pub(crate) async fn exchange(&self, assertion: &str) -> Result<TokenResponse, OAuthError> {
        self.exchange_at(assertion, NOW_US).await
    }

    pub(crate) async fn exchange_at(&self, assertion: &str, now_us: i64) -> Result<TokenResponse, OAuthError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", assertion)
            .finish();
        let request = TokenRequest {
            form: form.as_bytes(),
            authorization: None,
            issuer: self.identity.public_url(),
        };
        self.identity.token(request, &By::command_line(now_us)).await
    }

    pub(crate) async fn caller(&self, token: &str, now_us: i64) -> Result<Principal, Fault> {
        let answer = self.identity.authenticate(Credential::Bearer(token), now_us).await;
        answer.map_err(|error| match error {
            AuthenticationError::Invalid(fault) => fault,
            AuthenticationError::Store(error) => panic!("{error}"),
        })
    }

    pub(crate) fn robot(&self) -> Caller {
        Caller::ServiceAccount {
            client_id: self.robot.client_id.clone(),
            email: self.robot.email.clone(),
        }
    }
}
