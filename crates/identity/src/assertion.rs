//! What a service account signs with its own key: assertions for the token endpoint (RFC 7523), and bearer tokens that
//! it did not ask us for.
//!
//! Both are RS256 JSON Web Tokens of one hour at most, and differ in their audience only. The key is a row: what the
//! token says of its account and key is used to find it, and is believed after the signature has been checked with it.

use db::{Row, Statement};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous::insecure_decode};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    AuthenticationError, Caller, Fault, Identity, OAuthError, Principal, Scope, Scopes, authorization::asked_scopes,
    limits, numeric_date::NumericDate, sign_in::after, token::fault,
};

/// The audiences that Google's own libraries write into assertions, whatever `token_uri` their key file has: today's, and those
/// of its older ones. It costs nothing to accept them: our keys are known to nobody else.
const GOOGLE_TOKEN_URIS: [&str; 4] = [
    "https://oauth2.googleapis.com/token",
    "https://www.googleapis.com/oauth2/v4/token",
    "https://www.googleapis.com/oauth2/v3/token",
    "https://accounts.google.com/o/oauth2/token",
];

/// The audience that the clients of the contract for calls write into assertions, whatever their key file has.
const ENFONICA_TOKEN_URI: &str = "https://oauth2.api.enfonica.com/token";

/// The audiences that Google's libraries write into a token for the APIs that are served here.
const GOOGLE_SERVICES: [&str; 2] = ["https://meet.googleapis.com", "https://people.googleapis.com"];

/// What a service account says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Claims {
    /// Its own address.
    pub(crate) iss: String,
    /// The user for whom it acts; or itself, which is the same as nobody.
    pub(crate) sub: Option<String>,
    pub(crate) aud: Option<String>,
    pub(crate) scope: Option<String>,
    /// For whom it wants an ID token of itself: an address that is not ours.
    target_audience: Option<String>,
    iat: NumericDate,
    exp: NumericDate,
    /// Before then it does not count.
    nbf: Option<NumericDate>,
    /// A name of its own: whoever gives one means it to be used once.
    jti: Option<String>,
}

/// The packages of the services whose addresses clients write where a scope should be, and the scopes of those.
const SERVICES: [(&str, Scope); 2] = [
    ("enfonica.voice.v1beta1.", Scope::Voice),
    ("enfonica.numbering.v1beta1.", Scope::Numbering),
];

/// What an assertion asks for. The contracts for calls and for numbers have clients of two kinds: one asks for a scope, and the other for a
/// service by its address, which stands for the service's scope wherever it is served.
fn scopes_asked_for(list: &str) -> Result<Scopes, OAuthError> {
    let of_service = |name: &str| {
        let (_, service) = name.strip_prefix("https://")?.rsplit_once('/')?;
        let known = SERVICES.iter().find(|(package, _)| service.starts_with(package));
        known.map(|(_, scope)| *scope)
    };
    let of_services: Scopes = list.split_ascii_whitespace().filter_map(of_service).collect();
    if !of_services.is_empty() {
        return Ok(Scopes::known_in(list).union(of_services));
    }
    asked_scopes(list)
}

impl Claims {
    /// The user for whom the account wants to act.
    pub(crate) fn acts_for(&self) -> Option<&str> {
        self.sub.as_deref().filter(|sub| !sub.is_empty() && *sub != self.iss)
    }

    /// For whom the account wants an ID token.
    pub(crate) fn target_audience(&self) -> Option<&str> {
        self.target_audience.as_deref().filter(|audience| !audience.is_empty())
    }

    /// What it wants a token for. Whoever wants an ID token need not want anything of ours.
    pub(crate) fn scopes(&self) -> Result<Scopes, OAuthError> {
        match self.scope.as_deref().unwrap_or_default().trim() {
            "" if self.target_audience().is_some() => Ok(Scopes::NONE),
            scope => scopes_asked_for(scope),
        }
    }
}

/// What was signed, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) claims: Claims,
    pub(crate) client_id: String,
    pub(crate) email: String,
    pub(crate) key_id: String,
    pub(crate) expire_us: i64,
}

/// What a token says before anything of it has been checked: which account, and perhaps which key.
fn unchecked(token: &str) -> Result<(Claims, Option<String>), Fault> {
    if token.len() > limits::TOKEN_BYTES_MAX {
        return Err(Fault::Malformed);
    }
    let read = insecure_decode::<Claims>(token).map_err(|_| Fault::Malformed)?;
    // `crit` names what a reader has to understand, and we understand none of it.
    if read.header.alg != Algorithm::RS256 || read.header.crit.is_some() {
        return Err(Fault::UnknownKey);
    }
    Ok((read.claims, read.header.kid))
}

fn check_signature(token: &str, public_der: &[u8]) -> Result<Claims, Fault> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    // Time and audience are checked by hand: the library would ask the system's clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, &DecodingKey::from_rsa_der(public_der), &validation)
        .map(|decoded| decoded.claims)
        .map_err(|error| fault(error.kind()))
}

/// When the token stops being valid, if it is now.
fn check_times(claims: &Claims, now_us: i64) -> Result<i64, Fault> {
    let expire_us = after(claims.exp.us, limits::CLOCK_SKEW);
    if expire_us <= now_us {
        return Err(Fault::Expired);
    }
    let start_us = claims.nbf.map_or(claims.iat.us, |nbf| nbf.us.max(claims.iat.us));
    if start_us > after(now_us, limits::CLOCK_SKEW) {
        return Err(Fault::NotYetValid);
    }
    // Some libraries count the hour from now and date the beginning back, in case their clock is ahead.
    let ttl_max_us = after(after(0, limits::ASSERTION_TTL_MAX), limits::CLOCK_SKEW);
    if claims.exp.us.saturating_sub(claims.iat.us) > ttl_max_us {
        return Err(Fault::TooLongLived);
    }
    Ok(expire_us)
}

/// A public key, and whose it is.
fn key_of(row: &Row) -> Result<(String, String, String, Vec<u8>), db::Error> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok((text(0)?, text(1)?, text(2)?, row.blob(3)?.to_vec()))
}

impl Identity {
    /// Checks who signed a token and when, and not for whom.
    async fn signed(&self, token: &str, now_us: i64) -> Result<Signed, AuthenticationError> {
        let invalid = AuthenticationError::Invalid;
        let (unchecked, key_id) = unchecked(token).map_err(invalid)?;
        if unchecked.iss.contains('\0') {
            return Err(invalid(Fault::Malformed));
        }
        let sql = "select k.id, app.client_id, app.email, k.public_der
            from app join service_account_key k on k.app = app.client_id where app.email = $1";
        let rows = self.db.read(sql, vec![unchecked.iss.into()]).await?;
        let keys = rows.iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
        // Some libraries do not say which key they used, so each is tried; an account has a handful.
        let mut problem = Fault::UnknownKey;
        for (id, client_id, email, public_der) in keys {
            if key_id.as_ref().is_some_and(|named| *named != id) {
                continue;
            }
            match check_signature(token, &public_der) {
                Ok(claims) => {
                    let expire_us = check_times(&claims, now_us).map_err(invalid)?;
                    return Ok(Signed {
                        claims,
                        client_id,
                        email,
                        key_id: id,
                        expire_us,
                    });
                }
                Err(fault) => problem = fault,
            }
        }
        Err(invalid(problem))
    }

    /// Checks an assertion that came to the token endpoint, and uses it up if it has a name.
    ///
    /// One without a name may come again until it expires, within the hour: RFC 7523 §3 leaves `jti` out where the author
    /// likes, Google's libraries write none, and some send the same assertion again when an answer was lost. Whoever
    /// copies one on its way could as well copy the access token that answers it.
    pub(crate) async fn assertion(&self, assertion: &str, now_us: i64) -> Result<Signed, AuthenticationError> {
        let signed = self.signed(assertion, now_us).await?;
        match signed.claims.aud.as_deref() {
            Some(aud) if GOOGLE_TOKEN_URIS.contains(&aud) || aud == ENFONICA_TOKEN_URI || self.is_token_uri(aud) => {}
            _ => return Err(AuthenticationError::Invalid(Fault::WrongAudience)),
        }
        if let Some(name) = &signed.claims.jti {
            self.use_up(name, &signed, now_us).await?;
        }
        Ok(signed)
    }

    /// Whether this is our token endpoint, by its own path or by the one that the contract for calls has.
    fn is_token_uri(&self, aud: &str) -> bool {
        aud == self.token_uri() || aud.strip_prefix(&*self.public_url) == Some("/token")
    }

    /// Remembers the name of an assertion until it expires, and sweeps out those that have.
    async fn use_up(&self, name: &str, signed: &Signed, now_us: i64) -> Result<(), AuthenticationError> {
        let digest = Sha256::digest(format!("{} {name}", signed.client_id)).to_vec();
        let write = vec![
            Statement::new("delete from used_assertion where expire_us <= $1", vec![now_us.into()]),
            Statement::new(
                "insert into used_assertion (name_sha256, expire_us) values ($1, $2)",
                vec![digest.into(), signed.expire_us.into()],
            )
            .expect(1),
        ];
        match self.db.write(write).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(AuthenticationError::Invalid(Fault::UsedBefore)),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks a bearer token that a service account signed itself, and says until when it holds.
    ///
    /// It proves who the program is, and lets it act for nobody: that takes a delegation, and so the token endpoint.
    pub(crate) async fn self_signed(&self, token: &str, now_us: i64) -> Result<(Principal, i64), AuthenticationError> {
        let signed = self.signed(token, now_us).await?;
        let scopes = self
            .self_signed_scopes(&signed.claims)
            .map_err(AuthenticationError::Invalid)?;
        let principal = Principal {
            caller: Caller::ServiceAccount {
                client_id: signed.client_id.clone(),
                email: signed.email,
            },
            scopes,
            app: Some(signed.client_id),
        };
        Ok((principal, signed.expire_us))
    }

    /// A token for a whole service has every scope of it; one with scopes has these.
    fn self_signed_scopes(&self, claims: &Claims) -> Result<Scopes, Fault> {
        if claims.acts_for().is_some() {
            return Err(Fault::WrongAudience);
        }
        let for_us = |aud: &str| {
            let aud = aud.strip_suffix('/').unwrap_or(aud);
            GOOGLE_SERVICES.contains(&aud) || aud == &*self.public_url
        };
        match (&claims.aud, &claims.scope) {
            (Some(aud), _) if !for_us(aud) => Err(Fault::WrongAudience),
            (_, Some(scope)) => Ok(Scopes::known_in(scope)),
            (Some(_), None) => Ok(Scopes::ALL),
            (None, None) => Err(Fault::WrongAudience),
        }
    }
}
