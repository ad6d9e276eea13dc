//! What an application may read by itself, for nobody in particular: the application permissions of Graph's contract.
//!
//! A scope is a part of what one user may do; a role reaches everybody's things, and no user could give it. So an administrator
//! does, and it is looked up with every request instead of standing in a token: one that is taken back is gone with the next
//! request, and one that is granted is there.

use std::fmt;

/// One role, under the name that Graph gives to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppRole {
    /// Read all call records, and be told of new ones.
    CallRecordsReadAll,
    /// Read the lists of telephone calls alone.
    PstnCallsReadAll,
    /// Read all attendance reports.
    OnlineMeetingArtifactReadAll,
}

impl AppRole {
    /// Every role.
    pub const ALL: [AppRole; 3] = [
        AppRole::CallRecordsReadAll,
        AppRole::PstnCallsReadAll,
        AppRole::OnlineMeetingArtifactReadAll,
    ];

    /// As Graph's contract, its tokens and our rows name it.
    pub const fn name(self) -> &'static str {
        match self {
            AppRole::CallRecordsReadAll => "CallRecords.Read.All",
            AppRole::PstnCallsReadAll => "CallRecord-PstnCalls.Read.All",
            AppRole::OnlineMeetingArtifactReadAll => "OnlineMeetingArtifact.Read.All",
        }
    }
}

/// People type them, so in any case.
impl std::str::FromStr for AppRole {
    type Err = UnknownAppRole;

    fn from_str(name: &str) -> Result<AppRole, UnknownAppRole> {
        AppRole::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownAppRole(name.to_owned()))
    }
}

/// A name that is in no row of the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: {0:?}; there are {known}", known = AppRole::ALL.map(AppRole::name).join(", "))]
pub struct UnknownAppRole(String);

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AppRoles(u8);

impl AppRoles {
    /// No role: an application that may read nothing.
    pub const NONE: AppRoles = AppRoles(0);

    /// The set of these roles.
    pub const fn of(roles: &[AppRole]) -> AppRoles {
        let (mut bits, mut index) = (0, 0);
        while index < roles.len() {
            bits |= 1 << roles[index] as u8;
            index += 1;
        }
        AppRoles(bits)
    }

    /// Whether the set holds this role.
    pub const fn contains(self, role: AppRole) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Whether the sets share a role: an operation accepts any one of several.
    pub const fn intersects(self, other: AppRoles) -> bool {
        self.0 & other.0 != 0
    }

    /// The roles of the set.
    pub fn iter(self) -> impl Iterator<Item = AppRole> {
        AppRole::ALL.into_iter().filter(move |&role| self.contains(role))
    }
}

impl AppRoles {
    /// Reads a row. Names that this build does not know give nothing, so they are passed over.
    pub(crate) fn known_in(list: &str) -> AppRoles {
        list.split_ascii_whitespace()
            .filter_map(|name| name.parse().ok())
            .collect()
    }
}

impl FromIterator<AppRole> for AppRoles {
    fn from_iter<I: IntoIterator<Item = AppRole>>(roles: I) -> AppRoles {
        roles
            .into_iter()
            .fold(AppRoles::NONE, |set, role| AppRoles(set.0 | AppRoles::of(&[role]).0))
    }
}

/// Names with a space between.
impl fmt::Display for AppRoles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, role) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(out, "{space}{}", role.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for AppRoles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_its_name_in_any_case() {
        for (index, role) in AppRole::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index, "bits follow the table");
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(role.name().to_ascii_lowercase().parse(), Ok(role));
        }
        for wrong in ["", "CallRecords", "CallRecords.Read.All ", "CallRecords.ReadWrite.All"] {
            assert_eq!(wrong.parse::<AppRole>(), Err(UnknownAppRole(wrong.to_owned())));
        }
    }

    #[test]
    fn a_set_is_what_it_was_made_from() {
        let [records, calls, reports] = AppRole::ALL;
        for (roles, shown) in [
            (&[][..], ""),
            (&[records], "CallRecords.Read.All"),
            (
                &[reports, records],
                "CallRecords.Read.All OnlineMeetingArtifact.Read.All",
            ),
        ] {
            let set: AppRoles = roles.iter().copied().collect();
            assert_eq!(set, AppRoles::of(roles));
            assert_eq!(set.to_string(), shown);
            assert_eq!(AppRoles::known_in(&format!("User.Read.All {shown}")), set);
            assert_eq!(set.contains(records), roles.contains(&records));
            assert!(!set.contains(calls) && !set.intersects(AppRoles::of(&[calls])));
        }
    }
}
