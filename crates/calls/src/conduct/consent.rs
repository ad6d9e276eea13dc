//! The recording of a whole call: whoever is recorded hears that before it begins and while it goes on, and it is begun, paused and
//! stopped by somebody's word.
//!
//! What is announced is heard over everything else, and the recording begins when it was heard to its end; where it cannot be heard, nothing
//! is recorded, and a recording that failed says so. The beep goes on as long as something is kept: in a pause there is none. It is
//! heard in the recording as well, in the channel of what the caller heard, since that is what it is.

use std::sync::Arc;

use audio::Clip;
use telephony::{LegId, line::Exchange};

use super::{
    opening::{ANNOUNCEMENT, Opening},
    party::made,
    performance::Performance,
    switchboard::Happening,
};
use crate::{
    ControlError, RecordingPolicy,
    control::{self, Wish},
    document::Sound,
};

impl Performance {
    /// A document wants the whole call to be recorded. One that is already goes on.
    pub(super) async fn record_call(&mut self, trims_silence: bool, ready_uri: Option<String>) {
        if !self.is_recorded() {
            let opening = Opening {
                trims_silence,
                ready_uri,
                asked: None,
            };
            self.open_recording(opening).await;
        }
    }

    fn is_recorded(&self) -> bool {
        self.opening.is_some() || self.takes.record_call()
    }

    /// Announces the recording, if that is wanted, and begins it.
    async fn open_recording(&mut self, opening: Opening) {
        let policy = self.conductor.calls.recording_policy(&self.own.call.project).await;
        let policy = match policy {
            Ok(policy) => policy,
            Err(error) => {
                tracing::error!(%error, "a recording cannot be begun");
                opening.answer(Err(error.into()));
                return;
            }
        };
        self.beep_every_s = policy.beep_every_s.and_then(|every_s| u32::try_from(every_s).ok());
        let Some(announcement) = policy.announcement else {
            self.begin_recording(opening).await;
            return;
        };
        self.opening = Some(opening);
        self.each_leg(Exchange::interrupt);
        self.make_announcement(announcement);
    }

    fn make_announcement(&self, announcement: String) {
        let (conductor, task) = (self.conductor.clone(), self.task.clone());
        let (leg, project) = (self.own.leg, self.own.call.project.clone());
        tokio::spawn(async move {
            let sound = if RecordingPolicy::announces_file(&announcement) {
                Sound::File(announcement)
            } else {
                let voice = String::new();
                Sound::Text {
                    text: announcement,
                    voice,
                }
            };
            let clip = made(&conductor, &project, sound).await;
            let clip =
                clip.inspect_err(|why| tracing::error!(why, "what is announced before a recording cannot be heard"));
            let made = Happening::Made {
                play: ANNOUNCEMENT,
                clip: clip.ok(),
                loops: 1,
            };
            // A call that is over does not want to know.
            let _ = task.send((leg, made)).await;
        });
    }

    /// What is to be announced is there, or cannot be heard.
    pub(super) async fn announce(&mut self, clip: Option<Clip>) {
        if let Some(clip) = clip {
            self.each_leg(|exchange, leg| exchange.announce(leg, ANNOUNCEMENT, Arc::clone(&clip)));
            return;
        }
        self.each_leg(Exchange::go_on);
        if let Some(opening) = self.opening.take() {
            self.takes.fail(opening.wanted(&self.own.call)).await;
            opening.answer(Err(ControlError::Unannounced));
        }
    }

    /// What was announced has been heard.
    pub(super) async fn announced(&mut self) {
        if let Some(opening) = self.opening.take() {
            self.begin_recording(opening).await;
        }
    }

    async fn begin_recording(&mut self, opening: Opening) {
        let begun = self.takes.begin(opening.wanted(&self.own.call)).await;
        if let Err(error) = &begun {
            tracing::error!(call = self.own.call.id, %error, "a recording is not begun");
        } else {
            self.beep(true);
        }
        opening.answer(begun);
    }

    /// Both sides hear a beep now and then, or no more.
    fn beep(&self, is_heard: bool) {
        let every_s = self.beep_every_s.filter(|_| is_heard);
        self.each_leg(|exchange, leg| exchange.beep(leg, every_s));
    }

    /// Whoever is connected now hears as much of a recording as the caller does.
    pub(super) fn beep_for_connected(&self) {
        if let Some(leg) = self.connected_leg().filter(|_| self.takes.keep_call()) {
            self.conductor.exchange.beep(leg, self.beep_every_s);
        }
    }

    fn connected_leg(&self) -> Option<LegId> {
        let connected = self.connected.as_ref()?;
        self.children.get(connected).map(|child| child.leg)
    }

    fn each_leg(&self, act: impl Fn(&Exchange, LegId)) {
        for leg in std::iter::once(self.own.leg).chain(self.connected_leg()) {
            act(&self.conductor.exchange, leg);
        }
    }

    /// Somebody wants something of the recording.
    pub(super) async fn control(&mut self, wanted: control::Wanted) {
        let control::Wanted { wish, by, answer } = wanted;
        let call = &self.own.call;
        let done = match wish {
            Wish::Start { .. } if call.answer_us.is_none() => Err(ControlError::Unanswered),
            Wish::Start { .. } if self.is_recorded() => Err(ControlError::Recorded),
            Wish::Start {
                trims_silence,
                ready_uri,
            } => {
                let opening = Opening {
                    trims_silence,
                    ready_uri,
                    asked: Some((by, answer)),
                };
                self.open_recording(opening).await;
                return;
            }
            Wish::Stop => self.takes.stop(call, &by).await,
            Wish::Pause(pause) => self.takes.pause(call, pause, &by).await,
            Wish::Resume => self.takes.resume(call, &by).await,
        };
        if done.is_ok() {
            self.beep(self.takes.keep_call());
        }
        // Whoever asked may be gone.
        let _ = answer.send(done);
    }
}
