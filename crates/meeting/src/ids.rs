//! Ids, one type each, so that none is passed for another. They are made from random bytes that the caller provides and
//! are checked when they come from outside: whoever holds one holds a well-formed one.
//!
//! A space is named by its id or by its meeting code, in the same place of a URL. The id is looked up first, so an id
//! must never look like a code, in whatever case: it would hide the space that has that code.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt;

/// A text that is not the id it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}")]
pub struct MalformedId(pub(crate) &'static str);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $well_formed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks a text from outside.
            pub fn parse(text: &str) -> Result<$name, MalformedId> {
                let well_formed: fn(&str) -> bool = $well_formed;
                if well_formed(text) { Ok($name(text.to_owned())) } else { Err(MalformedId($noun)) }
            }

            /// The id as it stands in names, URLs and rows.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A meeting place for ever: 12 characters of the base64url alphabet, case-sensitive, never like a meeting code.
    SpaceId,
    "space id",
    |text| text.len() == 12 && text.bytes().all(is_base64url) && !is_code(text)
);
id!(
    /// One conference: a UUID in base64url.
    ConferenceId,
    "conference id",
    is_uuid
);
id!(
    /// One participant of a conference: the id of the signed-in user, otherwise a UUID in base64url.
    ParticipantId,
    "participant id",
    |text| is_user(text) || is_uuid(text)
);
id!(
    /// One join of one device: a UUID in base64url.
    SessionId,
    "participant session id",
    is_uuid
);
id!(
    /// A recording of a conference: a UUID in base64url.
    RecordingId,
    "recording id",
    is_uuid
);
id!(
    /// A member of a space: a UUID in base64url.
    MemberId,
    "member id",
    is_uuid
);
id!(
    /// A user of this server: 21 digits, the same for ever. Google's have as many, and programs keep them in columns of that
    /// width. They mean nothing, because an address changes hands and a counter tells how many users there are.
    UserId,
    "user id",
    is_user
);

/// What people type to find a space: `xxx-xxxx-xxx` in lower case. It is no key: it lapses and is given to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeetingCode(String);

impl MeetingCode {
    /// Checks a text from outside, in whatever case it was typed.
    pub fn parse(text: &str) -> Result<MeetingCode, MalformedId> {
        if is_code(text) {
            Ok(MeetingCode(text.to_ascii_lowercase()))
        } else {
            Err(MalformedId("meeting code"))
        }
    }

    /// The same, also without its hyphens or with those of typesetters: as people copy one down.
    pub fn parse_typed(text: &str) -> Result<MeetingCode, MalformedId> {
        let text = &text.replace(is_typographic_hyphen, "-");
        let with_hyphens = |letters: &str| {
            let parts = [letters.get(..3)?, letters.get(3..7)?, letters.get(7..)?];
            Some(parts.join("-"))
        };
        match with_hyphens(text) {
            Some(code) if !text.contains('-') => MeetingCode::parse(&code),
            _ => MeetingCode::parse(text),
        }
    }

    /// The code in lower case, with its hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A code from random bytes. The remainders of 128 bits by 26 to the tenth differ in probability by less than one
    /// in 2 to the 80: no bias that could be seen.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> MeetingCode {
        let mut rest = u128::from_le_bytes(random);
        let code = "xxx-xxxx-xxx".chars().map(|place| {
            if place == '-' {
                return '-';
            }
            let letter = u8::try_from(rest % 26).expect("a remainder by 26 fits");
            rest /= 26;
            char::from(b'a' + letter)
        });
        MeetingCode(code.collect())
    }
}

impl fmt::Display for MeetingCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl UserId {
    /// An id from random bytes. It never begins with 0, so that a program which takes it for a number keeps all its digits.
    /// The remainders of 128 bits by 9 times 10 to the 20th differ in probability by less than one in 2 to the 58.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> UserId {
        const FIRST: u128 = 10_u128.pow(20);
        let number = FIRST + u128::from_le_bytes(random) % (9 * FIRST);
        UserId(number.to_string())
    }
}

impl SpaceId {
    /// An id from random bytes. One that would look like a code has its first hyphen replaced.
    #[must_use]
    pub fn from_random(random: [u8; 9]) -> SpaceId {
        let id = URL_SAFE_NO_PAD.encode(random);
        SpaceId(if is_code(&id) { id.replacen('-', "_", 1) } else { id })
    }
}

impl ConferenceId {
    /// An id from random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> ConferenceId {
        ConferenceId(uuid_from_random(random))
    }
}

impl ParticipantId {
    /// The id of a participant who is not signed in, from random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> ParticipantId {
        ParticipantId(uuid_from_random(random))
    }
}

impl From<&UserId> for ParticipantId {
    /// A signed-in user is one participant of a conference, on whatever number of devices.
    fn from(user: &UserId) -> ParticipantId {
        ParticipantId(user.0.clone())
    }
}

impl SessionId {
    /// An id from random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> SessionId {
        SessionId(uuid_from_random(random))
    }
}

impl RecordingId {
    /// An id from random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> RecordingId {
        RecordingId(uuid_from_random(random))
    }
}

impl MemberId {
    /// An id from random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> MemberId {
        MemberId(uuid_from_random(random))
    }
}

/// SHA-256 of a resume secret. Only the holder of the secret can name it, so it is compared like any number: the time
/// that takes tells nothing about a text whose hash it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A UUID of version 4 (RFC 9562 §5.4).
fn uuid_from_random(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    URL_SAFE_NO_PAD.encode(random)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Also refuses a last character with spare bits: it would be a second spelling of the same id.
fn is_uuid(text: &str) -> bool {
    let mut bytes = [0; 16];
    text.len() == 22 && URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).is_ok()
}

fn is_user(text: &str) -> bool {
    text.len() == 21 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands for a hyphen where a program of writing thought that it knew better, and the one that breaks a line.
fn is_typographic_hyphen(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}'
    )
}

fn is_code(text: &str) -> bool {
    text.len() == 12
        && text.bytes().enumerate().all(|(index, byte)| match index {
            3 | 8 => byte == b'-',
            _ => byte.is_ascii_alphabetic(),
        })
}
