//! Who is asking, and with what powers: the argument without which no handler can be called.

use crate::{account::User, scope::Scopes};

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody with an account, who proved it.
    User(User),
    /// Somebody who gave no credential.
    Anonymous,
}

/// A caller and what the credential lets them do. Whether they may do it to a given thing is
/// [`allowed`](crate::policy::allowed)'s answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who is asking.
    pub caller: Caller,
    /// What the token was issued for; a browser session has every scope of the Meet API.
    pub scopes: Scopes,
}

impl Principal {
    /// Somebody who gave no credential, and so has no powers but those that anybody has.
    pub const ANONYMOUS: Principal = Principal {
        caller: Caller::Anonymous,
        scopes: Scopes::NONE,
    };

    /// The user, unless anonymous.
    pub const fn user(&self) -> Option<&User> {
        match &self.caller {
            Caller::User(user) => Some(user),
            Caller::Anonymous => None,
        }
    }
}
