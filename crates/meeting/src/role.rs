//! What somebody is in the meeting: a role, which follows from their standing, from the settings of the space and from the
//! device that they come with.

use crate::{DeviceKind, Settings, Standing};

/// What somebody is in a meeting, the most powerful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Whose space it is.
    Host = 1,
    /// Somebody who may run the meeting, too.
    CoHost = 2,
    /// Somebody who takes part.
    Contributor = 3,
    /// Somebody who only watches.
    Viewer = 4,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Host, Role::CoHost, Role::Contributor, Role::Viewer];

    /// Whether this role may admit, mute, remove, lock and record.
    pub fn is_moderator(self) -> bool {
        self <= Role::CoHost
    }

    /// The role with which somebody enters. Newcomers may have to watch, but a member's role outweighs that.
    pub fn on_entry(settings: &Settings, standing: Standing, device: DeviceKind) -> Role {
        let newcomers_watch = settings.moderation && settings.default_join_as_viewer;
        let role = match standing {
            Standing::Owner => Role::Host,
            Standing::CoHost => Role::CoHost,
            Standing::Trusted | Standing::Stranger if newcomers_watch => Role::Viewer,
            Standing::Member | Standing::Trusted | Standing::Stranger => Role::Contributor,
        };
        role.on(device)
    }

    /// The role of a person of this role on such a device: one that only receives makes a contributor watch.
    pub(crate) fn on(self, device: DeviceKind) -> Role {
        match device {
            DeviceKind::Viewer if !self.is_moderator() => Role::Viewer,
            _ => self,
        }
    }
}
