//! What a token may be used for: the OAuth scopes of Google's contract, under their full names, and two of our own.
//!
//! One table holds them. A program written for Google asks for the full URL; a person at a terminal types the short
//! name, the part after `…/auth/`. Tokens and errors always carry the full name.
//!
//! The contract has no scope for being in a meeting, because no program of its is ever in one. Here programs may be, and
//! what says who was there must not follow from a right to read: so that has a scope, and no other implies it. Call records say
//! on which device somebody came and how well they were heard, which nobody agreed to who agreed to show who took part: so they have one.

use std::fmt;

/// What the full names of Google's scopes begin with.
const GOOGLE: &str = "https://www.googleapis.com/auth/";

/// What the full names of our own begin with. It is a name and no address: a scope need not be a URL (RFC 6749 §3.3), and
/// no host is ours at every installation.
const OWN: &str = "urn:sederunt:scope:";

/// What the full names of the scopes of telephone calls and of phone numbers begin with: those contracts'.
const ENFONICA: &str = "https://api.enfonica.com/auth/";

/// One OAuth scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Create spaces; read and change what this application created. For a token that belongs to no application, that
    /// is whatever its user owns.
    SpaceCreated,
    /// Read whatever the user may read.
    SpaceReadonly,
    /// Read and change the settings of the user's own spaces.
    SpaceSettings,
    /// Receive the audio and video of a conference.
    ConferenceMediaReadonly,
    /// Receive the audio of a conference.
    ConferenceMediaAudioReadonly,
    /// Receive the video of a conference.
    ConferenceMediaVideoReadonly,
    /// Fetch files; programs that fetch recordings ask for it.
    DriveReadonly,
    /// Fetch the files that meetings made.
    DriveMeetReadonly,
    /// See the user's own name; also asked for as `profile`.
    UserinfoProfile,
    /// See the user's own e-mail address; also asked for as `email`.
    UserinfoEmail,
    /// See the people whom the user knows.
    ContactsReadonly,
    /// See the people whom the user has met.
    ContactsOtherReadonly,
    /// See the people of the user's organisation.
    DirectoryReadonly,
    /// Learn who the user is: the scope of OpenID Connect, whose name is no URL.
    OpenId,
    /// Be in meetings as the user, and run those that the user hosts. Our own.
    Participate,
    /// Read the call records and the attendance reports of the user's own meetings. Our own: Graph's contract has roles alone.
    CallRecordsReadonly,
    /// Telephone calls and their recordings, as far as a project lets its member: of the contract for calls.
    Voice,
    /// Phone numbers, as far as a project lets its member: of the contract for numbers.
    Numbering,
}

impl Scope {
    /// Every scope, in the order of the contract.
    pub const ALL: [Scope; 18] = [
        Scope::SpaceCreated,
        Scope::SpaceReadonly,
        Scope::SpaceSettings,
        Scope::ConferenceMediaReadonly,
        Scope::ConferenceMediaAudioReadonly,
        Scope::ConferenceMediaVideoReadonly,
        Scope::DriveReadonly,
        Scope::DriveMeetReadonly,
        Scope::UserinfoProfile,
        Scope::UserinfoEmail,
        Scope::ContactsReadonly,
        Scope::ContactsOtherReadonly,
        Scope::DirectoryReadonly,
        Scope::OpenId,
        Scope::Participate,
        Scope::CallRecordsReadonly,
        Scope::Voice,
        Scope::Numbering,
    ];

    /// The name that a person types: `meetings.space.created`.
    pub const fn short_name(self) -> &'static str {
        match self {
            Scope::SpaceCreated => "meetings.space.created",
            Scope::SpaceReadonly => "meetings.space.readonly",
            Scope::SpaceSettings => "meetings.space.settings",
            Scope::ConferenceMediaReadonly => "meetings.conference.media.readonly",
            Scope::ConferenceMediaAudioReadonly => "meetings.conference.media.audio.readonly",
            Scope::ConferenceMediaVideoReadonly => "meetings.conference.media.video.readonly",
            Scope::DriveReadonly => "drive.readonly",
            Scope::DriveMeetReadonly => "drive.meet.readonly",
            Scope::UserinfoProfile => "userinfo.profile",
            Scope::UserinfoEmail => "userinfo.email",
            Scope::ContactsReadonly => "contacts.readonly",
            Scope::ContactsOtherReadonly => "contacts.other.readonly",
            Scope::DirectoryReadonly => "directory.readonly",
            Scope::OpenId => "openid",
            Scope::Participate => "meetings.participate",
            Scope::CallRecordsReadonly => "callrecords.readonly",
            Scope::Voice => "voice",
            Scope::Numbering => "numbering",
        }
    }

    /// The name on the wire: `https://www.googleapis.com/auth/meetings.space.created`.
    pub fn full_name(self) -> String {
        format!("{}{}", self.prefix(), self.short_name())
    }

    const fn prefix(self) -> &'static str {
        match self {
            Scope::OpenId => "",
            Scope::Participate | Scope::CallRecordsReadonly => OWN,
            Scope::Voice | Scope::Numbering => ENFONICA,
            _ => GOOGLE,
        }
    }

    /// What a consent page says of it, as the end of "This app may …".
    pub const fn description(self) -> &'static str {
        match self {
            Scope::SpaceCreated => "create meetings, and see and change the meetings that it created",
            Scope::SpaceReadonly => "see your meetings and who took part in them",
            Scope::SpaceSettings => "see and change the settings of all your meetings",
            Scope::ConferenceMediaReadonly => "receive the sound and the pictures of your meetings",
            Scope::ConferenceMediaAudioReadonly => "receive the sound of your meetings",
            Scope::ConferenceMediaVideoReadonly => "receive the pictures of your meetings",
            Scope::DriveReadonly => "fetch your files",
            Scope::DriveMeetReadonly => "fetch the recordings and transcripts of your meetings",
            Scope::UserinfoProfile => "see your name",
            Scope::UserinfoEmail => "see your e-mail address",
            Scope::ContactsReadonly => "see the people whom you know",
            Scope::ContactsOtherReadonly => "see the people whom you have met",
            Scope::DirectoryReadonly => "see the people of your organisation",
            Scope::OpenId => "learn who you are",
            Scope::Participate => "take part in meetings as you, and run those that you host",
            Scope::CallRecordsReadonly => "see on which devices and how well people took part in your meetings",
            Scope::Voice => "see, make and record telephone calls in your projects",
            Scope::Numbering => "see and change the phone numbers of your projects",
        }
    }
}

/// Accepts the full name, the short name, and the two names that OpenID Connect gives to scopes of Google's.
impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Scope, UnknownScope> {
        let short = match name {
            "profile" => Scope::UserinfoProfile.short_name(),
            "email" => Scope::UserinfoEmail.short_name(),
            short => short,
        };
        // One of Google's with the last part of ours would be another scope.
        let is_full = |scope: &Scope| name.strip_prefix(scope.prefix()) == Some(scope.short_name());
        Scope::ALL
            .into_iter()
            .find(|scope| scope.short_name() == short || is_full(scope))
            .ok_or_else(|| UnknownScope(name.to_owned()))
    }
}

/// A name that is in no row of the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope: {0:?}; there are {known}", known = Scope::ALL.map(Scope::short_name).join(", "))]
pub struct UnknownScope(String);

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u32);

impl Scopes {
    /// No scope: nothing that needs one is allowed.
    pub const NONE: Scopes = Scopes(0);

    /// Every scope there is.
    pub const ALL: Scopes = Scopes::of(&Scope::ALL);

    /// Every scope of the Meet API: what a browser session has, and a token by default. A user who comes with all of them, and
    /// for whom no app acts, is here [in person](crate::Principal::is_in_person), which is more than any scope.
    pub const MEET: Scopes = Scopes::of(&[
        Scope::SpaceCreated,
        Scope::SpaceReadonly,
        Scope::SpaceSettings,
        Scope::ConferenceMediaReadonly,
        Scope::ConferenceMediaAudioReadonly,
        Scope::ConferenceMediaVideoReadonly,
    ]);

    /// The set of these scopes.
    pub const fn of(scopes: &[Scope]) -> Scopes {
        let (mut bits, mut index) = (0, 0);
        while index < scopes.len() {
            bits |= 1 << scopes[index] as u8;
            index += 1;
        }
        Scopes(bits)
    }

    /// Whether the set holds this scope.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Whether the sets share a scope: a method accepts any one of several.
    pub const fn intersects(self, other: Scopes) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set holds all of the other's scopes.
    pub const fn covers(self, other: Scopes) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Scopes) -> Scopes {
        Scopes(self.0 | other.0)
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes of the set, in the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |&scope| self.contains(scope))
    }

    /// Reads a list with space between, such as a token's `scope` claim or what an application asks for. Names that this build
    /// does not know grant nothing, so they are passed over.
    pub(crate) fn known_in(list: &str) -> Scopes {
        list.split_ascii_whitespace()
            .filter_map(|name| name.parse().ok())
            .collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Scopes {
        scopes
            .into_iter()
            .fold(Scopes::NONE, |set, scope| Scopes(set.0 | Scopes::of(&[scope]).0))
    }
}

/// The form of OAuth: full names with a space between.
impl fmt::Display for Scopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(out, "{space}{}", scope.full_name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_known_by_both_names() {
        for (index, scope) in Scope::ALL.into_iter().enumerate() {
            assert_eq!(scope as usize, index, "bits follow the table");
            assert_eq!(scope.short_name().parse(), Ok(scope));
            assert_eq!(scope.full_name().parse(), Ok(scope));
            assert!(!scope.description().ends_with('.'));
        }
        assert_eq!("profile".parse(), Ok(Scope::UserinfoProfile));
        assert_eq!("email".parse(), Ok(Scope::UserinfoEmail));
        for wrong in [
            "",
            "created",
            "https://www.googleapis.com/auth/",
            "MEETINGS.SPACE.CREATED",
            "a b",
            "https://www.googleapis.com/auth/meetings.participate",
            "https://www.googleapis.com/auth/urn:sederunt:scope:meetings.participate",
            "urn:sederunt:scope:meetings.space.created",
            "urn:sederunt:scope:",
        ] {
            assert_eq!(wrong.parse::<Scope>(), Err(UnknownScope(wrong.to_owned())));
        }
    }

    #[test]
    fn a_set_survives_the_claim() {
        for set in [
            Scopes::NONE,
            Scopes::MEET,
            Scopes::ALL,
            Scopes::of(&[Scope::DriveReadonly, Scope::SpaceSettings]),
        ] {
            assert_eq!(Scopes::known_in(&set.to_string()), set);
        }
        let claim = "openid  https://www.googleapis.com/auth/meetings.space.readonly\tcalendar";
        let known = Scopes::of(&[Scope::SpaceReadonly, Scope::OpenId]);
        assert_eq!(Scopes::known_in(claim), known);
        assert_eq!(Scopes::known_in(" "), Scopes::NONE);
        assert!(Scopes::ALL.covers(known) && known.covers(Scopes::NONE) && !known.covers(Scopes::MEET));
        assert!(known.covers(known) && known.union(Scopes::MEET).covers(Scopes::MEET));
        assert!(!Scopes::MEET.contains(Scope::DriveReadonly) && !Scopes::MEET.contains(Scope::Participate));
        assert!(!Scopes::MEET.intersects(Scopes::of(&[Scope::DriveReadonly])));
        assert!(Scopes::MEET.intersects(Scopes::of(&[Scope::DriveReadonly, Scope::SpaceCreated])));
    }
}
