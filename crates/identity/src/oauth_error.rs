//! What the token and the authorization endpoint answer when they refuse: a code of RFC 6749 and a sentence for whoever
//! wrote the program.
//!
//! The code is for the program, which acts on it: google-auth tries again after one, and asks its user to sign in anew
//! after another. The sentence says what to change.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The codes of RFC 6749 §4.1.2.1 and §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OAuthCode {
    /// Something is missing, twice there, or malformed.
    InvalidRequest,
    /// The client is unknown, or its secret is wrong.
    InvalidClient,
    /// The code, the refresh token or the assertion does not hold, or not any more.
    InvalidGrant,
    /// This client may not get a token in this way.
    UnauthorizedClient,
    /// There is no such way to get a token.
    UnsupportedGrantType,
    /// There is no such response type.
    UnsupportedResponseType,
    /// Unknown scopes, or more of them than were granted.
    InvalidScope,
    /// The user said no.
    AccessDenied,
    /// The user has to be asked, and the client said not to.
    ConsentRequired,
    /// Nobody is signed in, and the client said not to ask.
    LoginRequired,
    /// We cannot answer now.
    TemporarilyUnavailable,
}

impl OAuthCode {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            OAuthCode::InvalidRequest => "invalid_request",
            OAuthCode::InvalidClient => "invalid_client",
            OAuthCode::InvalidGrant => "invalid_grant",
            OAuthCode::UnauthorizedClient => "unauthorized_client",
            OAuthCode::UnsupportedGrantType => "unsupported_grant_type",
            OAuthCode::UnsupportedResponseType => "unsupported_response_type",
            OAuthCode::InvalidScope => "invalid_scope",
            OAuthCode::AccessDenied => "access_denied",
            OAuthCode::ConsentRequired => "consent_required",
            OAuthCode::LoginRequired => "login_required",
            OAuthCode::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl fmt::Display for OAuthCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A refusal. Its JSON is the body of the answer: `{"error": "…", "error_description": "…"}`.
#[derive(Debug, thiserror::Error)]
#[error("{description}")]
pub struct OAuthError {
    /// For the program.
    pub code: OAuthCode,
    /// For whoever wrote it.
    pub description: Cow<'static, str>,
    /// What Microsoft's contract calls it beside the code, where it is that contract's business.
    pub number: Option<u32>,
    /// For the log.
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl OAuthError {
    pub(crate) fn new(code: OAuthCode, description: impl Into<Cow<'static, str>>) -> OAuthError {
        OAuthError {
            code,
            description: description.into(),
            number: None,
            source: None,
        }
    }

    pub(crate) fn numbered(mut self, number: u32) -> OAuthError {
        self.number = Some(number);
        self
    }

    pub(crate) fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> OAuthError {
        self.source = Some(Box::new(source));
        self
    }
}

impl From<db::Error> for OAuthError {
    fn from(error: db::Error) -> OAuthError {
        OAuthError::new(
            OAuthCode::TemporarilyUnavailable,
            "No token can be issued now; try again later.",
        )
        .because(error)
    }
}

impl Serialize for OAuthError {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut body = out.serialize_struct("Error", 2)?;
        body.serialize_field("error", self.code.as_str())?;
        body.serialize_field("error_description", &self.description)?;
        body.end()
    }
}
