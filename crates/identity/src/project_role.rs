//! What members of a project may do: the permissions of the contracts for calls and for numbers, by their names, and the roles that hold them.
//!
//! It is one table, in order: a role may do all that the one before it may. Which permission a method needs stands with the method.

/// What somebody may do in a project, as the contract names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission(pub &'static str);

/// What a member is in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProjectRole {
    /// Sees everything, recordings too.
    Viewer,
    /// Makes calls, and says what is recorded of them and deleted, as well.
    Editor,
    /// Says as well who may call in, and where that leads.
    Admin,
}

/// What may be done to a kind of thing: its name, and verbs.
type Held = (&'static str, &'static [&'static str]);

/// What each role may do beside what the one before it may.
const TABLE: &[(ProjectRole, &[Held])] = &[
    (
        ProjectRole::Viewer,
        &[
            ("voice.calls", &["get", "list"]),
            ("voice.recordings", &["get", "list"]),
            ("voice.transcriptions", &["get", "list"]),
            ("voice.sipDomains", &["get", "list"]),
            ("voice.users", &["get", "list"]),
            ("voice.aliases", &["get", "list"]),
            ("numbering.phoneNumberInstances", &["get", "list"]),
        ],
    ),
    (
        ProjectRole::Editor,
        &[
            ("voice.calls", &["create"]),
            ("voice.streams", &["connect"]),
            ("voice.recordings", &["control", "delete"]),
            ("voice.transcriptions", &["delete"]),
        ],
    ),
    (
        ProjectRole::Admin,
        &[
            ("voice.sipDomains", &["create", "update", "delete"]),
            ("voice.users", &["create", "update", "delete"]),
            ("voice.aliases", &["create", "update", "delete"]),
            (
                "numbering.phoneNumberInstances",
                &["create", "update", "delete", "move", "splitRange"],
            ),
        ],
    ),
];

impl ProjectRole {
    /// All roles, the weakest first.
    pub const ALL: [ProjectRole; 3] = [ProjectRole::Viewer, ProjectRole::Editor, ProjectRole::Admin];

    /// As it is typed: `viewer`.
    pub const fn name(self) -> &'static str {
        match self {
            ProjectRole::Viewer => "viewer",
            ProjectRole::Editor => "editor",
            ProjectRole::Admin => "admin",
        }
    }

    pub(crate) const fn number(self) -> i64 {
        self as i64 + 1
    }

    pub(crate) fn of_number(number: i64) -> Option<ProjectRole> {
        ProjectRole::ALL.into_iter().find(|role| role.number() == number)
    }

    /// All that a member with this role may do, by name.
    pub fn permissions(self) -> impl Iterator<Item = String> {
        let rows = TABLE.iter().filter(move |(role, _)| *role <= self);
        let held = rows.flat_map(|(_, held)| held.iter());
        held.flat_map(|(of, verbs)| verbs.iter().map(move |verb| format!("{of}.{verb}")))
    }

    /// Whether a member with this role may do that.
    pub fn may(self, permission: Permission) -> bool {
        let Some((resource, verb)) = permission.0.rsplit_once('.') else {
            return false;
        };
        let rows = TABLE.iter().filter(|(role, _)| *role <= self);
        let mut held = rows.flat_map(|(_, held)| held.iter());
        held.any(|(of, verbs)| *of == resource && verbs.contains(&verb))
    }
}

impl std::str::FromStr for ProjectRole {
    type Err = UnknownProjectRole;

    fn from_str(name: &str) -> Result<ProjectRole, UnknownProjectRole> {
        let known = ProjectRole::ALL.into_iter().find(|role| role.name() == name);
        known.ok_or_else(|| UnknownProjectRole(name.to_owned()))
    }
}

/// There is no such role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: {0:?}; there are viewer, editor and admin")]
pub struct UnknownProjectRole(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_one_before_it_may() {
        let check = |permission: &'static str, expected: [bool; 3]| {
            assert_eq!(
                ProjectRole::ALL.map(|role| role.may(Permission(permission))),
                expected,
                "{permission}"
            );
        };
        check("voice.calls.get", [true, true, true]);
        check("voice.recordings.list", [true, true, true]);
        check("voice.calls.create", [false, true, true]);
        check("voice.streams.connect", [false, true, true]);
        check("voice.recordings.delete", [false, true, true]);
        check("voice.recordings.control", [false, true, true]);
        check("voice.sipDomains.update", [false, false, true]);
        check("voice.sipDomains.list", [true, true, true]);
        check("voice.users.get", [true, true, true]);
        check("voice.users.create", [false, false, true]);
        check("numbering.phoneNumberInstances.get", [true, true, true]);
        check("numbering.phoneNumberInstances.move", [false, false, true]);
        check("voice.calls.delete", [false, false, false]);
        check("voice", [false, false, false]);
    }

    #[test]
    fn a_role_may_what_it_says_that_it_may() {
        for role in ProjectRole::ALL {
            let mut permissions = role.permissions();
            assert!(
                permissions.all(|name| role.may(Permission(String::leak(name)))),
                "{role:?}"
            );
        }
        let of_editors = ProjectRole::Editor.permissions();
        assert!(of_editors.into_iter().any(|name| name == "voice.recordings.delete"));
        let of_viewers = ProjectRole::Viewer.permissions();
        assert!(of_viewers.into_iter().all(|name| name != "voice.recordings.delete"));
    }
}
