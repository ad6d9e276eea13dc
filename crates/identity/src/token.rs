//! Bearer tokens: JSON Web Tokens that our own key signs and our own key checks.
//!
//! ES256, because everything that reads tokens knows it, a signature takes 64 bytes, and signing is cheap. Exactly that
//! algorithm is accepted: a token that asks to be checked in another way, or not at all, is refused unread. The key is
//! a row in the database, so that every process on it (nodes, the command line) signs and checks alike; the first
//! process of a new installation makes it.
//!
//! Time is checked here and not by the JWT library, which would ask the system's clock.

use std::{collections::HashMap, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use db::{Db, Statement};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::{Fault, Identity, Scopes, User, UserId, limits};

/// Who issues our tokens and whom they are for. Every installation has its own key, so a token of another one fails by
/// its signature; the names keep apart what one key may come to sign.
const ISSUER: &str = "sederunt";

/// The name of the first key. Two processes that both make it write the same row, and only one can.
const FIRST_KEY: &str = "1";

const ALGORITHM: &str = "ES256";

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The table is out of reach.
    #[error("the signing keys cannot be reached")]
    Store(#[from] db::Error),
    /// The operating system or the cryptography refused.
    #[error("no signing key could be made")]
    Generation,
    /// The row is not what we wrote.
    #[error("signing key {id:?} in the database is damaged; restore it from a backup")]
    Damaged {
        /// The row's key.
        id: String,
    },
}

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
    /// The user id.
    sub: String,
    /// Full URLs with a space between.
    scope: String,
    /// Seconds since the Unix epoch, like `exp`: the standard's unit.
    iat: i64,
    exp: i64,
}

/// What a token proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) user: UserId,
    pub(crate) scopes: Scopes,
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
    pub(crate) async fn open(db: &Db) -> Result<Keyring, KeyError> {
        if let Some(keyring) = Keyring::load(db).await? {
            return Ok(keyring);
        }
        match db.write(vec![first_key()?]).await {
            Ok(()) => {}
            // Another process was faster: its key is ours.
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
        Keyring::load(db).await?.ok_or_else(|| KeyError::Damaged {
            id: FIRST_KEY.to_owned(),
        })
    }

    /// Every key of the table; the newest signs.
    async fn load(db: &Db) -> Result<Option<Keyring>, KeyError> {
        let sql = "select id, private_der, public_der from signing_key where algorithm = $1 order by create_us, id";
        let mut checking = HashMap::new();
        let mut newest = None;
        for row in db.read(sql, vec![ALGORITHM.into()]).await? {
            let (id, private, public) = (row.text(0)?.to_owned(), row.blob(1)?, row.blob(2)?);
            // A damaged key would otherwise refuse everybody, one request at a time, and say nothing.
            if EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).is_err() {
                return Err(KeyError::Damaged { id });
            }
            checking.insert(id.clone(), DecodingKey::from_ec_der(public));
            newest = Some((id, EncodingKey::from_ec_der(private)));
        }
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.validate_exp = false;
        Ok(newest.map(|(signing_id, signing)| Keyring {
            signing_id,
            signing,
            checking,
            validation,
        }))
    }

    fn sign(&self, user: &UserId, scopes: Scopes, ttl: Duration, now_us: i64) -> Result<String, TokenError> {
        if ttl < Duration::from_secs(1) || ttl > limits::TOKEN_TTL_MAX {
            return Err(TokenError::InvalidTtl);
        }
        let iat = now_us.div_euclid(MICROSECONDS_PER_SECOND);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: user.to_string(),
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
        let user = UserId::parse(&claims.sub).ok_or(Fault::Malformed)?;
        Ok(Verified {
            user,
            scopes: Scopes::from_claim(&claims.scope),
            expire_us,
        })
    }
}

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

fn fault(kind: &ErrorKind) -> Fault {
    match kind {
        ErrorKind::InvalidSignature => Fault::WrongSignature,
        ErrorKind::InvalidAlgorithm => Fault::UnknownKey,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => Fault::WrongAudience,
        _ => Fault::Malformed,
    }
}

/// The row of a new key. It is dated 0, as the first of all; a rotation would date its keys by the clock.
fn first_key() -> Result<Statement, KeyError> {
    let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| KeyError::Generation)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private.as_ref())
        .map_err(|_| KeyError::Generation)?;
    let insert = Statement::new(
        "insert into signing_key (id, algorithm, private_der, public_der, create_us) values ($1, $2, $3, $4, $5)",
        vec![
            FIRST_KEY.into(),
            ALGORITHM.into(),
            private.as_ref().to_vec().into(),
            pair.public_key().as_ref().to_vec().into(),
            0.into(),
        ],
    );
    Ok(insert.expect(1))
}

impl Identity {
    /// Issues a bearer token. It stays valid until it expires or its user is removed: there is no other way to recall
    /// it, so make `ttl` short ([`limits::TOKEN_TTL`] is the default of the command line).
    pub fn issue_token(&self, user: &User, scopes: Scopes, ttl: Duration, now_us: i64) -> Result<String, TokenError> {
        self.keyring.sign(&user.id, scopes, ttl, now_us)
    }
}
