//! The roles of a meeting, as the wire has them.

use api::sederunt::v1::role;
use meeting::Role;

/// A role as the wire has it.
pub(super) fn role_to_wire(role: Role) -> role::Kind {
    match role {
        Role::Host => role::Kind::Host,
        Role::CoHost => role::Kind::Cohost,
        Role::Contributor => role::Kind::Contributor,
        Role::Viewer => role::Kind::Viewer,
    }
}
