//! What a meeting's door says to telephones: in words where there is an engine of speech, and in tones that are told apart where there
//! is none. `docs/phones.md` lists both.

use audio::{Clip, tone};

/// Something that is said to somebody on the telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announcement {
    /// They are asked for the PIN.
    KeyIn,
    /// That was none.
    WrongPin,
    /// That was none, too often in this call.
    TooManyWrong,
    /// They are not listened to for a time.
    LockedOut,
    /// They wait to be let in.
    Waiting,
    /// They are in.
    Joined,
    /// They silenced themselves.
    Muted,
    /// They are heard again.
    Unmuted,
    /// A host silenced them.
    MutedByHost,
    /// The meeting is being recorded.
    Recorded,
    /// It is not any more.
    NotRecorded,
    /// It is, and they are asked whether they agree.
    Asked,
    /// They agreed, and are recorded from now on.
    Agreed,
    /// They are not recorded, by their own word.
    Withdrawn,
    /// Their hand is up.
    HandRaised,
    /// Their hand is down.
    HandLowered,
    /// They are not let in.
    Denied,
    /// A host put them out.
    Removed,
    /// The meeting is over.
    Ended,
    /// There is no place.
    Full,
    /// It does not work, now or in this way.
    Unavailable,
}

/// Heights of tones: low, middle, high, and a pause.
const LOW: u32 = 330;
const MIDDLE: u32 = 494;
const HIGH: u32 = 740;
const PAUSE: u32 = 0;

impl Announcement {
    /// In words; `None` of what is short enough as a tone, and would be in the way of those who speak.
    pub(crate) fn text(self) -> Option<&'static str> {
        Some(match self {
            Announcement::KeyIn => "Welcome. Please key in the PIN of the meeting, and then the hash key.",
            Announcement::WrongPin => {
                "There is no meeting with this PIN. Please key it in again, and then the hash key."
            }
            Announcement::TooManyWrong => "There is no meeting with this PIN. Goodbye.",
            Announcement::LockedOut => "Too many wrong PINs were keyed in. Please call again later. Goodbye.",
            Announcement::Waiting => "Please wait. Somebody in the meeting has to let you in.",
            Announcement::Joined => return None,
            Announcement::Muted => "Muted.",
            Announcement::Unmuted => "Not muted.",
            Announcement::MutedByHost => "A host has muted you. Press star 6 to be heard again.",
            Announcement::Recorded => "This meeting is being recorded.",
            Announcement::NotRecorded => "This meeting is not being recorded now.",
            Announcement::Asked => {
                "This meeting is being recorded. You are not, until you agree. To agree, press star 3."
            }
            Announcement::Agreed => "You are being recorded. Press star 3 to end that.",
            Announcement::Withdrawn => "You are not being recorded any more.",
            Announcement::HandRaised => "Hand raised.",
            Announcement::HandLowered => "Hand lowered.",
            Announcement::Denied => "You were not let into the meeting. Goodbye.",
            Announcement::Removed => "You were removed from the meeting. Goodbye.",
            Announcement::Ended => "The meeting is over. Goodbye.",
            Announcement::Full => "There is no place in this meeting. Please call again later. Goodbye.",
            Announcement::Unavailable => "This meeting cannot be joined by telephone now. Goodbye.",
        })
    }

    /// As tones, each of these heights and as long.
    fn tones(self) -> &'static [(u32, u32)] {
        match self {
            Announcement::KeyIn => &[(MIDDLE, 200), (HIGH, 400)],
            Announcement::WrongPin => &[(HIGH, 200), (MIDDLE, 400)],
            Announcement::TooManyWrong => &[(HIGH, 200), (LOW, 600)],
            Announcement::LockedOut => &[(LOW, 200), (PAUSE, 100), (LOW, 200), (PAUSE, 100), (LOW, 600)],
            Announcement::Waiting => &[(MIDDLE, 300)],
            Announcement::Joined => &[(LOW, 120), (MIDDLE, 120), (HIGH, 240)],
            Announcement::Muted => &[(LOW, 150)],
            Announcement::Unmuted => &[(HIGH, 150)],
            Announcement::MutedByHost => &[(LOW, 150), (PAUSE, 80), (LOW, 150)],
            Announcement::Recorded => &[(HIGH, 120), (PAUSE, 80), (HIGH, 120), (PAUSE, 80), (HIGH, 120)],
            Announcement::NotRecorded => &[(HIGH, 120), (PAUSE, 80), (HIGH, 120)],
            Announcement::Asked => &[(HIGH, 120), (PAUSE, 80), (HIGH, 120), (PAUSE, 80), (HIGH, 400)],
            Announcement::Agreed => &[(MIDDLE, 120), (HIGH, 120)],
            Announcement::Withdrawn => &[(HIGH, 120), (MIDDLE, 120)],
            Announcement::HandRaised => &[(LOW, 100), (HIGH, 150)],
            Announcement::HandLowered => &[(HIGH, 100), (LOW, 150)],
            Announcement::Denied => &[(MIDDLE, 300), (LOW, 600)],
            Announcement::Removed => &[(MIDDLE, 150), (PAUSE, 80), (MIDDLE, 150), (LOW, 600)],
            Announcement::Ended => &[(HIGH, 240), (MIDDLE, 240), (LOW, 480)],
            Announcement::Full => &[(LOW, 600)],
            Announcement::Unavailable => &[(LOW, 300), (PAUSE, 100), (LOW, 600)],
        }
    }

    /// As a sound without words.
    pub(crate) fn toned(self) -> Clip {
        tone::sequence(self.tones())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_told_apart() {
        use Announcement as A;
        let all = [
            A::KeyIn,
            A::WrongPin,
            A::TooManyWrong,
            A::LockedOut,
            A::Waiting,
            A::Joined,
            A::Muted,
            A::Unmuted,
            A::MutedByHost,
            A::Recorded,
            A::NotRecorded,
            A::Asked,
            A::Agreed,
            A::Withdrawn,
            A::HandRaised,
            A::HandLowered,
            A::Denied,
            A::Removed,
            A::Ended,
            A::Full,
            A::Unavailable,
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!one.toned().is_empty());
            let heights = |one: &Announcement| -> Vec<(u32, bool)> {
                one.tones().iter().map(|(hz, ms)| (*hz, *ms >= 300)).collect()
            };
            for other in &all[place + 1..] {
                assert_ne!(heights(one), heights(other), "{one:?} and {other:?}");
            }
        }
    }
}
