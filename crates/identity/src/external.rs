//! People whom another issuer vouches for.
use crate::{Identity, SignInError, WebSession};

/// What a verified ID token says of somebody.
#[derive(Debug, Clone, Copy)]
pub struct ExternalPerson<'a> {
    /// The issuer's URL.
    pub issuer: &'a str,
    /// Who it is there: never reassigned.
    pub subject: &'a str,
    /// The address that the issuer has of them.
    pub email: Option<&'a str>,
    /// Whether the issuer has seen that mail reaches them there.
    pub email_verified: bool,
    /// How they are called there.
    pub name: Option<&'a str>,
}

impl Identity {
    /// Signs in somebody whom an issuer vouches for: the account that they signed in to before, or the one of their
    /// verified address; a new one if `create` allows it.
    pub async fn sign_in_external(
        &self,
        _person: &ExternalPerson<'_>,
        _create: bool,
        _now_us: i64,
    ) -> Result<WebSession, SignInError> {
        todo!()
    }
}
