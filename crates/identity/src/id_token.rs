//! ID tokens of OpenID Connect: what another issuer says of somebody, checked against its keys.
//!
//! Fetching tokens and keys is the caller's business; whether they prove anything is decided here. RS256 and ES256 are
//! accepted, which every issuer has, and a key is used for the one algorithm that its kind is for: a token cannot
//! choose how it is checked. No key is fetched from where a token says it is.

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    errors::ErrorKind,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{limits, numeric_date::NumericDate, sign_in::after};

/// The keys of an issuer.
#[derive(Clone, Debug)]
pub struct IssuerKeys(Vec<IssuerKey>);

#[derive(Clone)]
struct IssuerKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// What an ID token has to say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer's URL.
    pub issuer: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// What we sent with the browser.
    pub nonce: &'a str,
}

/// What a verified ID token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdToken {
    /// The issuer's URL.
    pub issuer: String,
    /// Who it is there.
    pub subject: String,
    /// Their address, if the issuer tells.
    pub email: Option<String>,
    /// Whether the issuer has verified it.
    pub email_verified: bool,
    /// Their name, if the issuer tells.
    pub name: Option<String>,
}

/// Why an ID token proves nothing: for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// The document is no JSON Web Key Set.
    #[error("the issuer's keys cannot be read")]
    MalformedKeys,
    /// Not a JSON Web Token, or without the claims that an ID token must have.
    #[error("the ID token is malformed")]
    Malformed,
    /// The set has no such key: fetch it again, since issuers rotate theirs.
    #[error("the ID token is signed with a key that the issuer does not publish")]
    UnknownKey,
    /// Signed in a way that is not RS256 or ES256.
    #[error("the ID token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// The key did not sign this.
    #[error("the signature of the ID token is wrong")]
    WrongSignature,
    /// Somebody else's token.
    #[error("the ID token is of another issuer")]
    WrongIssuer,
    /// A token for somebody else.
    #[error("the ID token is for another client")]
    WrongAudience,
    /// Not the answer to what this browser asked.
    #[error("the ID token answers another request")]
    WrongNonce,
    /// Too late, or far too early.
    #[error("the ID token has expired or is not valid yet")]
    Expired,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Some issuers write it as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Flag(bool),
    Text(String),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    iat: NumericDate,
    exp: NumericDate,
    email: Option<String>,
    email_verified: Option<Flag>,
    name: Option<String>,
}

impl std::fmt::Debug for IssuerKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} {:?}", self.algorithm, self.id)
    }
}

impl IssuerKey {
    /// A key that signs in one of our two ways; `None` for others, and for one that is damaged.
    fn from_jwk(jwk: &Jwk) -> Option<IssuerKey> {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
            _ => return None,
        };
        if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
            return None;
        }
        Some(IssuerKey {
            id: jwk.common.key_id.clone(),
            algorithm,
            key: DecodingKey::from_jwk(jwk).ok()?,
        })
    }
}

impl IssuerKeys {
    /// Reads a JSON Web Key Set. Keys of kinds that we do not check are passed over.
    pub fn parse(json: &[u8]) -> Result<IssuerKeys, IdTokenError> {
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<Value>,
        }
        if json.len() > limits::ISSUER_KEYS_BYTES_MAX {
            return Err(IdTokenError::MalformedKeys);
        }
        let set: KeySet = serde_json::from_slice(json).map_err(|_| IdTokenError::MalformedKeys)?;
        let key = |value| IssuerKey::from_jwk(&serde_json::from_value(value).ok()?);
        Ok(IssuerKeys(set.keys.into_iter().filter_map(key).collect()))
    }

    /// Checks a token.
    pub fn verify(&self, token: &str, expected: &Expected<'_>, now_us: i64) -> Result<IdToken, IdTokenError> {
        if token.len() > limits::ID_TOKEN_BYTES_MAX {
            return Err(IdTokenError::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdTokenError::Malformed)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) || header.crit.is_some() {
            return Err(IdTokenError::Algorithm);
        }
        let key = self
            .find(header.kid.as_deref(), header.alg)
            .ok_or(IdTokenError::UnknownKey)?;
        let mut validation = Validation::new(header.alg);
        validation.required_spec_claims.clear();
        // Checked by hand, since the library would ask the system's clock and does not know `azp`.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.key, &validation);
        let claims = decoded.map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => IdTokenError::WrongSignature,
            _ => IdTokenError::Malformed,
        })?;
        claims.claims.check(expected, now_us)
    }

    /// The key of that name; where the token names none, the only one that could have signed it.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&IssuerKey> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id));
        let first = fitting.next()?;
        (id.is_some() || fitting.next().is_none()).then_some(first)
    }
}

impl Claims {
    /// OpenID Connect Core §3.1.3.7.
    fn check(self, expected: &Expected<'_>, now_us: i64) -> Result<IdToken, IdTokenError> {
        if self.iss != expected.issuer {
            return Err(IdTokenError::WrongIssuer);
        }
        let (for_us, for_others) = match &self.aud {
            Audience::One(one) => (one == expected.client_id, false),
            Audience::Several(several) => (several.iter().any(|one| one == expected.client_id), several.len() > 1),
        };
        let party = self.azp.as_deref();
        if !for_us || (for_others && party.is_none()) || party.is_some_and(|party| party != expected.client_id) {
            return Err(IdTokenError::WrongAudience);
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(IdTokenError::WrongNonce);
        }
        if after(self.exp.us, limits::CLOCK_SKEW) <= now_us || self.iat.us > after(now_us, limits::CLOCK_SKEW) {
            return Err(IdTokenError::Expired);
        }
        // The database takes no NUL, and no name has one.
        if self.sub.is_empty() || self.sub.len() > limits::SUBJECT_BYTES_MAX || self.sub.contains('\0') {
            return Err(IdTokenError::Malformed);
        }
        Ok(IdToken {
            issuer: self.iss,
            subject: self.sub,
            email: self.email,
            email_verified: match self.email_verified {
                Some(Flag::Flag(flag)) => flag,
                Some(Flag::Text(text)) => text == "true",
                None => false,
            },
            name: self.name,
        })
    }
}

impl IdToken {
    /// The person whom it is about, for [`crate::Identity::sign_in_external`].
    pub fn person(&self) -> crate::ExternalPerson<'_> {
        crate::ExternalPerson {
            issuer: &self.issuer,
            subject: &self.subject,
            email: self.email.as_deref(),
            email_verified: self.email_verified,
            name: self.name.as_deref(),
        }
    }
}
