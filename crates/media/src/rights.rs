//! What a session may do in its room: the rights that the media plane enforces, and sets of them.
//!
//! Who has which right is the control plane's affair; here a right is either in the set that it gave or not.

/// One right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Be heard.
    Microphone,
    /// Be seen.
    Camera,
    /// Share a screen.
    Screen,
    /// Write to everybody.
    Chat,
    /// React, and raise a hand.
    Reactions,
    /// Lower the hands of others.
    LowerHands,
}

/// A set of rights: one bit each, since a session's set is copied to wherever it is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// What somebody at the door may do.
    pub const NONE: Rights = Rights(0);

    /// What a member of an unmoderated meeting may do.
    pub const MEMBER: Rights = Rights::NONE
        .with(Right::Microphone)
        .with(Right::Camera)
        .with(Right::Screen)
        .with(Right::Chat)
        .with(Right::Reactions);

    /// These rights and one more.
    #[must_use]
    pub const fn with(self, right: Right) -> Rights {
        Rights(self.0 | right.bit())
    }

    /// Whether a right is among these.
    pub const fn include(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// The rights that are in both sets.
    pub(crate) const fn common(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }
}

impl Right {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Rights {
        rights.into_iter().fold(Rights::NONE, Rights::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let all = [
            Right::Microphone,
            Right::Camera,
            Right::Screen,
            Right::Chat,
            Right::Reactions,
            Right::LowerHands,
        ];
        for right in all {
            let alone: Rights = [right].into_iter().collect();
            let others: Rights = all.into_iter().filter(|other| *other != right).collect();
            for other in all {
                assert_eq!(alone.include(other), other == right, "{right:?} {other:?}");
                assert_eq!(others.include(other), other != right, "{right:?} {other:?}");
            }
            assert_eq!(alone.common(others), Rights::NONE);
            assert_eq!(alone.common(others.with(right)), alone);
            assert_eq!(Rights::MEMBER.include(right), right != Right::LowerHands);
        }
    }
}
