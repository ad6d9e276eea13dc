//! What a device may do in a meeting: a function of the settings, the role and the device, asked anew after each change and
//! never stored, so that nothing is allowed which the settings no longer allow.

use crate::{DeviceKind, RestrictionType, Role, Settings};

/// What a device may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own")]
pub struct Permissions {
    /// Audio.
    pub microphone: bool,
    /// Video of its person.
    pub camera: bool,
    /// Video of its screen.
    pub screen: bool,
    /// Messages to all.
    pub chat: bool,
    /// Reactions and a raised hand.
    pub reactions: bool,
}

impl Permissions {
    /// What these settings allow to this role on this device.
    pub fn of(settings: &Settings, role: Role, device: DeviceKind) -> Permissions {
        let allowed =
            |restriction| !settings.moderation || role.is_moderator() || restriction == RestrictionType::NoRestriction;
        let watches = role == Role::Viewer || device == DeviceKind::Viewer;
        let speaks = !watches && device == DeviceKind::Full;
        Permissions {
            microphone: speaks,
            camera: speaks,
            screen: !watches && allowed(settings.present_restriction),
            chat: allowed(settings.chat_restriction),
            reactions: allowed(settings.reaction_restriction),
        }
    }
}
