//! A daemon with a secret and a certificate, and what it sends.

use std::time::Duration;

use audit::By;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Db;
use identity::{
    AppRole, AppRoles, AuthenticationError, Caller, ClientCredentials, Credential, Daemon, Fault, Identity, OAuthError,
};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};

use crate::signing::{changed, rsa_signature, signed_token};

pub(crate) const NOW_US: i64 = 1_767_225_600_000_000;
pub(crate) const NOW: i64 = NOW_US / 1_000_000;
pub(crate) const SECOND_US: i64 = 1_000_000;
pub(crate) const PUBLIC_URL: &str = "https://meet.example.org";
pub(crate) const SCOPE: &str = "https://meet.example.org/.default";
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub(crate) const ROLES: AppRoles = AppRoles::of(&[AppRole::CallRecordsReadAll, AppRole::OnlineMeetingArtifactReadAll]);

/// A daemon, and what it signs in with. The secret ends after a day, and the certificate is good for ten years.
pub(crate) struct World {
    pub(crate) identity: Identity,
    pub(crate) daemon: Daemon,
    pub(crate) secret: String,
    pub(crate) secret_id: String,
    pub(crate) certificate: Certificate,
}

/// A certificate, as a program holds it.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pair: RsaKeyPair,
    sha1: String,
    sha256: String,
}

impl Certificate {
    pub(crate) fn make([from, until]: [i32; 2]) -> Certificate {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
        let mut params = CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&pair).expect("signed");
        let der = certificate.der();
        let digest = |algorithm| URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(algorithm, der));
        Certificate {
            pem: certificate.pem(),
            pair: RsaKeyPair::from_pkcs8(&pair.serialize_der()).expect("an RSA key"),
            sha1: digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: digest(&aws_lc_rs::digest::SHA256),
        }
    }

    /// The header of newer libraries.
    pub(crate) fn header(&self) -> Value {
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.sha256})
    }

    /// The header of older ones.
    pub(crate) fn older_header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "x5t": self.sha1})
    }

    /// An assertion, signed as its header says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        signed_token(header, claims, |message| {
            if header["alg"] == "PS256" {
                self.pss_signature(message)
            } else {
                rsa_signature(&self.pair, message)
            }
        })
    }

    pub(crate) fn pss_signature(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("signed");
        signature
    }
}

pub(crate) async fn world(db: Db) -> World {
    let identity = Identity::open(db).await.expect("opens").with_public_url(PUBLIC_URL);
    let by = By::command_line(NOW_US);
    let daemon = identity.create_daemon("Reports", ROLES, &by).await.expect("made");
    let day = Duration::from_hours(24);
    let made = identity.create_daemon_secret(&daemon.client_id, Some(day), &by).await;
    let (secret_row, secret) = made.expect("made");
    let certificate = Certificate::make([2020, 2036]);
    identity
        .create_daemon_certificate(&daemon.client_id, certificate.pem.as_bytes(), &by)
        .await
        .expect("taken");
    World {
        identity,
        daemon,
        secret: secret.expose(),
        secret_id: secret_row.id,
        certificate,
    }
}

impl World {
    /// What a daemon with a secret sends; rows replace or add parameters, and an empty value takes one away.
    pub(crate) fn form(&self, rows: &[(&str, &str)]) -> String {
        let usual = [
            ("grant_type", "client_credentials"),
            ("client_id", &*self.daemon.client_id),
            ("client_secret", &*self.secret),
            ("scope", SCOPE),
        ];
        let kept = usual
            .iter()
            .filter(|(name, _)| rows.iter().all(|(other, _)| other != name));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept.chain(rows).filter(|(_, value)| !value.is_empty()))
            .finish()
    }

    /// Asks for a token.
    pub(crate) async fn ask(&self, form: &str, now_us: i64) -> Result<String, OAuthError> {
        let request = ClientCredentials {
            form: form.as_bytes(),
            authorization: None,
        };
        let answer = self
            .identity
            .client_credentials(request, &By::command_line(now_us))
            .await?;
        assert_eq!((answer.token_type, answer.expires_in), ("Bearer", 3600));
        Ok(answer.access_token)
    }

    pub(crate) async fn token(&self) -> String {
        self.ask(&self.form(&[]), NOW_US).await.expect("it is right")
    }

    /// Asks with an assertion in place of the secret.
    pub(crate) async fn ask_by(&self, assertion: &str, now_us: i64) -> Result<String, OAuthError> {
        let form = self.form(&[
            ("client_secret", ""),
            ("client_assertion", assertion),
            ("client_assertion_type", ASSERTION_TYPE),
        ]);
        self.ask(&form, now_us).await
    }

    /// What an assertion says, with these in place of or beside what is right.
    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let right = json!({
            "iss": self.daemon.client_id, "sub": self.daemon.client_id, "aud": self.identity.daemon_token_uri(),
            "nbf": NOW, "exp": NOW + 600, "jti": "one",
        });
        changed(right, changes)
    }

    /// The roles with which a token is answered, or why it is not.
    pub(crate) async fn roles(&self, token: &str, now_us: i64) -> Result<AppRoles, Fault> {
        match self.identity.authenticate(Credential::Bearer(token), now_us).await {
            Ok(principal) => match principal.caller {
                Caller::Daemon { client_id, roles } => {
                    assert_eq!(client_id, self.daemon.client_id);
                    assert_eq!(principal.app.as_deref(), Some(&*self.daemon.client_id));
                    assert!(principal.scopes.is_empty());
                    Ok(roles)
                }
                other => panic!("{other:?}"),
            },
            Err(AuthenticationError::Invalid(fault)) => Err(fault),
            Err(AuthenticationError::Store(error)) => panic!("{error}"),
        }
    }
}
