//! Something that somebody is asked to say: a beep, then what they say until a key, a silence, or the longest there may be.

use std::collections::BTreeMap;

use super::{Effect, Input};
use crate::document::Action;

#[derive(Clone, Debug)]
pub(super) struct Recorder {
    id: String,
    stop_key: Option<char>,
    length_max_us: i64,
    silence_ms: i64,
    trims_silence: bool,
    ready_uri: Option<String>,
    next_uri: Option<String>,
    /// When it began; after the beep.
    begin_us: Option<i64>,
    /// The last that was said of how quiet it is.
    quiet_ms: i64,
}

impl Recorder {
    /// Nothing has begun if whoever is to be told of it cannot be.
    pub(super) fn new(
        action: Action,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
        resolved: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Recorder, String> {
        let Action::Record {
            plays_beep,
            length_max_s,
            stop_key,
            silence_s,
            trims_silence,
            ready_uri,
            next_uri,
        } = action
        else {
            unreachable!("it is one that records")
        };
        let mut recorder = Recorder {
            id: fresh(),
            stop_key,
            length_max_us: 1_000_000 * length_max_s,
            silence_ms: 1_000 * silence_s,
            trims_silence,
            ready_uri: ready_uri.map(|uri| resolved(&uri)).transpose()?,
            next_uri,
            begin_us: None,
            quiet_ms: 0,
        };
        if plays_beep {
            effects.push(Effect::Beep);
        } else {
            recorder.begin(now_us, effects);
        }
        Ok(recorder)
    }

    fn begin(&mut self, now_us: i64, effects: &mut Vec<Effect>) {
        self.begin_us = Some(now_us);
        effects.push(Effect::BeginRecording {
            id: self.id.clone(),
            trims_silence: self.trims_silence,
            ready_uri: self.ready_uri.clone(),
        });
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begin_us.is_some()
    }

    pub(super) fn deadline(&self) -> Option<i64> {
        Some(self.begin_us? + self.length_max_us)
    }

    /// Whether that was the last of it.
    pub(super) fn handle(&mut self, input: &Input, now_us: i64, effects: &mut Vec<Effect>) -> bool {
        let is_over = match input {
            Input::Heard if !self.has_begun() => {
                self.begin(now_us, effects);
                false
            }
            Input::Digit(digit) => self.has_begun() && Some(*digit) == self.stop_key,
            Input::Quiet { ms } => {
                self.quiet_ms = *ms;
                self.has_begun() && *ms >= self.silence_ms
            }
            Input::Clock => self.deadline().is_some_and(|deadline| now_us >= deadline),
            _ => false,
        };
        if is_over {
            effects.push(Effect::EndRecording);
        }
        is_over
    }

    /// Who is told, if anybody, and what.
    pub(super) fn result(self, recordings: &str, now_us: i64) -> (Option<String>, BTreeMap<String, String>) {
        let length_us = now_us - self.begin_us.unwrap_or(now_us);
        // Whoever said nothing at all has been quiet from the begin.
        let is_silent = 1_000 * self.quiet_ms >= length_us;
        let seconds = if is_silent {
            0
        } else {
            (length_us + 500_000) / 1_000_000
        };
        let parameters = [
            ("action", "RECORD".to_owned()),
            ("recording", format!("{recordings}/{}", self.id)),
            ("estimatedDurationSeconds", seconds.to_string()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
        (self.next_uri, parameters.into())
    }
}
