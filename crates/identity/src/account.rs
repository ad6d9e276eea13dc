//! Who somebody is: the user, the number that names them for ever, and what an address and a name may look like.
//!
//! The number is random and means nothing, because an e-mail address changes hands and a counter tells how many users
//! there are. Google's has 21 digits, and programs keep it in columns of that width.

use std::fmt;

use crate::{limits, secret::random_bytes};

const USER_ID_DIGITS: usize = 21;

/// The stable name of a user: 21 digits, as in `users/113258049261738402516`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

impl UserId {
    /// Reads an id that came from outside; `None` unless it is 21 digits.
    pub fn parse(text: &str) -> Option<UserId> {
        let digits = text.len() == USER_ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| UserId(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn generate() -> UserId {
        let first = 10_u128.pow(20);
        // 2^128 is so much more than 9 * 10^20 that no id is noticeably likelier than another.
        let number = first + u128::from_le_bytes(random_bytes()) % (9 * first);
        UserId(number.to_string())
    }

    /// An id from our own table, where nothing but [`UserId::generate`] writes.
    pub(crate) fn from_store(text: String) -> UserId {
        UserId(text)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never changes and is never given to anybody else.
    pub id: UserId,
    /// In lower case; one account per address.
    pub email: String,
    /// Shown in meetings and kept in the register.
    pub display_name: String,
    /// Runs this installation.
    pub administrator: bool,
}

impl User {
    /// The part of the address after the `@`.
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// What an account is made from; both texts may come from outside.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// In any case, with any white space around.
    pub email: &'a str,
    /// Empty: the part of the address before the `@`.
    pub display_name: &'a str,
    /// Runs this installation.
    pub administrator: bool,
}

/// Brings an address to the one form in which it is kept and compared: trimmed, in lower case.
///
/// Only ASCII: look-alike letters would make two addresses of what a reader takes for one, and every international
/// domain has an ASCII form. The rules are those that every mail system obeys, not all of RFC 5322: the only proof that
/// an address exists is a mail to it.
pub fn normalise_email(text: &str) -> Result<String, &'static str> {
    let email = text.trim().to_ascii_lowercase();
    if email.len() > limits::EMAIL_BYTES_MAX {
        return Err("it is longer than 254 characters");
    }
    let Some((local, domain)) = email.rsplit_once('@') else {
        return Err("it has no @");
    };
    if local.len() > limits::EMAIL_LOCAL_PART_BYTES_MAX || !of_atoms(local, "!#$%&'*+-/=?^_`{|}~") {
        return Err("the part before the @ is not one that mail systems accept");
    }
    if !is_domain(domain) {
        return Err("the part after the @ is not a domain name");
    }
    Ok(email)
}

/// Whether every label between the dots is made of letters, digits and these other characters, and there is one at all.
fn of_atoms(part: &str, punctuation: &str) -> bool {
    part.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || punctuation.contains(char::from(b)))
    })
}

fn is_domain(text: &str) -> bool {
    of_atoms(text, "-")
        && !text
            .split('.')
            .any(|label| label.starts_with('-') || label.ends_with('-'))
}

/// Brings a domain name to the form that it has in an address; `None` for what is none.
pub(crate) fn normalise_domain(text: &str) -> Option<String> {
    let domain = text.trim().to_ascii_lowercase();
    (domain.len() < limits::EMAIL_BYTES_MAX && is_domain(&domain)).then_some(domain)
}

/// Trims a name and refuses what would disturb the list that shows it.
pub(crate) fn normalise_display_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.chars().count() > limits::DISPLAY_NAME_CHARACTERS_MAX {
        return Err("it is longer than 100 characters");
    }
    // The second kind are the Unicode controls of writing direction, which can make one name read as another.
    if name
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
    {
        return Err("it contains control characters");
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_has_21_digits() {
        let id = UserId::generate();
        assert_eq!(UserId::parse(id.as_str()), Some(id));
        for wrong in [
            "",
            "12345678901234567890",
            "1234567890123456789012",
            "12345678901234567890x",
            "１２３４５６７",
        ] {
            assert_eq!(UserId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn addresses() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long = format!("a@{}org", "example.".repeat(40));
        for (text, expected) in [
            ("ada@example.org", Some("ada@example.org")),
            (
                "  Ada.Lovelace+meet@Example.ORG\n",
                Some("ada.lovelace+meet@example.org"),
            ),
            ("administrator@localhost", Some("administrator@localhost")),
            ("o'neil@xn--bcher-kva.example", Some("o'neil@xn--bcher-kva.example")),
            ("", None),
            ("ada", None),
            ("@example.org", None),
            ("ada@", None),
            ("ada@@example.org", None),
            ("a@b@example.org", None),
            (".ada@example.org", None),
            ("ada..l@example.org", None),
            ("ada@example..org", None),
            ("ada@-example.org", None),
            ("ada@example.org.", None),
            ("ada lovelace@example.org", None),
            ("ada@exa\0mple.org", None),
            ("\"ada\"@example.org", None),
            ("адa@example.org", None),
            (&long_local, None),
            (&long, None),
        ] {
            assert_eq!(normalise_email(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn display_names() {
        let longest = "é".repeat(100);
        let longer = "é".repeat(101);
        for (text, expected) in [
            ("  Ada Lovelace ", Some("Ada Lovelace")),
            ("李 小龍 👩‍🚀", Some("李 小龍 👩‍🚀")),
            (&longest, Some(longest.as_str())),
            (&longer, None),
            (" \t", None),
            ("Ada\nLovelace", None),
            ("Ada\u{202E}ecalevoL", None),
        ] {
            assert_eq!(normalise_display_name(text).ok().as_deref(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_so(text in "\\PC{0,40}|[a-zA-Z.+@ -]{1,30}") {
            if let Ok(email) = normalise_email(&text) {
                prop_assert_eq!(normalise_email(&email), Ok(email.clone()));
            }
            if let Ok(name) = normalise_display_name(&text) {
                prop_assert_eq!(normalise_display_name(&name), Ok(name.clone()));
            }
        }
    }
}
