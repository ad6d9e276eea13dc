//! ID tokens of OpenID Connect: what another issuer says of somebody, checked against its keys.

/// The keys of an issuer.
#[derive(Debug, Clone)]
pub struct IssuerKeys;

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

impl IssuerKeys {
    /// Reads a JSON Web Key Set. Keys of kinds that we do not check are passed over.
    pub fn parse(_json: &[u8]) -> Result<IssuerKeys, IdTokenError> {
        todo!()
    }

    /// Checks a token.
    pub fn verify(&self, _token: &str, _expected: &Expected<'_>, _now_us: i64) -> Result<IdToken, IdTokenError> {
        todo!()
    }
}
