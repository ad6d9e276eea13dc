//! Somebody on the telephone: their leg, their call as it is now, and what they hear.

use std::sync::Arc;

use audio::Clip;
use telephony::{LegId, agent::Cause, line::PlayId};
use tokio::sync::{OwnedSemaphorePermit, mpsc::Sender};

use super::{
    Conductor,
    switchboard::{Happening, Told},
    whom::Otherwise,
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
