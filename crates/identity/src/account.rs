//! Who somebody is: the user, and what an address may look like. How their id and their name look is the rule of meetings,
//! where others see both: [`meeting::UserId`] and [`meeting::DisplayName`].

use meeting::{DisplayName, UserId};

use crate::limits;

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never changes and is never given to anybody else.
    pub id: UserId,
    /// In lower case; one account per address.
    pub email: String,
    /// Shown in meetings and kept in the register.
    pub display_name: DisplayName,
    /// Runs this installation.
    pub administrator: bool,
}

impl User {
    /// `users/{user}`, as others name the account.
    pub fn resource_name(&self) -> String {
        format!("users/{}", self.id)
    }

    /// The part of the address after the `@`.
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The given and the family name. An account has one text for both; its last word is taken for the family's.
pub fn given_and_family(name: &DisplayName) -> (&str, &str) {
    let name = name.as_str();
    let (given, family) = name.rsplit_once(' ').unwrap_or((name, ""));
    (given.trim_end(), family)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn what_is_normal_stays_so(text in "\\PC{0,40}|[a-zA-Z.+@ -]{1,30}") {
            if let Ok(email) = normalise_email(&text) {
                prop_assert_eq!(normalise_email(&email), Ok(email.clone()));
            }
        }
    }
}
