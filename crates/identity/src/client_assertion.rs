//! What a daemon with a certificate signs to say who it is (RFC 7523 §2.2): a JSON Web Token for our token endpoint alone.
//!
//! It names its certificate by a fingerprint, `x5t` (SHA-1) in older libraries and `x5t#S256` in newer ones, and is signed by RS256
//! or PS256. It is read by hand and not by the library for tokens: some of Microsoft's own libraries leave the padding of base64 in
//! their parts, over which the signature goes.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;

use crate::{Fault, limits, numeric_date::NumericDate, sign_in::after};

/// With padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    /// What a reader has to understand, and we understand none of it.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
}

/// The fingerprint by which an assertion names its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fingerprint {
    Sha1(Vec<u8>),
    Sha256(Vec<u8>),
}

/// An assertion that was read, and of which nothing has been checked.
pub(crate) struct ClientAssertion<'a> {
    message: &'a str,
    signature: Vec<u8>,
    algorithm: &'static RsaParameters,
    pub(crate) certificate: Fingerprint,
    claims: Claims,
}

/// What an assertion has to say.
pub(crate) struct Expected<'a> {
    /// The daemon that it is to be of.
    pub(crate) client_id: &'a str,
    /// The names of our token endpoint.
    pub(crate) audiences: &'a [String],
    pub(crate) now_us: i64,
}

impl ClientAssertion<'_> {
    /// Reads one.
    pub(crate) fn read(text: &str) -> Result<ClientAssertion<'_>, Fault> {
        if text.len() > limits::CLIENT_ASSERTION_BYTES_MAX {
            return Err(Fault::Malformed);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Fault::Malformed)?;
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| Fault::Malformed)?;
        let algorithm = match (&*header.alg, header.crit) {
            ("RS256", None) => &RSA_PKCS1_2048_8192_SHA256,
            ("PS256", None) => &RSA_PSS_2048_8192_SHA256,
            _ => return Err(Fault::UnknownKey),
        };
        let certificate = match (header.x5t_s256, header.x5t) {
            (Some(sha256), _) => Fingerprint::Sha256(fingerprint(&sha256)?),
            (None, Some(sha1)) => Fingerprint::Sha1(fingerprint(&sha1)?),
            (None, None) => return Err(Fault::UnknownKey),
        };
        Ok(ClientAssertion {
            message,
            signature: decoded(signature)?,
            algorithm,
            certificate,
            claims: serde_json::from_slice(&decoded(claims)?).map_err(|_| Fault::Malformed)?,
        })
    }

    /// Whether this key signed it, for this, and not too long ago.
    pub(crate) fn check(&self, public_der: &[u8], expected: &Expected<'_>) -> Result<(), Fault> {
        let key = UnparsedPublicKey::new(self.algorithm, public_der);
        if key.verify(self.message.as_bytes(), &self.signature).is_err() {
            return Err(Fault::WrongSignature);
        }
        let claims = &self.claims;
        let names_itself = |name: &str| name.eq_ignore_ascii_case(expected.client_id);
        if !names_itself(&claims.iss) || !names_itself(&claims.sub) {
            return Err(Fault::Malformed);
        }
        if !expected.audiences.contains(&claims.aud) {
            return Err(Fault::WrongAudience);
        }
        self.check_times(expected.now_us)
    }

    fn check_times(&self, now_us: i64) -> Result<(), Fault> {
        let Claims { exp, nbf, iat, .. } = &self.claims;
        let ahead_us = after(now_us, limits::CLOCK_SKEW);
        if after(exp.us, limits::CLOCK_SKEW) <= now_us {
            return Err(Fault::Expired);
        }
        if [nbf, iat].into_iter().flatten().any(|time| time.us > ahead_us) {
            return Err(Fault::NotYetValid);
        }
        // Some libraries write no `iat`, so it is counted from now.
        if exp.us > after(ahead_us, limits::ASSERTION_TTL_MAX) {
            return Err(Fault::TooLongLived);
        }
        Ok(())
    }
}

/// In either alphabet of base64: RFC 7515 §4.1.8 asks for that of URLs, and Microsoft's library for Java writes the other one.
fn fingerprint(text: &str) -> Result<Vec<u8>, Fault> {
    decoded(&text.replace('+', "-").replace('/', "_"))
}

fn decoded(part: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(part).map_err(|_| Fault::Malformed)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_names_that_libraries_give_a_certificate() {
        let check = |header: &str, expected: Result<Fingerprint, Fault>| {
            let token =
                [header, r#"{"iss":"a","sub":"a","aud":"b","exp":1}"#, "c"].map(|part| URL_SAFE_NO_PAD.encode(part));
            let found = ClientAssertion::read(&token.join(".")).map(|read| read.certificate);
            assert_eq!(found, expected, "{header}");
        };
        let bytes = vec![0xfb, 0xef, 0xff];
        let sha256 = Ok(Fingerprint::Sha256(bytes.clone()));
        check(r#"{"alg":"PS256","x5t#S256":"--__"}"#, sha256.clone());
        check(r#"{"alg":"PS256","x5t#S256":"++//"}"#, sha256.clone());
        check(r#"{"alg":"PS256","x5t#S256":"--__","x5t":"AAAA"}"#, sha256);
        check(r#"{"alg":"RS256","x5t":"++//"}"#, Ok(Fingerprint::Sha1(bytes)));
        check(
            r#"{"alg":"RS256","x5t":"-_8="}"#,
            Ok(Fingerprint::Sha1(vec![0xfb, 0xff])),
        );
        check(r#"{"alg":"RS256","x5t":"*"}"#, Err(Fault::Malformed));
        check(r#"{"alg":"RS256"}"#, Err(Fault::UnknownKey));
        check(r#"{"alg":"HS256","x5t":"AAAA"}"#, Err(Fault::UnknownKey));
    }

    proptest! {
        /// Parts that decode lead on to what is in them; others end at once.
        #[test]
        fn no_shape_of_an_assertion_is_believed(
            header in prop::sample::select(vec![
                r#"{"alg":"PS256","x5t#S256":"AAAA"}"#, r#"{"alg":"RS256","x5t":"AAAA"}"#, r#"{"alg":"RS256"}"#,
                r#"{"alg":"PS256","x5t":"AAAA","crit":[]}"#, r#"{"alg":1}"#, "{}", "[]", "",
            ]),
            claims in "\\PC{0,40}|\\{\"iss\":\"a\",\"sub\":\"a\",\"aud\":\"b\",\"exp\":-?[0-9]{0,25}(\\.5)?\\}",
            signature in prop::collection::vec(any::<u8>(), 0..70),
            encoded in any::<bool>(),
        ) {
            let parts = [header.as_bytes(), claims.as_bytes(), &signature];
            let token = if encoded {
                parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
            } else {
                format!("{header}.{claims}")
            };
            let audiences = ["b".to_owned()];
            let expected = Expected { client_id: "a", audiences: &audiences, now_us: 1_767_225_600_000_000 };
            let believed = ClientAssertion::read(&token).and_then(|read| read.check(&signature, &expected));
            prop_assert!(believed.is_err(), "{token}");
        }
    }
}
