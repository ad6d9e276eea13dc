//! Somebody on the telephone: their leg, their call as it is now, and what they hear.

use std::{sync::Arc, time::Duration};

use audio::Clip;
use telephony::{
    LegId,
    agent::{Cause, Shown},
    line::PlayId,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc::Sender};

use super::{
    Conductor,
    switchboard::{Happening, Told},
    whom::Whom,
};
use crate::{Call, document::Sound, signalling::Attempts};

pub(super) struct Party {
    pub(super) leg: LegId,
    pub(super) call: Call,
    /// Nobody waits for them any more.
    pub(super) is_given_up: bool,
    /// Their place among the calls that we make.
    pub(super) place: Option<OwnedSemaphorePermit>,
    /// Who is called otherwise, as whom, and for how long they may ring.
    pub(super) otherwise: Option<Otherwise>,
    /// Whom an alias led to, the first first.
    pub(super) tried: Vec<String>,
    /// What was said of those who could not be reached before.
    pub(super) attempts: Attempts,
    plays: u64,
}

/// Who is called where somebody cannot be reached.
#[derive(Debug)]
pub(super) struct Otherwise {
    pub(super) whom: Whom,
    pub(super) caller: Caller,
    pub(super) timeout: Duration,
}

/// As whom somebody is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    /// What stands before the `@`, or a number; `None` is nobody whom they could know.
    pub(super) name: Option<String>,
    /// It is told to the trunk alone, since numbers are called as somebody.
    pub(super) is_withheld: bool,
}

impl Caller {
    /// Known to whoever is called.
    pub(super) fn known(name: Option<String>) -> Caller {
        Caller {
            name,
            is_withheld: false,
        }
    }

    /// Whoever is called does not learn who it is.
    pub(super) fn is_private(&self) -> bool {
        self.is_withheld || self.name.is_none()
    }

    /// Who learns it, by the trunk or past it.
    pub(super) fn shown(&self, by_trunk: bool) -> Shown {
        match (&self.name, self.is_withheld) {
            (Some(_), false) => Shown::ToAll,
            (Some(_), true) if by_trunk => Shown::ToNetwork,
            _ => Shown::ToNobody,
        }
    }
}

impl Party {
    pub(super) fn new(leg: LegId, call: Call) -> Party {
        Party {
            leg,
            call,
            is_given_up: false,
            place: None,
            otherwise: None,
            tried: vec![],
            attempts: Attempts::default(),
            plays: 0,
        }
    }

    /// What is played from now on is this, and nothing that was before.
    pub(super) fn next_play(&mut self) -> PlayId {
        self.plays += 1;
        PlayId(self.plays)
    }

    /// Whether that is what is played, and was not interrupted.
    pub(super) fn hears(&self, play: PlayId) -> bool {
        play == PlayId(self.plays)
    }

    /// Who is called now that this one cannot be reached, if that is why it ended, somebody is left, and is still wanted.
    pub(super) fn turns_to(&mut self, cause: Cause) -> Option<Otherwise> {
        let is_wanted = !self.is_given_up && self.call.answer_us.is_none() && self.call.fails_by(cause);
        let otherwise = self.otherwise.take().filter(|_| is_wanted)?;
        (!otherwise.whom.is_empty()).then_some(otherwise)
    }

    /// Makes a sound beside what else happens, and tells that it is made, or cannot be.
    pub(super) fn make(&mut self, conductor: &Conductor, task: &Sender<Told>, sound: Sound, loops: u32) {
        let (leg, play, project) = (self.leg, self.next_play(), self.call.project.clone());
        let (conductor, task) = (conductor.clone(), task.clone());
        tokio::spawn(async move {
            let clip = made(&conductor, &project, sound).await;
            if let Err(why) = &clip {
                tracing::info!(why, "a sound that a document asks for cannot be heard");
            }
            let made = Happening::Made {
                play,
                clip: clip.ok(),
                loops,
            };
            // A call that is over does not want to know.
            let _ = task.send((leg, made)).await;
        });
    }
}

pub(super) async fn made(conductor: &Conductor, project: &str, sound: Sound) -> Result<Clip, String> {
    match sound {
        // What is said of itself is heard in any case: in tones, where there is nobody who speaks.
        Sound::Announcement(words) => Ok(match words.text() {
            Some(text) => match conductor.speech.say(text, "en").await {
                Ok(clip) => clip,
                Err(error) => {
                    tracing::info!(%error, "what is said to a telephone is heard as tones");
                    words.toned()
                }
            },
            None => words.toned(),
        }),
        Sound::Text { text, voice } => {
            let said = Arc::clone(&conductor.speech);
            said.say(&text, &voice).await.map_err(|error| error.to_string())
        }
        Sound::File(uri) => {
            let fetched = conductor.handlers.fetch(project, &uri).await;
            let file = fetched.map_err(|error| format!("{uri}: {error}"))?;
            let decoded = tokio::task::spawn_blocking(move || audio::decode::decode(&file)).await;
            let decoded = decoded.map_err(|error| error.to_string())?;
            decoded.map_err(|error| format!("{uri}: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_learns_who_calls() {
        let check = |name: Option<&str>, is_withheld: bool, expected: [Shown; 2]| {
            let caller = Caller {
                name: name.map(str::to_owned),
                is_withheld,
            };
            assert_eq!(
                [true, false].map(|by_trunk| caller.shown(by_trunk)),
                expected,
                "{caller:?}"
            );
            assert_eq!(caller.is_private(), expected[1] != Shown::ToAll, "{caller:?}");
        };
        check(Some("+442071838751"), false, [Shown::ToAll, Shown::ToAll]);
        check(Some("+442071838751"), true, [Shown::ToNetwork, Shown::ToNobody]);
        check(None, false, [Shown::ToNobody, Shown::ToNobody]);
    }
}
