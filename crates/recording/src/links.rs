//! Links to a file that need nothing else: signed, for one file, for an hour.
//!
//! The contract hands them to whoever may read a recording, and its receivers fetch by them without a token. So a link is a right
//! that ends by itself; and since the file is looked for when it is used, a recording that is deleted takes its links with it.

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::Format;

/// How long a link is good for: what the contract says.
pub const LINK_TTL_US: i64 = 60 * 60 * 1_000_000;

/// A link to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Of which recording.
    pub id: String,
    /// Which of its files.
    pub format: Format,
    /// Until when, in microseconds since the Unix epoch.
    pub expire_us: i64,
}

/// Why a link is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// It is not one of ours, or was changed.
    #[error("the link is not one of this server's")]
    Forged,
    /// It was good for an hour.
    #[error("the link has expired")]
    Expired,
}

impl Link {
    /// The last of its path: the file's name, and a query.
    pub fn signed(&self, key: &[u8]) -> String {
        let tag = hmac::sign(&Key::new(HMAC_SHA256, key), self.said().as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(tag.as_ref());
        let Link { id, format, expire_us } = self;
        format!("{id}.{}?expires={expire_us}&signature={signature}", format.extension())
    }

    /// Reads a file's name and what its query said, and checks both.
    pub fn verified(file: &str, expires: &str, signature: &str, key: &[u8], now_us: i64) -> Result<Link, LinkFault> {
        let (id, extension) = file.rsplit_once('.').ok_or(LinkFault::Forged)?;
        let link = Link {
            id: id.to_owned(),
            format: Format::of_extension(extension).ok_or(LinkFault::Forged)?,
            expire_us: expires.parse().map_err(|_| LinkFault::Forged)?,
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| LinkFault::Forged)?;
        hmac::verify(&Key::new(HMAC_SHA256, key), link.said().as_bytes(), &signature).map_err(|_| LinkFault::Forged)?;
        if link.expire_us <= now_us {
            return Err(LinkFault::Expired);
        }
        Ok(link)
    }

    fn said(&self) -> String {
        format!("{}\n{}\n{}", self.id, self.format.extension(), self.expire_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_for_one_file_for_an_hour() {
        let link = Link {
            id: "abc".to_owned(),
            format: Format::Mp3,
            expire_us: 1_000,
        };
        let text = link.signed(b"key");
        let (file, query) = text.split_once('?').expect("a query");
        let (_, signature) = query.split_once("&signature=").expect("a signature");
        let check =
            |file: &str, expires: &str, signature: &str, key: &[u8], now_us, expected: Result<(), LinkFault>| {
                let found = Link::verified(file, expires, signature, key, now_us);
                assert_eq!(found, expected.map(|()| link.clone()), "{file} {expires} {now_us}");
            };
        check(file, "1000", signature, b"key", 999, Ok(()));
        check(file, "1000", signature, b"key", 1_000, Err(LinkFault::Expired));
        check(file, "2000", signature, b"key", 999, Err(LinkFault::Forged));
        check("abc.wav", "1000", signature, b"key", 999, Err(LinkFault::Forged));
        check("abd.mp3", "1000", signature, b"key", 999, Err(LinkFault::Forged));
        check(file, "1000", signature, b"another", 999, Err(LinkFault::Forged));
        check(file, "1000", "", b"key", 999, Err(LinkFault::Forged));
        check(file, "x", signature, b"key", 999, Err(LinkFault::Forged));
        check("abc", "1000", signature, b"key", 999, Err(LinkFault::Forged));
    }
}
