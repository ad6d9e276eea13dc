//! Who is at the door: the person behind a call, how they stand to the space, with what device and through what program they
//! come. The rules of meetings decide from this who walks in; here it is only found out.

use ::api::sederunt::v1::device;
use identity::{Caller, Identity, Principal, Scopes};
use meeting::{DeviceKind, DisplayName, EntryPoint, MalformedName, Person, Standing};
use register::{MemberRole, Register, SpaceRecord};
use tonic::Code;

use crate::failure::{Answer, Failure};
use crate::google::id_of;

/// Who joins: the account, under its own name, or whoever gave a name.
pub(super) fn person(caller: &Principal, typed_name: &str) -> Answer<Person> {
    match &caller.caller {
        Caller::User(user) => {
            if !caller.scopes.intersects(Scopes::MEET) {
                return Err(Failure::new(
                    Code::PermissionDenied,
                    "Request had insufficient authentication scopes.",
                )
                .google("ACCESS_TOKEN_SCOPE_INSUFFICIENT"));
            }
            // An account's name may hold what a tile cannot show; its address cannot.
            let display_name = DisplayName::parse(&user.display_name)
                .or_else(|_| DisplayName::parse(user.email.split('@').next().unwrap_or_default()))
                .map_err(|malformed| Failure::internal(&malformed))?;
            Ok(Person::SignedIn {
                user: id_of(user),
                display_name,
            })
        }
        Caller::ServiceAccount { .. } => Err(Failure::new(
            Code::PermissionDenied,
            "A service account cannot take part in a meeting.",
        )
        .own("PERSON_NEEDED")),
        Caller::Anonymous => {
            let display_name = DisplayName::parse(typed_name).map_err(|malformed| {
                let reason = match malformed {
                    MalformedName::Empty => "NAME_REQUIRED",
                    MalformedName::TooLong { .. } => "NAME_TOO_LONG",
                    MalformedName::Control(_) => "NAME_NOT_ALLOWED",
                };
                Failure::field("display_name", malformed.to_string()).own(reason)
            })?;
            Ok(Person::Anonymous { display_name })
        }
    }
}

/// How a caller stands to a space: by owning it, by an invitation to their account or address, by their organisation.
pub(crate) async fn standing(
    register: &Register,
    identity: &Identity,
    caller: &Principal,
    space: &SpaceRecord,
) -> Answer<Standing> {
    let Some(user) = caller.user() else {
        return Ok(Standing::Stranger);
    };
    let id = id_of(user);
    if id == space.owner {
        return Ok(Standing::Owner);
    }
    let invited = register.member_role(&space.id, &id, &user.email).await;
    match invited.map_err(|error| Failure::broken(&error))? {
        Some(MemberRole::CoHost) => return Ok(Standing::CoHost),
        Some(MemberRole::Member) => return Ok(Standing::Member),
        None => {}
    }
    let owner = identity::UserId::parse(space.owner.as_str()).expect("every user id has 21 digits");
    let trusted = identity.same_organisation(&owner, user).await;
    Ok(if trusted.map_err(|error| Failure::internal(&error))? {
        Standing::Trusted
    } else {
        Standing::Stranger
    })
}

/// Through what program somebody comes. A space that no app made was made by our own client.
pub(super) fn entry_point(caller: &Principal, space: &SpaceRecord) -> EntryPoint {
    through(caller.app.as_deref(), space.app.as_deref())
}

fn through(coming: Option<&str>, made: Option<&str>) -> EntryPoint {
    match coming {
        _ if coming == made => EntryPoint::CreatorApp,
        None => EntryPoint::Own,
        Some(_) => EntryPoint::OtherApp,
    }
}

/// The kind of device that a request names.
pub(super) fn device(asked: i32) -> Answer<DeviceKind> {
    match device::Kind::try_from(asked) {
        Ok(device::Kind::Unspecified | device::Kind::Full) => Ok(DeviceKind::Full),
        Ok(device::Kind::Companion) => Ok(DeviceKind::Companion),
        Ok(device::Kind::Viewer) => Ok(DeviceKind::Viewer),
        Err(_) => Err(Failure::field(
            "device",
            format!("{asked} is not a value of this field"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices() {
        for (asked, expected) in [
            (0, Some(DeviceKind::Full)),
            (1, Some(DeviceKind::Full)),
            (2, Some(DeviceKind::Companion)),
            (3, Some(DeviceKind::Viewer)),
            (4, None),
            (-1, None),
        ] {
            assert_eq!(device(asked).ok(), expected, "{asked}");
        }
    }

    #[test]
    fn entry_points() {
        for (coming, made, expected) in [
            (None, None, EntryPoint::CreatorApp),
            (None, Some("ours"), EntryPoint::Own),
            (Some("ours"), Some("ours"), EntryPoint::CreatorApp),
            (Some("theirs"), Some("ours"), EntryPoint::OtherApp),
            (Some("theirs"), None, EntryPoint::OtherApp),
        ] {
            assert_eq!(through(coming, made), expected, "{coming:?} into what {made:?} made");
        }
    }
}
