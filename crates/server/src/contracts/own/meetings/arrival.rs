//! Who is at the door: the person behind a request, how they stand to the space, with what device and through what program they
//! come. The rules of meetings decide from this who walks in; here it is only found out.

use ::api::sederunt::v1::device;
use identity::policy::{self, Action, Refusal};
use identity::{Caller, Principal};
use meeting::{DeviceKind, DisplayName, EntryPoint, MalformedName, Person};
use register::SpaceRecord;

use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::wire::chosen;

/// Whether this caller may be in a meeting at all: nobody in particular may, and a credential must be for it.
pub(super) fn may_take_part(caller: &Principal) -> bool {
    matches!(
        policy::entitled(caller, Action::TakePart),
        Ok(_) | Err(Refusal::NotSignedIn)
    )
}

/// Who joins: the account, under its own name, or whoever gave a name.
pub(super) fn person(asking: &Asking, typed_name: &str) -> Answer<Person> {
    match &asking.caller().caller {
        Caller::User(user) => {
            asking.entitled()?;
            Ok(Person::SignedIn {
                user: user.id.clone(),
                display_name: user.display_name.clone(),
            })
        }
        Caller::ServiceAccount { .. } | Caller::Daemon { .. } => Err(Failure::new(
            Kind::Forbidden,
            "A program that acts for nobody cannot take part in a meeting.",
        )
        .because("PERSON_NEEDED")),
        Caller::Anonymous => {
            let display_name = DisplayName::parse(typed_name).map_err(|malformed| {
                let reason = match malformed {
                    MalformedName::Empty => "NAME_REQUIRED",
                    MalformedName::TooLong { .. } => "NAME_TOO_LONG",
                    MalformedName::Control(_) | MalformedName::Private(_) | MalformedName::Marks => "NAME_NOT_ALLOWED",
                };
                Failure::field("display_name", malformed.to_string()).because(reason)
            })?;
            Ok(Person::Anonymous { display_name })
        }
    }
}

/// Whether a program comes as the caller: by a credential that an app got, or that was made for some things only. Of whoever has
/// no account nobody can tell.
pub(super) fn by_program(caller: &Principal) -> bool {
    caller.user().is_some() && !caller.is_in_person()
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
    Ok(match chosen(asked, "device")? {
        device::Kind::Unspecified | device::Kind::Full => DeviceKind::Full,
        device::Kind::Companion => DeviceKind::Companion,
        device::Kind::Viewer => DeviceKind::Viewer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::{Scope, Scopes};

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
    fn programs() {
        let user = identity::User {
            id: meeting::UserId::from_random([1; 16]),
            email: "ada@example.org".to_owned(),
            display_name: DisplayName::parse("Ada").expect("a name"),
            administrator: false,
        };
        let ada = Caller::User(user);
        let service = Caller::ServiceAccount {
            client_id: "1".repeat(21),
            email: "roll-call@example.org".to_owned(),
        };
        for (caller, scopes, app, expected) in [
            (&Caller::Anonymous, Scopes::NONE, None, false),
            (&ada, Scopes::MEET, None, false),
            (&ada, Scopes::of(&[Scope::Participate]), None, true),
            (&ada, Scopes::MEET, Some("theirs"), true),
            (&service, Scopes::MEET, Some("theirs"), false),
        ] {
            let principal = Principal {
                caller: caller.clone(),
                scopes,
                app: app.map(str::to_owned),
            };
            assert_eq!(by_program(&principal), expected, "{principal:?}");
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
