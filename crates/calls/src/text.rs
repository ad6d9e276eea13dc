//! Texts that are kept as somebody wrote them.

use crate::limits::DISPLAY_NAME_CHARACTERS_MAX;

/// What people call something, or why they cannot.
pub(crate) fn display_name(name: String) -> Result<String, String> {
    if name.chars().count() > DISPLAY_NAME_CHARACTERS_MAX {
        return Err(format!("a name has at most {DISPLAY_NAME_CHARACTERS_MAX} characters"));
    }
    if name.contains('\0') {
        return Err("a name has no NUL in it".to_owned());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_something_may_be_called() {
        let check = |name: &str, why: Option<&str>| {
            let refused = display_name(name.to_owned()).err();
            assert_eq!(refused.as_deref(), why, "{name:?}");
        };
        check("", None);
        check("The desk", None);
        check(&"é".repeat(100), None);
        check(&"x".repeat(101), Some("a name has at most 100 characters"));
        check("a\0b", Some("a name has no NUL in it"));
    }
}
