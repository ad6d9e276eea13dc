//! Bearer tokens: JSON Web Tokens that our own key signs and our own key checks.
//!
//! ES256, because everything that reads tokens knows it, a signature takes 64 bytes, and signing is cheap. Exactly that
//! algorithm is accepted: a token that asks to be checked in another way, or not at all, is refused unread.
//!
//! Time is checked here and not by the JWT library, which would ask the system's clock.

use std::{collections::HashMap, time::Duration};

use audit::{Action, By};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use meeting::UserId;
use serde::{Deserialize, Serialize};

use crate::{
    AppRoles, Fault, Guid, Identity, Scopes, User,
    grant::Grant,
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
    /// Nobody would know of it.
    #[error("the token cannot be written into the audit log; try again later")]
    Store(#[from] db::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user id; of a service account that acts for nobody, and of a daemon, its client id.
    sub: String,
    /// The client id of the application that the token was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    azp: Option<String>,
    /// The id of the key of a service account, or of the credential of a daemon, that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The grant of a user that it came of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    /// The roles of a daemon at that time, for whoever looks: what counts is what it has now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
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
    App { user: UserId, app: String, grant: Grant },
    /// A service account by one of its keys, for a user, by an administrator's delegation.
    Delegate { user: UserId, app: String, key: String },
    /// A service account by one of its keys, for nobody.
    ServiceAccount { app: String, key: String },
    /// A daemon by one of its credentials.
    Daemon {
        app: String,
        credential: String,
        roles: AppRoles,
    },
}

impl Bearer {
    /// `sub`, `azp` and `key`.
    fn to_claims(&self) -> (&str, Option<&str>, Option<&str>) {
        match self {
            Bearer::User(user) => (user.as_str(), None, None),
            Bearer::App { user, app, .. } => (user.as_str(), Some(app), None),
            Bearer::Delegate { user, app, key } => (user.as_str(), Some(app), Some(key)),
            Bearer::ServiceAccount { app, key } => (app, Some(app), Some(key)),
            Bearer::Daemon { app, credential, .. } => (app, Some(app), Some(credential)),
        }
    }

    fn roles(&self) -> Vec<String> {
        match self {
            Bearer::Daemon { roles, .. } => roles.iter().map(|role| role.name().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    fn grant(&self) -> Option<&Grant> {
        match self {
            Bearer::App { grant, .. } => Some(grant),
            _ => None,
        }
    }

    fn from_claims(claims: Claims) -> Option<Bearer> {
        let Ok(user) = UserId::parse(&claims.sub) else {
            return Bearer::daemon_from_claims(claims);
        };
        match (claims.azp, claims.key, claims.grant) {
            (None, None, None) => Some(Bearer::User(user)),
            (Some(app), None, Some(grant)) => Grant::from_claim(&grant).map(|grant| Bearer::App { user, app, grant }),
            (Some(app), Some(key), None) if app == claims.sub => Some(Bearer::ServiceAccount { app, key }),
            (Some(app), Some(key), None) => Some(Bearer::Delegate { user, app, key }),
            _ => None,
        }
    }

    fn daemon_from_claims(claims: Claims) -> Option<Bearer> {
        let app = Guid::parse(&claims.sub)?.to_string();
        match (claims.azp, claims.key, claims.grant) {
            (Some(azp), Some(credential), None) if azp == app => Some(Bearer::Daemon {
                app,
                credential,
                roles: claims.roles.iter().filter_map(|role| role.parse().ok()).collect(),
            }),
            _ => None,
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
            grant: bearer.grant().map(Grant::to_claim),
            roles: bearer.roles(),
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
        Ok(Verified {
            scopes: Scopes::known_in(&claims.scope),
            issue_us: claims.iat.saturating_mul(MICROSECONDS_PER_SECOND),
            expire_us,
            bearer: Bearer::from_claims(claims).ok_or(Fault::Malformed)?,
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
    /// Issues a bearer token. It stays valid until it expires, its user is removed or their password is set: there is no
    /// other way to recall it, so make `ttl` short ([`limits::TOKEN_TTL`] is the default of the command line).
    pub async fn issue_token(&self, user: &User, scopes: Scopes, ttl: Duration, by: &By) -> Result<String, TokenError> {
        let token = self
            .keyring
            .sign(&Bearer::User(user.id.clone()), scopes, ttl, by.now_us)?;
        let line = by.did(Action::TokenIssue, &user.resource_name(), &scopes.to_string());
        self.log.write(vec![line]).await?;
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
