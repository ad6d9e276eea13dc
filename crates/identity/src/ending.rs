//! What ends with a password.
//!
//! Whoever changes a password because somebody else knows it means that one to be out, by whatever way they stayed in: a
//! browser that is signed in, a link that was made for later, an app that was let in, a token. What an administrator
//! gave to a service account is no credential of this person and stays, and so does whoever vouches for them elsewhere.

use db::Statement;
use meeting::UserId;

use crate::{Secret, sign_in::unused_links_end};

/// The statements that end every credential of a user from before `now_us`, but for the browser whose cookie is `kept`.
pub(crate) fn ending(user: &UserId, kept: Option<&str>, now_us: i64) -> [Statement; 4] {
    let kept = kept
        .and_then(Secret::parse)
        .map_or_else(Vec::new, |secret| secret.digest());
    let id = user.as_str();
    [
        Statement::new(
            "delete from web_session where account = $1 and secret_sha256 <> $2",
            vec![id.into(), kept.into()],
        ),
        unused_links_end(user),
        // The codes and the tokens of apps hang on it.
        Statement::new("delete from consent where account = $1", vec![id.into()]),
        Statement::new(
            "update account set tokens_from_us = $2 where id = $1",
            vec![id.into(), now_us.into()],
        ),
    ]
}
