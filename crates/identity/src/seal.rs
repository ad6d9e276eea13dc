//! Texts that a browser keeps for us and brings back, with a mark by which we know that they are ours.
//!
//! What belongs to one browser alone lies in its cookie: a row for everybody who only comes by would be memory that strangers
//! fill. The mark is a code of the installation's own key (HMAC, SHA-256), so nobody can make one up; what it marks is no secret from its
//! bearer. It is good for one purpose, or a mark of one kind could be shown where another is asked for.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Identity, keys::StoredKey};

/// The key for marks, which every process on the database makes alike from the oldest key that signs.
pub(crate) fn key(keys: &[StoredKey]) -> hmac::Key {
    let oldest = keys.first().map_or(&[][..], |key| &key.private_der);
    let oldest = hmac::Key::new(hmac::HMAC_SHA256, oldest);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&oldest, b"sederunt seals").as_ref())
}

impl Identity {
    /// A text with its mark behind it.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        let mark = hmac::sign(&self.sealing, &marked(purpose, text));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mark))
    }

    /// The text, if it has the mark that [`Identity::seal`] gave it for this purpose.
    pub fn unseal<'t>(&self, purpose: &str, sealed: &'t str) -> Option<&'t str> {
        let (text, mark) = sealed.rsplit_once('.')?;
        let mark = URL_SAFE_NO_PAD.decode(mark).ok()?;
        hmac::verify(&self.sealing, &marked(purpose, text), &mark).ok()?;
        Some(text)
    }
}

/// The purpose with its length before it, so that no two pairs read the same.
fn marked(purpose: &str, text: &str) -> Vec<u8> {
    let length = purpose.len().to_be_bytes();
    [&length[..], purpose.as_bytes(), text.as_bytes()].concat()
}
