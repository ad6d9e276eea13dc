//! Secrets that whoever holds them may use: sign-in links, browser sessions, codes and refresh tokens.
//!
//! A secret is 32 random bytes. The table keeps only its SHA-256, so that a stolen backup signs nobody in. A slow hash
//! would add nothing: there is no dictionary of 256-bit numbers. The digest is also the key of its row, so looking it
//! up tells an attacker's stopwatch about the digest at most, never about the secret.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const SECRET_BYTES: usize = 32;

/// What a secret and its successors have in common.
const LINE_BYTES: usize = SECRET_BYTES / 2;

/// The secret half of a sign-in link or of a browser session. Printing it takes the word [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    pub(crate) fn generate() -> Secret {
        Secret(random_bytes())
    }

    /// Reads what [`Secret::expose`] wrote; `None` for anything else, whatever its length.
    pub(crate) fn parse(text: &str) -> Option<Secret> {
        let mut bytes = [0; SECRET_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(SECRET_BYTES) => Some(Secret(bytes)),
            Ok(_) | Err(_) => None,
        }
    }

    /// The text that goes into the link or the cookie: 43 characters of the base64url alphabet.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }

    /// Another that begins with the same half. The other half is 128 random bits, which are beyond guessing as well.
    pub(crate) fn successor(&self) -> Secret {
        let mut next = random_bytes();
        next[..LINE_BYTES].copy_from_slice(&self.0[..LINE_BYTES]);
        Secret(next)
    }

    /// The digest of the half that it has in common with all its successors.
    pub(crate) fn line_digest(&self) -> Vec<u8> {
        Sha256::digest(&self.0[..LINE_BYTES]).to_vec()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// Random bytes of the operating system. They are drawn here and not given from outside, unlike the time: whoever could choose
/// them would know the secret.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes once it has started");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_what_it_wrote_and_nothing_else() {
        let secret = Secret::generate();
        let text = secret.expose();
        assert_eq!(text.len(), 43);
        assert_eq!(Secret::parse(&text), Some(secret.clone()));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let longer = format!("{text}AAAA");
        for wrong in [
            "",
            "A",
            &text[1..],
            &longer,
            &format!("{text}="),
            "é",
            &"A".repeat(100_000),
        ] {
            assert_eq!(Secret::parse(wrong), None, "{wrong:.50}");
        }
    }
}
