//! The password in the address of a database: where it may stand, and where it may be seen.
//!
//! A flag is read by everybody on the machine who lists its processes. So the password is better in the configuration file,
//! in the environment, or in a file of its own, as service managers hand out secrets; in a flag it is used, and complained of.

use std::fs;
use std::path::Path;

use super::ConfigurationError;

/// The address with the password that is the first line of this file.
pub(super) fn with_password_of(url: &str, path: &Path) -> Result<String, ConfigurationError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigurationError::PasswordFile {
        path: path.to_owned(),
        source,
    })?;
    Ok(with_password(url, text.lines().next().unwrap_or_default()))
}

/// It goes where it needs no user before it.
fn with_password(url: &str, password: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    // The form's `+` for a space is none in an address.
    let encoded: String = form_urlencoded::byte_serialize(password.as_bytes()).collect();
    format!("{url}{separator}password={}", encoded.replace('+', "%20"))
}

/// Whether the address holds a password itself.
pub(super) fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, query) = authority.split_once('?').unwrap_or((authority, ""));
    let in_user = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    in_user || query.split('&').any(|setting| setting.starts_with("password="))
}

/// The address as it may be shown.
pub(super) fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_password_stands() {
        for (url, has) in [
            ("postgres://me@db.example.org/sederunt", false),
            ("postgres://me:hush@db.example.org/sederunt", true),
            ("postgres://me:hush@db.example.org:5432/sederunt?sslmode=require", true),
            ("postgres://db.example.org:5432/sederunt?user=me", false),
            ("postgres://db.example.org/sederunt?user=me&password=hush", true),
            ("postgres://me@db.example.org/sederunt?options=a:b@c", false),
        ] {
            assert_eq!(has_password(url), has, "{url}");
            assert!(has_password(&with_password(url, "hush")), "{url}");
        }
        let url = "postgres://me@db.example.org/sederunt";
        assert_eq!(with_password(url, "a b&c+"), format!("{url}?password=a%20b%26c%2B"));
    }

    #[test]
    fn it_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("password");
        fs::write(&path, "hush\n\n").expect("written");
        let url = with_password_of("postgres://me@db.example.org/sederunt", &path).expect("read");
        assert!(url.ends_with("?password=hush"), "{url}");
        let missing = with_password_of("postgres://me@db.example.org/sederunt", &folder.path().join("none"));
        assert!(
            matches!(missing, Err(ConfigurationError::PasswordFile { .. })),
            "{missing:?}"
        );
    }
}
