//! Tokens whose signature has been checked a moment ago.
//!
//! A program sends the same token with every request, and an ES256 check costs more than the whole of a small answer.
//! The cache is bounded in count by two generations: when the young one is full it becomes the old one, and what was
//! old is forgotten, so nothing is ever searched or sorted. It is bounded in time because it holds a copy of the user.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::{Principal, limits, sign_in::after};

/// The digest of a token, so that the cache holds nothing that could be sent to us.
type Key = [u8; 32];

struct Entry {
    principal: Principal,
    verify_us: i64,
    until_us: i64,
}

#[derive(Default)]
pub(crate) struct VerifiedTokens {
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
}

impl VerifiedTokens {
    /// The principal that this very token proved within [`limits::VERIFIED_TOKEN_TTL`].
    pub(crate) fn find(&self, token: &str, now_us: i64) -> Option<Principal> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return None;
        }
        let key: Key = Sha256::digest(token).into();
        let entry = self.young.get(&key).or_else(|| self.old.get(&key))?;
        // A clock that was set back says nothing about how long ago this was.
        (entry.verify_us..entry.until_us)
            .contains(&now_us)
            .then(|| entry.principal.clone())
    }

    /// Remembers what a token proved, at most until it expires.
    pub(crate) fn keep(&mut self, token: &str, principal: &Principal, token_expire_us: i64, now_us: i64) {
        if self.young.len() >= limits::VERIFIED_TOKENS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let until_us = after(now_us, limits::VERIFIED_TOKEN_TTL).min(token_expire_us);
        let entry = Entry {
            principal: principal.clone(),
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
    use super::*;
    use crate::limits::{VERIFIED_TOKEN_TTL, VERIFIED_TOKENS_MAX};

    const NOW_US: i64 = 1_767_225_600_000_000;
    const FOR_EVER_US: i64 = i64::MAX;

    #[test]
    fn a_token_is_known_for_a_while_and_not_beyond_its_own_end() {
        let mut tokens = VerifiedTokens::default();
        tokens.keep("long", &Principal::ANONYMOUS, FOR_EVER_US, NOW_US);
        tokens.keep("short", &Principal::ANONYMOUS, NOW_US + 1_000_000, NOW_US);
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
            assert_eq!(tokens.find(token, now_us).is_some(), known, "{token} at {now_us}");
        }
    }

    #[test]
    fn it_never_holds_more_than_its_limit_and_forgets_the_oldest() {
        let mut tokens = VerifiedTokens::default();
        for number in 0..5 * VERIFIED_TOKENS_MAX {
            tokens.keep(&number.to_string(), &Principal::ANONYMOUS, FOR_EVER_US, NOW_US);
            assert!(tokens.young.len() + tokens.old.len() <= VERIFIED_TOKENS_MAX);
            assert!(tokens.find(&number.to_string(), NOW_US).is_some());
        }
        assert!(tokens.find("0", NOW_US).is_none());
    }
}
