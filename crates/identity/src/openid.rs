//! Who a user is, for the applications that ask: the ID tokens and the profile of OpenID Connect.
//!
//! An ID token comes beside the access token of an application that was given `openid`, and says no more than its other scopes
//! allow: the name by `profile`, the address by `email`. It is for the application and opens nothing here. Every account was given
//! its address by an administrator, or by a provider that verified it, so it is called verified.
//!
//! A service account gets one of itself for whomever it names (`target_audience`), by which services that are not ours know it.
//!
//! In whose name the token speaks is the caller's word: a program that found us under Google's name expects Google's.

use meeting::UserId;
use serde::Serialize;

use crate::{
    Caller, Identity, KeyError, OAuthCode, OAuthError, Principal, Scope, Scopes, User, account::given_and_family,
    assertion::Signed, limits, policy::Refusal, sign_in::after, token::MICROSECONDS_PER_SECOND,
};

/// The scopes by which an application learns who somebody is.
pub const PROFILE_SCOPES: Scopes = Scopes::of(&[Scope::OpenId, Scope::UserinfoProfile, Scope::UserinfoEmail]);

/// What an application may know of who somebody is. Its JSON has the names of OpenID Connect's claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The id for ever.
    pub sub: String,
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// There beside an address: that it is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The whole name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its first part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Its other part, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
}

impl Profile {
    /// Who the caller is, as far as their credential tells; or why it does not.
    pub fn of(principal: &Principal) -> Result<Profile, Refusal> {
        let scopes = principal.scopes;
        let is_somebody = matches!(principal.caller, Caller::User(_) | Caller::ServiceAccount { .. });
        if is_somebody && !scopes.intersects(PROFILE_SCOPES) {
            return Err(Refusal::ScopeMissing {
                accepted: PROFILE_SCOPES,
            });
        }
        match &principal.caller {
            Caller::Anonymous => Err(Refusal::NotSignedIn),
            Caller::User(user) => Ok(Profile::of_user(user, scopes)),
            Caller::ServiceAccount { client_id, email } => Ok(Profile::nameless(client_id, email, scopes)),
            // It has no address, and tokens of its kind no scope for this.
            Caller::Daemon { .. } => Err(Refusal::NotPermitted),
        }
    }

    fn of_user(user: &User, scopes: Scopes) -> Profile {
        let profile = Profile::nameless(user.id.as_str(), &user.email, scopes);
        if !scopes.contains(Scope::UserinfoProfile) {
            return profile;
        }
        let (given, family) = given_and_family(&user.display_name);
        Profile {
            name: Some(user.display_name.to_string()),
            given_name: Some(given.to_owned()),
            family_name: Some(family.to_owned()).filter(|family| !family.is_empty()),
            ..profile
        }
    }

    fn nameless(id: &str, email: &str, scopes: Scopes) -> Profile {
        let email = scopes.contains(Scope::UserinfoEmail).then(|| email.to_owned());
        Profile {
            sub: id.to_owned(),
            email_verified: email.is_some().then_some(true),
            email,
            name: None,
            given_name: None,
            family_name: None,
        }
    }
}

/// What an ID token says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    azp: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// Seconds since the Unix epoch, like `exp`.
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    profile: Profile,
}

impl<'a> Claims<'a> {
    /// What is said now and for the usual time to whom it is about, or who asks for them.
    fn new(issuer: &'a str, client_id: &'a str, profile: Profile, now_us: i64) -> Claims<'a> {
        let seconds = |us: i64| us.div_euclid(MICROSECONDS_PER_SECOND);
        Claims {
            iss: issuer,
            azp: client_id,
            aud: client_id,
            nonce: None,
            iat: seconds(now_us),
            exp: seconds(after(now_us, limits::TOKEN_TTL)),
            profile,
        }
    }
}

/// To whom an ID token goes, and of whom it speaks.
pub(crate) struct NewIdToken<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) user: &'a UserId,
    pub(crate) scopes: Scopes,
    /// What the application sent with the browser, by which it knows its own question.
    pub(crate) nonce: Option<&'a str>,
}

impl From<KeyError> for OAuthError {
    fn from(error: KeyError) -> OAuthError {
        OAuthError::new(OAuthCode::TemporarilyUnavailable, "No ID token can be signed now.").because(error)
    }
}

impl Identity {
    /// The token; `None` if the application was not given `openid`.
    pub(crate) async fn id_token(&self, new: &NewIdToken<'_>, now_us: i64) -> Result<Option<String>, OAuthError> {
        if !new.scopes.contains(Scope::OpenId) {
            return Ok(None);
        }
        let Some(user) = crate::accounts::find_user(&self.db, new.user).await? else {
            return Ok(None);
        };
        let profile = Profile::of_user(&user, new.scopes);
        let claims = Claims {
            nonce: new.nonce,
            ..Claims::new(new.issuer, new.client_id, profile, now_us)
        };
        Ok(Some(self.openid_keys(now_us).await?.sign(&claims)?))
    }

    /// The token by which a service account shows a third party who it is, and which that one alone takes.
    pub(crate) async fn id_token_of_account(
        &self,
        issuer: &str,
        account: &Signed,
        audience: &str,
        now_us: i64,
    ) -> Result<String, OAuthError> {
        let id = account.client_id.as_str();
        let profile = Profile::nameless(id, &account.email, Scopes::of(&[Scope::UserinfoEmail]));
        let claims = Claims {
            aud: audience,
            ..Claims::new(issuer, id, profile, now_us)
        };
        Ok(self.openid_keys(now_us).await?.sign(&claims)?)
    }
}
