//! One yes of a user: the code that it made, and all tokens that came of that code.
//!
//! A grant is named by the digest of its code, and it holds as long as a row of that code or of its refresh token does. An
//! access token names its grant, so that deleting those rows ends it too: no list of revoked tokens is kept, and what
//! another yes gave goes on. The row of a code therefore stays until the access token that it gave has expired.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Statement, Value};

use crate::Secret;

/// Names a grant; the name is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant(Vec<u8>);

impl Grant {
    /// What comes of this code.
    pub(crate) fn of_code(code: &Secret) -> Grant {
        Grant(code.digest())
    }

    /// From the column of a code's digest.
    pub(crate) fn of_digest(digest: &[u8]) -> Grant {
        Grant(digest.to_vec())
    }

    /// Reads what [`Grant::to_claim`] wrote.
    pub(crate) fn from_claim(claim: &str) -> Option<Grant> {
        URL_SAFE_NO_PAD.decode(claim).ok().map(Grant)
    }

    /// As a token says it.
    pub(crate) fn to_claim(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// As the rows of its code and its refresh token say it.
    pub(crate) fn to_value(&self) -> Value {
        self.0.as_slice().into()
    }

    /// The statements that end it, with every token that came of it.
    pub(crate) fn ending(&self) -> [Statement; 2] {
        [
            "delete from refresh_token where code_sha256 = $1",
            "delete from authorization_code where code_sha256 = $1",
        ]
        .map(|sql| Statement::new(sql, vec![self.to_value()]))
    }
}
