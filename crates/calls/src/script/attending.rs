//! A call in a meeting: asked for its PIN, at its door, in it, and told how that ended.
//!
//! Somebody on the telephone sees nothing. So whatever happens to them is said, and what they do themselves is answered.

use std::collections::BTreeMap;

use super::{Effect, Input};
use crate::{
    announcement::Announcement,
    document::{Prompt, Sound},
    limits::{KEYED_DIGITS_MIN, KEYED_US, KEYING_US_MAX, MEETING_PIN_DIGITS, WAITING_TOLD_EVERY_US, WRONG_PINS_MAX},
    meetings::{MeetingNews, MeetingWish, Parting, Sought, Target, Unattended},
};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// They are asked for the PIN, and hear so.
    Asked,
    /// They key it in.
    Keying { digits: String, until_us: i64 },
    /// The meeting is sought.
    Seeking,
    /// They wait to be let in, and hear again then that they do.
    Waiting { told_us: i64 },
    /// They are in it.
    Inside,
    /// They hear the last that there is to say.
    Parting,
}

/// What somebody in a meeting does by keys: `*6`, `*9`, and `*3` while they are asked whether they agree to be recorded.
#[derive(Clone, Copy, Debug, Default)]
struct Keys {
    is_muted: bool,
    is_hand_raised: bool,
    /// Whether they agree to be recorded; `None` while nobody asks them.
    agrees: Option<bool>,
    /// They pressed `*`, and the next key says what for.
    is_star_pressed: bool,
}

impl Keys {
    /// What a key asks of the meeting, and what is said to it. Whether they are recorded, the meeting itself says when it is so.
    fn press(&mut self, key: char) -> Option<(MeetingWish, Option<Announcement>)> {
        let is_second = std::mem::replace(&mut self.is_star_pressed, key == '*');
        match key {
            '6' if is_second => {
                self.is_muted = !self.is_muted;
                let words = if self.is_muted {
                    Announcement::Muted
                } else {
                    Announcement::Unmuted
                };
                Some((MeetingWish::Mute(self.is_muted), Some(words)))
            }
            '9' if is_second => {
                self.is_hand_raised = !self.is_hand_raised;
                let words = if self.is_hand_raised {
                    Announcement::HandRaised
                } else {
                    Announcement::HandLowered
                };
                Some((MeetingWish::RaiseHand(self.is_hand_raised), Some(words)))
            }
            '3' if is_second => Some((MeetingWish::BeRecorded(!self.agrees?), None)),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Attending {
    stage: Stage,
    wrong_pins: u32,
    is_asked: bool,
    keys: Keys,
    session: Option<String>,
    since_us: Option<i64>,
    next_uri: Option<String>,
}

fn hear(announcement: Announcement) -> Effect {
    Effect::Hear(Prompt {
        sound: Sound::Announcement(announcement),
        loops: 1,
    })
}

impl Attending {
    pub(super) fn begin(target: Target, next_uri: Option<String>, effects: &mut Vec<Effect>) -> Attending {
        let mut attending = Attending {
            stage: Stage::Seeking,
            wrong_pins: 0,
            is_asked: target == Target::Asked,
            keys: Keys::default(),
            session: None,
            since_us: None,
            next_uri,
        };
        match target {
            Target::Asked => attending.ask(Announcement::KeyIn, effects),
            Target::Known(sought) => effects.push(Effect::Attend(sought)),
        }
        attending
    }

    fn ask(&mut self, words: Announcement, effects: &mut Vec<Effect>) {
        self.stage = Stage::Asked;
        effects.push(hear(words));
    }

    /// When it wants to be woken.
    pub(super) fn deadline(&self) -> Option<i64> {
        match self.stage {
            Stage::Keying { until_us, .. } => Some(until_us),
            Stage::Waiting { told_us } => Some(told_us),
            Stage::Asked | Stage::Seeking | Stage::Inside | Stage::Parting => None,
        }
    }

    /// Whether it is at a meeting's door, or in it.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.stage, Stage::Seeking | Stage::Waiting { .. } | Stage::Inside)
    }

    /// Something happened. Whether that was the last of it.
    pub(super) fn handle(&mut self, input: &Input, now_us: i64, effects: &mut Vec<Effect>) -> bool {
        match (input, &mut self.stage) {
            (Input::Heard, Stage::Asked) => {
                self.stage = Stage::Keying {
                    digits: String::new(),
                    until_us: now_us + KEYING_US_MAX,
                };
            }
            (Input::Digit(key), Stage::Asked) => {
                effects.push(Effect::Hush);
                self.key(String::new(), *key, now_us, effects);
            }
            (Input::Digit(key), Stage::Keying { digits, .. }) => {
                let digits = std::mem::take(digits);
                self.key(digits, *key, now_us, effects);
            }
            (Input::Clock, Stage::Keying { digits, until_us }) if now_us >= *until_us => {
                let digits = std::mem::take(digits);
                self.keyed(digits, effects);
            }
            (Input::Clock, Stage::Waiting { told_us }) if now_us >= *told_us => {
                *told_us = now_us + WAITING_TOLD_EVERY_US;
                effects.push(Effect::Tell(Announcement::Waiting));
            }
            (Input::Unattended(why), Stage::Seeking) => self.unattended(*why, effects),
            (Input::Meeting(news), Stage::Seeking | Stage::Waiting { .. } | Stage::Inside) => {
                self.hears(news, now_us, effects);
            }
            (Input::Digit(key), Stage::Inside) => {
                if let Some((wish, words)) = self.keys.press(*key) {
                    effects.push(Effect::Wish(wish));
                    effects.extend(words.map(Effect::Tell));
                }
            }
            (Input::Heard, Stage::Parting) => return true,
            _ => {}
        }
        false
    }

    /// A key of the PIN. What follows the last that there can be is not waited for.
    fn key(&mut self, mut digits: String, key: char, now_us: i64, effects: &mut Vec<Effect>) {
        match key {
            '#' => return self.keyed(digits, effects),
            // They begin anew.
            '*' => digits.clear(),
            key => digits.push(key),
        }
        if digits.len() >= MEETING_PIN_DIGITS {
            return self.keyed(digits, effects);
        }
        let is_enough = digits.len() >= KEYED_DIGITS_MIN;
        let until_us = now_us + if is_enough { KEYED_US } else { KEYING_US_MAX };
        self.stage = Stage::Keying { digits, until_us };
    }

    fn keyed(&mut self, digits: String, effects: &mut Vec<Effect>) {
        if digits.is_empty() {
            // Nobody was there, or somebody who waits for it to be said again.
            return self.unattended(Unattended::NotFound, effects);
        }
        self.stage = Stage::Seeking;
        effects.push(Effect::Attend(Sought::Pin(digits)));
    }

    fn unattended(&mut self, why: Unattended, effects: &mut Vec<Effect>) {
        let words = match why {
            Unattended::NotFound => {
                self.wrong_pins += 1;
                if self.is_asked && self.wrong_pins < WRONG_PINS_MAX {
                    return self.ask(Announcement::WrongPin, effects);
                }
                Announcement::TooManyWrong
            }
            Unattended::LockedOut => Announcement::LockedOut,
            Unattended::Full => Announcement::Full,
            Unattended::Refused | Unattended::Unavailable => Announcement::Unavailable,
        };
        self.part(words, effects);
    }

    fn part(&mut self, words: Announcement, effects: &mut Vec<Effect>) {
        self.stage = Stage::Parting;
        effects.push(hear(words));
    }

    /// What the meeting tells.
    fn hears(&mut self, news: &MeetingNews, now_us: i64, effects: &mut Vec<Effect>) {
        match news {
            MeetingNews::Waiting => {
                self.stage = Stage::Waiting {
                    told_us: now_us + WAITING_TOLD_EVERY_US,
                };
                effects.push(Effect::Tell(Announcement::Waiting));
            }
            MeetingNews::Joined { session } => {
                self.stage = Stage::Inside;
                self.session = Some(session.clone());
                self.since_us.get_or_insert(now_us);
                effects.push(Effect::Tell(Announcement::Joined));
            }
            MeetingNews::Muted => {
                if !std::mem::replace(&mut self.keys.is_muted, true) {
                    effects.push(Effect::Tell(Announcement::MutedByHost));
                }
            }
            MeetingNews::Recorded(is_recorded) => {
                self.keys.agrees = None;
                effects.push(Effect::Tell(if *is_recorded {
                    Announcement::Recorded
                } else {
                    Announcement::NotRecorded
                }));
            }
            MeetingNews::Asked => {
                self.keys.agrees = Some(false);
                effects.push(Effect::Tell(Announcement::Asked));
            }
            MeetingNews::Agreed(agrees) => {
                self.keys.agrees = Some(*agrees);
                effects.push(Effect::Tell(if *agrees {
                    Announcement::Agreed
                } else {
                    Announcement::Withdrawn
                }));
            }
            MeetingNews::Parted(parting) => {
                effects.push(Effect::LeaveMeeting);
                self.part(
                    match parting {
                        Parting::Denied | Parting::Unanswered => Announcement::Denied,
                        Parting::Removed => Announcement::Removed,
                        Parting::Ended => Announcement::Ended,
                        Parting::Full => Announcement::Full,
                        Parting::Lost => Announcement::Unavailable,
                    },
                    effects,
                );
            }
        }
    }

    /// Who is told, if anybody, and what: in the words of a connection with a telephone.
    pub(super) fn result(self, now_us: i64) -> (Option<String>, BTreeMap<String, String>) {
        let length_us = self.since_us.map_or(0, |since_us| now_us - since_us);
        let parameters = [
            ("action", "MEETING".to_owned()),
            ("bridged", self.since_us.is_some().to_string()),
            ("durationSeconds", ((length_us + 500_000) / 1_000_000).to_string()),
            ("participantSession", self.session.unwrap_or_default()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
        (self.next_uri, parameters.into())
    }
}
