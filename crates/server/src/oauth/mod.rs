//! The endpoints of OAuth 2.0, as client libraries know them: where tokens are had, given back, and asked for.
//!
//! | path | what it does |
//! |---|---|
//! | `POST /oauth2/token` | RFC 6749 §3.2: an assertion, a code or a refresh token for an access token |
//! | `POST /oauth2/revoke` | RFC 7009: gives a token back |
//! | `GET /oauth2/auth` | RFC 6749 §3.1: sends a person to the page where they agree or refuse |
//!
//! Here is only what HTTP adds: bodies with a limit, statuses, headers, redirects. What a grant is worth is decided in `identity`.
//! These are no RPCs, since their forms and errors are those of OAuth and not of Google's APIs.

mod authorize;
mod endpoints;

pub(crate) use authorize::{PATH as AUTHORIZE_PATH, serve as authorize};
pub(crate) use endpoints::{REVOKE_PATH, TOKEN_PATH, revoke, token};
