//! Who may do what in which project, and how names say which project that is.

pub(super) use crate::projects::permitted;

use crate::failure::{Answer, Failure};

/// A name taken apart: `projects/p/calls/c` by `["projects", "calls"]` is `["p", "c"]`.
pub(super) fn parts<'n, const N: usize>(field: &str, name: &'n str, collections: [&str; N]) -> Answer<[&'n str; N]> {
    let mut segments = name.split('/');
    let mut ids = [""; N];
    let is_named = collections.iter().zip(&mut ids).all(|(collection, id)| {
        let is_collection = segments.next() == Some(collection);
        *id = segments.next().unwrap_or_default();
        is_collection && !id.is_empty()
    });
    if is_named && segments.next().is_none() {
        return Ok(ids);
    }
    let form: Vec<String> = collections.iter().map(|collection| format!("{collection}/*")).collect();
    Err(Failure::field(
        field,
        format!("it is not of the form {}", form.join("/")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let check = |name: &str, expected: Option<[&str; 2]>| {
            assert_eq!(parts("name", name, ["projects", "calls"]).ok(), expected, "{name}");
        };
        check("projects/p/calls/c", Some(["p", "c"]));
        check("projects/p/calls/-", Some(["p", "-"]));
        check("projects/p/calls/", None);
        check("projects//calls/c", None);
        check("projects/p/calls/c/recordings/r", None);
        check("projects/p", None);
        check("spaces/p/calls/c", None);
        check("", None);
    }
}
