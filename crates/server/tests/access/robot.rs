//! An app: a service account and its key file, with which it signs for the people whom it may act for.

use audit::By;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{ProjectRole, Scope, Scopes, ServiceAccount, TokenRequest, User};
use serde_json::{Value, json};
use server::clock;

use crate::world::{World, text};

pub(crate) struct Robot {
    pub(crate) name: &'static str,
    account: ServiceAccount,
    file: Value,
}

impl Robot {
    /// A service account with a key, which may act for everybody.
    pub(crate) async fn make(world: &World, name: &'static str) -> Robot {
        let now_us = clock::now_us();
        let account = world
            .identity
            .create_service_account(name, &By::command_line(now_us))
            .await;
        let account = account.expect("a new name");
        let everything = Scopes::of(&Scope::ALL);
        let granted = world
            .identity
            .grant_delegation(&account.client_id, everything, &By::command_line(now_us))
            .await;
        granted.expect("granted");
        let file = world
            .identity
            .create_key(&account.client_id, &By::command_line(now_us))
            .await;
        let file = serde_json::from_str(file.expect("a key").json()).expect("JSON");
        Robot { name, account, file }
    }

    /// A service account of a project, with a role there, which may act for nobody.
    pub(crate) async fn of_project(world: &World, name: &'static str, project: &str, role: ProjectRole) -> Robot {
        let (identity, by) = (&world.identity, By::command_line(clock::now_us()));
        let account = identity.create_project_service_account(name, project, role, &by).await;
        let account = account.expect("a new name");
        let file = identity.create_key(&account.client_id, &by).await;
        let file = serde_json::from_str(file.expect("a key").json()).expect("JSON");
        Robot { name, account, file }
    }

    /// As whom it is known that acts for itself.
    pub(crate) fn actor(&self) -> String {
        format!("serviceAccounts/{}", self.account.client_id)
    }

    /// A token for a user, or for the robot itself, by RFC 7523.
    pub(crate) async fn token(&self, world: &World, subject: Option<&User>, scopes: Scopes) -> String {
        let now_s = clock::now_us() / 1_000_000;
        let mut claims = json!({
            "iss": self.account.email,
            "aud": self.file["token_uri"],
            "scope": scopes.to_string(),
            "iat": now_s,
            "exp": now_s + 600,
        });
        if let Some(user) = subject {
            claims["sub"] = json!(user.email);
        }
        let assertion = self.signed(&claims);
        let form = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}");
        let request = TokenRequest {
            form: form.as_bytes(),
            authorization: None,
            issuer: world.identity.public_url(),
        };
        let answer = world.identity.token(request, &By::command_line(clock::now_us())).await;
        answer.expect("the assertion holds").access_token
    }

    fn signed(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.file["private_key_id"]});
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let pem = text(&self.file, "private_key");
        let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(der).expect("PEM is base64 between its lines");
        let pair = RsaKeyPair::from_pkcs8(&der).expect("an RSA key");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .expect("it can sign");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
