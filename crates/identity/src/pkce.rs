//! PKCE (RFC 7636): whoever comes with the code must know what the one who asked for it knew.
//!
//! Only S256: with `plain` the secret is in the address that the browser shows to everybody who looks.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{AppKind, OAuthCode, OAuthError, limits, parameters::Parameters};

const DIGEST_BYTES: usize = 32;

/// The challenge of a request, if it has one. An installed application has nothing else to prove itself with.
pub(crate) fn challenge(request: &Parameters, kind: AppKind) -> Result<Option<String>, OAuthError> {
    let invalid = |description: &'static str| OAuthError::new(OAuthCode::InvalidRequest, description);
    let Some(challenge) = request.get("code_challenge") else {
        return match kind {
            AppKind::Web => Ok(None),
            AppKind::Installed => Err(invalid("An installed application must send a code_challenge (PKCE).")),
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
        for (query, web, installed) in [
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
            for (kind, expected) in [(AppKind::Web, web), (AppKind::Installed, installed)] {
                assert_eq!(challenge(&request, kind).is_ok(), expected, "{query} {kind:?}");
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
