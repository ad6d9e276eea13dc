//! One attempt to sign in: what the browser keeps while its user is at the provider.
//!
//! It is in a cookie and nowhere else, so that a thousand attempts that nobody finishes cost us nothing; and it has our mark,
//! so that nobody makes us ask the provider about one that was never begun. `state` binds the answer to this browser, `nonce` binds the token to this attempt, and the verifier proves that the code came back to
//! whoever asked for it (PKCE).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::Identity;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::random;

/// The name of the cookie.
pub(super) const COOKIE: &str = "sederunt_oidc";

/// What our mark is on.
const PURPOSE: &str = "sign-in attempt";

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// A path of ours.
    pub(super) return_to: String,
}

impl Attempt {
    /// A new one, which leads back to a page of ours.
    pub(super) fn new(return_to: Option<&str>) -> Attempt {
        let return_to = return_to.filter(|path| is_own_path(path)).unwrap_or("/");
        Attempt {
            state: random::secret(),
            nonce: random::secret(),
            verifier: random::secret(),
            return_to: return_to.to_owned(),
        }
    }

    /// The value of the cookie.
    pub(super) fn to_cookie(&self, identity: &Identity) -> String {
        let return_to = URL_SAFE_NO_PAD.encode(&self.return_to);
        let text = [&*self.state, &self.nonce, &self.verifier, &return_to].join(".");
        identity.seal(PURPOSE, &text)
    }

    /// The attempt of a browser that comes back with this cookie and state.
    pub(super) fn of(identity: &Identity, cookie: Option<&str>, state: &str) -> Option<Attempt> {
        let mut parts = identity.unseal(PURPOSE, cookie?)?.split('.');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let attempt = Attempt {
            state: next()?.to_owned(),
            nonce: next()?.to_owned(),
            verifier: next()?.to_owned(),
            return_to: String::from_utf8(URL_SAFE_NO_PAD.decode(next()?).ok()?).ok()?,
        };
        let is_same = bool::from(attempt.state.as_bytes().ct_eq(state.as_bytes()));
        (is_same && is_own_path(&attempt.return_to)).then_some(attempt)
    }

    /// The challenge of PKCE, by S256.
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }
}

/// Whether it leads to a page of ours. `//host` and `/\host` lead elsewhere.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path[1..].starts_with(['/', '\\'])
        && path.len() <= 2048
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_comes_back_to_the_browser_that_began_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = db::Location::Sqlite(folder.path().join("sederunt.db"));
        let db = db::Db::open(&location).await.expect("a new file");
        let identity = Identity::open(db).await.expect("keys are made");
        let back = |cookie: &str, state: &str| Attempt::of(&identity, Some(cookie), state);
        let attempt = Attempt::new(Some("/abc-mnop-xyz?name=Ada"));
        let cookie = attempt.to_cookie(&identity);
        assert_eq!(back(&cookie, &attempt.state), Some(attempt.clone()));
        assert_eq!(Attempt::of(&identity, None, &attempt.state), None);
        let sealed = |text: &str| identity.seal(PURPOSE, text);
        let elsewhere = URL_SAFE_NO_PAD.encode("//evil.example");
        for (cookie, state) in [
            (cookie.clone(), "another"),
            (cookie.clone(), ""),
            // Made up.
            (format!("a.b.c.{}", URL_SAFE_NO_PAD.encode("/")), "a"),
            (cookie.replacen(&attempt.state, "a", 1), "a"),
            (sealed(&attempt.state), &attempt.state),
            (String::new(), ""),
            (sealed("..."), ""),
            (sealed("a.b.c.%%"), "a"),
            (sealed(&format!("a.b.c.{elsewhere}")), "a"),
        ] {
            assert_eq!(back(&cookie, state), None, "{cookie}");
        }
        let path = URL_SAFE_NO_PAD.encode("/");
        assert!(
            back(&sealed(&format!("a.b.c.{path}")), "a").is_some(),
            "the rows fail for their own reasons"
        );
    }

    #[test]
    fn it_leads_to_our_own_pages_only() {
        for (asked, led) in [
            (None, "/"),
            (Some("/abc-mnop-xyz"), "/abc-mnop-xyz"),
            (Some("/consent?request=x"), "/consent?request=x"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("evil"), "/"),
            (Some("/a\r\nb"), "/"),
        ] {
            assert_eq!(Attempt::new(asked).return_to, led);
        }
    }
}
