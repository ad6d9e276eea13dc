//! The endpoints of OAuth 2.0 and OpenID Connect, as client libraries know them: where tokens are had, given back, and asked for,
//! and who somebody is.
//!
//! Each is served under our own path and under Google's, which are written into its libraries: a program that finds this server
//! under Google's names needs nothing else. [`endpoint`] has all of them, and those of Microsoft's clients (`tenant.rs`).
//!
//! Here is only what HTTP adds: bodies with a limit, statuses, headers, redirects. What a grant is worth is decided in `identity`.
//! These are no RPCs, since their forms and errors are those of OAuth and not of Google's APIs.

mod authorize;
mod endpoints;
mod metadata;
mod names;
mod tenant;
mod token_info;
mod userinfo;

use axum_core::body::Body;
use http::{Request, Response};

use crate::gate::admission::Admission;
use crate::web::Pages;

/// What is served at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Sends a person to the page where they agree or refuse (RFC 6749 §3.1).
    Authorize,
    /// An assertion, a code or a refresh token for an access token (RFC 6749 §3.2).
    Token,
    /// Gives a token back (RFC 7009).
    Revoke,
    /// What a token is good for.
    TokenInfo(token_info::Form),
    /// Who somebody is.
    Userinfo(userinfo::Form),
    /// Where everything is.
    Configuration,
    /// The keys of ID tokens.
    Keys,
    /// The same keys, as certificates.
    Certificates,
    /// What Microsoft's clients look for.
    Tenant(tenant::Endpoint),
}

/// What is served at a path, ours first and then Google's: today's, and those that older libraries have.
pub(crate) fn endpoint(path: &str) -> Option<Endpoint> {
    Some(match path {
        "/oauth2/auth" | "/o/oauth2/v2/auth" | "/o/oauth2/auth" => Endpoint::Authorize,
        "/oauth2/token" | "/token" | "/oauth2/v4/token" | "/oauth2/v3/token" | "/o/oauth2/token" => Endpoint::Token,
        "/oauth2/revoke" | "/revoke" | "/o/oauth2/revoke" => Endpoint::Revoke,
        "/tokeninfo" | "/oauth2/v3/tokeninfo" => Endpoint::TokenInfo(token_info::Form::Newer),
        "/oauth2/v2/tokeninfo" | "/oauth2/v1/tokeninfo" => Endpoint::TokenInfo(token_info::Form::Older),
        "/oauth2/v3/userinfo" | "/v1/userinfo" => Endpoint::Userinfo(userinfo::Form::OpenId),
        "/oauth2/v2/userinfo" | "/oauth2/v1/userinfo" | "/userinfo/v2/me" => Endpoint::Userinfo(userinfo::Form::Older),
        "/.well-known/openid-configuration" => Endpoint::Configuration,
        "/oauth2/v3/certs" => Endpoint::Keys,
        "/oauth2/v1/certs" => Endpoint::Certificates,
        path => Endpoint::Tenant(tenant::endpoint(path)?),
    })
}

impl Endpoint {
    /// Whether programs come here that run in a page of another origin; to the others a browser goes by itself.
    pub(crate) fn is_for_programs(self) -> bool {
        !matches!(
            self,
            Endpoint::Authorize | Endpoint::Tenant(tenant::Endpoint::Authorize)
        )
    }

    /// Answers a request to it.
    pub(crate) async fn serve(self, pages: &Pages, admission: &Admission, request: Request<Body>) -> Response<Body> {
        let (identity, guesses) = (pages.identity(), pages.guesses());
        match self {
            Endpoint::Token => endpoints::token(identity, guesses, request).await,
            Endpoint::Revoke => endpoints::revoke(identity, request).await,
            Endpoint::TokenInfo(form) => token_info::serve(identity, guesses, form, request).await,
            Endpoint::Userinfo(form) => userinfo::serve(admission, form, request).await,
            Endpoint::Authorize => authorize::serve(pages, &request.into_parts().0).await,
            Endpoint::Configuration => metadata::configuration(identity, &request.into_parts().0),
            Endpoint::Keys => metadata::keys(identity, &request.into_parts().0).await,
            Endpoint::Certificates => metadata::certificates(identity, &request.into_parts().0).await,
            Endpoint::Tenant(endpoint) => endpoint.serve(pages, request).await,
        }
    }
}
