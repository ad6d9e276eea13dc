//! What a device may do in a meeting: a function of the settings, the role and the device, asked anew after each change and
//! never stored, so that nothing is allowed which the settings no longer allow.
//!
//! This is the one list of rights. A right has its row in the table and its arm in the rule, or it does not compile;
//! whoever tells clients of rights takes the names from here, and the web client's are generated from them.

use std::collections::BTreeSet;

use crate::{DeviceKind, RestrictionType, Role, Settings};

macro_rules! rights {
    ($($(#[doc = $doc:literal])+ $right:ident = $name:literal,)+) => {
        /// Something that a device may send, or not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Right { $($(#[doc = $doc])+ $right,)+ }

        impl Right {
            /// Every right, in the order in which clients are told of them.
            pub const ALL: [Right; [$($name),+].len()] = [$(Right::$right),+];

            /// What clients call it.
            pub const fn name(self) -> &'static str {
                match self { $(Right::$right => $name,)+ }
            }
        }
    };
}

rights! {
    /// Audio.
    Microphone = "microphone",
    /// Video of its person.
    Camera = "camera",
    /// Video of its screen.
    Screen = "screen",
    /// Messages to all.
    Chat = "chat",
    /// Reactions and a raised hand.
    Reactions = "reactions",
}

impl Right {
    /// The rights that these settings grant to this role on this device.
    pub fn granted(settings: &Settings, role: Role, device: DeviceKind) -> BTreeSet<Right> {
        let granted = |right: &Right| right.is_granted(settings, role, device);
        Right::ALL.into_iter().filter(granted).collect()
    }

    fn is_granted(self, settings: &Settings, role: Role, device: DeviceKind) -> bool {
        let unlocked =
            |restriction| !settings.moderation || role.is_moderator() || restriction == RestrictionType::NoRestriction;
        let watches = role == Role::Viewer || device == DeviceKind::Viewer;
        match self {
            Right::Microphone | Right::Camera => !watches && device == DeviceKind::Full,
            Right::Screen => !watches && unlocked(settings.present_restriction),
            Right::Chat => unlocked(settings.chat_restriction),
            Right::Reactions => unlocked(settings.reaction_restriction),
        }
    }
}
