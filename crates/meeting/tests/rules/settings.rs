//! What the settings let through the door, what they make of people, and what they let them do: each combination as a row.

use crate::script::{in_words, settings};
use meeting::{AccessType, DeviceKind, Right, Role, Standing};

const STANDINGS: [Standing; 5] = [
    Standing::Owner,
    Standing::CoHost,
    Standing::Member,
    Standing::Trusted,
    Standing::Stranger,
];

#[test]
fn who_walks_in() {
    for (access_type, expected) in [
        (AccessType::Open, [true, true, true, true, true]),
        (AccessType::Trusted, [true, true, true, true, false]),
        (AccessType::Restricted, [true, true, true, false, false]),
    ] {
        let walks_in = STANDINGS.map(|standing| access_type.lets_in(standing));
        assert_eq!(walks_in, expected, "{access_type:?}");
    }
}

#[test]
fn roles() {
    use Role::{CoHost, Contributor, Host, Viewer};
    for (words, device, expected) in [
        (
            "",
            DeviceKind::Full,
            [Host, CoHost, Contributor, Contributor, Contributor],
        ),
        (
            "",
            DeviceKind::Companion,
            [Host, CoHost, Contributor, Contributor, Contributor],
        ),
        ("", DeviceKind::Viewer, [Host, CoHost, Viewer, Viewer, Viewer]),
        (
            "viewers",
            DeviceKind::Full,
            [Host, CoHost, Contributor, Contributor, Contributor],
        ),
        (
            "moderation viewers",
            DeviceKind::Full,
            [Host, CoHost, Contributor, Viewer, Viewer],
        ),
        (
            "moderation viewers",
            DeviceKind::Companion,
            [Host, CoHost, Contributor, Viewer, Viewer],
        ),
        (
            "moderation viewers",
            DeviceKind::Viewer,
            [Host, CoHost, Viewer, Viewer, Viewer],
        ),
    ] {
        let roles = STANDINGS.map(|standing| Role::on_entry(&settings(words), standing, device));
        assert_eq!(roles, expected, "{words} on {device:?}");
    }
}

#[test]
fn what_each_may_send() {
    const ALL: &str = "microphone camera screen chat reactions";
    for (words, role, device, expected) in [
        ("", Role::Host, DeviceKind::Full, ALL),
        ("", Role::Contributor, DeviceKind::Full, ALL),
        ("", Role::Contributor, DeviceKind::Companion, "screen chat reactions"),
        ("", Role::Viewer, DeviceKind::Viewer, "chat reactions"),
        ("", Role::Viewer, DeviceKind::Full, "chat reactions"),
        ("", Role::Host, DeviceKind::Companion, "screen chat reactions"),
        ("", Role::Host, DeviceKind::Viewer, "chat reactions"),
        ("chat reactions present", Role::Contributor, DeviceKind::Full, ALL),
        ("moderation", Role::Contributor, DeviceKind::Full, ALL),
        (
            "moderation chat",
            Role::Contributor,
            DeviceKind::Full,
            "microphone camera screen reactions",
        ),
        (
            "moderation reactions",
            Role::Contributor,
            DeviceKind::Full,
            "microphone camera screen chat",
        ),
        (
            "moderation present",
            Role::Contributor,
            DeviceKind::Full,
            "microphone camera chat reactions",
        ),
        (
            "moderation present",
            Role::Contributor,
            DeviceKind::Companion,
            "chat reactions",
        ),
        (
            "moderation chat reactions present",
            Role::Contributor,
            DeviceKind::Full,
            "microphone camera",
        ),
        ("moderation chat reactions present", Role::CoHost, DeviceKind::Full, ALL),
        (
            "moderation chat reactions present",
            Role::Host,
            DeviceKind::Companion,
            "screen chat reactions",
        ),
        (
            "moderation chat reactions present",
            Role::Viewer,
            DeviceKind::Viewer,
            "nothing",
        ),
    ] {
        let given = in_words(Right::granted(&settings(words), role, device));
        assert_eq!(given, expected, "{words}: {role:?} on {device:?}");
    }
}
