//! Bearer tokens: JSON Web Tokens that our own key signs and our own key checks.
//!
//! ES256, because everything that reads tokens knows it, a signature takes 64 bytes, and signing is cheap. Exactly that
//! algorithm is accepted: a token that asks to be checked in another way, or not at all, is refused unread.
//!
//! Time is checked here and not by the JWT library, which would ask the system's clock.

use std::{collections::HashMap, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::{
    Fault, Identity, Scopes, User, UserId,
    keys::{KeyError, StoredKey},
    limits,
};

/// Who issues our tokens and whom they are for. Every installation has its own key, so a token of another one fails by
/// its signature; the names keep apart what one key may come to sign.
const ISSUER: &str = "sederunt";

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A second at least; [`limits::TOKEN_TTL_MAX`] at most.
    #[error("a token is valid for 1 second to 30 days")]
    InvalidTtl,
    /// The cryptography refused.
    #[error("the token could not be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user id; of a service account that acts for nobody, its client id.
    sub: String,
    /// The client id of the application that the token was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    azp: Option<String>,
    /// The id of the service account's key that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Full URLs with a space between.
    scope: String,
    /// Seconds since the Unix epoch, like `exp`: the standard's unit.
    iat: i64,
    exp: i64,
}

/// Whom a token was issued to, and by what right: each of these can be taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// A user, for themselves.
    User(UserId),
    /// An OAuth client, by a user's consent.
    App { user: UserId, app: String },
    /// A service account by one of its keys, for a user, by an administrator's delegation.
    Delegate { user: UserId, app: String, key: String },
    /// A service account by one of its keys, for nobody.
    ServiceAccount { app: String, key: String },
}

impl Bearer {
    /// `sub`, `azp` and `key`.
    fn to_claims(&self) -> (&str, Option<&str>, Option<&str>) {
        match self {
            Bearer::User(user) => (user.as_str(), None, None),
            Bearer::App { user, app } => (user.as_str(), Some(app), None),
            Bearer::Delegate { user, app, key } => (user.as_str(), Some(app), Some(key)),
            Bearer::ServiceAccount { app, key } => (app, Some(app), Some(key)),
        }
    }

    fn from_claims(sub: &str, azp: Option<String>, key: Option<String>) -> Option<Bearer> {
        let user = UserId::parse(sub)?;
        match (azp, key) {
            (None, None) => Some(Bearer::User(user)),
            (Some(app), None) => Some(Bearer::App { user, app }),
            (Some(app), Some(key)) if app == sub => Some(Bearer::ServiceAccount { app, key }),
            (Some(app), Some(key)) => Some(Bearer::Delegate { user, app, key }),
            (None, Some(_)) => None,
        }
    }
}

/// What a token proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) bearer: Bearer,
    pub(crate) scopes: Scopes,
    pub(crate) issue_us: i64,
    pub(crate) expire_us: i64,
}

/// The key that signs, and all that check.
pub(crate) struct Keyring {
    signing_id: String,
    signing: EncodingKey,
    checking: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl Keyring {
    /// From all keys, oldest first; the newest signs.
    pub(crate) fn new(keys: Vec<StoredKey>) -> Result<Keyring, KeyError> {
        let mut checking = HashMap::new();
        let mut newest = None;
        for key in keys {
            // A damaged key would otherwise refuse everybody, one request at a time, and not say why.
            if !key.is_sound() {
                return Err(KeyError::Damaged { id: key.id });
            }
            checking.insert(key.id.clone(), DecodingKey::from_ec_der(&key.public_der));
            newest = Some((key.id, EncodingKey::from_ec_der(&key.private_der)));
        }
        let (signing_id, signing) = newest.ok_or(KeyError::Missing)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.validate_exp = false;
        Ok(Keyring {
            signing_id,
            signing,
            checking,
            validation,
        })
    }

    pub(crate) fn sign(
        &self,
        bearer: &Bearer,
        scopes: Scopes,
        ttl: Duration,
        now_us: i64,
    ) -> Result<String, TokenError> {
        if ttl < Duration::from_secs(1) || ttl > limits::TOKEN_TTL_MAX {
            return Err(TokenError::InvalidTtl);
        }
        let iat = now_us.div_euclid(MICROSECONDS_PER_SECOND);
        let (sub, azp, key) = bearer.to_claims();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: sub.to_owned(),
            azp: azp.map(str::to_owned),
            key: key.map(str::to_owned),
            scope: scopes.to_string(),
            iat,
            exp: iat + i64::try_from(ttl.as_secs()).expect("at most 30 days"),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.signing_id.clone());
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(TokenError::Signing)
    }

    pub(crate) fn verify(&self, token: &str, now_us: i64) -> Result<Verified, Fault> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return Err(Fault::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Fault::Malformed)?;
        let key = header
            .kid
            .and_then(|id| self.checking.get(&id))
            .ok_or(Fault::UnknownKey)?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, key, &self.validation).map_err(|error| fault(error.kind()))?;
        let claims = claims.claims;
        let expire_us = claims.exp.saturating_mul(MICROSECONDS_PER_SECOND);
        if expire_us <= now_us {
            return Err(Fault::Expired);
        }
        let bearer = Bearer::from_claims(&claims.sub, claims.azp, claims.key).ok_or(Fault::Malformed)?;
        Ok(Verified {
            bearer,
            scopes: Scopes::from_claim(&claims.scope),
            issue_us: claims.iat.saturating_mul(MICROSECONDS_PER_SECOND),
            expire_us,
        })
    }
}

pub(crate) const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// Whether a token says that it is signed as service accounts sign, and not as we do.
pub(crate) fn is_self_signed(token: &str) -> bool {
    token.len() <= limits::TOKEN_BYTES_MAX
        && jsonwebtoken::decode_header(token).is_ok_and(|header| header.alg == Algorithm::RS256)
}

/// What the library's refusal of a token says about it.
pub(crate) fn fault(kind: &ErrorKind) -> Fault {
    match kind {
        ErrorKind::InvalidSignature => Fault::WrongSignature,
        ErrorKind::InvalidAlgorithm => Fault::UnknownKey,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => Fault::WrongAudience,
        _ => Fault::Malformed,
    }
}

impl Identity {
    /// Issues a bearer token. It stays valid until it expires or its user is removed: there is no other way to recall
    /// it, so make `ttl` short ([`limits::TOKEN_TTL`] is the default of the command line).
    pub fn issue_token(&self, user: &User, scopes: Scopes, ttl: Duration, now_us: i64) -> Result<String, TokenError> {
        self.keyring.sign(&Bearer::User(user.id.clone()), scopes, ttl, now_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::FIRST_KEY;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    const NOW_US: i64 = 1_767_225_600_123_456;
    const USER: &str = "100000000000000000001";
    const HOUR: Duration = Duration::from_hours(1);

    fn keyring() -> Keyring {
        Keyring::new(vec![StoredKey::generate(FIRST_KEY).expect("a key")]).expect("a keyring")
    }

    fn user() -> Bearer {
        Bearer::User(UserId::parse(USER).expect("21 digits"))
    }

    fn claims(iss: &str, aud: &str, sub: &str) -> Claims {
        let exp = NOW_US / MICROSECONDS_PER_SECOND + 60;
        Claims {
            iss: iss.to_owned(),
            aud: aud.to_owned(),
            sub: sub.to_owned(),
            azp: None,
            key: None,
            scope: Scopes::MEET.to_string(),
            iat: exp - 60,
            exp,
        }
    }

    #[test]
    fn a_token_proves_what_it_was_issued_for_until_it_expires() {
        let keyring = keyring();
        let token = keyring.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed");
        let expire_us = 1_767_229_200_000_000;
        let verified = Verified {
            bearer: user(),
            scopes: Scopes::MEET,
            issue_us: 1_767_225_600_000_000,
            expire_us,
        };
        assert_eq!(keyring.verify(&token, NOW_US), Ok(verified.clone()));
        assert_eq!(keyring.verify(&token, expire_us - 1), Ok(verified));
        assert_eq!(keyring.verify(&token, expire_us), Err(Fault::Expired));
        assert_eq!(keyring.verify(&token, i64::MAX), Err(Fault::Expired));
        for ttl in [
            Duration::ZERO,
            Duration::from_millis(999),
            limits::TOKEN_TTL_MAX + HOUR,
            Duration::MAX,
        ] {
            let refused = keyring.sign(&user(), Scopes::MEET, ttl, NOW_US);
            assert!(matches!(refused, Err(TokenError::InvalidTtl)), "{ttl:?}");
        }
    }

    #[test]
    fn the_longest_token_is_within_the_limit() {
        let all: Scopes = crate::Scope::ALL.into_iter().collect();
        let token = keyring()
            .sign(&user(), all, limits::TOKEN_TTL_MAX, NOW_US)
            .expect("signed");
        assert!(token.len() < limits::TOKEN_BYTES_MAX / 2, "{}", token.len());
    }

    /// What an attacker may try, and what the log says of it.
    #[test]
    fn forgeries() {
        let keyring = keyring();
        let sign = |claims: &Claims| {
            let mut header = Header::new(Algorithm::ES256);
            header.kid = Some(FIRST_KEY.to_owned());
            jsonwebtoken::encode(&header, claims, &keyring.signing).expect("signed")
        };
        let good = sign(&claims(ISSUER, ISSUER, USER));
        assert!(keyring.verify(&good, NOW_US).is_ok());
        let (signed, signature) = good.rsplit_once('.').expect("three parts");
        let (_, payload) = signed.split_once('.').expect("three parts");
        let with_header = |header: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header));

        let public_as_password = {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some(FIRST_KEY.to_owned());
            let key = EncodingKey::from_secret(keyring.checking[FIRST_KEY].try_get_as_bytes().expect("bytes"));
            jsonwebtoken::encode(&header, &claims(ISSUER, ISSUER, USER), &key).expect("signed")
        };
        let other_installation = self::keyring()
            .sign(&user(), Scopes::MEET, HOUR, NOW_US)
            .expect("signed");
        for (what, token, fault) in [
            ("nothing", String::new(), Fault::Malformed),
            ("dots", "..".to_owned(), Fault::Malformed),
            (
                "too long",
                format!("{good}{}", "A".repeat(limits::TOKEN_BYTES_MAX)),
                Fault::Malformed,
            ),
            ("no signature", format!("{signed}."), Fault::WrongSignature),
            (
                "no algorithm",
                with_header(r#"{"alg":"none","kid":"1"}"#),
                Fault::Malformed,
            ),
            (
                "another algorithm",
                with_header(r#"{"alg":"ES384","kid":"1"}"#),
                Fault::UnknownKey,
            ),
            ("our public key as a password", public_as_password, Fault::UnknownKey),
            ("no key", with_header(r#"{"alg":"ES256"}"#), Fault::UnknownKey),
            (
                "another key",
                with_header(r#"{"alg":"ES256","kid":"2"}"#),
                Fault::UnknownKey,
            ),
            ("a key of its own", other_installation, Fault::WrongSignature),
            (
                "another header",
                with_header(r#"{"alg":"ES256","kid":"1","typ":"jwt"}"#),
                Fault::WrongSignature,
            ),
            (
                "another issuer",
                sign(&claims("https://example.org", ISSUER, USER)),
                Fault::WrongAudience,
            ),
            (
                "another audience",
                sign(&claims(ISSUER, "https://example.org", USER)),
                Fault::WrongAudience,
            ),
            ("no user", sign(&claims(ISSUER, ISSUER, "robot")), Fault::Malformed),
        ] {
            assert_eq!(keyring.verify(&token, NOW_US), Err(fault), "{what}");
        }
    }

    #[test]
    fn the_newest_key_signs_and_older_ones_still_check() {
        let old = StoredKey::generate("1").expect("a key");
        let new = StoredKey::generate("2").expect("a key");
        let before = Keyring::new(vec![old.clone()]).expect("a keyring");
        let after = Keyring::new(vec![old, new]).expect("a keyring");
        let token = before.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed");
        assert!(after.verify(&token, NOW_US).is_ok());
        let token = after.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed");
        assert!(after.verify(&token, NOW_US).is_ok());
        assert_eq!(before.verify(&token, NOW_US), Err(Fault::UnknownKey));
    }

    #[test]
    fn a_damaged_key_is_named() {
        let sound = StoredKey::generate("7").expect("a key");
        let mut short = sound.clone();
        short.private_der.truncate(30);
        let mut of_another = sound;
        of_another.public_der = StoredKey::generate("8").expect("a key").public_der;
        for damaged in [short, of_another] {
            let error = Keyring::new(vec![damaged]).err().expect("refused");
            assert!(matches!(&error, KeyError::Damaged { id } if id == "7"), "{error}");
        }
        assert!(matches!(Keyring::new(vec![]), Err(KeyError::Missing)));
    }

    /// Shared, since the properties need a key and a token but nothing new about them.
    static KEYRING: LazyLock<Keyring> = LazyLock::new(keyring);
    static TOKEN: LazyLock<String> =
        LazyLock::new(|| KEYRING.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed"));

    proptest! {
        #[test]
        fn no_text_authenticates(text in any::<String>()) {
            prop_assert!(KEYRING.verify(&text, NOW_US).is_err());
        }

        /// Three parts that decode, with a header that leads on to the signature and the claims.
        #[test]
        fn no_shape_authenticates(
            header in prop::sample::select(vec![
                r#"{"alg":"ES256","kid":"1"}"#, r#"{"alg":"ES256","kid":"1","crit":["exp"]}"#, r#"{"alg":"ES256"}"#,
                r#"{"alg":"none","kid":"1"}"#, r#"{"alg":"EdDSA","kid":"1"}"#, "{}", "[]", "",
            ]),
            payload in "\\PC{0,40}|\\{\"(sub|exp|aud|iss)\":(\"[0-9]{0,25}\"|-?[0-9]{0,25}(\\.5)?|null|\\[\\])\\}",
            signature in prop::collection::vec(any::<u8>(), 0..70),
        ) {
            let token = [header.as_bytes(), payload.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
            prop_assert!(KEYRING.verify(&token, NOW_US).is_err());
        }

        #[test]
        fn no_changed_token_authenticates(place in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8, cut in any::<bool>()) {
            let mut token = TOKEN.clone().into_bytes();
            let place = place.index(token.len());
            if cut {
                token.remove(place);
            } else {
                prop_assume!(token[place] != byte);
                token[place] = byte;
            }
            let token = String::from_utf8(token).expect("ASCII");
            prop_assert!(KEYRING.verify(&token, NOW_US).is_err(), "{token}");
        }
    }
}
