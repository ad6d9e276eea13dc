//! `updateMask`: which fields an update changes.
//!
//! Clients write a mask in every form that there is, and mean three things by it. None, an empty one and `""` mean the fields
//! that the request gives a value; `*` means all fields, given or not; anything else means the fields that it names, given or
//! not, and a name of a message stands for all that is in it. Names are in proto or JSON spelling. A field that is named
//! and not given is cleared.

use prost_types::FieldMask;

use crate::failure::{Answer, Failure};

/// What may stand in a mask: dotted paths in proto spelling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths {
    /// Fields that can be changed.
    pub(crate) writable: &'static [&'static str],
    /// Fields that are there and cannot, and what they are instead.
    pub(crate) fixed: &'static [(&'static str, &'static str)],
}

/// A mask that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UpdateMask {
    /// The fields that have a value in the request.
    Given,
    /// All fields.
    All,
    /// These, and all that is in them.
    Only(Vec<String>),
}

impl UpdateMask {
    /// Reads the mask of a request. `field` is where it stands, for the error.
    pub(crate) fn parse(mask: Option<&FieldMask>, paths: Paths, field: &str) -> Answer<UpdateMask> {
        let mut named: Vec<String> = mask
            .map_or(&[][..], |mask| &mask.paths)
            .iter()
            .map(|path| transcode::snake_case(path.trim()))
            .filter(|path| !path.is_empty())
            .collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return Ok(UpdateMask::Given);
        }
        if named == ["*"] {
            return Ok(UpdateMask::All);
        }
        for path in &named {
            if paths.writable.iter().any(|writable| holds(path, writable)) {
                continue;
            }
            let fixed = paths.fixed.iter().find(|(fixed, _)| holds(fixed, path));
            let why = fixed.map_or("unknown field", |(_, why)| why);
            return Err(Failure::field(field, format!("`{path}`: {why}")));
        }
        Ok(UpdateMask::Only(named))
    }

    /// Whether the update changes this field, which the request gives a value or not.
    pub(crate) fn covers(&self, field: &str, is_given: bool) -> bool {
        match self {
            UpdateMask::Given => is_given,
            UpdateMask::All => true,
            UpdateMask::Only(paths) => paths.iter().any(|path| holds(path, field)),
        }
    }

    /// Whether the mask names something in this message and not the message itself.
    pub(crate) fn is_below(&self, message: &str) -> bool {
        match self {
            UpdateMask::Given | UpdateMask::All => false,
            UpdateMask::Only(paths) => paths.iter().any(|path| path != message && holds(message, path)),
        }
    }
}

/// Whether `path` is the field, or a message around it.
fn holds(path: &str, field: &str) -> bool {
    field
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: Paths = Paths {
        writable: &["config.access_type", "config.moderation", "config.inner.deep_field"],
        fixed: &[("name", "it cannot be changed"), ("active", "it is output only")],
    };

    #[test]
    fn every_form_of_a_mask() {
        // The fields that it covers if only `config.moderation` is given; `None`: it is refused.
        for (paths, expected) in [
            (None, Some(&["config.moderation"][..])),
            (Some(&[][..]), Some(&["config.moderation"])),
            (Some(&[""]), Some(&["config.moderation"])),
            (Some(&["*"]), Some(PATHS.writable)),
            (Some(&["config"]), Some(PATHS.writable)),
            (Some(&["config.access_type"]), Some(&["config.access_type"])),
            (Some(&["config.accessType"]), Some(&["config.access_type"])),
            (Some(&[" config.accessType "]), Some(&["config.access_type"])),
            (Some(&["config.inner"]), Some(&["config.inner.deep_field"])),
            (Some(&["config.inner.deepField"]), Some(&["config.inner.deep_field"])),
            (
                Some(&["config.accessType", "config.inner", "config.inner"]),
                Some(&["config.access_type", "config.inner.deep_field"]),
            ),
            (Some(&["name"]), None),
            (Some(&["active"]), None),
            (Some(&["active.conference_record"]), None),
            (Some(&["config.access_type", "active"]), None),
            (Some(&["*", "config"]), None),
            (Some(&["config.*"]), None),
            (Some(&["config."]), None),
            (Some(&["config.access"]), None),
            (Some(&["config.access_type.deeper"]), None),
            (Some(&["configuration"]), None),
            (Some(&["nonsense"]), None),
        ] {
            let mask = paths.map(|paths| FieldMask {
                paths: paths.iter().map(ToString::to_string).collect(),
            });
            let read = UpdateMask::parse(mask.as_ref(), PATHS, "update_mask");
            let covered = read.ok().map(|mask| {
                let fields = PATHS.writable.iter().copied();
                fields
                    .filter(|field| mask.covers(field, *field == "config.moderation"))
                    .collect::<Vec<_>>()
            });
            assert_eq!(covered.as_deref(), expected, "{paths:?}");
        }
    }
}
