//! How two people stand to each other. The rules of `identity::directory` start from it; here it is found out.

use identity::directory::Acquaintance;
use identity::{Identity, User};
use meeting::UserId;
use register::Register;

use crate::clock;
use crate::failure::{Answer, Failure};

/// How a person stands to the one who would see something of them.
pub(crate) async fn acquaintance_of(
    register: &Register,
    identity: &Identity,
    viewer: &UserId,
    person: &User,
) -> Answer<Acquaintance> {
    let met = register
        .have_met(viewer, &person.id, clock::steady())
        .await
        .map_err(|error| Failure::broken(&error))?;
    let unreachable = |error: db::Error| Failure::unreachable(&error, "a person cannot be looked up");
    Ok(Acquaintance {
        same_organisation: identity.same_organisation(viewer, person).await.map_err(unreachable)?,
        met,
        shares_email: identity.shares_email(person).await.map_err(unreachable)?,
    })
}
