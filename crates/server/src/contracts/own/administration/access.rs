//! Who may administer: an administrator, in person, with everything that they may do themselves.

use identity::{Caller, Principal};

use crate::failure::{Answer, Failure, Kind};

/// Refuses everybody else.
pub(super) fn administrator(caller: &Principal) -> Answer<()> {
    let refused = |message: &'static str, reason| Err(Failure::new(Kind::Forbidden, message).because(reason));
    match &caller.caller {
        Caller::Anonymous => Err(Failure::unauthenticated("CREDENTIALS_MISSING")),
        _ if !caller.is_first_party() => refused(
            "No app may administer; sign in yourself, or use a token of `sederunt token`.",
            "FIRST_PARTY_NEEDED",
        ),
        Caller::User(user) if !user.administrator => {
            refused("Only administrators may do this.", "ADMINISTRATOR_NEEDED")
        }
        // A token that was made for some things only is not for this.
        _ if !caller.is_in_person() => Err(Kind::ScopeMissing.into()),
        _ => Ok(()),
    }
}
