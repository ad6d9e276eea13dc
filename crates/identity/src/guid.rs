//! Ids in the form that Microsoft's contracts give to everything: of an installation, of applications that sign in by those
//! contracts, and of what they sign in with. Programs for them have forms and columns that take nothing else.

use std::fmt;

use serde::Serialize;

use crate::secret::random_bytes;

/// A UUID as text: 32 hexadecimal digits in lower case, with four hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Guid(String);

/// Where the hyphens stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

const CHARACTERS: usize = 36;

impl Guid {
    /// One that nobody had before: version 4, variant 1.
    pub fn generate() -> Guid {
        let random = u128::from_be_bytes(random_bytes());
        let versioned = (random & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
        let mut text = format!("{versioned:032x}");
        for place in HYPHENS {
            text.insert(place, '-');
        }
        Guid(text)
    }

    /// Reads one from outside, in whatever case.
    pub fn parse(text: &str) -> Option<Guid> {
        let of_guid = |(place, byte): (usize, u8)| {
            if HYPHENS.contains(&place) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        };
        let good = text.len() == CHARACTERS && text.bytes().enumerate().all(of_guid);
        good.then(|| Guid(text.to_ascii_lowercase()))
    }

    /// As it stands in rows and paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one() {
        let made = Guid::generate();
        assert_eq!(Guid::parse(made.as_str()).as_ref(), Some(&made));
        assert_ne!(Guid::generate(), made);
        assert_eq!(&made.as_str()[14..15], "4", "the version");
        assert!("89ab".contains(&made.as_str()[19..20]), "the variant");
        for (text, read) in [
            (
                "821809F5-0000-4000-8000-3B5136C0E777",
                Some("821809f5-0000-4000-8000-3b5136c0e777"),
            ),
            ("821809f50000-4000-8000-3b5136c0e777-", None),
            ("821809f5-0000-4000-8000-3b5136c0e77g", None),
            ("{821809f5-0000-4000-8000-3b5136c0e777}", None),
            ("821809f5-0000-4000-8000-3b5136c0e77é", None),
            ("organizations", None),
            ("", None),
        ] {
            assert_eq!(Guid::parse(text).as_ref().map(Guid::as_str), read, "{text}");
        }
    }
}
