//! Who is asking, and with what powers: the argument without which no handler can be called.

use crate::{account::User, app_role::AppRoles, scope::Scopes};

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody with an account, who proved it.
    User(User),
    /// A program with a key of its own that acts for nobody. The contract lets it do nothing until it does.
    ServiceAccount {
        /// The 21 digits by which an administrator grants it a delegation.
        client_id: String,
        /// The name that its key file calls `client_email`.
        email: String,
    },
    /// A program with credentials of its own that acts for nobody, and may do by itself what its roles say.
    Daemon {
        /// By which it signs in.
        client_id: String,
        /// What it may do now.
        roles: AppRoles,
    },
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
    /// The application that acts for the caller: the client id of whatever the token was issued to, be it an OAuth client, a service
    /// account or an application by itself. `None` is first-party: a browser session, or a token that the user made themselves.
    pub app: Option<String>,
}

impl Principal {
    /// Somebody who gave no credential, and so has no powers but those that anybody has.
    pub const ANONYMOUS: Principal = Principal {
        caller: Caller::Anonymous,
        scopes: Scopes::NONE,
        app: None,
    };

    /// The user, unless it is nobody or a program that acts for nobody.
    pub const fn user(&self) -> Option<&User> {
        match &self.caller {
            Caller::User(user) => Some(user),
            Caller::ServiceAccount { .. } | Caller::Daemon { .. } | Caller::Anonymous => None,
        }
    }

    /// Whether the user is here in person, in a browser or by a token of their own, and no application acts for them.
    pub const fn is_first_party(&self) -> bool {
        matches!(self.caller, Caller::User(_)) && self.app.is_none()
    }

    /// Whether this is as good as the user: nobody acts for them, and the credential was not made for some things only.
    pub const fn is_in_person(&self) -> bool {
        self.is_first_party() && self.scopes.covers(Scopes::MEET)
    }
}
