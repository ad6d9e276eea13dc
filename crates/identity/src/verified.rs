//! Tokens that were checked a moment ago.
//!
//! A program sends the same token with every request, and an ES256 check costs more than the whole of a small answer. Two
//! things are remembered of a token. What our signature under it proved holds for as long as the token does. Whose it is was
//! read, and holds until anything is written ([`db::Db::last_write`]): whoever is removed, renamed or shut out is so with the
//! next request, whichever process wrote it. Where others write unseen, that is read every time.
//!
//! The memory is bounded in count by two generations: when the young one is full it becomes the old one, and what was
//! old is forgotten, so nothing is ever searched or sorted.

use std::collections::HashMap;

use db::LastWrite;
use sha2::{Digest, Sha256};

use crate::{Principal, limits, sign_in::after, token::Verified};

/// The digest of a token, so that the cache holds nothing that could be sent to us.
type Key = [u8; 32];

/// What was found out about a token.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What our own signature proved; nothing of a token that a service account signed.
    pub(crate) verified: Option<Verified>,
    pub(crate) principal: Principal,
    /// The last write before the principal was read.
    pub(crate) last_write: Option<LastWrite>,
    pub(crate) expire_us: i64,
}

/// What still holds of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// Everything.
    Principal(Principal),
    /// The signature.
    Verified(Verified),
}

struct Entry {
    known: Known,
    verify_us: i64,
    until_us: i64,
}

#[derive(Default)]
pub(crate) struct VerifiedTokens {
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
}

impl VerifiedTokens {
    /// What this very token proved within [`limits::VERIFIED_TOKEN_TTL`], as far as it still holds.
    pub(crate) fn find(&self, token: &str, last_write: Option<LastWrite>, now_us: i64) -> Option<Remembered> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return None;
        }
        let key: Key = Sha256::digest(token).into();
        let entry = self.young.get(&key).or_else(|| self.old.get(&key))?;
        // A clock that was set back says nothing about how long ago this was.
        if !(entry.verify_us..entry.until_us).contains(&now_us) {
            return None;
        }
        let known = &entry.known;
        if last_write.is_some() && known.last_write == last_write {
            return Some(Remembered::Principal(known.principal.clone()));
        }
        known.verified.clone().map(Remembered::Verified)
    }

    /// Remembers what a token proved, at most until it expires.
    pub(crate) fn keep(&mut self, token: &str, known: Known, now_us: i64) {
        if self.young.len() >= limits::VERIFIED_TOKENS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let until_us = after(now_us, limits::VERIFIED_TOKEN_TTL).min(known.expire_us);
        let entry = Entry {
            known,
            verify_us: now_us,
            until_us,
        };
        self.young.insert(Sha256::digest(token).into(), entry);
    }
}

impl crate::Identity {
    pub(crate) fn verified(&self) -> std::sync::MutexGuard<'_, VerifiedTokens> {
        self.verified.lock().expect("nothing panics while it holds the cache")
    }
}

#[cfg(test)]
mod tests {
    use meeting::UserId;

    use super::*;
    use crate::{
        Scopes,
        limits::{VERIFIED_TOKEN_TTL, VERIFIED_TOKENS_MAX},
        token::Bearer,
    };

    const NOW_US: i64 = 1_767_225_600_000_000;
    const FOR_EVER_US: i64 = i64::MAX;

    fn verified() -> Verified {
        Verified {
            bearer: Bearer::User(UserId::parse("100000000000000000001").expect("21 digits")),
            scopes: Scopes::MEET,
            issue_us: NOW_US,
            expire_us: FOR_EVER_US,
        }
    }

    fn known(expire_us: i64) -> Known {
        Known {
            verified: Some(verified()),
            principal: Principal::ANONYMOUS,
            last_write: None,
            expire_us,
        }
    }

    #[test]
    fn a_token_is_known_for_a_while_and_not_beyond_its_own_end() {
        let mut tokens = VerifiedTokens::default();
        tokens.keep("long", known(FOR_EVER_US), NOW_US);
        tokens.keep("short", known(NOW_US + 1_000_000), NOW_US);
        let ttl_us = i64::try_from(VERIFIED_TOKEN_TTL.as_micros()).expect("seconds");
        for (token, now_us, known) in [
            ("long", NOW_US, true),
            ("long", NOW_US + ttl_us - 1, true),
            ("long", NOW_US + ttl_us, false),
            ("long", NOW_US - 1, false),
            ("short", NOW_US + 999_999, true),
            ("short", NOW_US + 1_000_000, false),
            ("other", NOW_US, false),
        ] {
            assert_eq!(tokens.find(token, None, now_us).is_some(), known, "{token} at {now_us}");
        }
    }

    #[tokio::test]
    async fn whose_it_is_holds_until_something_is_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = db::Location::Sqlite(folder.path().join("sederunt.db"));
        let db = db::Db::open(&location).await.expect("a new file");
        let mut tokens = VerifiedTokens::default();
        let read = |last_write| Known {
            last_write,
            ..known(FOR_EVER_US)
        };
        tokens.keep("ours", read(db.last_write()), NOW_US);
        let theirs = Known {
            verified: None,
            ..read(db.last_write())
        };
        tokens.keep("theirs", theirs, NOW_US);
        let find = |token, last_write| tokens.find(token, last_write, NOW_US);
        let principal = || Some(Remembered::Principal(Principal::ANONYMOUS));
        let signature = || Some(Remembered::Verified(verified()));
        assert_eq!(find("ours", db.last_write()), principal());
        assert_eq!(find("theirs", db.last_write()), principal());
        db.write(Vec::new()).await.expect("written");
        assert_eq!(find("ours", db.last_write()), signature());
        assert_eq!(find("theirs", db.last_write()), None);
        // Where nobody knows of writes, none was the last for certain.
        tokens.keep("ours", read(None), NOW_US);
        assert_eq!(tokens.find("ours", None, NOW_US), signature());
    }

    #[test]
    fn it_never_holds_more_than_its_limit_and_forgets_the_oldest() {
        let mut tokens = VerifiedTokens::default();
        for number in 0..5 * VERIFIED_TOKENS_MAX {
            tokens.keep(&number.to_string(), known(FOR_EVER_US), NOW_US);
            assert!(tokens.young.len() + tokens.old.len() <= VERIFIED_TOKENS_MAX);
            assert!(tokens.find(&number.to_string(), None, NOW_US).is_some());
        }
        assert!(tokens.find("0", None, NOW_US).is_none());
    }
}
