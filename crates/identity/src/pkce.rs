//! PKCE (RFC 7636): whoever comes with the code must know what the one who asked for it knew.
//!
//! Only S256: with `plain` the secret is in the address that the browser shows to everybody who looks.
//!
//! An application without a secret has nothing else to prove itself with, so it must send a challenge. One that has a secret,
//! on a server or on people's machines, may leave it out, as with Google, whose older libraries know no PKCE; then its secret
//! has to come with the code. An operator may ask every application for one ([`Identity::with_pkce_required`]).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{App, Identity, OAuthCode, OAuthError, client::Client, limits, parameters::Parameters};

const DIGEST_BYTES: usize = 32;

/// The challenge of a request, if it has one.
pub(crate) fn challenge(request: &Parameters, needed: bool) -> Result<Option<String>, OAuthError> {
    let invalid = |description: &'static str| OAuthError::new(OAuthCode::InvalidRequest, description);
    let Some(challenge) = request.get("code_challenge") else {
        return if needed {
            Err(invalid("A code_challenge (PKCE) is needed."))
        } else {
            Ok(None)
        };
    };
    if request.get("code_challenge_method") != Some("S256") {
        return Err(invalid("The code_challenge_method must be S256."));
    }
    let mut digest = [0; DIGEST_BYTES];
    match URL_SAFE_NO_PAD.decode_slice(challenge, &mut digest) {
        Ok(DIGEST_BYTES) => Ok(Some(challenge.to_owned())),
        _ => Err(invalid(
            "The code_challenge is not the base64url form of a SHA-256 digest.",
        )),
    }
}

impl Identity {
    /// Asks every application for PKCE, also those with a secret.
    #[must_use]
    pub fn with_pkce_required(mut self, required: bool) -> Identity {
        self.pkce_required = required;
        self
    }

    /// Whether this application has to send a challenge.
    pub(crate) fn needs_challenge(&self, app: &App) -> bool {
        self.pkce_required || !app.has_secret
    }
}

/// Refuses a code that was asked for without a challenge and comes without a secret: whoever saw it could bring it.
pub(crate) fn proves_something(client: &Client, challenge: Option<&str>) -> Result<(), OAuthError> {
    if challenge.is_some() || client.sent_secret {
        return Ok(());
    }
    Err(OAuthError::new(
        OAuthCode::InvalidClient,
        "The client secret is missing, and the code was asked for without a code_challenge.",
    ))
}

/// Whether this is what the challenge was made from. A verifier without a challenge is refused too: somebody took the
/// challenge out of the request on its way.
pub(crate) fn answers(verifier: Option<&str>, challenge: Option<&str>) -> bool {
    match (verifier, challenge) {
        (None, None) => true,
        (Some(verifier), Some(challenge)) => {
            limits::VERIFIER_CHARACTERS.contains(&verifier.len())
                && verifier
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
                && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn challenges() {
        let with = |method: &str| format!("code_challenge={CHALLENGE}{method}");
        for (query, unneeded, needed) in [
            ("", true, false),
            (&*with("&code_challenge_method=S256"), true, true),
            (&with(""), false, false),
            (&with("&code_challenge_method=plain"), false, false),
            (&with("&code_challenge_method=s256"), false, false),
            ("code_challenge=short&code_challenge_method=S256", false, false),
            (&with("=&code_challenge_method=S256"), false, false),
            (&with("AAAA&code_challenge_method=S256"), false, false),
        ] {
            let request = Parameters::parse(query.as_bytes(), 200).expect("a query");
            for (is_needed, expected) in [(false, unneeded), (true, needed)] {
                assert_eq!(challenge(&request, is_needed).is_ok(), expected, "{query} {is_needed}");
            }
        }
    }

    #[test]
    fn verifiers() {
        let long = "a".repeat(129);
        for (verifier, challenge, expected) in [
            (Some(VERIFIER), Some(CHALLENGE), true),
            (None, None, true),
            (None, Some(CHALLENGE), false),
            (Some(VERIFIER), None, false),
            (Some(CHALLENGE), Some(CHALLENGE), false),
            (Some(&VERIFIER[1..]), Some(CHALLENGE), false),
            (Some(&long), Some(CHALLENGE), false),
            (Some(""), Some(CHALLENGE), false),
        ] {
            assert_eq!(answers(verifier, challenge), expected, "{verifier:?} {challenge:?}");
        }
    }
}
