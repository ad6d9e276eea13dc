//! Key files of service accounts, in Google's format, as its libraries read them.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    error::Unspecified,
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use crate::{Identity, secret::random_bytes};

/// What the files call a project where none is: the installation.
pub(crate) const PROJECT: &str = "sederunt";

/// Of which Google's libraries expect tokens, whatever server they talk to.
const UNIVERSE: &str = "googleapis.com";

/// Characters in a line of PEM.
const PEM_LINE: usize = 64;

/// A new key, on its way to whoever asked for it. Printing it takes the word [`KeyFile::json`].
#[derive(Clone)]
pub struct KeyFile {
    /// What the file calls `private_key_id`.
    pub id: String,
    json: String,
}

impl KeyFile {
    /// The file's text. It holds the private key: show it once and keep it nowhere.
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "KeyFile({}, …)", self.id)
    }
}

#[derive(Serialize)]
struct Contents<'a> {
    r#type: &'static str,
    project_id: &'a str,
    private_key_id: &'a str,
    private_key: String,
    client_email: &'a str,
    client_id: &'a str,
    auth_uri: String,
    token_uri: String,
    universe_domain: &'static str,
}

/// A key pair: the half to keep and the half to give away.
pub(crate) struct NewKey {
    pub(crate) id: String,
    pub(crate) public_der: Vec<u8>,
    private_pem: String,
}

impl NewKey {
    /// Slow: finding two large primes takes a tenth of a second, or several.
    pub(crate) fn generate() -> Result<NewKey, Unspecified> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let private: Pkcs8V1Der<'_> = pair.as_der()?;
        // 40 hexadecimal digits, as Google's have.
        let (high, low) = (u128::from_be_bytes(random_bytes()), u32::from_be_bytes(random_bytes()));
        Ok(NewKey {
            id: format!("{high:032x}{low:08x}"),
            public_der: pair.public_key().as_ref().to_vec(),
            private_pem: pem(private.as_ref()),
        })
    }

    /// The file of a service account of this project, with this address and this id.
    pub(crate) fn file(self, project: &str, email: &str, client_id: &str, identity: &Identity) -> KeyFile {
        let contents = Contents {
            r#type: "service_account",
            project_id: project,
            private_key_id: &self.id,
            private_key: self.private_pem,
            client_email: email,
            client_id,
            auth_uri: identity.auth_uri(),
            token_uri: identity.token_uri(),
            universe_domain: UNIVERSE,
        };
        let json = serde_json::to_string_pretty(&contents).expect("texts are JSON");
        KeyFile { id: self.id, json }
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(PEM_LINE)
        .map(|start| &text[start..text.len().min(start + PEM_LINE)])
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}
