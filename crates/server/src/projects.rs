//! Who may do what in which project: the one place where contracts ask.

use identity::policy::Refusal;
use identity::{Caller, Identity, Permission};

use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;

/// Refuses a credential that is not for telephone calls at all. A caller in person needs no scope for what is their own.
pub(crate) fn entitled(asking: &Asking) -> Answer<()> {
    let caller = asking.caller();
    if caller.caller == Caller::Anonymous {
        return Err(asking.refused(Refusal::NotSignedIn));
    }
    let accepted = asking.scopes();
    if !caller.scopes.intersects(accepted) && !caller.is_in_person() {
        return Err(asking.refused(Refusal::ScopeMissing { accepted }));
    }
    Ok(())
}

/// Refuses whoever may not do that in this project. Whoever is no member learns nothing of it, not even whether it is there.
pub(crate) async fn permitted(
    identity: &Identity,
    asking: &Asking,
    project: &str,
    permission: &'static str,
) -> Answer<()> {
    entitled(asking)?;
    let may = identity
        .may_in_project(asking.caller(), project, Permission(permission))
        .await;
    if may.map_err(|error| Failure::unreachable(&error, "the projects cannot be reached"))? {
        return Ok(());
    }
    let sentence = format!("Permission {permission} is needed in projects/{project}, or there is no such project.");
    Err(Failure::new(Kind::Forbidden, sentence).because("IAM_PERMISSION_DENIED"))
}
