//! What the door and the room should do, told a second time and without looking at how they do it.

use std::collections::BTreeSet;

use meeting::{
    AccessType, Arrival, DeviceKind, EntryPoint, EntryPointAccess, LiveSession, Person, RestrictionType, Right, Role,
    Settings, Standing,
};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    TurnsAway,
    LetsKnock,
    LetsIn,
}

/// What happens to somebody who comes; `removed` is known of those who have been in this conference, and `screened` says
/// whether somebody without an account was put out of it.
pub(crate) fn at_the_door(settings: &Settings, arrival: &Arrival, removed: Option<bool>, screened: bool) -> Guard {
    let anonymous = matches!(arrival.person, Person::Anonymous { .. });
    let hidden = settings.entry_point_access == EntryPointAccess::CreatorAppOnly;
    if (hidden && arrival.through != EntryPoint::CreatorApp) || (anonymous && arrival.device == DeviceKind::Companion) {
        return Guard::TurnsAway;
    }
    let invited = matches!(arrival.standing, Standing::Owner | Standing::CoHost | Standing::Member) && !anonymous;
    let walks_in = match (removed, settings.access_type) {
        (Some(removed), _) => !removed,
        (None, _) if screened && anonymous => false,
        (None, AccessType::Open) => true,
        (None, AccessType::Trusted) => invited || (arrival.standing == Standing::Trusted && !anonymous),
        (None, AccessType::Restricted) => invited,
    };
    if walks_in { Guard::LetsIn } else { Guard::LetsKnock }
}

/// What nobody may do, and what everybody may.
pub(crate) fn check_rights(settings: &Settings, session: &LiveSession, given: &BTreeSet<Right>) {
    let given = |right| given.contains(&right);
    let full = session.device == DeviceKind::Full;
    assert_eq!(
        (given(Right::Microphone), given(Right::Camera)),
        (full, full),
        "only a full device speaks: {session:?}"
    );
    assert!(session.role != Role::Viewer || session.device == DeviceKind::Viewer);
    assert!(!given(Right::Screen) || session.device != DeviceKind::Viewer);
    let hosts = matches!(session.role, Role::Host | Role::CoHost);
    let locked = |restriction| settings.moderation && restriction == RestrictionType::HostsOnly && !hosts;
    assert_eq!(given(Right::Chat), !locked(settings.chat_restriction));
    assert_eq!(given(Right::Reactions), !locked(settings.reaction_restriction));
    assert!(!given(Right::Screen) || !locked(settings.present_restriction));
}
