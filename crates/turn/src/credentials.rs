//! Credentials that need no list: a user name says when it ends, and its password is made of it by a secret.
//!
//! This is the form that TURN servers have agreed on (`draft-uberti-behave-turn-rest`), so that the same credentials open ours or
//! one that is configured. Nothing has to be kept, and nothing has to be taken back: whoever has one may have datagrams carried to this
//! server's media, where anybody may send them anyway, and until the time in its name.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::limits;

/// Whom credentials are for. Part of how clients make a key of their password, and shown to nobody.
pub(crate) const REALM: &str = "sederunt";

/// A secret that credentials are made of.
#[derive(Clone)]
pub struct Secret(Arc<hmac::Key>);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secret").finish_non_exhaustive()
    }
}

/// What a client shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// When it ends, in seconds of Unix time, and a name after a colon.
    pub username: String,
    /// The password.
    pub password: String,
}

impl Credentials {
    /// Whether a relay takes a name of this length. One of another's making may have any.
    pub fn can_be_shown(&self) -> bool {
        self.username.len() <= limits::SHOWN_USERNAME_BYTES
    }
}

/// What a client that has a password signs its requests with.
#[derive(Clone)]
pub(crate) struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").finish_non_exhaustive()
    }
}

impl Key {
    /// The key of long-term credentials (RFC 8489 §9.2.2).
    pub(crate) fn new(username: &str, realm: &str, password: &str) -> Key {
        let digest = Md5::digest(format!("{username}:{realm}:{password}"));
        Key(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &digest))
    }

    pub(crate) fn sign(&self, parts: [&[u8]; 3]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        context.sign()
    }
}

impl Secret {
    /// Of these bytes.
    pub fn new(bytes: &[u8]) -> Secret {
        Secret(Arc::new(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, bytes)))
    }

    /// Credentials of this name that end at a time, in seconds of Unix time.
    pub fn credentials(&self, name: &str, end_unix_s: u64) -> Credentials {
        let username = format!("{end_unix_s}:{name}");
        let password = self.password(&username);
        Credentials { username, password }
    }

    /// The key of a user name that has not ended.
    pub(crate) fn key(&self, username: &str, unix_s: u64) -> Option<Key> {
        if username.len() > limits::USERNAME_BYTES {
            return None;
        }
        let (end, _name) = username.split_once(':')?;
        let is_over = end.parse::<u64>().ok()? <= unix_s;
        (!is_over).then(|| Key::new(username, REALM, &self.password(username)))
    }

    /// A nonce for whoever is at this address, until some time from now. It is known again by its seal, and need not be kept.
    pub(crate) fn nonce(&self, whom: &str, unix_s: u64) -> String {
        let end = unix_s + limits::NONCE_LIFETIME_S;
        format!("{end:x}-{}", self.seal(whom, end))
    }

    /// Whether a nonce is theirs, and of now.
    pub(crate) fn has_made(&self, nonce: &str, whom: &str, unix_s: u64) -> bool {
        let Some((end, seal)) = nonce.split_once('-') else {
            return false;
        };
        u64::from_str_radix(end, 16).is_ok_and(|end| end > unix_s && seal == self.seal(whom, end))
    }

    fn seal(&self, whom: &str, end: u64) -> String {
        let tag = hmac::sign(&self.0, format!("nonce {end} {whom}").as_bytes());
        STANDARD.encode(&tag.as_ref()[..9])
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(hmac::sign(&self.0, username.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_what_other_servers_make_of_the_secret() {
        // By `openssl dgst -sha1 -hmac north -binary | base64`.
        let made = Secret::new(b"north").credentials("somebody", 1_800_000_000);
        assert_eq!(made.username, "1800000000:somebody");
        assert_eq!(made.password, PASSWORD);
    }

    const PASSWORD: &str = "xoGCXm4zFOOj3mClnBy85CH3vYg=";

    #[test]
    fn a_name_ends_when_it_says() {
        let secret = Secret::new(b"north");
        let check = |username: &str, unix_s, is_good| {
            assert_eq!(
                secret.key(username, unix_s).is_some(),
                is_good,
                "{username} at {unix_s}"
            );
        };
        check("100:a", 99, true);
        check("100:a", 100, false);
        check("100:", 99, true);
        check("100", 99, false);
        check("a:100", 99, false);
        check("", 99, false);
        check("99999999999999999999:a", 99, false);
        check(&format!("100:{}", "a".repeat(limits::USERNAME_BYTES)), 99, false);
    }

    #[test]
    fn a_nonce_is_one_clients_for_an_hour() {
        let secret = Secret::new(b"north");
        let nonce = secret.nonce("here", 1_000);
        let check = |nonce: &str, whom, unix_s, is_good| {
            assert_eq!(secret.has_made(nonce, whom, unix_s), is_good, "{nonce} {whom} {unix_s}");
        };
        check(&nonce, "here", 1_000, true);
        check(&nonce, "here", 4_599, true);
        check(&nonce, "here", 4_600, false);
        check(&nonce, "there", 1_000, false);
        check(&nonce.replacen('1', "2", 1), "here", 1_000, false);
        check("", "here", 1_000, false);
        check("ffff-", "here", 1_000, false);
    }
}
