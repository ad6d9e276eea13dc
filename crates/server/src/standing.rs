//! How somebody stands to a space. The rules of meetings and of contracts start from it; here it is found out.

use identity::{Identity, Principal};
use meeting::Standing;
use register::{MemberRole, Register, SpaceRecord};

use crate::failure::{Answer, Failure};

/// How a caller stands to a space: by owning it, by an invitation to their account or address, by their organisation.
pub(crate) async fn standing_of(
    register: &Register,
    identity: &Identity,
    caller: &Principal,
    space: &SpaceRecord,
) -> Answer<Standing> {
    let Some(user) = caller.user() else {
        return Ok(Standing::Stranger);
    };
    if user.id == space.owner {
        return Ok(Standing::Owner);
    }
    let invited = register.member_role(&space.id, &user.id, &user.email).await;
    match invited.map_err(|error| Failure::broken(&error))? {
        Some(MemberRole::CoHost) => return Ok(Standing::CoHost),
        Some(MemberRole::Member) => return Ok(Standing::Member),
        None => {}
    }
    let trusted = identity.same_organisation(&space.owner, user).await;
    Ok(if trusted.map_err(|error| Failure::internal(&error))? {
        Standing::Trusted
    } else {
        Standing::Stranger
    })
}
