//! Which people a caller may look up, and what of them: the rules of `contracts/meet.md` §2a, as one table.
//!
//! Oneself always; the people of one's organisation, as a directory; people met in a conference, as contacts, whose addresses
//! are theirs to give. Whether a caller may ask at all is decided before anybody is looked up, so that a
//! refusal says nothing about who exists. A list of members asks the same table: it is no second directory.

use crate::{
    policy::Refusal,
    principal::{Caller, Principal},
    scope::{Scope, Scopes},
};

/// How somebody stands to the caller. The first that holds counts for each field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acquaintance {
    /// Of the same organisation.
    pub same_organisation: bool,
    /// Both took part in a conference that is on record.
    pub met: bool,
    /// Their organisation lets people whom they have met see their address.
    pub shares_email: bool,
}

impl Acquaintance {
    /// Whether one of them may learn which address belongs to which account. Which scopes do for asking is another matter.
    pub fn tells_address(self) -> bool {
        self.same_organisation || self.met && self.shares_email
    }
}

/// What of somebody may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible {
    /// The address beside the name.
    pub email_address: bool,
}

/// The scopes that do for oneself.
pub const ONESELF: Scopes = OWN_ADDRESS.union(Scopes::of(&[Scope::UserinfoProfile]));
/// Those that do for one's own address: who may see those of others may see it too.
const OWN_ADDRESS: Scopes = OTHERS.union(Scopes::of(&[Scope::UserinfoEmail]));
const DIRECTORY: Scopes = Scopes::of(&[Scope::DirectoryReadonly]);
const CONTACTS: Scopes = Scopes::of(&[Scope::ContactsReadonly, Scope::ContactsOtherReadonly]);
/// The scopes that do for others.
pub const OTHERS: Scopes = Scopes::of(&[
    Scope::ContactsReadonly,
    Scope::ContactsOtherReadonly,
    Scope::DirectoryReadonly,
]);

/// Whether the caller may look up themselves, or others.
pub fn may_ask(principal: &Principal, oneself: bool) -> Result<(), Refusal> {
    let accepted = if oneself { ONESELF } else { OTHERS };
    match &principal.caller {
        Caller::Anonymous => Err(Refusal::NotSignedIn),
        Caller::ServiceAccount { .. } | Caller::Daemon { .. } => Err(Refusal::NotPermitted),
        Caller::User(_) if principal.scopes.intersects(accepted) => Ok(()),
        Caller::User(_) => Err(Refusal::ScopeMissing { accepted }),
    }
}

/// What the caller sees of themselves.
pub fn oneself(scopes: Scopes) -> Visible {
    Visible {
        email_address: scopes.intersects(OWN_ADDRESS),
    }
}

/// What the caller sees of somebody else; `None`: not even that they exist.
pub fn visible(scopes: Scopes, acquaintance: Acquaintance) -> Option<Visible> {
    let colleague = acquaintance.same_organisation && scopes.intersects(DIRECTORY);
    let contact = acquaintance.met && scopes.intersects(CONTACTS);
    (colleague || contact).then_some(Visible {
        email_address: colleague || acquaintance.shares_email,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_to_colleagues_and_by_those_who_share_it() {
        for (same_organisation, met, shares_email, told) in [
            (false, false, false, false),
            (true, false, false, true),
            (false, true, false, false),
            (false, false, true, false),
            (false, true, true, true),
        ] {
            let acquaintance = Acquaintance {
                same_organisation,
                met,
                shares_email,
            };
            assert_eq!(acquaintance.tells_address(), told, "{acquaintance:?}");
        }
    }

    #[test]
    fn ones_own_address_takes_a_scope_for_it() {
        for scope in Scope::ALL {
            let others = Scopes::of(&[
                Scope::UserinfoEmail,
                Scope::ContactsReadonly,
                Scope::ContactsOtherReadonly,
                Scope::DirectoryReadonly,
            ]);
            let seen = oneself(Scopes::of(&[scope])).email_address;
            assert_eq!(seen, others.contains(scope), "{scope:?}");
        }
    }

    #[test]
    fn the_table() {
        let check = |scopes: &[Scope], [same_organisation, met, shares_email]: [bool; 3], expected: Option<bool>| {
            let acquaintance = Acquaintance {
                same_organisation,
                met,
                shares_email,
            };
            let seen = visible(Scopes::of(scopes), acquaintance).map(|visible| visible.email_address);
            assert_eq!(seen, expected, "{scopes:?} {acquaintance:?}");
        };
        let (directory, contacts) = ([Scope::DirectoryReadonly], [Scope::ContactsReadonly]);
        let (colleague, met, sharing) = ([true, false, false], [false, true, false], [false, true, true]);
        check(&directory, colleague, Some(true));
        check(&directory, met, None);
        check(&directory, [false; 3], None);
        check(&contacts, colleague, None);
        check(&contacts, met, Some(false));
        check(&contacts, sharing, Some(true));
        check(&[Scope::ContactsOtherReadonly], met, Some(false));
        check(
            &[Scope::ContactsReadonly, Scope::DirectoryReadonly],
            [true, true, false],
            Some(true),
        );
        check(&[Scope::UserinfoProfile], [true; 3], None);
        check(&contacts, [false, false, true], None);
    }

    #[test]
    fn who_may_ask() {
        let service = Principal {
            caller: Caller::ServiceAccount {
                client_id: "1".to_owned(),
                email: "robot@example.org".to_owned(),
            },
            scopes: ONESELF,
            app: Some("1".to_owned()),
        };
        assert_eq!(may_ask(&service, true), Err(Refusal::NotPermitted));
        assert_eq!(may_ask(&Principal::ANONYMOUS, true), Err(Refusal::NotSignedIn));
    }
}
